"""Addresses: which may become a link, how one is shown, and links into Prometheus."""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from incident.text.controls import one_line
from incident.text.durations import promql_duration

_LONGEST = 2048
"""Longer addresses are cut by mail clients and wikis, and hide what they do."""

# The authority is read here and not by urllib, which is more lenient than browsers in some places
# and different in others ("http:\\host", "http:host", a tab inside the scheme).
_WEB = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#\\]*)(?P<rest>(?:[/?#].*)?)", re.IGNORECASE)
_HOST = re.compile(
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_.-]*[a-z0-9][a-z0-9_.-]*)(?::(?P<port>[0-9]{1,5}))?",
    re.IGNORECASE,
)
_LONE_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_URL_SAFE = "%/?#[]@!$&'()*+,;=:-._~"

# The second form is a password with a slash in it that nobody encoded: what follows the colon is
# then no port. To lose a piece of a strange path is better than to print a password. The length is
# bounded so that a text made for it cannot take quadratic time.
USERINFO = re.compile(
    r"(?P<lead>[/\\]{2})"
    r"(?:[^\s/?#\\]*@|(?!\[)[^\s/?#\\\"'@:]*:(?!\d+(?:[/?#\\,;:'\")\]}>\s]|$))[^\s\"']{0,512}?@)"
)
"""The `//` of an address (group `lead`) and the user name and password after it."""


def url_or_none(text: str) -> str | None:
    """The address, fit for `href`, or None where it must stay plain text.

    Fit means: scheme http or https, a host, no user name or password, at most 2,048 characters, no
    blank, control or unseen character inside (blanks around it are dropped). Characters that an
    address cannot hold are percent-encoded.
    """
    trimmed = text.strip()
    if any(char.isspace() for char in trimmed) or one_line(trimmed) != trimmed:
        return None
    parts = _WEB.fullmatch(trimmed)
    if parts is None or not _is_host(parts["authority"]):
        return None
    rest = quote(_LONE_PERCENT.sub("%25", parts["rest"]), safe=_URL_SAFE)
    url = f"{parts['scheme'].lower()}://{parts['authority']}{rest}"
    return url if len(url) <= _LONGEST else None


def _is_host(authority: str) -> bool:
    match = _HOST.fullmatch(authority)
    if match is None or (match["port"] is not None and not 0 < int(match["port"]) < 65536):
        return False
    return not match["host"].startswith("[") or _is_ipv6(match["host"][1:-1])


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def strip_userinfo(url: str) -> str:
    """The address without user name and password, for a message or a document."""
    return USERINFO.sub(lambda match: match["lead"], url)


def prometheus_graph_url(base: str, expr: str, start: datetime, end: datetime) -> str | None:
    """The expression in Prometheus' own graph page over [start, end), whole seconds, UTC.

    `base` is the address people use, which may have a path. The form is read by versions 2 and 3.
    None where it would not be a link (`url_or_none`): no web address, or a very long query.
    """
    root = _root(base)
    if root is None:
        return None
    whole = timedelta(seconds=1)
    last = end.astimezone(UTC).replace(microsecond=0)
    last += whole if end.microsecond else timedelta(0)
    first = start.astimezone(UTC).replace(microsecond=0)
    parameters = {
        "g0.expr": expr,
        "g0.tab": "0",
        "g0.range_input": promql_duration(max(last - first, whole)),
        "g0.end_input": f"{last:%Y-%m-%d %H:%M:%S}",
    }
    return url_or_none(
        f"{root}/graph?" + "&".join(f"{key}={_encoded(value)}" for key, value in parameters.items())
    )


def _root(base: str) -> str | None:
    url = url_or_none(strip_userinfo(base))
    return None if url is None else re.split("[?#]", url, maxsplit=1)[0].rstrip("/")


def _encoded(value: str) -> str:
    return quote(value, safe="", errors="replace")
