"""`doctor`: every line is something to act on, and one that goes wrong does not end the rest."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from collector.errors import AccessRefused, QueryRejected, Unavailable
from collector.http.answers.failures import LoginPage, NoEndpoint
from collector.source import Answer, ServerInfo
from incident.model.facts import AlertRule
from incident.model.signals import Samples
from incident.model.spans import Grid
from report.pipeline.checkup.doctor import Patient, examine
from report.pipeline.checkup.findings import Finding, Health
from report.pipeline.checkup.server import clock
from tests.lab_fakes import T0, FakeSource, at, constant, http_service, samples, ticks

NOW = at(60)
REFUSED = QueryRejected("refused", status=422, error_type="execution", server_text="no", query="q")


def _source(**more: object) -> FakeSource:
    ranges = {
        "vector(1)": constant(1),
        "count(up)": constant(1),
        "histogram_quantile": constant(0.42),
        "/ (sum": constant(0.01),
        "sum(rate": constant(98),
    }
    source = FakeSource(http_service("payments", 0, 60), ranges=ranges)
    for name, value in more.items():
        setattr(source, name, value)
    return source


def _patient(source: FakeSource, **more: object) -> Patient:
    def nowhere(url: str) -> FakeSource:
        raise Unavailable(f"{url}: refused")

    patient = Patient(source, nowhere, lambda: NOW, "", "", "payments", ())
    return replace(patient, **more)  # type: ignore[arg-type]


def _told(patient: Patient) -> dict[str, Finding]:
    return {found.what: found for found in examine(patient, NOW)}


def test_a_healthy_server_is_told_line_by_line() -> None:
    """Address, access, clock, version, reach into the past, pace, and each signal with its value."""
    told = _told(_patient(_source()))

    assert {what: found.health for what, found in told.items() if found.health is not Health.GOOD} == {
        "alert history": Health.NOTE,
        "alerting rules": Health.NOTE,
    }
    assert told["scrape interval"].says == "15 s over 1 target, newest sample 15 s old"
    assert told["errors"].says.startswith("1.0 % now; took http_requests_total (client library) by its label")
    assert "left out: route /healthz" in told["errors"].says
    assert told["traffic"].says == "98 req/s now"
    assert told["p99"].says.startswith("0.42 s now; took http_request_duration_seconds, a classic histogram")
    assert told["availability"].says.startswith("1 target, up{")


def test_how_far_back_drafts_can_reach_is_found_not_believed() -> None:
    """The oldest sample is looked for, because configured retention says little about a new server."""
    begins = int((NOW - timedelta(days=40)).timestamp() * 1000)

    def since(grid: Grid) -> Answer:
        return Answer((samples("", [t for t in grid.times.tolist() if t >= begins], 1),))

    source = _source()
    source.ranges = {**source.ranges, "count(up)": since}

    found = _told(_patient(source))["retention"]

    assert found.says.startswith("configured 15d; samples since about 2023-11-06")


@pytest.mark.parametrize(("seconds", "words"), [(95, "1 min 35 s ahead of"), (-95, "1 min 35 s behind")])
def test_clocks_that_differ_are_named_with_what_to_do(seconds: int, words: str) -> None:
    """A server whose clock is off shifts every time in a draft."""
    found = clock(NOW + timedelta(seconds=seconds), NOW)

    assert found.health is Health.NOTE
    assert f"the server's is {words} this machine's; set both by NTP" in found.says
    assert clock(NOW + timedelta(seconds=5), NOW).health is Health.GOOD
    assert clock(None, NOW).health is Health.NOTE


def test_alerts_and_rules_are_told_by_name_and_number() -> None:
    """Which alerts the history holds, and how many rules can be read."""
    source = _source()
    source.held = [*source.held, samples("ALERTS", ticks(50, 60), 1, alertname="HighErrors")]
    fired = Answer((samples("", [0], 1, alertname="HighErrors"),))
    source.ranges = {"last_over_time(ALERTS": lambda _: fired, **source.ranges}
    source.alerting = (AlertRule("HighErrors", "x > 1", timedelta(0), timedelta(0), (), "", ""),)

    told = _told(_patient(source))

    assert told["alert history"].says.endswith("in the last hour: HighErrors")
    assert told["alerting rules"].says == "1 alerting rule"


def test_one_question_refused_costs_its_own_line() -> None:
    """The rest is examined all the same, and the exit code will tell of the bad one."""
    source = _source()
    source.ranges = {"histogram_quantile(0.99": REFUSED, **source.ranges}

    class Closed(FakeSource):
        def rules(self) -> tuple[AlertRule, ...] | None:
            raise AccessRefused("forbidden")

    told = _told(_patient(Closed(source.held, ranges=source.ranges)))

    assert (told["alerting rules"].health, told["alerting rules"].says) == (Health.BAD, "forbidden")
    assert told["p99"].says.startswith("no value right now")
    assert told["traffic"].health is Health.GOOD


def test_a_stale_server_is_bad() -> None:
    """Samples that ended minutes ago mean that nothing is scraped any more."""
    source = _source(held=http_service("payments", 0, 54))

    found = _told(_patient(source))["scrape interval"]

    assert found.health is Health.BAD
    assert found.says.endswith("6 min 15 s old: is it still scraping?")


def test_an_unknown_service_is_bad_and_names_the_nearest() -> None:
    """A typing error is answered by the names that exist."""
    source = _source()
    known = Answer((samples("up", [0], 1, service="payments"),))
    source.ranges = {"count by (__name__": lambda _: known, **source.ranges}

    found = _told(_patient(source, service="paymnets"))["service paymnets"]

    assert found.health is Health.BAD
    assert "services known there: payments" in found.says


def test_without_a_service_they_are_listed() -> None:
    """Each with the metric, family and label it would be drafted by, and a matcher where one is needed."""
    source = _source()
    rows = [
        samples("http_requests_total", [0], 1, service="payments", namespace=place) for place in ("a", "b")
    ]
    source.ranges = {"count by (__name__": lambda _: Answer(tuple(rows)), **source.ranges}

    told = _told(_patient(source, service=""))

    assert told["services"].says.startswith("1 found, requests counted for 1")
    assert told["- payments"].says == (
        "http_requests_total (client library) by service, in a, b; choose one with --match"
    )


def test_counters_of_unknown_families_are_offered_as_signals() -> None:
    """A service of targets only is told which of its metrics look like counters of requests."""
    own = {"service": "payments", "job": "payments", "instance": "a:1"}
    held = [samples("up", ticks(0, 60), 1, **own), samples("shop_rpc_calls_total", ticks(0, 60), 1, **own)]

    told = _told(_patient(_source(held=held)))

    assert told["errors, traffic"].says == (
        "no request counter that we know; these look like request counters: shop_rpc_calls_total; "
        "give them with --signal 'errors=PROMQL'"
    )
    assert told["latency"].health is Health.NOTE


def test_histogram_that_cannot_be_read_is_a_line_of_its_own() -> None:
    """What discovery found but cannot use is told with the reason."""
    held = [one for one in http_service("payments", 0, 60) if one.label("le") != "+Inf"]

    told = _told(_patient(_source(held=held)))

    assert 'lack the bucket le="+Inf"' in told["not readable"].says


class _At(FakeSource):
    """A server whose API lies at one path only."""

    def __init__(self, url: str, elsewhere: Exception, right: str) -> None:
        super().__init__(ranges={"vector(1)": constant(1)})
        self._where, self._error, self._right = url, elsewhere, right

    @property
    def url(self) -> str:
        return self._where

    def range(self, query: str, grid: Grid) -> Answer:
        if self._where != self._right:
            raise self._error
        return super().range(query, grid)


@pytest.mark.parametrize("error", [NoEndpoint("404", status=404), LoginPage("a page")])
@pytest.mark.parametrize(
    ("given", "right"),
    [
        ("http://m.example", "http://m.example/prometheus"),
        ("http://m.example", "http://m.example/api/prom"),
        ("http://m.example:8481", "http://m.example:8481/select/0/prometheus"),
        ("http://m.example/graph", "http://m.example"),
        ("http://m.example/prometheus/api/v1", "http://m.example/prometheus"),
    ],
)
def test_an_address_beside_the_api_is_answered_by_the_right_one(
    error: Exception, given: str, right: str
) -> None:
    """Usual prefixes are tried on the same server, and the one that answers stands in the message."""
    tried: list[str] = []
    open_at = _opening(tried, error, right)

    with pytest.raises(Unavailable, match=f"use --prometheus {right}$"):
        list(examine(_patient(_At(given, error, right), open_at=open_at), NOW))

    assert len(tried) <= 12
    assert all(url.startswith(given[: given.index("example") + 7]) for url in tried)


def test_an_address_with_no_api_near_it_keeps_its_own_message() -> None:
    """Where no path answers, the first message stands: it names what was wrong."""
    error = NoEndpoint("http://m.example: no Prometheus API there", status=404)

    with pytest.raises(NoEndpoint, match="no Prometheus API there"):
        list(examine(_patient(_At("http://m.example", error, ""), open_at=_opening([], error, "")), NOW))


def test_a_server_that_is_down_is_not_tried_elsewhere() -> None:
    """A refused connection is refused on every path."""
    tried: list[str] = []
    gone = Unavailable("connection refused")

    with pytest.raises(Unavailable, match="connection refused"):
        list(examine(_patient(_At("http://m.example", gone, ""), open_at=_opening(tried, gone, "")), NOW))

    assert tried == []


def _opening(tried: list[str], error: Exception, right: str) -> Callable[[str], FakeSource]:
    def open_at(url: str) -> FakeSource:
        tried.append(url)
        return _At(url, error, right)

    return open_at


def test_server_that_says_nothing_of_itself_is_noted() -> None:
    """Version and retention that are not said are notes, not failures."""

    class Mute(FakeSource):
        def info(self) -> ServerInfo:
            return ServerInfo("", "")

        def retention(self) -> str:
            return ""

    source = _source()
    told = _told(_patient(Mute(source.held, ranges=source.ranges)))

    assert told["version"].health is Health.NOTE
    assert told["retention"].health is Health.GOOD
    assert T0 < NOW


def _pushed() -> list[Samples]:
    return [one for one in http_service("payments", 0, 60) if one.label("__name__") != "up"]


def test_pushed_metrics_are_no_trouble() -> None:
    """A server that scrapes nothing has no `up`: a note, and no target is counted that nobody has seen."""
    source = _source(held=_pushed())
    source.ranges = {**source.ranges, "count(up)": lambda _: Answer(())}

    told = _told(_patient(source))

    assert told["scrape interval"].health is told["availability"].health is Health.NOTE
    assert told["scrape interval"].says.endswith("nothing is scraped (pushed metrics have no `up`)")
    assert told["availability"].says.startswith("no targets of its own")
    assert told["errors"].health is Health.GOOD


def test_a_server_that_scraped_today_and_does_not_now_is_bad() -> None:
    """Scraping that stopped is told from pushing by the `up` of the day."""
    source = _source()
    stopped = {"count(up)": lambda _: Answer(()), "count(last_over_time(up[1d]))": constant(3)}
    source.ranges = {**source.ranges, **stopped}

    assert _told(_patient(source))["scrape interval"].health is Health.BAD


def test_a_signal_without_a_value_now_is_a_note() -> None:
    """Its query works, but a draft of now would show nothing."""
    source = _source()
    source.ranges = {k: v for k, v in source.ranges.items() if k in ("vector(1)", "count(up)")}

    told = _told(_patient(source))

    assert told["errors"].says.startswith("no value right now")
    assert told["errors"].health is told["p99"].health is Health.NOTE


def test_a_counter_whose_label_tells_failures_is_offered_as_a_ready_signal() -> None:
    """Of metrics nobody prepared for, the one that tells how its work went is given as a line to copy."""
    own = {"job": "o'mail", "instance": "a:1"}
    counted = [
        samples("mails_sent_total", ticks(0, 60), 1, result=result, **own)
        for result in ("ok", "failed", "timeout")
    ]
    held = [samples("up", ticks(0, 60), 1, **own), *counted]

    says = _told(_patient(_source(held=held), service="o'mail"))["errors, traffic"].says

    assert "mails_sent_total may be one: its label result marks failures" in says
    signal = shlex.split(says.partition("--signal ")[2])
    assert signal == [
        'errors=sum(rate(mails_sent_total{job=~"(.+/)?o\'mail",result=~"failed|timeout"}[5m]))'
        ' / sum(rate(mails_sent_total{job=~"(.+/)?o\'mail"}[5m]))'
    ]


def test_a_counter_of_failures_alone_is_offered_where_requests_do_not_tell_them() -> None:
    """Requests and errors counted apart, by the same maker; what others count as failed is left alone."""
    own = {"job": "shop", "instance": "a:1"}
    names = ("up", "http_requests_total", "http_errors_total", "net_conn_failed_total")
    held = [samples(name, ticks(0, 60), 1, **own) for name in names]

    says = _told(_patient(_source(held=held), service="shop"))["errors"].says

    assert says.startswith("no label tells failures apart; http_errors_total may count them")
    assert shlex.split(says.partition("--signal ")[2]) == [
        'errors=sum(rate(http_errors_total{job=~"(.+/)?shop"}[5m]))'
        ' / sum(rate(http_requests_total{job=~"(.+/)?shop"}[5m]))'
    ]
