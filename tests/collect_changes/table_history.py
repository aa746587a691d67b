"""What a server shows that has the metrics of the table."""

from __future__ import annotations

from datetime import timedelta

from collector.changes.events import ChangeHistory, change_events
from collector.signals.labels.home import Home
from collector.signals.samples.raw import joined
from incident.model.facts import Change
from incident.model.signals import Samples, Targets
from incident.model.spans import ms
from tests.lab_fakes import FakeSource, at, samples, span, ticks

WINDOW = span(0, 240)
SCRAPE = timedelta(seconds=15)
HOME = Home("shop", frozenset({"prod"}), frozenset({"shop"}), frozenset({"10.0.0.1:80"}), frozenset())
OWN = {"service": "shop", "job": "shop", "instance": "10.0.0.1:80"}
UP = 'up{service="shop"}'
POD = "shop-6d4b75cb6d-hx2v9"
IN_PROD = {"namespace": "prod", "job": "kube-state-metrics"}


def stepping(name: str, /, *parts: tuple[float, float, float], **labels: str) -> Samples:
    """A series with one value from a minute to another, part by part."""
    times = [t for start, end, _ in parts for t in ticks(start, end)]
    values = [value for start, end, value in parts for _ in ticks(start, end)]
    return samples(name, times, values, **labels)


def history(*parts: Samples, scraped: bool = False, **source: object) -> ChangeHistory:
    up = samples("up", ticks(0, 240), 1, service="shop", job="shop", instance="10.0.0.1:80")
    targets = Targets(UP, (up,), SCRAPE) if scraped else None
    return change_events(FakeSource(joined(parts), **source), HOME, targets, WINDOW)  # type: ignore[arg-type]


def changes(*parts: Samples, scraped: bool = False) -> tuple[Change, ...]:
    return history(*parts, scraped=scraped).changes


def stated(minute: float) -> float:
    return ms(at(minute)) / 1000


ON_NODE = samples("kube_pod_info", ticks(0, 240), 1, **IN_PROD, pod=POD, node="node-3")


def condition(name: str, node: str, *parts: tuple[float, float, float]) -> Samples:
    labels = {**IN_PROD, "condition": name, "status": "true", "node": node}
    return stepping("kube_node_status_condition", *parts, **labels)
