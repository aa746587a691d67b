"""Saturation found beside a service: whose it is, as a share of what, and only as context."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from collector.errors import QueryRejected
from collector.families.pressures import PRESSURES
from collector.http.settings import HttpSettings
from collector.prometheus import connect
from collector.reading.survey import SurveyRequest, survey
from collector.signals.samples.measure import measure
from collector.signals.saturation import MOST, find_pressures, saturation_specs
from incident.model.evidence import Scope
from incident.model.signals import Measure, Role, Samples
from incident.model.spans import Span, aligned, ms
from tests.lab import prometheus as lab
from tests.lab.curves import FloatArray
from tests.lab.series import make_series
from tests.lab_fakes import FakeSource, at, constant, http_service, samples, span, ticks

WINDOW = span(0, 60)
TIMES = ticks(0, 60)
SCOPE = Scope("payments", ('namespace="prod"',), "service")
POD = {"namespace": "prod", "pod": "payments-6d4b75cb6d-hx2v9", "job": "kubelet", "instance": "node-1"}


def _queries(*held: Samples, scope: Scope = SCOPE) -> dict[str, str]:
    found = find_pressures(FakeSource(held), scope, WINDOW)
    return {spec.name: spec.query for spec in saturation_specs(found, "1m")}


def _gauge(metric: str, **labels: str) -> Samples:
    return samples(metric, TIMES, 1, **labels)


def test_throttling_and_memory_are_shares_of_the_containers_own_limits() -> None:
    """Found by the container's name in the service's namespace, without the pod's sums and its sandbox."""
    names = ("cfs_throttled_periods_total", "cfs_periods_total")
    held = [_gauge(f"container_cpu_{name}", container="payments", **POD) for name in names]
    held += [
        _gauge(f"container_memory_{name}", container="payments", **POD) for name in ("working_set_bytes",)
    ]
    held += [_gauge("container_spec_memory_limit_bytes", container="payments", **POD)]
    held += [_gauge("container_memory_working_set_bytes", **POD)]

    inside = 'container="payments",container!~"|POD",namespace="prod"'
    assert _queries(*held) == {
        "CPU throttled": (
            f"sum(rate(container_cpu_cfs_throttled_periods_total{{{inside}}}[1m])) / "
            f"(sum(rate(container_cpu_cfs_periods_total{{{inside}}}[1m])) > 0)"
        ),
        "memory of limit": (
            f"max(container_memory_working_set_bytes{{{inside}}} / "
            f"(container_spec_memory_limit_bytes{{{inside}}} > 0))"
        ),
    }


def test_containers_of_another_name_are_found_by_the_pod() -> None:
    """A container called "app" belongs to the Deployment whose name its pod carries."""
    names = ("working_set_bytes",)
    held = [_gauge(f"container_memory_{name}", container="app", **POD) for name in names]
    held += [_gauge("container_spec_memory_limit_bytes", container="app", **POD)]
    other = {**POD, "pod": "payments-worker-6d4b75cb6d-hx2v9"}

    query = _queries(*held)["memory of limit"]

    assert 'pod=~"payments-(' in query
    assert (
        _queries(*[replace(one, labels=_gauge("x", container="app", **other).labels) for one in held]) == {}
    )


def test_the_same_name_in_two_namespaces_is_nobody_s() -> None:
    """Without a namespace in the scope the containers of two services are not summed."""
    held = [
        _gauge(metric, container="payments", **{**POD, "namespace": place})
        for place in ("prod", "test")
        for metric in ("container_memory_working_set_bytes", "container_spec_memory_limit_bytes")
    ]

    assert _queries(*held, scope=replace(SCOPE, matchers=())) == {}
    assert list(_queries(*held)) == ["memory of limit"]


def test_share_without_its_limit_is_not_asked_for() -> None:
    """Connections in use say nothing without the size of the pool."""
    own = {"service": "payments", "namespace": "prod"}

    assert _queries(_gauge("hikaricp_connections_active", **own)) == {}
    assert list(
        _queries(_gauge("hikaricp_connections_active", **own), _gauge("hikaricp_connections_max", **own))
    ) == ["connection pool in use"]


@pytest.mark.parametrize(
    ("metric", "label", "name"),
    [
        ("kafka_consumergroup_lag", "consumergroup", "consumer lag"),
        ("pgbouncer_pools_client_waiting_connections", "database", "waiting for a connection"),
        ("rabbitmq_queue_messages_ready", "queue", "queue length"),
    ],
)
def test_queues_of_other_systems_are_found_by_their_own_label(metric: str, label: str, name: str) -> None:
    """What carries the service's name in a label of another system is its queue; others are not."""
    mine = _gauge(metric, job="exporter", namespace="kafka", **{label: "payments"})
    theirs = _gauge(metric, job="exporter", namespace="kafka", **{label: "search"})

    assert _queries(mine, theirs) == {name: f'sum({metric}{{{label}="payments"}})'}


def test_at_most_six_are_asked_for_and_the_surest_first() -> None:
    """A service that exposes everything costs six queries."""
    own = {"service": "payments", "namespace": "prod", "container": "payments"}
    named = {one.namesake: "payments" for one in PRESSURES if one.namesake}
    held = [_gauge(name, **own, **named) for one in PRESSURES for name in (one.metric, one.limit) if name]

    found = list(_queries(*held))

    assert len(found) == MOST
    assert found[:3] == ["CPU throttled", "memory of limit", "connection pool in use"]


def test_saturation_is_context_behind_the_signals_of_users() -> None:
    """The survey collects it as context, after everything that can be impact."""
    own = {"service": "payments", "namespace": "prod"}
    held = [*http_service("payments", 0, 90), _gauge("nodejs_eventloop_lag_p99_seconds", **own)]
    ranges = {"rate": constant(1), "eventloop": constant(0.02)}
    request = SurveyRequest("payments", (), span(30, 60), lead=timedelta(minutes=30), tail=timedelta(0))

    signals = survey(FakeSource(held, ranges=ranges), request, at(90)).signals

    spec = signals[-1].spec
    assert (spec.name, spec.measure, spec.role, spec.unit) == (
        "event loop lag",
        Measure.SATURATION,
        Role.CONTEXT,
        "s",
    )
    assert [signal.spec.name for signal in signals[:-1]] == [
        "errors",
        "p99",
        "p50",
        "traffic",
        "availability",
    ]


def test_saturation_in_vain_costs_nothing_else() -> None:
    """Where the question for it is refused, the signals of users come all the same."""
    refused = QueryRejected("no", status=422, error_type="execution", server_text="no", query="q")

    class Narrow(FakeSource):
        def series(self, selectors, span):  # type: ignore[no-untyped-def]
            if any("container_cpu" in text for text in selectors):
                raise refused
            return super().series(selectors, span)

    source = Narrow(http_service("payments", 0, 90), ranges={"rate": constant(1)})
    request = SurveyRequest("payments", (), span(30, 60), lead=timedelta(minutes=30), tail=timedelta(0))

    evidence = survey(source, request, at(90))

    assert [(one.what, one.failed) for one in evidence.unknowns] == [("saturation", True)]
    assert "errors" in [signal.spec.name for signal in evidence.signals]


START = datetime(2023, 3, 1, tzinfo=UTC)
HOUR = Span(START + timedelta(minutes=10), START + timedelta(minutes=25))
NODE = {"namespace": "prod", "job": "kubelet", "instance": "node-1"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two pods of a service, one of them three quarters full and throttled in every other period."""
    times = np.arange(ms(START), ms(START) + 1_800_000, 15_000, dtype=np.int64)
    grows = (times - times[0]) / 1000.0
    rows: list[tuple[str, dict[str, str], FloatArray]] = []
    for pod, used, limit, throttled in (("aaaaa", 750e6, 1e9, 5.0), ("bbbbb", 100e6, 0.0, 0.0)):
        own = {**NODE, "container": "payments", "pod": f"payments-6d4b75cb6d-{pod}"}
        rows += [
            ("container_memory_working_set_bytes", own, np.full(times.size, used)),
            ("container_spec_memory_limit_bytes", own, np.full(times.size, limit)),
            ("container_cpu_cfs_throttled_periods_total", own, grows * throttled),
            ("container_cpu_cfs_periods_total", own, grows * 10.0),
        ]
    rows += [
        ("hikaricp_connections_active", {"job": "payments", "pool": p}, np.full(times.size, n))
        for p, n in (("a", 2.0), ("b", 9.0))
    ]
    rows += [
        ("hikaricp_connections_max", {"job": "payments", "pool": p}, np.full(times.size, 10.0)) for p in "ab"
    ]
    rows += [
        ("kafka_consumergroup_lag", {"consumergroup": "payments", "partition": p}, np.full(times.size, 40.0))
        for p in "01"
    ]
    folder = tmp_path_factory.mktemp("saturation") / "data"
    made = [make_series(name, labels.items(), times, values) for name, labels, values in rows]
    lab.create_blocks(made, folder)
    with lab.serve(folder) as address:
        yield address


@pytest.mark.server
@pytest.mark.usefixtures("prometheus_binary", "promtool_binary")
def test_saturation_comes_to_the_truth_on_a_real_server(url: str) -> None:
    """Shares of limits are those of the fullest; a limit of 0 is none; queues are summed."""
    source = connect(HttpSettings(), url=url, deadline=timedelta(minutes=1), on_query=None)
    specs = saturation_specs(find_pressures(source, SCOPE, HOUR), "1m")
    measured = measure(source, specs, aligned(HOUR, timedelta(minutes=1)), lambda _: None)
    source.close()

    assert {
        signal.spec.name: float(np.median(signal.values)) for signal in measured.signals
    } == pytest.approx(
        {"CPU throttled": 0.25, "memory of limit": 0.75, "connection pool in use": 0.9, "consumer lag": 80.0}
    )
    assert measured.unknowns == ()
