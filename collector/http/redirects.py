"""Redirects stay with the server that was asked: elsewhere, our headers would tell a stranger our keys."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from collector.errors import AccessRefused, CollectError, Unavailable
from collector.http.forms import bare
from incident.text.controls import cut

MOST_HOPS = 3
"""Of one request; more is a loop."""

STATUSES = frozenset({301, 302, 303, 307, 308})
"""Those that send the request elsewhere (RFC 9110, 15.4); 300 offers a choice, and 304 has no place."""

_SHOWN = 200
"""Characters of a foreign address in a message."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOGIN = re.compile(r"log-?in|sign-?in|oauth|saml|sso\b|/auth|openid|idp", re.IGNORECASE)


def next_url(url: str, location: str, *, hops: int, method: str, status: int, allowed: bool) -> str:
    """The absolute address to ask next, or an error that says where the server points to.

    `hops` counts the redirects followed so far. Raises Unavailable, or AccessRefused where the target
    looks like a login page.
    """
    target = _joined(url, location)
    if target is None:
        raise Unavailable(f"{bare(url)}: redirects to an address that cannot be read; check the url")
    if not allowed or not _same_server(url, target):
        raise _refused(url, target)
    if hops >= MOST_HOPS:
        raise Unavailable(f"{bare(url)}: redirects more than {MOST_HOPS} times; set url to where it ends")
    if method != "GET" and status not in (307, 308):
        raise _refused(url, target)
    return target


def _joined(url: str, location: str) -> str | None:
    # Programs read a backslash or a blank in an address in different ways; ours shall not be the naive one.
    if "\\" in location or not location.strip().isprintable():
        return None
    try:
        target = urljoin(url, location.strip())
        parts = urlsplit(target)
        readable = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return target if readable else None


def _same_server(url: str, target: str) -> bool:
    """Same scheme, host and port; or the same host's default https in place of its default http."""
    old, new = urlsplit(url), urlsplit(target)
    if old.hostname != new.hostname or "@" in new.netloc:
        return False
    ports = tuple(parts.port or _DEFAULT_PORTS[parts.scheme] for parts in (old, new))
    upgraded = (old.scheme, new.scheme) == ("http", "https") and ports == (80, 443)
    return upgraded or (old.scheme == new.scheme and ports[0] == ports[1])


def _refused(url: str, target: str) -> CollectError:
    shown = cut(bare(target), _SHOWN)
    if _LOGIN.search(urlsplit(target).netloc + urlsplit(target).path):
        return AccessRefused(
            f"{bare(url)}: sends us to a login page ({shown}); give credentials with --http.config.file, "
            "or the address behind the login"
        )
    return Unavailable(
        f"{bare(url)}: redirects to {shown}, which is not followed (credentials would go there); "
        "if that is right, set url to it"
    )
