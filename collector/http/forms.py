"""Which requests may carry their parameters in the body, and what a request is called in a message."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit, urlunsplit

from collector.errors import ConfigError
from collector.http.limits import LONGEST_URL

_BODIED = ("/api/v1/query", "/api/v1/query_range", "/api/v1/series")
"""Endpoints that Prometheus documents for POST with a form body."""


def as_form(url: str) -> tuple[str, str] | None:
    """The URL without its query, and the query as a form body; None where POST is not offered."""
    parts = urlsplit(url)
    if not parts.query or not parts.path.endswith(_BODIED):
        return None
    return urlunsplit(parts._replace(query="")), parts.query


def too_long(url: str) -> bool:
    """Whether a reverse proxy on the way may refuse the request's line."""
    return len(url) > LONGEST_URL


def seconds(epoch_ms: int) -> str:
    """Epoch milliseconds as the decimal seconds of the API, exact."""
    whole, rest = divmod(epoch_ms, 1000)
    return f"{whole}.{rest:03d}" if rest else str(whole)


def bare(url: str) -> str:
    """The address without credentials, query and fragment; safe to print."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def asked(parameters: str) -> str:
    """The query or the selectors in URL-encoded parameters, for a message; empty where there is none."""
    wanted = ("query", "match[]")
    return " ".join(value for name, value in parse_qsl(parameters) if name in wanted)


def checked_base(url: str, what: str = "prometheus url") -> str:
    """The server's base address, without a slash at the end. Raises ConfigError for any other."""
    trimmed = url.strip()
    try:
        parts = urlsplit(trimmed)
        fit = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fit = False
    if not fit or any(not char.isprintable() or char.isspace() for char in trimmed):
        port = 9093 if what.startswith("alertmanager") else 9090
        raise ConfigError(f"{what}: not an http(s) address; write it like http://localhost:{port}")
    if "@" in parts.netloc:
        raise ConfigError(
            f"{what} {bare(trimmed)}: has a user name or password; put them into a file for "
            "--http.config.file, as basic_auth"
        )
    return bare(trimmed).rstrip("/")


def may_need_tls(base: str) -> bool:
    """Whether a connection may be encrypted: an https address, or one that a redirect may make https."""
    parts = urlsplit(base)
    return parts.scheme == "https" or parts.port in (None, 80)


def same_address(one: str, other: str) -> bool:
    """Whether both are the same server: scheme, host and port."""
    first, second = urlsplit(one), urlsplit(other)
    return (first.scheme, first.hostname, first.port) == (second.scheme, second.hostname, second.port)
