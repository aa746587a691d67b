"""Processes, builds and replicas of a service, and the changes that are read of them."""

from __future__ import annotations

from collections.abc import Sequence
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
HOME = Home("shop", frozenset({"prod"}), frozenset({"shop"}), frozenset({"a:1", "b:1"}), frozenset())
UP = 'up{service="shop"}'


def labels(instance: str) -> dict[str, str]:
    return {"service": "shop", "job": "shop", "namespace": "prod", "instance": instance}


def process(instance: str, *lives: tuple[float, float, float]) -> list[Samples]:
    """A process seen from `start` to `end` minutes, started at minute `began`: one triple for each life."""
    times = [t for start, end, _ in lives for t in ticks(start, end)]
    values = [ms(at(began)) / 1000 for start, end, began in lives for _ in ticks(start, end)]
    return [
        samples("process_start_time_seconds", times, values, **labels(instance)),
        samples("up", times, 1, **labels(instance)),
    ]


def replicas(*parts: tuple[float, float, float], deployment: str = "shop", **more: str) -> Samples:
    times = [t for start, end, _ in parts for t in ticks(start, end)]
    values = [value for start, end, value in parts for _ in ticks(start, end)]
    named = {"namespace": "prod", "job": "kube-state-metrics", **more}
    return samples("kube_deployment_spec_replicas", times, values, deployment=deployment, **named)


def history(*parts: Sequence[Samples], **source: object) -> ChangeHistory:
    held = joined(one for many in parts for one in many)
    up = tuple(one for one in held if one.label("__name__") == "up" and one.label("service") == "shop")
    fake = FakeSource(held, **source)  # type: ignore[arg-type]
    return change_events(fake, HOME, Targets(UP, up, SCRAPE) if up else None, WINDOW)


def changes(*parts: Sequence[Samples]) -> tuple[Change, ...]:
    return history(*parts).changes


STEADY = process("b:1", (0, 240, -5000))
