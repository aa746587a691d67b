"""Several families at once, and what cannot be read: the choice is the same each time, and says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from collector.errors import QueryRejected
from collector.reading.survey import SurveyRequest, survey, with_history
from collector.reading.zoom import zoom
from collector.signals.discover import Found, discover
from collector.signals.explain import explained, told_latency, told_requests
from collector.signals.latency import Shape
from collector.signals.services import list_services
from collector.signals.specs import error_ratio, latency_specs
from collector.source import Answer
from incident.model.signals import Samples
from incident.model.spans import Span
from tests.lab_fakes import FakeSource, at, constant, http_service, samples, span, ticks

WINDOW = span(0, 60)
TIMES = ticks(0, 60)
OWN = {"service": "payments", "job": "payments", "instance": "a:1"}
REFUSED = QueryRejected("no", status=400, error_type="bad_data", server_text="no", query="q")


def _three() -> list[Samples]:
    """A service that counts its requests itself, behind a mesh and an ingress that count them again."""
    mesh = {"destination_canonical_service": "payments", "job": "mesh", "reporter": "destination"}
    ingress = {"ingress": "payments", "job": "ingress"}
    return [
        samples("nginx_ingress_controller_requests", TIMES, 1, status="200", **ingress),
        samples("istio_requests_total", TIMES, 1, response_code="200", **mesh),
        samples("http_requests_total", TIMES, 1, code="200", **OWN),
        samples("http_requests_total", TIMES, 1, code="503", **OWN),
    ]


def _found(held: list[Samples], **more: object) -> Found:
    source = FakeSource(held)
    for name, value in more.items():
        setattr(source, name, value)
    return discover(source, "payments", (), WINDOW)


def test_the_choice_does_not_hang_on_the_order_of_answers() -> None:
    """However the server lists its series, the same counter is taken and the same others are named."""
    held = _three()
    told = set()
    for seed in range(6):
        mixed = [held[k] for k in np.random.default_rng(seed).permutation(len(held))]
        told.add(told_requests(_found(mixed)))

    assert told == {
        "took http_requests_total (client library) by its label service, because code tells failures: "
        'code=~"5.."; also possible: istio_requests_total, nginx_ingress_controller_requests '
        "(counts the same requests again)"
    }


def test_what_is_taken_and_what_not_stands_in_the_evidence() -> None:
    """The explanation of a choice among several is one line of the evidence."""
    request = SurveyRequest("payments", (), span(30, 60), lead=timedelta(minutes=30), tail=timedelta(0))

    lines = survey(FakeSource(_three(), ranges={"rate": constant(1)}), request, at(90)).signals_explained

    assert any(line.startswith("requests: took http_requests_total") for line in lines)


def test_an_alert_that_always_fires_stands_in_the_evidence_once() -> None:
    """Left out of the history, and said so; reading on into later hours does not say it twice."""
    request = SurveyRequest("payments", (), span(30, 60), lead=timedelta(minutes=30), tail=timedelta(0))
    always = samples("ALERTS", ticks(-240, 90), 1, alertname="Old", alertstate="firing", **OWN)
    source = FakeSource([*_three(), always], ranges={"rate": constant(1)})
    seen = survey(source, replace(request, lead=timedelta(hours=3)), at(90))

    for one in (seen, with_history(source, seen, lambda _: None)):
        assert [line for line in one.signals_explained if line.startswith("Old ")] == [
            "Old fired throughout everything that was read, so it says nothing about this window; left out"
        ]


def test_a_proxy_is_taken_where_the_service_s_own_counter_tells_no_failures() -> None:
    """A counter without any label of outcome gives way to one that has it."""
    held = [one for one in _three() if one.label("__name__") != "http_requests_total"]
    found = _found([*held, samples("http_requests_total", TIMES, 1, **OWN)])

    assert found.requests is not None
    assert found.requests.family.title == "Istio"
    assert found.also == ("nginx_ingress_controller_requests", "http_requests_total")


def test_histogram_without_its_last_bucket_is_unknown_not_silent() -> None:
    """Without le="+Inf" no quantile can be told: the latency is named as unknown, with what to do."""
    held = [one for one in http_service("payments", 0, 60) if one.label("le") != "+Inf"]

    found = _found(held)

    assert found.latency is None
    (unknown,) = found.unknowns
    assert unknown.what == "latency of http_request_duration_seconds"
    assert 'lack the bucket le="+Inf"' in unknown.why
    assert not unknown.failed


def test_unknown_latency_reaches_the_evidence() -> None:
    """The survey hands on what discovery could not read."""
    held = [one for one in http_service("payments", 0, 90) if one.label("le") != "+Inf"]
    request = SurveyRequest("payments", (), span(30, 60), lead=timedelta(minutes=30), tail=timedelta(0))

    evidence = survey(FakeSource(held, ranges={"rate": constant(1)}), request, at(90))

    assert "latency of http_request_duration_seconds" in [one.what for one in evidence.unknowns]


NATIVE = [
    samples("up", TIMES, 1, **OWN),
    samples("http_server_request_duration_seconds", TIMES, 1, http_response_status_code="200", **OWN),
    samples("http_server_request_duration_seconds", TIMES, 1, http_response_status_code="500", **OWN),
]


def test_native_histogram_gives_requests_failures_and_latency() -> None:
    """A histogram of one series is asked for its counts and quantiles by the functions made for it."""
    found = _found(NATIVE, ranges={"histogram_count": constant(1)})

    assert found.requests is not None
    assert found.latency is not None
    assert found.requests.family.native
    assert found.latency.shape is Shape.NATIVE
    name = 'http_server_request_duration_seconds{service="payments"'
    total = f"sum(histogram_count(rate({name}}}[1m])))"
    failed = f'sum(histogram_count(rate({name},http_response_status_code=~"5.."}}[1m])))'
    assert error_ratio(found.requests, "1m") == f"({failed} or 0 * {total}) / ({total} > 0)"
    assert latency_specs(found.latency, "1m")[0].query == (
        f"histogram_quantile(0.99, sum(rate({name}}}[1m])))"
    )
    assert "a native histogram in seconds" in told_latency(found.latency)
    assert any("native" in line for line in explained(found))


def test_gauge_of_that_name_is_no_histogram() -> None:
    """What has no count is not taken for a histogram, nor where the server does not know the function."""
    for ranges in ({}, {"histogram_count": REFUSED}):
        found = _found(NATIVE, ranges=ranges)

        assert found.requests is None
        assert found.latency is None


def test_classic_histogram_is_not_asked_whether_it_is_native() -> None:
    """Where buckets are there nothing more is asked, also when both kinds are scraped."""
    source = FakeSource(
        [*http_service("payments", 0, 60), samples("http_request_duration_seconds", TIMES, 1, **OWN)]
    )

    found = discover(source, "payments", (), WINDOW)

    assert found.latency is not None
    assert found.latency.shape is Shape.BUCKETS
    assert [kind for kind, _ in source.asked] == ["series"]


def test_zoom_reads_the_counts_of_native_histograms() -> None:
    """Requests are counted from the counts of native histograms, whose samples themselves are no numbers."""

    def counts(grid):  # type: ignore[no-untyped-def]
        times = grid.times.tolist()
        codes = ({**OWN, "http_response_status_code": code} for code in ("200", "500"))
        return Answer(tuple(samples("", times, [float(t) for t in times], **labels) for labels in codes))

    source = FakeSource(
        NATIVE, ranges={"timestamp(": counts, "(histogram_count": constant(1), "rate": constant(1)}
    )
    request = SurveyRequest("payments", (), span(30, 60), lead=timedelta(minutes=30), tail=timedelta(0))
    evidence = survey(source, request, at(60))

    counters = zoom(source, evidence, (span(40, 42),), (span(41, 50),)).counters

    assert counters is not None
    assert sorted(counters.is_failed) == [False, True]
    assert counters.requests[0].times.size > 40
    assert not [text for kind, text in source.asked if kind == "raw" and "duration" in text]


def test_summary_is_the_worst_instance_and_says_so() -> None:
    """Quantiles cannot be joined: the greatest of all instances is shown, NaN left out."""
    held = [samples("up", TIMES, 1, **OWN)]
    held += [samples("rpc_duration_ms", TIMES, 1, quantile="0.99", **OWN)]
    held += [
        samples("http_request_duration_ms", TIMES, 1, quantile=q, **OWN) for q in ("0.5", "0.99", "oops")
    ]
    found = _found(held)

    assert found.latency is not None
    assert [(spec.name, spec.query) for spec in latency_specs(found.latency, "1m")] == [
        ("p99", 'max(http_request_duration_ms{service="payments",quantile="0.99"} >= 0) * 0.001'),
        ("p50", 'max(http_request_duration_ms{service="payments",quantile="0.5"} >= 0) * 0.001'),
    ]
    assert "the worst one is shown" in told_latency(found.latency)


def test_server_that_does_not_list_names_is_asked_for_all_of_them() -> None:
    """Names that cannot be listed are no reason to find nothing."""

    class Mute(FakeSource):
        def names(self, pattern: str, span: Span) -> tuple[str, ...]:  # noqa: ARG002
            raise REFUSED

    found = discover(Mute(http_service("payments", 0, 60)), "payments", (), WINDOW)

    assert found.requests is not None
    assert found.latency is not None


def test_labels_with_dots_are_asked_for_only_where_names_have_them() -> None:
    """An older server refuses quoted label names, so it is never sent one."""
    source = FakeSource(http_service("payments", 0, 60))
    discover(source, "payments", (), WINDOW)
    assert "service.name" not in source.asked[0][1]

    dotted = samples("http.server.request.duration_count", TIMES, 1, **{"service.name": "payments"})
    source = replace(source, held=[dotted], asked=[])
    discover(source, "payments", (), WINDOW)
    assert '"service.name"="payments"' in source.asked[0][1]


def test_services_are_listed_by_what_can_be_measured_of_them() -> None:
    """Counted requests come first, then what a proxy counts, then what is only scraped; one line a name."""
    known = [
        samples("up", [0], 1, job="node"),
        samples("up", [0], 1, service="payments", namespace="prod"),
        samples("nginx_ingress_controller_requests", [0], 1, exported_service="shop", service="ingress"),
        samples("http_requests_total", [0], 1, service="payments", namespace="prod"),
        samples("http_requests_total", [0], 1, service="payments", namespace="test"),
    ]
    held = [samples(one.label("__name__"), TIMES, 1) for one in known]
    source = FakeSource(held, ranges={"count by": lambda _: Answer(tuple(known))})

    found = list_services(source, WINDOW)

    assert [(one.name, one.label, one.family, one.rank) for one in found] == [
        ("payments", "service", "client library", 0),
        ("shop", "exported_service", "ingress-nginx", 1),
        ("node", "job", "", 3),
    ]
    assert found[0].places == ("prod", "test")
