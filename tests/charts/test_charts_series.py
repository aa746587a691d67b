"""Samples made ready to draw: peaks kept, gaps found, the absurd set aside."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from incident.model.signals import Gap, Measure, SignalSeries
from incident.model.spans import Grid, Span, Values, frozen_values, instant, ms
from report.charts.drawing import measured_signals
from report.charts.parts.series import BUCKETS, gaps, trace
from tests.charts_builder import DAY, ERRORS
from tests.reasoning_builders import at_ms
from tests.timeline.scenes import BLIND

START = ms(DAY)
STEP = 30_000


def _series(values: Values | list[float]) -> SignalSeries:
    return SignalSeries(ERRORS, Grid(START, STEP, len(values)), frozen_values(values))


def _span(first: int, last: int) -> Span:
    return Span(instant(START + first * STEP), instant(START + last * STEP))


samples = hnp.arrays(
    np.float64, st.integers(1, 5000), elements=st.floats(0, 1e6) | st.just(float("nan")), fill=st.just(1.0)
)


@given(samples)
def test_thinning_keeps_the_highest_and_the_lowest(values: Values) -> None:
    """However long the window, its peak and its trough are drawn, and not many more points than pixels."""
    line = trace(_series(values), _span(0, len(values)))

    assert line.y.size <= 3 * BUCKETS
    assert np.all(np.diff(line.x) > 0)
    if np.isfinite(values).any():
        assert np.nanmax(line.y) == np.nanmax(values)
        assert np.nanmin(line.y) == np.nanmin(values)
    else:
        assert np.isnan(line.y).all()


@given(samples)
def test_thinning_invents_no_sample(values: Values) -> None:
    """Every point drawn is a sample at its time: raw, not smoothed."""
    line = trace(_series(values), _span(0, len(values)))

    index = np.round(line.x * 1000 / STEP).astype(int)
    assert np.array_equal(line.y, values[index], equal_nan=True)


@pytest.mark.parametrize("missing", [2, 5, 100])
def test_a_hole_stays_a_hole(missing: int) -> None:
    """A line of 5,000 points is still broken where some are missing, also fewer than a bucket holds."""
    values = np.ones(5000)
    values[2001 : 2001 + missing] = np.nan

    line = trace(_series(values), _span(0, 5000))

    assert np.isnan(line.y).any()


def test_what_cannot_be_drawn_is_set_aside_and_marked() -> None:
    """Infinite and absurd values break the line and are marked at the edge they left by."""
    line = trace(_series([1.0, np.inf, 2.0, 1e308, -1e308, -np.inf, 3.0]), _span(0, 7))

    assert np.isfinite(line.y).tolist() == [True, False, True, False, False, False, True]
    assert (line.above * 1000 / STEP).tolist() == [1, 3]
    assert (line.below * 1000 / STEP).tolist() == [4, 5]


def test_a_sample_without_neighbours_is_found() -> None:
    """A single sample between holes would be invisible as a line."""
    line = trace(_series([np.nan, 1.0, np.nan, 2.0, 2.0]), _span(0, 5))

    assert line.alone.tolist() == [False, True, False, False, False]


def test_the_line_runs_to_the_edges_of_the_axis() -> None:
    """One sample more is drawn on either side, so that no white strip looks like a gap."""
    line = trace(_series(np.ones(100)), _span(10, 20))

    assert line.x[0] < 0
    assert line.x[-1] >= 300


def test_a_span_beside_the_samples_gives_an_empty_line() -> None:
    """Where nothing was read there is nothing to draw."""
    line = trace(_series([1.0, 1.0]), _span(500, 600))

    assert not np.isfinite(line.y).any() or line.x.max() < 0


def test_missing_points_are_gaps() -> None:
    """A run of missing points is a gap from its first evaluation to the one after its last."""
    values = np.ones(20)
    values[5:9] = np.nan

    assert gaps(_series(values), (), _span(0, 20)) == (_span(5, 9),)


def test_one_missing_point_is_left_to_the_broken_line() -> None:
    """A single missing evaluation is not hatched."""
    assert gaps(_series([1.0, np.nan, 1.0]), (), _span(0, 3)) == ()


def test_gaps_the_timeline_names_are_drawn_although_points_are_there() -> None:
    """A rate over minutes bridges a scrape gap that the raw samples have shown."""
    named = Gap(_span(5, 9), "not scraped")

    assert gaps(_series(np.ones(20)), (named,), _span(0, 20)) == (_span(5, 9),)


def test_time_before_and_after_all_samples_is_a_gap() -> None:
    """A series that begins late and ends early is unknown outside."""
    found = gaps(_series(np.ones(20)), (), _span(-30, 60))

    assert found == (_span(-30, 0), _span(20, 60))


@pytest.mark.parametrize("count", [1, 2, 50])
def test_a_signal_without_samples_is_one_gap(count: int) -> None:
    """Nothing seen is hatched from end to end."""
    found = gaps(_series(np.full(count, np.nan)), (), _span(0, count))

    assert found == (_span(0, count),)


def test_gaps_end_with_the_axis() -> None:
    """Hatching does not reach beyond what the chart shows."""
    named = Gap(Span(DAY - timedelta(days=1), DAY + timedelta(days=1)), "not scraped")

    assert gaps(_series(np.ones(20)), (named,), _span(3, 7)) == (_span(3, 7),)


def test_a_rate_that_runs_empty_beside_a_hole_is_not_drawn() -> None:
    """Half a minute after the last scrape its range is half empty: no traffic was lost, nothing was seen."""
    timeline, seen = BLIND.timeline(), BLIND.evidence()
    traffic = next(one for one in seen.signals if one.spec.measure is Measure.TRAFFIC)
    values = traffic.values.copy()
    values[traffic.grid.index(at_ms("13:00:30"))] = 9.0
    falling = replace(traffic, values=frozen_values(values))
    signals = tuple(falling if one is traffic else one for one in seen.signals)

    drawn = measured_signals(timeline, replace(seen, signals=signals))
    told = next(one.series for one in drawn if one.series.spec == traffic.spec)

    assert np.nanmin(falling.values) == 9.0
    assert np.nanmin(told.values) > 9.0
