"""Discovery: which series are the service's, by name alone."""

from __future__ import annotations

import pytest

from collector.errors import AmbiguousService, ConfigError, NoData
from collector.signals.discover import discover
from collector.signals.specs import error_ratio
from collector.source import Answer
from tests.lab_fakes import FakeSource, constant, http_service, samples, span, ticks

WINDOW = span(0, 60)
TIMES = ticks(0, 60)


def test_usual_service_is_found_with_its_namespace() -> None:
    """Counter, histogram and targets are taken by the service label; the only namespace joins."""
    source = FakeSource(http_service("payments", 0, 60))

    found = discover(source, "payments", (), WINDOW)

    assert found.requests is not None
    assert found.latency is not None
    inside = 'service="payments",namespace="prod"'
    assert found.scope.matchers == ('namespace="prod"',)
    assert found.scope.label == "service"
    assert found.requests.selector == f'http_requests_total{{{inside},route!="/healthz"}}'
    assert found.requests.failing_selector == f'http_requests_total{{{inside},route!="/healthz",code=~"5.."}}'
    assert found.requests.left_out == "route /healthz"
    assert found.latency.selector == f"http_request_duration_seconds_bucket{{{inside}}}"
    assert found.targets == f"up{{{inside}}}"
    assert found.target_count == 1


def test_one_call_finds_everything() -> None:
    """A service that is there costs one `series` call and no query."""
    source = FakeSource(http_service("payments", 0, 60))

    discover(source, "payments", (), WINDOW)

    assert [kind for kind, _ in source.asked] == ["series"]


def test_missing_failures_are_none_and_missing_traffic_is_no_ratio() -> None:
    """The error ratio falls back to 0 where no failure series exists, and is empty without requests."""
    requests = discover(FakeSource(http_service("payments", 0, 60)), "payments", (), WINDOW).requests
    assert requests is not None

    query = error_ratio(requests, "1m")

    total = f"sum(rate({requests.selector}[1m]))"
    assert query == f"(sum(rate({requests.failing_selector}[1m])) or 0 * {total}) / ({total} > 0)"


def test_a_neighbour_is_not_taken() -> None:
    """A service whose name only begins alike stays out."""
    source = FakeSource([*http_service("pay", 0, 60), *http_service("payments", 0, 60)])

    found = discover(source, "pay", (), WINDOW)

    assert found.requests is not None
    assert {dict(labels)["service"] for labels in found.requests.named.series} == {"pay"}


def test_exported_label_beats_its_twin() -> None:
    """Where `exported_service` names the service, the plain label is the exporter's and is not used."""
    own = {"exported_service": "payments", "service": "ingress", "job": "ingress", "instance": "a:1"}
    source = FakeSource([samples("http_requests_total", TIMES, 1, code="200", **own)])

    found = discover(source, "payments", (), WINDOW)

    assert found.requests is not None
    assert found.requests.selector == 'http_requests_total{exported_service="payments"}'
    assert found.targets == ""


def test_series_of_others_scraped_from_the_service_stay_out() -> None:
    """What a target of the service exports about somebody else is excluded by the exported label."""
    own = {"service": "gateway", "job": "gateway", "instance": "a:1"}
    source = FakeSource(
        [
            samples("http_requests_total", TIMES, 1, code="200", **own),
            samples("http_requests_total", TIMES, 1, code="200", exported_service="payments", **own),
        ]
    )

    found = discover(source, "gateway", (), WINDOW)

    assert found.requests is not None
    assert found.requests.selector == 'http_requests_total{service="gateway",exported_service=""}'


def test_job_of_opentelemetry_names_the_service_behind_its_slash() -> None:
    """`job="shop/payments"` is the service payments."""
    own = {"job": "shop/payments", "instance": "a:1", "http_response_status_code": "200"}
    bucket = "http_server_request_duration_seconds_bucket"
    source = FakeSource(
        [
            samples("http_server_request_duration_seconds_count", TIMES, 1, **own),
            samples(bucket, TIMES, 1, le="+Inf", **own),
        ]
    )

    found = discover(source, "payments", (), WINDOW)

    assert found.requests is not None
    assert found.latency is not None
    assert found.requests.selector == 'http_server_request_duration_seconds_count{job="shop/payments"}'
    assert found.latency.selector == f'{bucket}{{job="shop/payments"}}'


def test_two_namespaces_are_not_summed() -> None:
    """A name in several namespaces is refused, naming them and how to choose."""
    source = FakeSource(
        [
            *http_service("payments", 0, 60, namespace="prod", instance="a:1"),
            *http_service("payments", 0, 60, namespace="staging", instance="b:1"),
        ]
    )

    with pytest.raises(
        AmbiguousService, match=r"2 namespaces \(prod, staging\).*--match 'namespace=\"prod\"'"
    ):
        discover(source, "payments", (), WINDOW)


def test_a_chosen_namespace_is_enough() -> None:
    """With a matcher on the namespace the other one is not seen at all."""
    source = FakeSource(
        [
            *http_service("payments", 0, 60, namespace="prod", instance="a:1"),
            *http_service("payments", 0, 60, namespace="staging", instance="b:1"),
        ]
    )

    found = discover(source, "payments", ('namespace="staging"',), WINDOW)

    assert found.scope.matchers == ('namespace="staging"',)
    assert found.targets == 'up{service="payments",namespace="staging"}'


def test_two_namespaces_may_be_asked_for_together() -> None:
    """A matcher that names both is a decision, not an ambiguity."""
    source = FakeSource(
        [
            *http_service("payments", 0, 60, namespace="blue", instance="a:1"),
            *http_service("payments", 0, 60, namespace="green", instance="b:1"),
        ]
    )

    found = discover(source, "payments", ('namespace=~"blue|green"',), WINDOW)

    assert found.target_count == 2


def test_two_clusters_are_not_summed() -> None:
    """Clusters are told apart as namespaces are."""
    source = FakeSource(
        [
            *http_service("payments", 0, 60, cluster="eu", instance="a:1"),
            *http_service("payments", 0, 60, cluster="us", instance="b:1"),
        ]
    )

    with pytest.raises(AmbiguousService, match=r"2 clusters \(eu, us\)"):
        discover(source, "payments", (), WINDOW)


def test_exporters_of_the_service_are_not_its_targets() -> None:
    """A prober or exporter that carries the service's label does not answer for the service."""
    prober = {"job": "blackbox", "instance": "https://payments.example/", "service": "payments"}
    source = FakeSource(
        [
            *http_service("payments", 0, 60),
            samples("up", TIMES, 1, **prober),
            samples("probe_success", TIMES, 1, **prober),
        ]
    )

    found = discover(source, "payments", (), WINDOW)

    assert found.targets == 'up{service="payments",job="payments",namespace="prod"}'
    assert found.probes == 'probe_success{service="payments"}'


def test_probe_is_found_by_the_address_it_probes() -> None:
    """A probe without a service label is the service's when its host has the name as a word."""
    source = FakeSource(
        [
            samples("probe_success", TIMES, 1, instance="https://store.example/login", job="blackbox"),
            samples("probe_success", TIMES, 1, instance="https://bookstore.example/", job="blackbox"),
            samples("probe_success", TIMES, 1, instance="https://other.example/store", job="blackbox"),
        ]
    )

    found = discover(source, "store", (), WINDOW)

    assert found.probes == 'probe_success{instance="https://store.example/login"}'
    assert found.scope.label == "instance"
    assert found.targets == ""


def test_a_probe_is_found_by_its_whole_address() -> None:
    """As its alert names it: that one probe, and none of another page of the host."""
    source = FakeSource(
        [
            samples("probe_success", TIMES, 1, instance="https://store.example/", job="blackbox"),
            samples("probe_success", TIMES, 1, instance="https://store.example/login", job="blackbox"),
        ]
    )

    found = discover(source, "https://store.example/", (), WINDOW)

    assert found.probes == 'probe_success{instance="https://store.example/"}'


def test_targets_without_a_service_label_are_found_by_their_scrape() -> None:
    """When only the counters name the service, its targets are those the counters came from."""
    where = {"job": "pods", "instance": "10.0.0.1:80"}
    source = FakeSource(
        [
            samples("http_requests_total", TIMES, 1, app="payments", code="200", **where),
            samples("up", TIMES, 1, **where),
            samples("up", TIMES, 1, job="pods", instance="10.0.0.9:80"),
        ]
    )

    found = discover(source, "payments", (), WINDOW)

    assert found.targets == 'up{job="pods",instance="10.0.0.1:80"}'


def test_counter_that_tells_failures_is_preferred() -> None:
    """Of two families the one with an error label is taken, and the other is named."""
    own = {"service": "payments", "job": "payments", "instance": "a:1"}
    source = FakeSource(
        [
            samples("http_requests_total", TIMES, 1, **own),
            samples("http_server_requests_seconds_count", TIMES, 1, status="200", **own),
        ]
    )

    found = discover(source, "payments", (), WINDOW)

    assert found.requests is not None
    assert found.requests.family.counter == "http_server_requests_seconds_count"
    assert found.also == ("http_requests_total",)


def test_istio_counts_a_request_once() -> None:
    """Of the two reports of a request in a mesh only the destination's is taken; milliseconds are known."""
    own = {"destination_canonical_service": "payments", "response_code": "200", "job": "mesh"}
    bucket = "istio_request_duration_milliseconds_bucket"
    source = FakeSource(
        [
            samples("istio_requests_total", TIMES, 1, reporter="source", **own),
            samples("istio_requests_total", TIMES, 1, reporter="destination", **own),
            samples(bucket, TIMES, 1, reporter="destination", le="+Inf", **own),
        ]
    )

    found = discover(source, "payments", (), WINDOW)

    assert found.requests is not None
    assert found.latency is not None
    assert 'reporter="destination"' in found.requests.selector
    assert found.latency.seconds == 0.001


def test_unknown_service_names_those_that_exist() -> None:
    """A typing error is answered by the closest names first."""
    known = ("search", "payments", "kube-state-metrics")
    counted = [samples("", [0], 1, service=name) for name in known]
    source = FakeSource(ranges={"count by": lambda _: Answer(tuple(counted))})

    with pytest.raises(NoData, match=r"services known there: payments, .*; choose one with --service"):
        discover(source, "paymnets", (), WINDOW)


def test_known_service_outside_the_window_says_where_its_samples_lie() -> None:
    """A window without samples of a known service is answered by where there are some."""
    source = FakeSource(ranges={"count({": constant(1)})

    with pytest.raises(NoData, match=r"its samples lie between about .* and .*; choose a window"):
        discover(source, "payments", (), WINDOW)


def test_wrong_matcher_says_where_the_service_is() -> None:
    """A service that only the matchers hide is told with its namespaces."""
    source = FakeSource(http_service("payments", 0, 60))

    with pytest.raises(NoData, match="without these matchers it exists in namespace prod, job payments"):
        discover(source, "payments", ('namespace="dev"',), WINDOW)


def test_matcher_that_is_not_promql_is_a_usage_error() -> None:
    """A matcher without quotes is refused before anything is asked."""
    source = FakeSource()

    with pytest.raises(ConfigError, match=r"--match: .*expected a value in quotes"):
        discover(source, "payments", ("namespace=prod",), WINDOW)

    assert source.asked == []


@pytest.mark.parametrize("name", ['pay"ments', "pay{}ments", "pay\\d+", "päyments\n", "a|b", "$x"])
def test_hostile_service_names_are_only_text(name: str) -> None:
    """Quotes, braces and patterns in a name select exactly that name."""
    source = FakeSource([*http_service(name, 0, 60), *http_service("payments", 0, 60)])

    found = discover(source, name, (), WINDOW)

    assert found.requests is not None
    assert {dict(labels)["service"] for labels in found.requests.named.series} == {name}
