"""Traffic lost on the slope of a day, with no earlier day known: when it was lost, and when it was back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.impact import assess
from incident.impact.departure import Departure
from incident.impact.signals.departures import departures
from incident.model.policy import Policy
from incident.model.signals import EarlierPeriod, EarlierSignal
from incident.model.spans import Grid, Values, frozen_values
from incident.model.timeline import State, Status
from tests.reasoning_builders import TRAFFIC, at_ms, evidence, grid, noisy, series, span

GRID = grid("06:00", "15:00")
ASKED, COVERED = span("10:00", "15:00"), span("06:00", "15:00")
LOST, BACK = "11:30", "12:30"
TURNS = {"rising": 0.0, "at its peak": 0.25, "falling": 0.5, "at its trough": 0.75}
"""Where in its day the service is at noon, in shares of a day."""


def _day(turn: float, peak_over_trough: float = 4.0, seed: int = 1) -> Values:
    """About forty requests a second with a daily rhythm, minute by minute."""
    depth = (peak_over_trough - 1.0) / (peak_over_trough + 1.0)
    days = (GRID.times - at_ms("12:00")) / 86_400_000.0
    return noisy(40.0 * (1.0 + depth * np.sin(2.0 * np.pi * (days + turn))), 0.03, seed)


def _lost(day: Values, kept: float, regained: float = 1.0, start: str = LOST, end: str = BACK) -> Values:
    """The day with that share of its traffic from start to end, and the other share from then on."""
    inside = (GRID.times >= at_ms(start)) & (GRID.times < at_ms(end))
    return day * np.where(inside, kept, np.where(GRID.times >= at_ms(end), regained, 1.0))


def _told(values: Values) -> tuple[Departure, ...]:
    signal = series(TRAFFIC, GRID, values)
    return departures(signal, evidence([signal], ASKED, COVERED), None)


def _near(stamp: int | None, clock: str, minutes: int = 2) -> bool:
    return stamp is not None and abs(stamp - at_ms(clock)) <= minutes * 60_000


def _downs(told: Iterable[Departure]) -> list[Departure]:
    return [one for one in told if one.direction == "down" and one.stop_ms > at_ms(LOST)]


@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS)
@pytest.mark.parametrize("kept", [0.0, 0.25, 0.5])
def test_a_loss_ends_where_the_slope_of_the_day_is_met_again(turn: float, kept: float) -> None:
    """Whether the day goes up or down meanwhile, and however much was left: from the fall to the return."""
    (loss,) = _downs(_told(_lost(_day(turn), kept)))

    assert _near(loss.start_by, LOST)
    assert _near(loss.end_by, BACK)
    assert loss.before == pytest.approx(float(np.median(_day(turn)[315:330])), rel=0.1)


@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS)
@pytest.mark.parametrize("kept", [0.0, 0.25])
def test_half_of_it_back_is_not_back(turn: float, kept: float) -> None:
    """What lies far below where the slopes lead is a loss still, on whichever slope."""
    (loss,) = _downs(_told(_lost(_day(turn), kept, regained=0.5)))

    assert _near(loss.start_by, LOST)
    assert loss.end_by is None or loss.end_by > at_ms("13:00")


def test_an_evening_goes_on_after_the_outage() -> None:
    """An hour at ten requests a second, then 33 where it had been 41: the day's own fall, and recovered."""
    signal = series(TRAFFIC, GRID, _evening())
    told = assess(evidence([signal], ASKED, COVERED), Policy())

    assert told.status is Status.RECOVERED
    (episode,) = told.episodes
    assert episode.end is not None
    assert _near(round(episode.end.at.timestamp() * 1000), BACK)
    assert episode.state is State.DEGRADED


def _evening() -> Values:
    hours = (GRID.times - at_ms(LOST)) / 3_600_000.0
    day = noisy(41.0 * np.exp(-0.22 * hours))
    inside = (GRID.times >= at_ms(LOST)) & (GRID.times < at_ms(BACK))
    return np.where(inside, 10.0, day)


def test_the_return_from_a_loss_is_no_surge() -> None:
    """Beside the hour without traffic, and beside dawn, noon is high; it is no higher than noon is."""
    assert not [one for one in _told(_lost(_day(0.0), 0.25)) if one.direction == "up"]


def test_an_outage_that_still_lasts_is_told_on_a_rising_morning() -> None:
    """As much as at dawn comes in, and a fifth of what came before it fell."""
    (loss,) = _downs(_told(_lost(_day(0.0), 0.3, end="23:00")))

    assert _near(loss.start_by, LOST)
    assert loss.end is None


def test_the_end_of_a_surge_is_no_loss() -> None:
    """Twice three times the usual, with an hour between them: that hour is how things are."""
    day = _day(0.25, 1.2)
    busy = _lost(_lost(day, 3.0, start="10:30", end=LOST), 3.0, start=BACK, end="13:30")

    assert not _downs(_told(busy))


def test_no_return_is_told_from_missing_samples() -> None:
    """Where nothing was seen between the loss and the traffic after it, the return is not placed inside."""
    values = _lost(_day(0.5), 0.1)
    hole = (GRID.times >= at_ms("12:00")) & (GRID.times < at_ms("12:50"))
    (loss,) = _downs(_told(np.where(hole, np.nan, values)))

    assert loss.end_by is None or loss.end_by >= at_ms("12:50") or loss.end_uncertain


def test_earlier_days_know_better_than_slopes() -> None:
    """A service that is closed for an hour at noon, and was so yesterday and last week, lost nothing."""
    values = _lost(_day(0.0), 0.05)
    days = tuple(_earlier(ago, _lost(_day(0.0, seed=ago), 0.05)) for ago in (7, 1))
    signal = series(TRAFFIC, GRID, values)

    assert _downs(departures(signal, evidence([signal], ASKED, COVERED), None))
    known = replace(evidence([signal], ASKED, COVERED), earlier=days)
    assert not _downs(departures(signal, known, None))


@pytest.mark.parametrize("yesterday", [1.0, 0.5])
def test_one_earlier_day_without_the_loss_does_not_hide_it(yesterday: float) -> None:
    """It says how the morning rises, whatever its level, and not that half of it is missing for an hour."""
    signal = series(TRAFFIC, GRID, _lost(_day(0.0), 0.5))
    known = replace(evidence([signal], ASKED, COVERED), earlier=(_earlier(1, yesterday * _day(0.0, seed=2)),))
    (loss,) = _downs(departures(signal, known, None))

    assert _near(loss.start_by, LOST)
    assert _near(loss.end_by, BACK)


def _earlier(days: int, values: Values) -> EarlierPeriod:
    ago = timedelta(days=days)
    then = Grid(GRID.start_ms - round(ago.total_seconds() * 1000), GRID.step_ms, GRID.count)
    return EarlierPeriod(ago, then, (EarlierSignal("traffic", frozen_values(values)),))


@settings(max_examples=25, deadline=None)
@given(turn=st.floats(0.0, 1.0), depth=st.floats(1.0, 6.0), seed=st.integers(0, 1000))
def test_a_day_without_a_fault_loses_nothing(turn: float, depth: float, seed: int) -> None:
    """Whatever its rhythm, and wherever in it the window lies: slow falls are no loss."""
    told = assess(evidence([series(TRAFFIC, GRID, _day(turn, depth, seed))], ASKED, COVERED), Policy())

    assert told.status is Status.NO_IMPACT
