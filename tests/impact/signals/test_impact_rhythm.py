"""Earlier days beside a survey: brought onto its times, told as what is usual, used for what was expected."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from incident.impact import assess
from incident.impact.figures import request_figures
from incident.impact.signals.departures import departures
from incident.impact.signals.rhythm import earlier_rows, usual
from incident.model.evidence import Evidence
from incident.model.policy import Policy
from incident.model.signals import EarlierPeriod, EarlierSignal, Kind, Measure, SignalSeries, Worse
from incident.model.spans import Grid, Values, frozen_values
from incident.model.timeline import Status
from tests.reasoning_builders import (
    LATENCY,
    TRAFFIC,
    at,
    episode,
    evidence,
    grid,
    increments_at,
    noisy,
    series,
    span,
)

GRID = grid("06:00", "14:00")
WEEK, DAY = timedelta(days=7), timedelta(days=1)
HOURS = np.arange(GRID.count) / 60.0
MORNING = 100.0 * np.exp(1.5 * np.clip((HOURS - 4.5) / 0.7, 0.0, 1.0))
"""Traffic that rises to more than four times as much from 10:30 to 11:12."""


def period(ago: timedelta, values: Values, name: str = "traffic", every: int = 5) -> EarlierPeriod:
    """An earlier day that had `values`, one a minute of GRID, read at every fifth."""
    start = GRID.start_ms - round(ago.total_seconds() * 1000)
    read = frozen_values(values[::every])
    return EarlierPeriod(ago, Grid(start, every * GRID.step_ms, read.size), (EarlierSignal(name, read),))


def known(signal: SignalSeries, *periods: EarlierPeriod) -> Evidence:
    return replace(evidence([signal], span("10:00", "14:00")), earlier=periods)


def test_earlier_days_are_read_at_the_times_of_the_survey() -> None:
    """Straight lines between their samples, nothing beyond the last or beside a missing one."""
    values = np.arange(GRID.count, dtype=np.float64)
    values[50] = np.nan
    signal = series(TRAFFIC, GRID, values)
    rows = earlier_rows(signal, known(signal, period(WEEK, values), period(DAY, values + 7)))

    assert rows is not None
    last = (GRID.count - 1) // 5 * 5
    hole = slice(46, 55)
    assert np.isnan(rows[:, hole]).all()
    assert np.isnan(rows[:, last + 1 :]).all()
    values[hole] = np.nan
    np.testing.assert_allclose(rows[0, : last + 1], values[: last + 1])
    np.testing.assert_allclose(rows[1, : last + 1], values[: last + 1] + 7)


def test_a_gauge_has_its_rhythm_in_its_own_unit() -> None:
    """Where both directions may be worse the most alike day tells, or the other where that one has a hole."""
    load = replace(TRAFFIC, name="load", measure=Measure.OTHER, kind=Kind.GAUGE, worse=Worse.BOTH)
    holed = MORNING.copy()
    holed[100:150] = np.nan
    signal = series(load, GRID, noisy(MORNING))
    days = (period(WEEK, holed, "load"), period(DAY, MORNING + 5.0, "load"))
    told = usual(signal, known(signal, *days), ())

    assert told is not None
    np.testing.assert_allclose(told.centre[:-5], MORNING[:-5], rtol=0.1)


def test_a_signal_without_earlier_days_has_none() -> None:
    """Nothing was read, or not of this signal."""
    signal = series(TRAFFIC, GRID, MORNING)

    assert earlier_rows(signal, known(signal)) is None
    assert earlier_rows(signal, known(signal, period(WEEK, MORNING, "p99"))) is None


def test_a_rise_that_both_days_had_is_no_departure() -> None:
    """It is one where nothing is known of them."""
    signal = series(TRAFFIC, GRID, noisy(MORNING))
    days = (period(WEEK, noisy(MORNING, seed=2)), period(DAY, noisy(MORNING, seed=3)))

    assert departures(signal, known(signal), None)
    assert departures(signal, known(signal, *days), None) == ()


def test_a_morning_like_every_other_is_no_impact() -> None:
    """Latency doubles with the load, as it did yesterday and a week ago."""
    slow = 0.2 * np.sqrt(MORNING / 100.0)
    signal = series(LATENCY, GRID, noisy(slow))
    days = (period(WEEK, noisy(slow, seed=2), "p99"), period(DAY, noisy(slow, seed=3), "p99"))

    assert assess(known(signal), Policy()).status is Status.ONGOING
    assert assess(known(signal, *days), Policy()).status is Status.NO_IMPACT


def test_what_is_usual_follows_the_rhythm_on_the_level_of_today() -> None:
    """A tenth more than a week ago, all day."""
    signal = series(TRAFFIC, GRID, noisy(1.1 * MORNING))
    told = usual(signal, known(signal, period(WEEK, MORNING)), ())

    assert told is not None
    known_here = np.isfinite(told.centre)
    assert known_here.sum() >= GRID.count - 5
    np.testing.assert_allclose(told.centre[known_here], 1.1 * MORNING[known_here], rtol=0.06)
    assert ((told.low < told.centre) & (told.centre < told.high))[known_here].all()


def test_without_a_rhythm_nothing_follows_one() -> None:
    """A flat day beside flat days: its own range says more."""
    signal = series(TRAFFIC, GRID, noisy(np.full(GRID.count, 100.0)))
    day = noisy(np.full(GRID.count, 100.0), seed=2)

    assert usual(signal, known(signal, period(WEEK, day)), ()) is None


def test_an_outage_of_yesterday_is_not_what_is_usual() -> None:
    """Of traffic the higher day counts, where both are known."""
    outage = np.where((HOURS >= 6.0) & (HOURS < 6.5), 0.1, 1.0)
    signal = series(TRAFFIC, GRID, noisy(MORNING))
    told = usual(signal, known(signal, period(WEEK, MORNING), period(DAY, MORNING * outage)), ())

    assert told is not None
    np.testing.assert_allclose(told.centre[360:390], MORNING[360:390], rtol=0.05)


def test_expected_requests_follow_the_rhythm() -> None:
    """Half an hour lost in the steepest rise: on the line between its flanks far too many are expected."""
    signal = series(TRAFFIC, GRID, MORNING)
    lost = (episode("10:40", "11:10"),)
    served = increments_at("06:00", "14:00", ("06:00", "10:40", 100, 0.0))
    # Each sample is the rate over the minute before it.
    truth = float(np.trapezoid((MORNING[280:311] + MORNING[281:312]) / 2.0, dx=60.0))

    def middle(by: Values | None) -> float:
        found = request_figures(lost, at("14:00"), served, None, signal, None, True, by)
        assert found is not None
        assert found.lost is not None
        return float(found.lost)

    assert middle(MORNING) == pytest.approx(truth, rel=0.01)
    assert abs(middle(None) - truth) > 0.05 * truth


def test_expected_requests_of_an_unknown_rhythm_are_those_of_the_flanks() -> None:
    """Where the earlier days miss a part of it, they are not used."""
    signal = series(TRAFFIC, GRID, MORNING)
    holed = np.where(HOURS < 5.0, MORNING, np.nan)
    lost = (episode("10:40", "11:10"),)
    with_hole, without = (
        request_figures(lost, at("14:00"), None, None, signal, None, True, by) for by in (holed, None)
    )

    assert with_hole is not None
    assert without is not None
    assert with_hole.lost == without.lost
