"""Versions of services that push by OpenTelemetry: `target_info` states them, nothing has `up`."""

from __future__ import annotations

from datetime import timedelta

from collector.changes.events import change_events
from collector.signals.labels.home import Home
from incident.model.facts import ChangeKind
from incident.model.signals import Samples, Targets
from tests.lab_fakes import FakeSource, at, samples, span, ticks

WINDOW = span(0, 240)
HOME = Home("checkout", frozenset(), frozenset(), frozenset(), frozenset())


def resource(instance: str, version: str, start: float, end: float, job: str = "shop/checkout") -> Samples:
    return samples(
        "target_info",
        ticks(start, end, 60),
        1,
        job=job,
        instance=instance,
        service_version=version,
        telemetry_sdk_version="1.30.0",
    )


def told(*held: Samples) -> list[tuple[ChangeKind, str]]:
    changes = change_events(FakeSource(held), HOME, None, WINDOW).changes
    return [(change.kind, change.title) for change in changes]


def test_a_pushed_version_is_a_deploy() -> None:
    """Where nothing is scraped, the new `service_version` of the service's job is its deploy."""
    old, new = resource("p-0", "1.0", 0, 100), resource("p-0", "1.1", 100, 240)

    (one,) = change_events(FakeSource((old, new)), HOME, None, WINDOW).changes

    assert (one.kind, one.title) == (ChangeKind.DEPLOY, "version 1.0 -> 1.1")
    assert at(99) <= one.at <= at(100)
    assert one.query == 'target_info{job="shop/checkout"}'


def test_new_pods_of_a_pushed_version_are_one_deploy() -> None:
    """Pods that are replaced come under new names; they are one rollout, with its count."""
    before = [resource(f"old-{n}", "2.0", 0, 100) for n in range(2)]
    after = [resource(f"new-{n}", "2.1", 100 + n, 240) for n in range(2)]

    assert told(*before, *after) == [(ChangeKind.DEPLOY, "version 2.0 -> 2.1 (2 instances)")]


def test_the_same_name_in_two_namespaces_tells_no_deploy() -> None:
    """Which namespace's service is meant is not known; another service's deploy is not its own."""
    other = [
        resource("x", version, *when, job="stage/checkout")
        for version, when in {"1": (0, 50), "2": (50, 240)}.items()
    ]

    assert told(resource("p-0", "1.0", 0, 240), *other) == []
    assert told(resource("p-0", "1.0", 0, 240, job="checkout"), *other) == []


def test_the_version_of_the_sdk_is_not_that_of_the_service() -> None:
    """Without a `service_version` nothing is told, whatever else changes."""
    held = [
        samples("target_info", ticks(*when, 60), 1, job="checkout", instance="p", telemetry_sdk_version=sdk)
        for sdk, when in {"1.30": (0, 100), "1.31": (100, 240)}.items()
    ]

    assert told(*held) == []


def test_a_scraped_target_states_its_version_too() -> None:
    """An OpenTelemetry service with a scraped endpoint has both `up` and `target_info`."""
    up = samples("up", ticks(0, 240), 1, job="checkout", instance="p-0")
    held = (
        up,
        resource("p-0", "1.0", 0, 100, job="checkout"),
        resource("p-0", "1.1", 100, 240, job="checkout"),
    )
    targets = Targets('up{job="checkout"}', (up,), timedelta(seconds=15))

    (one,) = change_events(FakeSource(held), HOME, targets, WINDOW).changes

    assert one.title == "version 1.0 -> 1.1"
    assert one.query == 'target_info{job="checkout"}'
