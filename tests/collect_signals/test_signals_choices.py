"""The small choices: which label tells failures, which routes do not count, what a signal asked for means."""

from __future__ import annotations

from datetime import timedelta

import pytest

from collector.signals.custom import WantedSignal, with_wanted
from collector.signals.labels.failing import failing_matcher
from collector.signals.labels.home import Home, home_of
from collector.signals.labels.routes import left_out
from collector.signals.samples.pace import survey_step
from collector.signals.specs import rate_window
from incident.model.evidence import Scope
from incident.model.facts import Nearness
from incident.model.signals import Kind, Labels, Measure, Role, SignalSpec, Targets, Worse
from tests.lab_fakes import samples


def _series(name: str, *values: str) -> list[Labels]:
    return [((name, value),) for value in values]


@pytest.mark.parametrize(
    ("label", "values", "expected"),
    [
        ("code", ["200", "404", "503"], 'code=~"5.."'),
        ("status", ["2xx", "5xx"], 'status=~"5.."'),
        ("status", ["2XX", "5XX"], 'status=~"5.."'),
        ("code", ["200"], 'code=~"5.."'),
        ("code", ["200", "unknown"], 'code=~"5.."'),
        ("code", ["2", "5"], 'code=~"5(..)?"'),
        ("response_code", ["200", "0"], 'response_code=~"5..|0"'),
        ("outcome", ["SUCCESS", "SERVER_ERROR"], 'outcome=~"SERVER_ERROR"'),
        ("classification", ["success", "failure"], 'classification=~"failure"'),
        ("status", ["ok", "error"], 'status=~"(?i:error|errors|fail|failed|failure)"'),
        ("grpc_code", ["0", "13"], 'grpc_code=~"2|4|8|9|13|14|15"'),
        ("error_type", ["", "timeout"], 'error_type=~".+"'),
    ],
)
def test_failures_are_told_by_the_values_seen(label: str, values: list[str], expected: str) -> None:
    """Each convention of writing an outcome has its pattern of failures."""
    matcher = failing_matcher(_series(label, *values))

    assert matcher is not None
    assert matcher.render() == expected


def test_grpc_words_count_what_the_server_did_wrong() -> None:
    """Codes that are the caller's doing are not failures of the service."""
    matcher = failing_matcher(_series("grpc_code", "OK", "NotFound", "Internal"))

    assert matcher is not None
    assert "Internal" in matcher.value
    assert "NotFound" not in matcher.value


def test_a_label_with_other_values_tells_nothing() -> None:
    """A `status` that is a state of orders is passed over, and the next label decides."""
    series = [(("http_status_code", "200"), ("status", "shipped"))]

    matcher = failing_matcher(series)

    assert matcher is not None
    assert matcher.name == "http_status_code"
    assert failing_matcher(_series("status", "shipped", "lost")) is None


def test_health_routes_are_left_out_and_said() -> None:
    """Health checks and scrapes do not count as requests, and the words for it name them."""
    found = left_out(_series("route", "/pay", "/healthz", "/metrics", "/actuator/health/liveness"))

    assert found is not None
    assert found.matcher.render() == 'route!~"/actuator/health/liveness|/healthz|/metrics"'
    assert found.words == "route /actuator/health/liveness, /healthz, /metrics"


@pytest.mark.parametrize("route", ["/health/patients", "/matches/live", "/users/ping/history", "/status", ""])
def test_what_users_ask_for_counts(route: str) -> None:
    """Routes that only resemble health checks stay in."""
    assert left_out(_series("path", route, "/")) is None


def test_a_service_of_health_routes_only_keeps_them() -> None:
    """Where nothing else would be left, nothing is left out."""
    assert left_out(_series("handler", "/healthz", "/ping")) is None


@pytest.mark.parametrize(
    ("scrape", "step", "window"),
    [(15, 30, "1m"), (30, 30, "2m"), (1, 10, "1m"), (15, 300, "5m"), (17, 34, "68s")],
)
def test_rates_bridge_a_missed_scrape_and_skip_no_sample(scrape: int, step: int, window: str) -> None:
    """The range of rates is four scrapes, a minute or the step, whichever is longest."""
    assert rate_window(timedelta(seconds=scrape), timedelta(seconds=step)) == window


@pytest.mark.parametrize(
    ("scrape", "hours", "step"),
    [(15, 4, 15), (15, 8, 30), (15, 48, 120), (10, 8, 30), (60, 4, 60), (1, 4, 10), (7, 1, 7), (7, 8, 21)],
)
def test_survey_is_coarse_enough_and_fits_the_scrapes(scrape: int, hours: int, step: int) -> None:
    """The step is a multiple of the scrape interval that keeps a signal within 1,500 points."""
    found = survey_step(timedelta(seconds=scrape), timedelta(hours=hours))

    assert found == timedelta(seconds=step)
    assert timedelta(hours=hours) / found <= 1500


ERRORS = SignalSpec("errors", Measure.ERRORS, Kind.RATIO, Worse.UP, Role.IMPACT, "ratio", "found")


def test_wanted_signal_of_the_same_name_replaces() -> None:
    """A recording rule in place of the found errors is read as what it replaces."""
    (spec,) = with_wanted([ERRORS], [WantedSignal("errors", "job:errors:ratio5m")])

    assert (spec.query, spec.measure, spec.kind, spec.unit) == (
        "job:errors:ratio5m",
        Measure.ERRORS,
        Kind.RATIO,
        "ratio",
    )


def test_failures_per_second_are_not_a_failing_share() -> None:
    """A rate in place of the ratio is no longer judged by the thresholds of shares."""
    (spec,) = with_wanted([ERRORS], [WantedSignal("errors", "sum(rate(failures_total[5m]))")])

    assert (spec.kind, spec.measure) == (Kind.RATE, Measure.OTHER)


ALB = 'sum(alb_5xx_sum{lb="app/shop"}) / sum(alb_request_count_sum{lb="app/shop"})'


@pytest.mark.parametrize(
    ("name", "query", "kind", "measure"),
    [
        ("errors", ALB, Kind.RATIO, Measure.ERRORS),
        ("errors", 'job:http_request_errors:ratio_rate5m{job="shop"}', Kind.RATIO, Measure.ERRORS),
        ("errors", 'slo:sli_error:ratio_rate5m{sloth_service="shop"}', Kind.RATIO, Measure.ERRORS),
        ("traffic", 'job:http_requests:rate5m{job="shop"}', Kind.RATE, Measure.TRAFFIC),
        ("p99", 'job:http_request_duration_seconds:p99_5m{job="shop"}', Kind.LATENCY, Measure.LATENCY),
        ("p99", 'job:queue_wait:p99_5m{job="shop"}', Kind.GAUGE, Measure.OTHER),
        ("errors", f"100 * {ALB}", Kind.GAUGE, Measure.OTHER),
        ("errors", 'sum(alb_5xx_sum{path="/a"}) / 60', Kind.GAUGE, Measure.OTHER),
        ("errors", 'sum(alb_5xx_sum{path="/ratio/a"})', Kind.GAUGE, Measure.OTHER),
        ("load", "node_load1 / node_cpus", Kind.GAUGE, Measure.OTHER),
    ],
)
def test_golden_signals_are_known_by_their_name_without_a_rate(
    name: str, query: str, kind: Kind, measure: Measure
) -> None:
    """Sums of a cloud divided, or what a recording rule made, called errors or p99: users feel it."""
    (spec,) = with_wanted((), [WantedSignal(name, query)])

    assert (spec.kind, spec.measure) == (kind, measure)
    assert (spec.role is Role.IMPACT) == (measure is not Measure.OTHER)


@pytest.mark.parametrize(
    ("name", "query", "kind", "measure", "unit", "role"),
    [
        ("lag", "sum(kafka_lag)", Kind.GAUGE, Measure.OTHER, "", Role.CONTEXT),
        ("p95", "histogram_quantile(0.95, x)", Kind.LATENCY, Measure.LATENCY, "s", Role.IMPACT),
        (
            "mean",
            "rate(a_seconds_sum[1m]) / rate(a_seconds_count[1m])",
            Kind.LATENCY,
            Measure.LATENCY,
            "s",
            None,
        ),
        ("error ratio", "rate(bad[1m]) / rate(all[1m])", Kind.RATIO, Measure.ERRORS, "ratio", Role.IMPACT),
        ("jobs", "rate(jobs_total[1m])", Kind.RATE, Measure.OTHER, "1/s", Role.CONTEXT),
        ("requests", "sum(rate(a_total[1m]))", Kind.RATE, Measure.TRAFFIC, "req/s", Role.IMPACT),
    ],
)
def test_wanted_signal_is_read_from_its_query_and_name(
    name: str, query: str, kind: Kind, measure: Measure, unit: str, role: Role | None
) -> None:
    """What is not given is guessed; what users are not known to feel is context."""
    *_, spec = with_wanted([ERRORS], [WantedSignal(name, query)])

    assert (spec.kind, spec.measure, spec.unit) == (kind, measure, unit)
    assert spec.role is (role or Role.IMPACT)


def test_what_is_given_is_not_guessed() -> None:
    """Kind, unit, direction, role and limit stand as they were given."""
    wanted = WantedSignal("depth", "x", Kind.RATE, "jobs/s", Worse.DOWN, Role.IMPACT, 5.0)

    *_, spec = with_wanted([], [wanted])

    assert (spec.kind, spec.unit, spec.worse, spec.role, spec.limit) == (
        Kind.RATE,
        "jobs/s",
        Worse.DOWN,
        Role.IMPACT,
        5.0,
    )


def test_traffic_harms_by_falling() -> None:
    """Less traffic, fewer targets and failing probes are the worse direction."""
    *_, spec = with_wanted([], [WantedSignal("traffic", "sum(rate(a_total[1m]))")])

    assert spec.worse is Worse.DOWN


@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        ("orders", "sum(rate(orders_completed_total[5m]))", Worse.BOTH),
        ("retries", "sum(rate(client_retries_total[5m]))", Worse.UP),
        ("paid", 'sum(rate(payments_total{result="failed"}[5m]))', Worse.UP),
        ("queue", "sum(queue_depth)", Worse.UP),
        ("orders", "sum(rate(orders_completed_total[5m])) < 2", Worse.DOWN),
    ],
)
def test_what_people_count_may_harm_by_falling(name: str, query: str, expected: Worse) -> None:
    """Orders a second are missed when they stop; what only a failure counts harms by rising."""
    *_, spec = with_wanted([], [WantedSignal(name, query)])

    assert spec.worse is expected


def test_more_orders_are_no_harm() -> None:
    """Where people say that users feel it, less of what is counted is the harm."""
    wanted = WantedSignal("orders", "sum(rate(orders_completed_total[5m]))", role=Role.IMPACT)

    *_, spec = with_wanted([], [wanted])

    assert spec.worse is Worse.DOWN


HOME = Home(
    "payments",
    frozenset({"prod"}),
    frozenset({"payments-app", "kubernetes-pods"}),
    frozenset({"10.0.0.1:80"}),
    frozenset({"web-0"}),
)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"service": "payments"}, Nearness.OWN),
        ({"service": "kube-state-metrics", "deployment": "payments"}, Nearness.OWN),
        ({"deployment": "payments", "namespace": "staging"}, Nearness.ELSEWHERE),
        ({"deployment": "payments", "namespace": "monitoring", "exported_namespace": "prod"}, Nearness.OWN),
        ({"job": "shop/payments"}, Nearness.OWN),
        ({"job": "envoy", "envoy_cluster_name": "payments"}, Nearness.OWN),
        ({"job": "payments-app"}, Nearness.OWN),
        ({"job": "kubernetes-pods"}, Nearness.ELSEWHERE),
        ({"instance": "10.0.0.1:80"}, Nearness.OWN),
        ({"pod": "web-0", "namespace": "prod"}, Nearness.OWN),
        ({"pod": "payments-6d4b75cb6d-hx2v9", "namespace": "prod"}, Nearness.OWN),
        ({"pod": "payments-6d4b75cb6d-hx2v9", "namespace": "staging"}, Nearness.ELSEWHERE),
        ({"pod": "payments-worker-6d4b75cb6d-hx2v9", "namespace": "prod"}, Nearness.NEARBY),
        ({"service": "search", "namespace": "prod"}, Nearness.NEARBY),
        ({"namespace": "batch"}, Nearness.ELSEWHERE),
        ({}, Nearness.ELSEWHERE),
    ],
)
def test_nearness_is_read_from_labels(labels: dict[str, str], expected: Nearness) -> None:
    """Own is what names the service, its pods or its targets; near by is its namespace."""
    assert HOME.nearness(tuple(sorted(labels.items()))) is expected


def test_an_alert_on_a_probe_of_the_service_is_its_own() -> None:
    """It names the probed address and nothing else; the prober's job is not the service's."""
    probe = samples("probe_success", [0], 1, instance="https://pay.example/", job="blackbox")
    home = home_of(
        Scope("pay", (), "instance"), None, Targets("probe_success", (probe,), timedelta(seconds=30))
    )

    assert home.nearness((("instance", "https://pay.example/"), ("job", "blackbox"))) is Nearness.OWN
    assert home.nearness((("instance", "https://other.example/"), ("job", "blackbox"))) is Nearness.ELSEWHERE
