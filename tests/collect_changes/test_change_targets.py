"""Scalings and targets from raw samples: each told once, and no gap of the monitoring told as a fall."""

from __future__ import annotations

from datetime import timedelta

from incident.model.facts import ChangeKind, Nearness
from incident.model.signals import Samples
from tests.collect_changes.processes import SCRAPE, STEADY, changes, labels, process, replicas
from tests.lab_fakes import at, samples, ticks


def test_scaling_is_told_from_to() -> None:
    """A changed number of replicas is bracketed by two scrapes; another namespace is not ours."""
    (one,) = changes(
        [replicas((0, 100, 4), (100, 240, 12)), replicas((0, 50, 1), (50, 240, 2), namespace="dev")]
    )

    assert (one.kind, one.title, one.nearness) == (ChangeKind.SCALE, "scaled 4 -> 12 replicas", Nearness.OWN)
    assert at(99.75) <= one.at <= at(100)
    assert SCRAPE / 2 <= one.plus_minus <= SCRAPE / 2 + timedelta(seconds=1)


def test_autoscaler_climbs_in_one_row() -> None:
    """Steps in one direction within minutes are one scaling; the way down is another."""
    up, down = changes([replicas((0, 100, 4), (100, 102, 6), (102, 104, 8), (104, 150, 12), (150, 240, 4))])

    assert (up.value, up.count, down.value) == ("4 -> 12", 3, "12 -> 4")


def test_workers_of_the_service_are_near_by() -> None:
    """A Deployment that has the service's name inside is not the service itself."""
    (one,) = changes([replicas((0, 100, 1), (100, 240, 2), deployment="shop-worker")])

    assert (one.subject, one.nearness) == ("shop-worker", Nearness.NEARBY)


def test_instances_of_a_scaling_are_not_restarts() -> None:
    """What a scaling up started is told by the scaling."""
    (one,) = changes(STEADY, [replicas((0, 100, 1), (100, 240, 2))], process("c:1", (101, 240, 100.5)))

    assert one.kind is ChangeKind.SCALE


def up_series(instance: str, *parts: tuple[float, float, float]) -> Samples:
    times = [t for start, end, _ in parts for t in ticks(start, end)]
    values = [value for start, end, value in parts for _ in ticks(start, end)]
    return samples("up", times, values, **labels(instance))


def test_targets_that_fall_together_are_one_row() -> None:
    """Both targets down and up again are two rows, each bracketed by two scrapes."""
    lives = ((0, 100, 1), (100, 130, 0), (130, 240, 1))

    down, back = changes([up_series("a:1", *lives), up_series("b:1", *lives)])

    assert (down.kind, down.title, down.count) == (ChangeKind.TARGET_DOWN, "2 of 2 targets down", 2)
    assert at(99.75) <= down.at <= at(100)
    assert (back.kind, back.title) == (ChangeKind.TARGET_UP, "2 of 2 targets up again")


def test_scrape_missed_by_a_restart_is_told_by_the_restart() -> None:
    """A target that is down only while it restarts makes no rows of its own."""
    start_times = [
        one for one in process("a:1", (0, 100, -5000), (100.5, 240, 100.2)) if one.label("__name__") != "up"
    ]

    (one,) = changes(start_times, [up_series("a:1", (0, 100, 1), (100, 100.5, 0), (100.5, 240, 1))])

    assert one.kind is ChangeKind.RESTART


def test_flapping_targets_are_one_row() -> None:
    """Many falls are one fact with a count."""
    parts = [part for k in range(20) for part in ((5 * k, 5 * k + 4, 1.0), (5 * k + 4, 5 * k + 5, 0.0))]

    (one,) = changes([up_series("a:1", *parts, (100, 240, 1))])

    assert (one.count, one.title) == (20, "targets flapping: down 20 times")


def test_monitoring_gap_is_no_fall_of_a_target() -> None:
    """A hole in the samples of everything is a gap, and nothing is said to be down."""
    (one,) = changes([up_series("a:1", (0, 100, 1), (120, 240, 1))])

    assert (one.kind, one.title) == (ChangeKind.DATA_GAP, "no samples of anything: monitoring gap")
    assert one.at - at(99.75) == SCRAPE / 2
    assert one.until is not None
    assert at(120) - one.until == SCRAPE / 2


def test_targets_that_vanish_are_told_from_blindness() -> None:
    """Where others were scraped meanwhile, the service's targets vanished; to the end, if they stay away."""
    other = [samples("up", ticks(0, 240), 1, job="other", instance="x:1")]

    (gap,) = changes([up_series("a:1", (0, 100, 1), (120, 240, 1))], other)
    (gone,) = changes([up_series("a:1", (0, 100, 1))], other)

    assert gap.title == "its targets vanished: no samples while others were scraped"
    assert gone.until is None


def test_end_of_the_data_is_no_event() -> None:
    """Where everything ends, nothing is known to have happened."""
    assert changes([up_series("a:1", (0, 100, 1))]) == ()


def test_one_missed_scrape_is_no_gap() -> None:
    """A single sample missing is noise."""
    assert changes([up_series("a:1", (0, 100, 1), (100.25, 240, 1))]) == ()
