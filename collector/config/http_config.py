"""Prometheus' `http_config` -> `HttpSettings`: exclusions checked, files read, nothing sent."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from collector.config.convert import Reader
from collector.config.files import read_regular
from collector.config.schema import Authorization, BasicAuth, Header, HttpConfig, TlsConfig
from collector.errors import ConfigError
from collector.http.settings import HttpSettings, TlsSettings
from collector.http.tls import VERSIONS
from collector.strict_yaml import KeyPath, load_file
from incident.text.secret import Secret

_LARGEST_FILE = 1024 * 1024
"""Tokens are a few kilobytes; a bundle of all public authorities is 300."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_IN_VALUE = re.compile("[\x00-\x08\x0a-\x1f\x7f]")

# What Prometheus keeps for itself (common/config), and what would change how our request is framed.
_RESERVED = frozenset(
    {
        "accept-encoding",
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "www-authenticate",
    }
)


@dataclass(frozen=True, slots=True)
class _Credential:
    """One Authorization header, where it comes from, and what of it must be masked besides."""

    value: Secret
    source: str
    inner: Secret


def load_http_config(path: Path) -> HttpSettings:
    """The settings in a file of `promtool --http.config.file`'s form. Raises ConfigError, all at once."""
    reader = Reader(load_file(path, what="http config"))
    config = reader.struct(HttpConfig)
    settings = http_settings(config, reader, (), path.parent)
    if reader.problems:
        raise ConfigError("; ".join(reader.problems))
    return settings


def http_settings(config: HttpConfig, reader: Reader, path: KeyPath, base: Path) -> HttpSettings:
    """The settings; problems are noted with the reader. Relative files are looked up from `base`."""
    resolver = _Resolver(config, reader, path, base)
    credential = resolver.credential()
    secret, plain = resolver.headers()
    proxy = resolver.proxy()
    inner = [credential.inner] if credential else []
    if credential:
        secret = (("Authorization", credential.value), *secret)
    return HttpSettings(
        headers=secret,
        plain_headers=plain,
        tls=resolver.tls(),
        proxy=proxy,
        no_proxy=config.no_proxy,
        proxy_from_environment=config.proxy_from_environment,
        follow_redirects=config.follow_redirects,
        credential=f"{credential.source} of {reader.document.name}" if credential else "",
        masked=(*inner, *_password_of(proxy)),
    )


def _password_of(proxy: Secret | None) -> tuple[Secret, ...]:
    """The password inside a proxy's address, which libraries may print apart from the rest."""
    parts = urlsplit(proxy.reveal()) if proxy else None
    if parts is None or not parts.password:
        return ()
    return (Secret(parts.password), Secret(unquote(parts.password), user=unquote(parts.username or "")))


def header_problem(name: str, value: Secret | None, *, authorization: bool) -> str:
    """Why a header cannot be sent, empty where it can. `authorization` allows that one."""
    lowered = name.lower()
    if not _NAME.fullmatch(name):
        return f"{name!a} is not the name of an HTTP header"
    if lowered in _RESERVED and not (authorization and lowered == "authorization"):
        return f'setting header "{name}" is not allowed'
    if value is not None and (_NOT_IN_VALUE.search(value.reveal()) or not _fits_latin1(value.reveal())):
        return f'the value of header "{name}" has characters that a header cannot hold'
    return ""


def _fits_latin1(text: str) -> bool:
    return all(ord(char) < 256 for char in text)


class _Resolver:
    """Turns the keys of one `http_config` into values; notes what contradicts itself."""

    def __init__(self, config: HttpConfig, reader: Reader, path: KeyPath, base: Path) -> None:
        self._config = config
        self._reader = reader
        self._path = path
        self._base = base
        if config.oauth2:
            self._wrong(("oauth2",), "not supported yet; fetch a token yourself and use bearer_token_file")
        if config.proxy_connect_header:
            self._wrong(("proxy_connect_header",), "not supported yet; put the credentials into proxy_url")

    def credential(self) -> _Credential | None:
        """The one way to authenticate that is configured, or None."""
        config = self._config
        bearer = bool(config.bearer_token or config.bearer_token_file)
        if config.authorization and bearer:
            self._wrong(
                ("authorization",), "authorization is not compatible with bearer_token & bearer_token_file"
            )
        elif sum((config.basic_auth is not None, config.authorization is not None, bearer)) > 1:
            self._wrong(
                ("basic_auth",),
                "at most one of basic_auth, oauth2, authorization & bearer_token must be configured",
            )
        elif config.basic_auth:
            return self._basic(config.basic_auth)
        elif config.authorization:
            return self._authorization(config.authorization)
        elif bearer:
            token = self._secret((), "bearer_token", config.bearer_token, config.bearer_token_file)
            return _Credential(Secret(f"Bearer {token.reveal()}"), "bearer_token", token) if token else None
        return None

    def headers(self) -> tuple[tuple[tuple[str, Secret], ...], tuple[tuple[str, str], ...]]:
        """`http_headers` with secret values, and those with plain ones."""
        secret: list[tuple[str, Secret]] = []
        plain: list[tuple[str, str]] = []
        for name, header in self._config.http_headers.items():
            values = self._values(name, header)
            why = header_problem(
                name, Secret(", ".join(value.reveal() for value in values)), authorization=False
            )
            if why:
                self._wrong(("http_headers", name), why)
            elif header.secrets or header.files:
                secret.append((name, Secret(", ".join(value.reveal() for value in values))))
            elif values:
                plain.append((name, ", ".join(header.values)))
        return tuple(secret), tuple(plain)

    def tls(self) -> TlsSettings:
        """The TLS part; inline certificates and keys of a client are refused, as they need files."""
        config = self._config.tls_config or TlsConfig()
        path: KeyPath = ("tls_config",)
        for name in ("cert", "key"):
            if getattr(config, name):
                self._wrong((*path, name), f"not supported inline; use {name}_file")
        if bool(config.cert_file) != bool(config.key_file):
            self._wrong(
                path, "exactly one of key or key_file must be configured when a client certificate is"
            )
        for name in ("min_version", "max_version"):
            if getattr(config, name) not in ("", *VERSIONS):
                self._wrong((*path, name), f"unknown TLS version; expected one of {', '.join(VERSIONS)}")
        if config.ca and config.ca_file:
            self._wrong(path, "at most one of ca and ca_file must be configured")
        return TlsSettings(
            ca_pem=config.ca or (self._file((*path, "ca_file"), config.ca_file) if config.ca_file else ""),
            cert_file=self._at(config.cert_file),
            key_file=self._at(config.key_file),
            server_name=config.server_name,
            insecure_skip_verify=config.insecure_skip_verify,
            min_version=config.min_version if config.min_version in VERSIONS else TlsSettings().min_version,
        )

    def proxy(self) -> Secret | None:
        config = self._config
        if config.proxy_url and config.proxy_from_environment:
            self._wrong(
                ("proxy_url",), "if proxy_from_environment is configured, proxy_url must not be configured"
            )
        if config.proxy_url and not _is_address(config.proxy_url.reveal()):
            self._wrong(("proxy_url",), "not an http(s) address; write it like http://proxy.example:3128")
            return None
        if config.no_proxy and not config.proxy_url:
            self._wrong(("no_proxy",), "if no_proxy is configured, proxy_url must also be configured")
        return config.proxy_url

    def _basic(self, basic: BasicAuth) -> _Credential | None:
        path: KeyPath = ("basic_auth",)
        name = self._secret(
            path, "username", Secret(basic.username) if basic.username else None, basic.username_file
        )
        password = self._secret(path, "password", basic.password, basic.password_file, needed=False)
        if name is None or password is None:
            return None
        user = name.reveal()
        encoded = base64.b64encode(f"{user}:{password.reveal()}".encode()).decode("ascii")
        return _Credential(Secret(f"Basic {encoded}"), "basic_auth", Secret(password.reveal(), user=user))

    def _authorization(self, config: Authorization) -> _Credential | None:
        path: KeyPath = ("authorization",)
        scheme = config.type.strip()
        if scheme.lower() == "basic":
            self._wrong(
                (*path, "type"), 'authorization type cannot be set to "basic", use "basic_auth" instead'
            )
            return None
        if not _NAME.fullmatch(scheme):
            self._wrong((*path, "type"), "not the name of an authorization scheme; write Bearer")
            return None
        token = self._secret(path, "credentials", config.credentials, config.credentials_file)
        return _Credential(Secret(f"{scheme} {token.reveal()}"), "authorization", token) if token else None

    def _secret(
        self, path: KeyPath, key: str, inline: Secret | None, file: str, *, needed: bool = True
    ) -> Secret | None:
        """The secret from its one source; None with a problem noted where it is not usable."""
        if inline and file:
            self._wrong((*path, key), f"at most one of {dotted_pair(path, key)} must be configured")
            return None
        secret = Secret(self._file((*path, f"{key}_file"), file).strip("\r\n")) if file else inline
        if not secret and (needed or file):
            self._wrong((*path, f"{key}_file" if file else key), "empty" if file else "missing")
            return None
        why = header_problem("Authorization", secret, authorization=True) if secret else ""
        if why:
            self._wrong((*path, key), "has characters that a header cannot hold")
            return None
        return secret or Secret("")

    def _values(self, name: str, header: Header) -> list[Secret]:
        path: KeyPath = ("http_headers", name, "files")
        read = [Secret(self._file((*path, index), file).strip()) for index, file in enumerate(header.files)]
        return [*map(Secret, header.values), *header.secrets, *read]

    def _file(self, path: KeyPath, name: str) -> str:
        """A file's text, relative to the configuration's directory; empty with a problem noted."""
        where = self._base / name
        try:
            return read_regular(where, limit=_LARGEST_FILE, what="file").decode("utf-8-sig")
        except UnicodeDecodeError:
            self._wrong(path, f"file {where}: not UTF-8")
        except ConfigError as error:
            self._wrong(path, str(error))
        return ""

    def _at(self, name: str) -> Path | None:
        return self._base / name if name else None

    def _wrong(self, path: KeyPath, why: str) -> None:
        self._reader.wrong((*self._path, *path), why)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def dotted_pair(path: KeyPath, key: str) -> str:
    """`basic_auth password & password_file`, as Prometheus words it."""
    return " ".join([*map(str, path), f"{key} & {key}_file"])
