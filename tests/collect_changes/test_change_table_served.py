"""The same table asked of a real Prometheus: what FakeSource cannot know of PromQL, names and births."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest

from collector.changes.events import ChangeHistory, change_events
from collector.http.settings import HttpSettings
from collector.prometheus import connect
from collector.signals.labels.home import Home
from collector.signals.samples.raw import joined
from incident.model.facts import Change, ChangeKind
from incident.model.signals import Samples, Targets
from incident.model.spans import Span, ms
from tests.lab import prometheus as lab
from tests.lab.series import Series, make_series
from tests.lab_fakes import at, samples, span, ticks

pytestmark = [
    pytest.mark.server,
    pytest.mark.usefixtures("prometheus_binary", "promtool_binary"),
]

WINDOW = span(0, 120)
POD = "shop-6d4b75cb6d-hx2v9"
CLUSTER = {"namespace": "monitoring", "job": "kube-state-metrics", "instance": "10.0.0.9:8080"}
PROMETHEUS = {"job": "prometheus", "instance": "localhost:9090"}
GROUP = {"rule_group": "/etc/rules/api.yml;api"}


def stated(minute: float) -> float:
    return ms(at(minute)) / 1000


def stepping(name: str, /, *parts: tuple[float, float, float], **labels: str) -> Samples:
    times = [t for start, end, _ in parts for t in ticks(start, end)]
    return samples(name, times, [v for start, end, v in parts for _ in ticks(start, end)], **labels)


def of_pod(name: str, /, *parts: tuple[float, float, float], **more: str) -> Samples:
    """As kube-state-metrics is scraped without honorLabels: its own namespace in front, ours exported."""
    labels = {**CLUSTER, "exported_namespace": "prod", "pod": POD, "exported_container": "shop", **more}
    return stepping(name, *parts, **labels)


def day() -> list[Samples]:
    """A pod killed for memory at 60, its node not ready at 62, a failover, a certificate, failing rules."""
    one_by_one = [(float(m), m + 1.0, float(max(0, min(m, 75) - 65))) for m in range(120)]
    return [
        stepping("up", (0, 120, 1), service="shop", job="shop", namespace="prod", instance="10.0.0.1:80"),
        of_pod("kube_pod_info", (0, 120, 1), node="node-3"),
        of_pod("kube_pod_container_status_restarts_total", (0, 60, 0), (60, 120, 1)),
        of_pod("kube_pod_container_status_last_terminated_reason", (60, 120, 1), reason="OOMKilled"),
        of_pod("kube_pod_container_status_last_terminated_timestamp", (60, 120, stated(59.9))),
        stepping(
            "kube_node_status_condition",
            *((0, 62, 1), (62, 70, 0), (70, 120, 1)),
            **CLUSTER,
            condition="Ready",
            status="true",
            node="node-3",
        ),
        stepping("pg_replication_is_replica", (0, 64, 1), (64, 120, 0), namespace="prod", instance="db:9187"),
        stepping("probe_ssl_earliest_cert_expiry", (0, 120, stated(50)), instance="https://shop.example/"),
        stepping("probe_ssl_earliest_cert_expiry", (0, 120, stated(9e5)), instance="https://shop.test/"),
        stepping("prometheus_rule_evaluation_failures_total", *one_by_one, **PROMETHEUS, **GROUP),
        stepping("prometheus_notifications_dropped_total", (0, 120, 4), **PROMETHEUS),
        stepping("prometheus_notifications_alertmanagers_discovered", (0, 120, 1), **PROMETHEUS),
    ]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChangeHistory]:
    """The changes that the day's data tell."""
    folder = tmp_path_factory.mktemp("table") / "data"
    held = day()
    lab.create_blocks([_series(one) for one in held], folder)
    home = Home("shop", frozenset({"prod"}), frozenset({"shop"}), frozenset({"10.0.0.1:80"}), frozenset())
    with lab.serve(folder) as url:
        source = connect(HttpSettings(), url=url, deadline=timedelta(seconds=60), on_query=None)
        targets = Targets('up{service="shop"}', joined(held[:1]), timedelta(seconds=15))
        yield change_events(source, home, targets, Span(at(0), at(120)))


def _series(one: Samples) -> Series:
    labels = [(name, value) for name, value in one.labels if name != "__name__"]
    return make_series(one.label("__name__"), labels, one.times, np.asarray(one.values))


def of(found: ChangeHistory, kind: ChangeKind) -> Change:
    (one,) = [change for change in found.changes if change.kind is kind]
    return one


def test_each_event_of_the_day_is_told_once_and_no_other(found: ChangeHistory) -> None:
    """In order of time; nothing failed on the way."""
    assert [(one.kind.value, one.title) for one in found.changes] == [
        ("certificate", "certificate of https://shop.example/ expired"),
        ("oom_kill", f"container shop of {POD} killed: out of memory"),
        ("node", "node node-3 not ready"),
        ("failover", "Postgres db:9187: replica -> primary"),
        ("monitoring_trouble", "monitoring: rule evaluations failed (api)"),
    ]
    assert found.unknowns == ()


def test_stated_times_are_exact_on_a_real_server(found: ChangeHistory) -> None:
    """The value is the time, to the millisecond that was stored."""
    assert of(found, ChangeKind.OOM_KILL).at == at(59.9)
    assert of(found, ChangeKind.CERTIFICATE).at == at(50)


def test_increases_are_told_where_they_were(found: ChangeHistory) -> None:
    """Failing rules from 66 to 75, seen through ranges of two minutes."""
    trouble = of(found, ChangeKind.MONITORING_TROUBLE)

    assert abs(trouble.at - at(66)) <= timedelta(minutes=1)
    assert trouble.until is not None
    assert abs(trouble.until - at(75)) <= timedelta(minutes=2)
