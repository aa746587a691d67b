"""Specification of what is told of a turn: the failing share that stepped, or the traffic that was lost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from incident.impact.departure import Departure
from incident.model.signals import SignalSeries, SignalSpec
from incident.model.timeline import Phase, State
from incident.timeline.rows.turns import Turn, level_after, turned
from tests.reasoning_builders import (
    ERRORS,
    LATENCY,
    MEMORY,
    TRAFFIC,
    at,
    at_ms,
    departure,
    evidence,
    grid,
    series,
    span,
    stepped,
)

GRID = grid("12:00", "15:00")
HALVED = series(TRAFFIC, GRID, stepped(GRID, 20.0, ("13:30", "15:00", 10.0)))
STEADY = series(ERRORS, GRID, 0.2)
LOST = departure(TRAFFIC, "13:00", "14:00", over=GRID)


def _turn(
    signals: Sequence[SignalSeries],
    impact: Sequence[Departure],
    when: str = "13:30",
    ratios: tuple[float | None, float | None] = (None, None),
) -> Turn:
    """What is told of the step between two phases of an episode from 13:00 to 14:00."""
    before = Phase(at("13:00"), at(when), State.DEGRADED, False, ratios[0])
    after = Phase(at(when), at("14:00"), State.DOWN, False, ratios[1])
    return turned(evidence(signals, span("12:00", "15:00")), impact, before, after)


def test_lost_traffic_is_told_where_failures_did_not_step() -> None:
    """As many failed as before of half as many requests."""
    assert _turn([STEADY, HALVED], [LOST]) == Turn("traffic 20 -> 10 req/s", TRAFFIC.query)


@pytest.mark.parametrize(
    "impact",
    [
        [],
        [departure(LATENCY, "13:00", "14:00", over=GRID)],
        [departure(TRAFFIC, "12:20", "12:50", over=GRID)],
        [departure(TRAFFIC, "13:40", "14:00", over=GRID)],
    ],
    ids=["none", "of another signal", "over before", "begun after"],
)
def test_traffic_that_is_no_part_of_the_impact_is_not_told(impact: list[Departure]) -> None:
    """Half of the traffic may be the day's rhythm: what is told is what harmed."""
    assert _turn([STEADY, HALVED], impact).query == ERRORS.query


@pytest.mark.parametrize("bounds", [("13:30", "14:00"), ("13:00", "13:30")], ids=["its start", "its end"])
def test_where_a_loss_begins_or_ends_is_a_turn_in_it(bounds: tuple[str, str]) -> None:
    """The phases were cut there because of it."""
    assert _turn([STEADY, HALVED], [departure(TRAFFIC, *bounds, over=GRID)]).query == TRAFFIC.query


def test_failures_that_stepped_are_told_before_lost_traffic() -> None:
    """Users saw errors first; the traffic that stayed away is in its own rows."""
    failing = series(ERRORS, GRID, stepped(GRID, 0.1, ("13:30", "15:00", 0.6)))

    assert _turn([failing, HALVED], [LOST]).words == "errors 10.0 -> 60.0 %"


def test_without_failures_measured_lost_traffic_is_told() -> None:
    """A service that counts requests and not how they ended."""
    assert _turn([HALVED], [LOST]).query == TRAFFIC.query
    assert _turn([HALVED], []) == Turn("impact changed", "")


@pytest.mark.parametrize("hole", [("13:00", "13:29"), ("13:31", "13:50")], ids=["before", "after"])
def test_a_level_that_nobody_saw_is_not_told(hole: tuple[str, str]) -> None:
    """One level alone is no step: neither of the traffic nor of the failures."""
    traffic = series(TRAFFIC, GRID, stepped(GRID, 20.0, (*hole, float("nan"))))
    failing = series(ERRORS, GRID, stepped(GRID, 0.2, (*hole, float("nan"))))

    assert _turn([failing, traffic], [LOST]) == Turn("share of failures not known", ERRORS.query)


def test_what_was_counted_tells_the_step_that_a_curve_of_few_requests_hides() -> None:
    """The curve shows a fortieth of a step that the counters have: they are told; near it the curve is."""
    curve = series(ERRORS, GRID, stepped(GRID, 0.20, ("13:30", "15:00", 0.22)))

    assert _turn([curve], [], ratios=(0.1, 0.9)).words == "errors 10.0 -> 90.0 %"
    assert _turn([curve], [], ratios=(0.19, 0.22)).words == "errors 20.0 -> 22.0 %"
    assert _turn([curve], [], ratios=(None, 0.9)).words == "errors 20.0 -> 22.0 %"


def test_the_minute_before_a_turn_is_no_part_of_the_level_before_it() -> None:
    """When it turned is known to a minute: what is off already then is not what was before."""
    early = series(TRAFFIC, GRID, stepped(GRID, 20.0, ("13:28", "15:00", 10.0)))

    assert _turn([STEADY, early], [LOST]).words == "traffic 20 -> 10 req/s"


@pytest.mark.parametrize(
    ("spec", "step_s", "later"),
    [(TRAFFIC, 60, 2.0), (TRAFFIC, 40, 3.5), (TRAFFIC, 300, 1.0), (MEMORY, 60, 2.0)],
    ids=["a sample a minute", "steps that do not fit", "steps longer than a level", "no range of its own"],
)
def test_a_level_is_the_median_of_the_minutes_past_the_blur(
    spec: SignalSpec, step_s: int, later: float
) -> None:
    """Of a signal that counts its samples: how many after the turn its level lies."""
    over = grid("12:00", "15:00", step_s)
    counting = series(spec, over, np.arange(over.count, dtype=np.float64))

    assert level_after(counting, at("13:30")) == over.index(at_ms("13:30")) + later


def test_a_level_that_reaches_past_the_end_of_its_stretch_is_none() -> None:
    """Three minutes after the minute of the blur: to 13:34 and no longer."""
    assert level_after(HALVED, at("13:30"), at_ms("13:34")) == 10.0
    assert level_after(HALVED, at("13:30"), at_ms("13:34") - 1) is None
