"""Prometheus' own http_config file is read as Prometheus reads it, and keeps its secrets."""

from __future__ import annotations

import base64
import pickle
from dataclasses import asdict
from pathlib import Path

import pytest

from collector.config.http_config import load_http_config
from collector.errors import ConfigError
from collector.http.settings import HttpSettings
from incident.text.secret import Masker

CANARY = "c4nary-must-not-show"


def load(folder: Path, text: str) -> HttpSettings:
    """The settings of a file with this text."""
    path = folder / "http.yml"
    path.write_text(text)
    return load_http_config(path)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    assert "\n" not in str(caught.value)
    assert CANARY not in str(caught.value)
    return str(caught.value)


def headers(settings: HttpSettings) -> dict[str, str]:
    return dict(settings.plain_headers) | {name: value.reveal() for name, value in settings.headers}


def test_basic_auth(tmp_path: Path) -> None:
    """User name and password become the header, in UTF-8."""
    settings = load(tmp_path, "basic_auth:\n  username: réader\n  password: pä55\n")

    encoded = base64.b64encode("réader:pä55".encode()).decode()
    assert headers(settings) == {"Authorization": f"Basic {encoded}"}
    assert settings.credential == f"basic_auth of {tmp_path / 'http.yml'}"


def test_digits_are_text(tmp_path: Path) -> None:
    """A password of digits is the text that was written, zeros included."""
    settings = load(tmp_path, "basic_auth: {username: 0042, password: 0123}\n")

    assert base64.b64decode(headers(settings)["Authorization"].removeprefix("Basic ")) == b"0042:0123"


def test_secrets_in_files(tmp_path: Path) -> None:
    """Files are looked up from the configuration's directory, and their line end is no secret."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "token").write_text(f"{CANARY}\n")

    for text in (
        "bearer_token_file: secrets/token",
        "authorization: {credentials_file: secrets/token}",
        f"bearer_token: {CANARY}",
    ):
        assert headers(load(tmp_path, text)) == {"Authorization": f"Bearer {CANARY}"}


def test_another_scheme(tmp_path: Path) -> None:
    """The scheme of `authorization` may be another than Bearer."""
    assert headers(load(tmp_path, "authorization: {type: Token, credentials: x}")) == {
        "Authorization": "Token x"
    }


def test_http_headers(tmp_path: Path) -> None:
    """Values, secrets and files of a header are sent together; only values may be shown."""
    (tmp_path / "key").write_text(f"{CANARY}\n")
    settings = load(
        tmp_path,
        "http_headers:\n"
        "  X-Scope-OrgID: {values: [team-a]}\n"
        "  X-API-Key: {files: [key]}\n"
        "  X-Two: {values: [a], secrets: [b]}\n",
    )

    assert headers(settings) == {"X-Scope-OrgID": "team-a", "X-API-Key": CANARY, "X-Two": "a, b"}
    assert settings.plain_headers == (("X-Scope-OrgID", "team-a"),)


def test_tls_and_proxy(tmp_path: Path) -> None:
    """Certificates are found beside the file; the proxy is a secret, as it may hold a password."""
    (tmp_path / "ca.pem").write_text("PEM")
    settings = load(
        tmp_path,
        "tls_config: {ca_file: ca.pem, cert_file: c.pem, key_file: k.pem, server_name: x,"
        " min_version: TLS13}\n"
        f"proxy_url: http://user:{CANARY}@proxy.example:3128\nno_proxy: localhost\nfollow_redirects: false\n",
    )

    assert settings.tls.ca_pem == "PEM"
    assert settings.tls.cert_file == tmp_path / "c.pem"
    assert (settings.tls.server_name, settings.tls.min_version) == ("x", "TLS13")
    assert settings.proxy is not None
    assert settings.follow_redirects is False


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "basic_auth: {username: a, password: CANARY, password_file: f}",
            "at most one of basic_auth password &",
        ),
        ("basic_auth: {password: CANARY}", "basic_auth.username: missing"),
        ("basic_auth: {username: a, password_file: nothing}", "no such file"),
        ("basic_auth: {username: a}\nbearer_token: CANARY", "at most one of basic_auth, oauth2"),
        (
            "authorization: {credentials: CANARY}\nbearer_token: CANARY",
            "authorization is not compatible with",
        ),
        ("authorization: {type: Basic, credentials: CANARY}", 'authorization type cannot be set to "basic"'),
        ("authorization: {}", "authorization.credentials: missing"),
        ('bearer_token: "CANARY\\nX: y"', "characters that a header cannot hold"),
        ("bearer_token_file: empty", "bearer_token_file: empty"),
        ("oauth2: {client_id: a, client_secret: CANARY, token_url: http://x}", "not supported yet"),
        ("proxy_connect_header: {X: [CANARY]}", "not supported yet"),
        ("proxy_url: socks5://CANARY", "not an http(s) address"),
        ("proxy_url: http://p\nproxy_from_environment: true", "proxy_url must not be configured"),
        ("no_proxy: localhost", "proxy_url must also be configured"),
        ("tls_config: {key: CANARY}", "use key_file"),
        ("tls_config: {cert_file: c.pem}", "exactly one of key or key_file"),
        ("tls_config: {min_version: TLS9}", "expected one of TLS10"),
        ("tls_config: {insecure_skip_verify: yes}", "expected true or false"),
        ("tls_confg: {}", "did you mean tls_config?"),
        ("http_headers: {Host: {values: [x]}}", 'setting header "Host" is not allowed'),
        ("http_headers: {authorization: {secrets: [CANARY]}}", "is not allowed"),
        ("http_headers: {'a b': {values: [x]}}", "not the name of an HTTP header"),
        ('http_headers: {X: {secrets: ["CANARY\\r\\n"]}}', "cannot hold"),
        ("bearer_token: [CANARY]", "expected text"),
        ("- a", "expected keys and values"),
    ],
)
def test_contradictions_and_slips(tmp_path: Path, text: str, why: str) -> None:
    """Each is told with its place and key, in Prometheus' words where it has some, never with a secret."""
    (tmp_path / "empty").write_text("\n")

    said = refused(tmp_path, text.replace("CANARY", CANARY))

    assert why in said
    assert said.startswith(str(tmp_path / "http.yml") + ":")


def test_all_problems_at_once(tmp_path: Path) -> None:
    """Nobody has to mend a file one run at a time."""
    said = refused(tmp_path, "bearer_tokn: x\nno_proxy: x\nfollow_redirects: maybe\n")

    assert said.count("http.yml:") == 3


@pytest.mark.parametrize(
    "text",
    [
        f"basic_auth: {{username: u, password: {CANARY}}}",
        f"authorization: {{credentials: {CANARY}}}",
        f"bearer_token: {CANARY}",
        f"http_headers: {{X-Key: {{secrets: [{CANARY}]}}}}",
        f"proxy_url: http://u:{CANARY}@p.example",
    ],
)
def test_no_secret_shows(tmp_path: Path, text: str) -> None:
    """Neither the settings' text nor a pickle holds a secret, and a mask made of them hides it."""
    settings = load(tmp_path, text)
    mask = Masker(settings.secrets).mask
    sent = [*headers(settings).values(), settings.proxy.reveal() if settings.proxy else ""]

    for shown in (repr(settings), str(settings), str(asdict(settings)), str(pickle.dumps(settings))):
        assert CANARY not in shown
        assert base64.b64encode(f"u:{CANARY}".encode()).decode() not in shown
    assert CANARY not in mask(f"failed with {CANARY} and {sent}")
