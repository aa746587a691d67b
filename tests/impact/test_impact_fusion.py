"""Specification of which departures are impact on users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from incident.impact.departure import Departure
from incident.impact.fusion import believed, enough
from incident.model.facts import AlertInterval, Nearness
from incident.model.signals import Role, SignalSeries
from incident.model.spans import Values
from tests.reasoning_builders import (
    ERRORS,
    LATENCY,
    MEDIAN,
    MEMORY,
    PROBE,
    TARGETS,
    TRAFFIC,
    alert,
    at_ms,
    departure,
    evidence,
    grid,
    series,
    span,
    stepped,
)

GRID = grid("08:00", "15:00")
WINDOW = span("12:00", "15:00")


def _series(traffic: float | Values) -> dict[str, SignalSeries]:
    levels = {ERRORS: 0.3, LATENCY: 1.0, MEDIAN: 0.4, MEMORY: 100.0, TARGETS: 1.0, PROBE: 1.0}
    made = {s.name: series(s, GRID, level) for s, level in levels.items()}
    return {**made, TRAFFIC.name: series(TRAFFIC, GRID, traffic)}


def _believed(
    *found: Departure,
    alerts: Sequence[AlertInterval] = (),
    traffic: float | Values = 20.0,
    without: tuple[str, ...] = (),
) -> list[str]:
    """Names of the signals whose departures are impact."""
    known = {k: v for k, v in _series(traffic).items() if k not in without}
    kept = replace(evidence(list(known.values()), WINDOW, span("08:00", "15:00")), alerts=tuple(alerts))
    return [d.spec.name for d in believed(found, known, kept)]


def _errors(inside: float, before: float = 0.001, start: str = "13:00", end: str = "13:30") -> Departure:
    return departure(ERRORS, start, end, over=GRID, before=before, inside=inside)


def _latency(factor: float, start: str = "13:00", end: str = "13:30") -> Departure:
    return departure(LATENCY, start, end, over=GRID, before=0.2, inside=0.2 * factor)


def _fall(start: str = "13:00", end: str | None = "13:30", *, before: float, inside: float) -> Departure:
    return departure(TRAFFIC, start, end, over=GRID, before=before, inside=inside)


def test_a_failing_share_of_users_is_impact_alone() -> None:
    """Forty percent failing needs no witness."""
    assert _believed(_errors(0.4)) == ["errors"]


def test_a_small_failing_share_alone_is_not_impact() -> None:
    """One percent failing may be hidden by retries; alone it is not claimed."""
    assert _believed(_errors(0.01)) == []


def test_a_small_failing_share_is_impact_with_a_second_witness() -> None:
    """Errors and latency that rise together agree."""
    assert _believed(_errors(0.01), _latency(1.3)) == ["errors", "p99"]


def test_a_trace_of_errors_is_not_impact_even_with_a_witness() -> None:
    """A thousandth more failures convince nobody; the latency needs its own strength then."""
    assert _believed(_errors(0.002), _latency(1.6)) == ["p99"]


def test_errors_that_were_there_before_are_not_impact() -> None:
    """What counts is the growth: three percent after two and a half are the usual errors."""
    assert _believed(_errors(0.03, before=0.025)) == []


@pytest.mark.parametrize(("factor", "impact"), [(1.45, []), (1.6, ["p99"])])
def test_a_lone_latency_must_grow_by_half(factor: float, impact: list[str]) -> None:
    """Load moves a tail by a third in a healthy service."""
    assert _believed(_latency(factor)) == impact


def test_two_quantiles_of_one_latency_are_one_witness() -> None:
    """The median that rises with the tail does not confirm it."""
    median = departure(MEDIAN, "13:00", "13:30", over=GRID, before=0.1, inside=0.13)

    assert _believed(_latency(1.3), median) == []


def test_an_alert_of_this_service_supports_a_weak_signal() -> None:
    """A firing alert is a second witness."""
    page = alert("SlowRequests", "13:06", "13:40")

    assert _believed(_latency(1.3), alerts=[page]) == ["p99"]


@pytest.mark.parametrize("nearness", [Nearness.NEARBY, Nearness.ELSEWHERE])
def test_alerts_of_others_support_nothing(nearness: Nearness) -> None:
    """Somebody else's alert says nothing about this service."""
    page = alert("SlowRequests", "13:06", "13:40", nearness=nearness)

    assert _believed(_latency(1.3), alerts=[page]) == []


def test_an_alert_that_only_was_pending_supports_nothing() -> None:
    """A condition that never held long enough to fire is no witness."""
    assert _believed(_latency(1.3), alerts=[alert("SlowRequests", None, None, pending="13:01")]) == []


def test_an_alert_at_another_time_supports_nothing() -> None:
    """The alert of an hour before belongs to something else."""
    assert _believed(_latency(1.3), alerts=[alert("SlowRequests", "12:00", "12:10")]) == []


def test_witnesses_at_other_times_do_not_agree() -> None:
    """Signals agree only where they share time, give or take five minutes."""
    assert _believed(_errors(0.01), _latency(1.3, "13:34", "13:50")) == ["errors", "p99"]
    assert _believed(_errors(0.01), _latency(1.3, "13:50", "14:10")) == []


def test_falling_latency_alone_is_never_impact() -> None:
    """Faster answers harm nobody, not even with an alert on them."""
    fast = _latency(0.1)

    assert _believed(fast) == []
    assert _believed(fast, alerts=[alert("TooFast", "13:02", "13:30")]) == []


def test_falling_latency_beside_errors_is_told_by_the_errors() -> None:
    """Where requests fail at once, the errors are the impact and carry it."""
    assert _believed(_latency(0.1), _errors(0.6)) == ["errors"]


def test_a_context_signal_is_never_impact() -> None:
    """Memory that doubles is context, however far it goes."""
    assert _believed(departure(MEMORY, "13:00", "13:30", over=GRID, before=100, inside=9000)) == []


def test_a_signal_that_people_made_impact_counts() -> None:
    """`role: impact` makes any signal one of the user's."""
    spec = replace(MEMORY, role=Role.IMPACT)

    assert _believed(departure(spec, "13:00", "13:30", over=GRID, before=1, inside=9)) == ["memory"]


def test_targets_and_probes_that_fail_are_impact_alone() -> None:
    """No target up, or a failing probe, needs no witness."""
    down = departure(TARGETS, "13:00", "13:30", over=GRID, before=1.0, inside=0.0)
    probe = departure(PROBE, "13:01", "13:30", over=GRID, before=1.0, inside=0.0)

    assert _believed(down, probe) == ["targets up", "probe"]


def test_a_sudden_loss_of_traffic_is_impact() -> None:
    """Requests that stop within minutes were lost."""
    lost = stepped(GRID, 20.0, ("13:00", "13:30", 1.0))

    assert _believed(_fall(before=20, inside=1), traffic=lost) == ["traffic"]


def test_traffic_that_keeps_more_than_half_is_not_lost() -> None:
    """A dip to two thirds may be people at lunch."""
    dip = stepped(GRID, 20.0, ("13:00", "13:30", 13.0))

    assert _believed(_fall(before=20, inside=13), traffic=dip) == []


def test_a_slow_decline_is_not_lost_traffic() -> None:
    """A night that takes hours to come is no loss, however deep it is."""
    evening = np.interp(GRID.times, [at_ms("12:00"), at_ms("14:30")], [20.0, 1.0])

    assert _believed(_fall("13:30", None, before=20, inside=3), traffic=evening) == []


def test_a_surge_of_traffic_is_not_impact() -> None:
    """More requests harm nobody by themselves."""
    assert _believed(_fall(before=20, inside=60), traffic=stepped(GRID, 20.0, ("13:00", "13:30", 60))) == []


def test_a_handful_of_failures_is_bad_luck() -> None:
    """Fewer than five failed requests are no impact, whatever share they make."""
    few = 3 / 0.3 / (30 * 60)

    assert _believed(_errors(0.3), traffic=few) == []
    assert _believed(_errors(0.3), traffic=10 * few) == ["errors"]


def test_a_tail_of_few_requests_is_not_believed() -> None:
    """Under a hundred requests a 99th percentile is its largest value."""
    assert _believed(_latency(4.0), traffic=80 / (30 * 60)) == []
    assert _believed(_latency(4.0), traffic=200 / (30 * 60)) == ["p99"]


def test_without_a_traffic_signal_the_ratio_speaks_for_itself() -> None:
    """Where requests are not counted, few cannot be told from many."""
    assert _believed(_errors(0.3), without=("traffic",)) == ["errors"]


def test_impact_is_told_in_order_of_time() -> None:
    """Whatever the order of the signals, the earliest departure comes first."""
    assert _believed(_errors(0.4, start="13:10"), _latency(3.0)) == ["p99", "errors"]


def test_requests_that_are_not_known_are_not_none() -> None:
    """Traffic has a hole where the errors began: they rest on as many requests as before it."""
    over = grid("12:00", "14:00")
    failing = series(ERRORS, over, stepped(over, 0.001, ("13:00", "13:20", 0.4)))
    hole = series(TRAFFIC, over, stepped(over, 20.0, ("13:00", "14:00", np.nan)))
    found = departure(ERRORS, "13:00", "13:20", over=over, before=0.001, inside=0.4)

    assert enough(found, failing, hole)
    assert not enough(found, failing, series(TRAFFIC, over, np.where(np.isnan(hole.values), 0.0, 20.0)))
