"""Saturation found beside a service: whose it is, as a share of what, and only as context."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from collector.errors import QueryRejected
from collector.families.pressures import PRESSURES
from collector.reading.survey import SurveyRequest, survey
from collector.signals.saturation import MOST, find_pressures, saturation_specs
from incident.model.evidence import Scope
from incident.model.signals import Measure, Role, Samples
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
