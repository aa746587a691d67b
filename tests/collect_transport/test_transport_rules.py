"""Retries, redirects, addresses and the deadline, rule by rule."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import AccessRefused, ConfigError, Unavailable
from collector.http import forms, redirects, retry
from collector.http.deadline import Deadline
from collector.http.limits import MIB, Budget, OverLimit

BASE = "https://prometheus.example:9090/api/v1/query"
DATE = "Sat, 21 Nov 2026 07:00:00 GMT"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", 0.2),
        ("3", 3.0),
        (" 3 ", 3.0),
        ("0", 0.2),
        ("30", 30.0),
        ("31", None),
        ("3600", None),
        ("9" * 5000, None),
        ("soon", 0.2),
        ("-5", 0.2),
        ("٣", 0.2),
        ("Sat, 21 Nov 2026 07:00:12 GMT", 12.0),
        ("Sat, 21 Nov 2026 06:00:00 GMT", 0.2),
        ("Sun, 22 Nov 2026 07:00:00 GMT", None),
    ],
)
def test_retry_after_is_obeyed_within_reason(header: str, expected: float | None) -> None:
    """Up to 30 s are waited for, in seconds or by the server's own date; more means to give up."""
    assert retry.wait_before(2, header, DATE, 0.0) == expected


def test_tries_are_three_and_further_apart() -> None:
    """The back-off doubles, jitter adds at most half, and there is no fourth try."""
    assert [retry.wait_before(attempt, "", "", 0.0) for attempt in (2, 3, 4)] == [0.2, 0.4, None]
    assert retry.wait_before(2, "", "", 1.0) == pytest.approx(0.3)


def test_a_date_without_the_server_s_clock_is_no_wait() -> None:
    """Without a Date header nobody knows how far away a date is."""
    assert retry.wait_before(2, "Sat, 21 Nov 2026 07:00:12 GMT", "", 0.0) == 0.2


def follow(location: str, *, url: str = BASE, hops: int = 0, method: str = "GET", status: int = 302) -> str:
    return redirects.next_url(url, location, hops=hops, method=method, status=status, allowed=True)


@pytest.mark.parametrize(
    ("url", "location", "expected"),
    [
        (BASE, "/prom/api", "https://prometheus.example:9090/prom/api"),
        (BASE, "query_range?x=1", "https://prometheus.example:9090/api/v1/query_range?x=1"),
        (BASE, "https://PROMETHEUS.example:9090/x", "https://PROMETHEUS.example:9090/x"),
        ("http://p.example/a", "https://p.example/a", "https://p.example/a"),
        ("http://p.example:80/a", "https://p.example:443/a", "https://p.example:443/a"),
    ],
)
def test_the_same_server_is_followed(url: str, location: str, expected: str) -> None:
    """Same scheme, host and port, or the default https in place of the default http."""
    assert follow(location, url=url) == expected


@pytest.mark.parametrize(
    "location",
    [
        "https://other.example:9090/api",
        "https://prometheus.example:9091/api",
        "https://prometheus.example/api",
        "http://prometheus.example:9090/api",
        "//other.example/api",
        "https://prometheus.example.evil.example:9090/api",
        "https://user:pw@prometheus.example:9090/api",
        "https://prometheus.example:9090@other.example/api",
        "https:\\\\other.example",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://[bad",
        "https://prometheus.example:99999/",
    ],
)
def test_any_other_server_is_not(location: str) -> None:
    """Another host, another port, less encryption, credentials or rubbish: refused, in one line."""
    with pytest.raises(Unavailable) as caught:
        follow(location)

    assert "pw" not in str(caught.value).replace("url", "")


@pytest.mark.parametrize(
    "location", ["https://sso.example/", "https://x.example/oauth2/auth", "//login.x.example"]
)
def test_a_login_page_is_access_refused(location: str) -> None:
    """A redirect to where one logs in is a matter of access, not of availability."""
    with pytest.raises(AccessRefused, match="login page"):
        follow(location)


def test_a_form_is_not_turned_into_a_get() -> None:
    """A 302 to a POST would lose the query; only 307 and 308 keep it."""
    with pytest.raises(Unavailable):
        follow("/x", method="POST", status=302)

    assert follow("/x", method="POST", status=307).endswith("/x")


def test_three_hops_are_enough() -> None:
    """The fourth redirect in a row is a loop."""
    assert follow("/x", hops=2)
    with pytest.raises(Unavailable, match="more than 3 times"):
        follow("/x", hops=3)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:9090", "http://localhost:9090"),
        (" http://localhost:9090/ ", "http://localhost:9090"),
        ("https://p.example/prometheus//", "https://p.example/prometheus"),
        ("http://[::1]:9090/?x=1#y", "http://[::1]:9090"),
    ],
)
def test_a_base_address_is_bare(url: str, expected: str) -> None:
    """Blanks, slashes at the end, query and fragment are dropped."""
    assert forms.checked_base(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:9090",
        "ftp://x",
        "http://",
        "http:///x",
        "http://x:99999",
        "http://x:0",
        "http://a b",
        "http://[x",
    ],
)
def test_any_other_address_is_refused(url: str) -> None:
    """What is no http(s) address with a host is refused before anything is sent."""
    with pytest.raises(ConfigError, match="not an http"):
        forms.checked_base(url)


def test_credentials_in_the_address_are_refused_without_being_shown() -> None:
    """User name and password belong into a file, and not into the message either."""
    with pytest.raises(ConfigError, match=r"--http\.config\.file") as caught:
        forms.checked_base("http://reader:s3cret@prometheus.example:9090")

    assert "s3cret" not in str(caught.value)
    assert "reader" not in str(caught.value)


@given(st.integers(0, 4_102_444_800_000))
def test_times_are_exact_decimal_seconds(epoch_ms: int) -> None:
    """No float comes near a time on its way to the server."""
    whole, _, rest = forms.seconds(epoch_ms).partition(".")

    assert int(whole) * 1000 + int(rest or "0") == epoch_ms
    assert len(rest) in (0, 3)


def test_the_deadline_counts_down() -> None:
    """What is left never grows, and no socket is given the zero that means for ever."""
    now = [100.0]
    deadline = Deadline(timedelta(seconds=10), lambda: now[0])

    found = []
    for now[0] in (100.0, 108.0, 110.0):
        found.append((deadline.at_most(3), deadline.passed))

    assert found == [(3, False), (2, False), (0.001, True)]


def test_the_budget_counts_answers_and_the_run() -> None:
    """An answer may be as large as the cap, and the run as large as its own."""
    budget = Budget(per_answer=2 * MIB, per_run=3 * MIB)
    budget.take(2 * MIB, 2 * MIB)

    with pytest.raises(OverLimit) as answer:
        budget.take(MIB, 2 * MIB + 1)
    with pytest.raises(OverLimit) as run:
        budget.take(1, 1)

    assert not answer.value.whole_run
    assert run.value.whole_run
