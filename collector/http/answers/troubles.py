"""From an exception of the network's many layers to one error in words.

The layers wrap each other's exceptions; what counts is the innermost cause, which is always one of
the standard library's. No layer's text is printed: it may hold an address with a password.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from collector.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong, in words; and whether a second try may help."""

    why: str
    retry: bool


def unavailable(url: str, trouble: Trouble) -> Unavailable:
    """The error of a request that got no answer; `url` is bare."""
    return Unavailable(f"{url}: {trouble.why}")


def diagnose(error: BaseException, url: str, *, proxied: bool) -> Trouble:
    """Find the cause among the exception and all it wraps."""
    chain = list(_chain(error))
    place = urlsplit(url).netloc
    if proxied and any("proxy" in type(link).__name__.lower() for link in chain):
        return Trouble("the proxy does not let us through; check proxy_url of the http config", retry=False)
    for link in chain:
        trouble = _tls(link) or _connection(link, place)
        if trouble is not None:
            return trouble
    names = [type(link).__name__ for link in chain]
    if any("Incomplete" in name or "Protocol" in name for name in names):
        return Trouble("the answer was cut off; try again", retry=True)
    if any("Decode" in name for name in names):
        return Trouble("the answer's compression cannot be read; try compression: false", retry=False)
    if any("Timeout" in name for name in names):
        return _TIMEOUT
    return Trouble(f"the connection failed ({names[0]}); check the url", retry=False)


_TIMEOUT = Trouble("no answer in time; is the server overloaded, or the window too long for it?", retry=False)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and everything it wraps, outermost first, each once."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        link = waiting.pop(0)
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [getattr(link, "reason", None), link.__cause__, link.__context__, *link.args]


def _connection(link: BaseException, place: str) -> Trouble | None:
    if isinstance(link, socket.gaierror):
        again = link.errno == socket.EAI_AGAIN
        host = place.rpartition(":")[0] or place
        return Trouble(f"the name {host} is not known to DNS; check the url", retry=again)
    if isinstance(link, ConnectionRefusedError):
        return Trouble(f"nothing listens on {place}; is the server running, is the port right?", retry=True)
    if isinstance(link, http.client.RemoteDisconnected):
        return Trouble("the server closed the connection without an answer; try again", retry=True)
    if isinstance(link, (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)):
        return Trouble("the connection was reset; try again", retry=True)
    if isinstance(link, http.client.IncompleteRead):
        return Trouble("the answer was cut off; try again", retry=True)
    if isinstance(link, http.client.HTTPException):
        return Trouble("what answers there does not speak HTTP; check the url", retry=False)
    if type(link).__name__ == "ConnectTimeoutError":
        return Trouble(f"no connection to {place} in time; is a firewall between?", retry=True)
    if isinstance(link, TimeoutError):
        return _TIMEOUT
    if isinstance(link, OSError) and type(link) is OSError and link.strerror:
        return Trouble(f"no connection to {place}: {link.strerror}; check the url", retry=False)
    return None


def _tls(link: BaseException) -> Trouble | None:
    if not isinstance(link, ssl.SSLError):
        return None
    said = f"{getattr(link, 'verify_message', '')} {link.reason or ''} {link}".lower()
    for words, why in _TLS_WORDS:
        if words in said:
            return Trouble(f"TLS: {why}", retry=False)
    return Trouble(f"TLS: the handshake failed ({link.reason or 'no reason given'})", retry=False)


_TLS_WORDS = (
    ("expired", "the server's certificate has expired; it must be renewed"),
    ("not yet valid", "the server's certificate is not valid yet; check both clocks"),
    ("mismatch", "the server's certificate is for another name; set tls_config.server_name if that is right"),
    (
        "not valid for",
        "the server's certificate is for another name; set tls_config.server_name if that is right",
    ),
    ("self-signed", "the certificate's authority is unknown; give it as tls_config.ca_file"),
    ("self signed", "the certificate's authority is unknown; give it as tls_config.ca_file"),
    ("unable to get local issuer", "the certificate's authority is unknown; give it as tls_config.ca_file"),
    ("certificate_verify_failed", "the server's certificate cannot be verified; check tls_config.ca_file"),
    ("certificate required", "the server wants a client certificate; give tls_config.cert_file and key_file"),
    ("certificate_required", "the server wants a client certificate; give tls_config.cert_file and key_file"),
    ("bad certificate", "the server refuses our client certificate; check tls_config.cert_file"),
    ("bad_certificate", "the server refuses our client certificate; check tls_config.cert_file"),
    ("unknown_ca", "the server does not know our client certificate's authority; check tls_config.cert_file"),
    ("eof occurred", "the server closes the handshake; does it speak TLS, or want a client certificate?"),
    ("unexpected_eof", "the server closes the handshake; does it speak TLS, or want a client certificate?"),
    ("wrong version number", "the server speaks plain HTTP there; write http:// in the url"),
    ("wrong_version_number", "the server speaks plain HTTP there; write http:// in the url"),
    ("record layer failure", "the server speaks plain HTTP there; write http:// in the url"),
    ("unsupported protocol", "the server's TLS is older than tls_config.min_version allows"),
    ("unsupported_protocol", "the server's TLS is older than tls_config.min_version allows"),
    ("protocol version", "the server and tls_config.min_version have no TLS version in common"),
    ("protocol_version", "the server and tls_config.min_version have no TLS version in common"),
)
