"""Addresses: which become links, and how credentials leave them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from incident.text.markup.links import prometheus_graph_url, strip_userinfo, url_or_none

GOOD = [
    "http://host",
    "https://host:9090/graph?g0.expr=up%7Bjob%3D%22a%22%7D&g0.tab=0#frag",
    "http://10.0.0.1:80/",
    "http://[2001:db8::1]:9090/x",
    "http://my_service.ns.svc.cluster.local/a/b;c=d",
    "http://h:1/" + "a" * 2036,
    "http://h:65535",
    "https://xn--bcher-kva.example/",
]
SCHEMES = [
    "javascript",
    "vbscript",
    "data",
    "file",
    "ftp",
    "ws",
    "wss",
    "blob",
    "about",
    "mailto",
    "tel",
    "view-source",
    "chrome",
    "jar",
    "gopher",
    "ssh",
    "git",
    "ldap",
    "httpx",
    "xhttp",
    "hxxp",
    "intent",
    "market",
    "sms",
    "filesystem",
    "feed",
]
BAD_FORMS = ["{}:alert(1)", "{}://host/path", "{}:host", " {}:x", "{}:", "{}:%0aalert(1)", "{}://x:y@h/"]
BAD_WEB = [
    "",
    "http",
    "http:",
    "http:/",
    "http://",
    "http:///path",
    "http:host",
    "http:/host",
    "http:\\\\host",
    "http:/\\host",
    "http://host\\@evil/",
    "//host/path",
    "/path",
    "host/path",
    "http://user@host/",
    "http://user:pass@host/",
    "http://@host/",
    "http://:@host/",
    "http://host:port/",
    "http://host:/",
    "http://host:0/",
    "http://host:65536/",
    "http://host:99999999/",
    "http://.../",
    "http://-._-/",
    "http://[::1",
    "http://[zz::1]/",
    "http://[1.2.3.4]/",
    "http://::1/",
    "http://ho st/",
    "http://host/a b",
    "http://host/a\nb",
    "http://host/a\tb",
    "ht\ntp://host/",
    "java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    "http://host/\x00",
    "http://host/\u202e",
    "http://host/\u200b",
    "http://ho%73t/",
    "http://hóst/",
    "http://ＨＯＳＴ/",
    "http://host。com/",
    "http://ho<st/",
    'http://ho"st/',
    "http://host/\ud800",
    "http://host/" + "a" * 2037,
    "http://[:::1]/",
    "http://[::12345]/",
    "&#106;avascript:alert(1)",
    "%6aavascript:alert(1)",
    "javascript&colon;alert(1)",
]
BAD = BAD_WEB + [form.format(scheme) for form, scheme in product(BAD_FORMS, SCHEMES)]
END = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize("url", GOOD)
def test_web_addresses_become_links_as_they_are(url: str) -> None:
    """An ordinary address is not changed."""
    assert url_or_none(url) == url


@pytest.mark.parametrize("url", BAD, ids=repr)
def test_everything_else_stays_text(url: str) -> None:
    """Other schemes, credentials, tricks with blanks, controls and look-alike hosts make no link."""
    assert url_or_none(url) is None


def test_there_are_at_least_two_hundred_bad_addresses() -> None:
    """The table stays as wide as the promise."""
    assert len(set(BAD)) >= 200


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("  https://host/x \n", "https://host/x"),
        ("HTTPS://host/x", "https://host/x"),
        ('http://h/a"b<c>`{}|^', "http://h/a%22b%3Cc%3E%60%7B%7D%7C%5E"),
        ("http://h/ü?q=100%&r=%41", "http://h/%C3%BC?q=100%25&r=%41"),
    ],
)
def test_addresses_are_made_fit_for_an_attribute(given_url: str, expected: str) -> None:
    """What an address cannot hold is percent-encoded; what is encoded already stays."""
    assert url_or_none(given_url) == expected


@given(st.text(max_size=40), st.sampled_from(["", "http://", "https://host", "http://host/", "HTTP://h:1?"]))
@settings(max_examples=500, deadline=None)
def test_a_link_is_always_safe(text: str, start: str) -> None:
    """Whatever becomes a link is plain ASCII, http or https, with a host and without credentials."""
    url = url_or_none(start + text)

    if url is not None:
        parts = urlsplit(url)
        assert parts.scheme in ("http", "https")
        assert parts.hostname
        assert parts.username is None
        assert url.isascii()
        assert set(url).isdisjoint(" \"'<>`\\\n\t") or "'" in url
        assert url_or_none(url) == url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://user:S3CRET@host:9090/p?q=1", "http://host:9090/p?q=1"),
        ("https://token@host/", "https://host/"),
        ("http://u:p@w@host/", "http://host/"),
        ("http://u:pa/ss@host/", "http://host/"),
        ("//u:p@host/", "//host/"),
        ("http://host/a@b", "http://host/a@b"),
        ("http://host:9090/a@b", "http://host:9090/a@b"),
        ("http://host/?mail=a:b@c", "http://host/?mail=a:b@c"),
        ("http://[::1]:9090/a@b", "http://[::1]:9090/a@b"),
    ],
)
def test_credentials_leave_an_address(url: str, expected: str) -> None:
    """User name and password go, whatever characters nobody encoded; the rest stays."""
    assert strip_userinfo(url) == expected


@given(
    st.text(
        st.characters(codec="ascii", exclude_characters="/@:?#\\ \n\t\r\x0b\x0c\x1c\x1d\x1e\x1f"), max_size=8
    ),
    st.text(
        st.characters(codec="ascii", exclude_characters="/?#\\ \n\t\r\x0b\x0c\x1c\x1d\x1e\x1f"), max_size=8
    ),
)
@settings(deadline=None)
def test_no_password_stays(user: str, password: str) -> None:
    """Any user name and password are gone, and the address is what it is without them."""
    assert strip_userinfo(f"http://{user}:{password}@host:1/x") == "http://host:1/x"


def test_the_prometheus_link_is_the_one_prometheus_reads() -> None:
    """Expression, range and end stand in the parameters of the graph page, in UTC."""
    url = prometheus_graph_url("http://prom:9090/base/", 'up{job="a b"}', END - timedelta(hours=2), END)

    assert url == (
        "http://prom:9090/base/graph?g0.expr=up%7Bjob%3D%22a%20b%22%7D&g0.tab=0&g0.range_input=2h"
        "&g0.end_input=2026-11-20%2023%3A30%3A00"
    )


def test_the_prometheus_link_covers_parts_of_seconds() -> None:
    """The page knows whole seconds, so the range is widened to them."""
    start, end = END - timedelta(seconds=9.5), END + timedelta(seconds=0.2)
    query = parse_qs(urlsplit(prometheus_graph_url("http://p", "up", start, end) or "").query)

    assert query["g0.range_input"] == ["11s"]
    assert query["g0.end_input"] == ["2026-11-20 23:30:01"]


@pytest.mark.parametrize("base", ["", "prom:9090", "javascript:x", "http://"])
def test_no_link_without_a_web_address(base: str) -> None:
    """A base that is no web address makes no link."""
    assert prometheus_graph_url(base, "up", END - timedelta(hours=1), END) is None


def test_no_link_with_a_query_that_is_too_long() -> None:
    """A query that would not fit stays text."""
    assert prometheus_graph_url("http://p", "x" * 3000, END - timedelta(hours=1), END) is None


def test_links_carry_no_credentials() -> None:
    """A base with user name and password is used without them."""
    url = prometheus_graph_url("http://u:S3CRET@p/?token=T0K", "up", END - timedelta(hours=1), END)

    assert url is not None
    assert url.startswith("http://p/graph?g0.expr=up&")
    assert "S3CRET" not in url
    assert "T0K" not in url


@given(st.text(max_size=60))
@example('a&b=c#d%"é🔥')
@settings(deadline=None)
def test_the_expression_survives_the_link(expr: str) -> None:
    """Decoding the link gives the expression back."""
    expr = expr.encode("utf-8", "replace").decode()
    url = prometheus_graph_url("http://p", expr, END - timedelta(hours=1), END)

    assert parse_qs(urlsplit(url or "").query, keep_blank_values=True)["g0.expr"] == [expr]
