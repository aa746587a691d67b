"""One in twenty failing where a sample holds thirty requests: seen in sums of minutes, placed by counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from incident.impact import assess
from incident.impact.signals.pooled import with_pooled
from incident.model.policy import Policy
from incident.model.spans import Values, ms
from incident.model.timeline import State, Status
from tests.fleet.counted import counted
from tests.fleet.services import SHAPES, Fault, Shape, evidence_of
from tests.reasoning_builders import ERRORS, at_ms, departure, grid, series

LEAD, WINDOW = timedelta(hours=4), timedelta(hours=3)
GRID = grid("06:00", "14:00", 30)
POINTS = 480
"""Four hours of the grid are usual."""


def _slow(rate: float = 1.0) -> Shape:
    plain = next(shape for shape in SHAPES if shape.name == "few requests")
    return replace(plain, rate=rate, bursts=0, deploys=0)


@pytest.mark.parametrize("seed", range(3))
def test_forty_minutes_of_one_failure_in_twenty_are_told_with_their_bounds(seed: int) -> None:
    """A request a second, of which one in two hundred fails on a good day; placed to what is told of it."""
    fault = Fault((LEAD + timedelta(hours=1)).total_seconds(), 2400.0, 0.05, 1.0)
    evidence = counted(_slow(), seed, lead=LEAD, window=WINDOW, fault=fault)
    begins = evidence.grid.start_ms + round(fault.start * 1000)
    told = assess(evidence, Policy())

    assert told.status is Status.RECOVERED
    (episode,) = told.episodes
    assert episode.end is not None
    assert episode.state is State.DEGRADED
    for moment, truth in ((episode.start, begins), (episode.end, begins + 2_400_000)):
        assert abs(ms(moment.at) - truth) <= moment.plus_minus.total_seconds() * 1000
    assert told.requests is not None
    assert told.requests.failed is not None
    assert 40 <= told.requests.failed <= 180


@pytest.mark.parametrize("rate", [0.1, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_failures_as_usual_are_none(rate: float, seed: int) -> None:
    """Half a day of one failure in two hundred, by chance in bunches."""
    told = assess(evidence_of(_slow(rate), seed, lead=LEAD, window=timedelta(hours=12)), Policy())

    assert told.episodes == ()


def _failing(*stretches: tuple[str, str, float], seed: int = 1) -> tuple[Values, Values]:
    """Failing share and requests of each half minute, thirty on the average."""
    rng = np.random.default_rng(seed)
    share = np.full(GRID.count, 0.005)
    for start, end, failing in stretches:
        share[(GRID.times >= at_ms(start)) & (GRID.times < at_ms(end))] = failing
    total = rng.poisson(30.0, GRID.count).astype(float)
    return rng.binomial(total.astype(int), share) / np.maximum(total, 1.0), total


def test_bounds_lie_where_the_counts_say_and_are_as_wide_as_they_leave_open() -> None:
    """Both ends lie inside their brackets, and the share is that of all requests between them."""
    values, total = _failing(("11:00", "11:40", 0.06))
    (one,) = with_pooled((), series(ERRORS, GRID, values), POINTS, total)

    assert one.start_after < at_ms("11:00") <= one.start_by + GRID.step_ms
    assert one.end_after is not None
    assert one.end_by is not None
    assert one.end_after <= at_ms("11:40") <= one.end_by + GRID.step_ms
    assert one.inside == pytest.approx(0.06, abs=0.015)
    assert one.before == pytest.approx(0.005, abs=0.002)


def test_what_lasts_has_no_end() -> None:
    """Failing still at the last sample."""
    values, total = _failing(("13:00", "23:00", 0.08))
    (one,) = with_pooled((), series(ERRORS, GRID, values), POINTS, total)

    assert one.end is None
    assert one.end_by is None


def test_what_single_samples_show_is_not_told_twice() -> None:
    """A departure that is known already stays as it is."""
    values, total = _failing(("11:00", "11:40", 0.3))
    known = departure(ERRORS, "11:00", "11:40", over=GRID)

    assert with_pooled((known,), series(ERRORS, GRID, values), POINTS, total) == (known,)


def test_many_requests_need_no_sums() -> None:
    """Of a thousand requests in a sample the sample itself speaks; without counts nothing is summed."""
    values, total = _failing(("11:00", "11:40", 0.06))

    assert with_pooled((), series(ERRORS, GRID, values), POINTS, 100.0 * total) == ()
    assert with_pooled((), series(ERRORS, GRID, values), POINTS, None) == ()


def test_missing_samples_add_no_requests() -> None:
    """A hole in the fault is neither good nor bad, and a window without a sample holds nothing."""
    values, total = _failing(("11:00", "11:40", 0.06))
    hole = (GRID.times >= at_ms("11:10")) & (GRID.times < at_ms("11:18"))
    (one,) = with_pooled((), series(ERRORS, GRID, np.where(hole, np.nan, values)), POINTS, total)

    assert one.start_by <= at_ms("11:05")
    assert one.end_by is not None
    assert one.end_by >= at_ms("11:30")
    unseen = np.full(GRID.count, np.nan)
    assert with_pooled((), series(ERRORS, GRID, unseen), POINTS, unseen) == ()


@pytest.mark.parametrize("usual", [0.5, 0.7, 0.9, 0.99])
def test_where_most_requests_fail_anyway_more_of_them_may(usual: float) -> None:
    """What is left of the way up to all of them is told, or nothing; the bounds lie in order."""
    draw = np.random.default_rng(4)
    total = draw.poisson(30.0, GRID.count).astype(np.float64)
    worse = (GRID.times >= at_ms("11:00")) & (GRID.times < at_ms("11:40"))
    values = draw.binomial(total.astype(np.int64), np.where(worse, 1.0, usual)) / np.maximum(total, 1.0)

    for one in with_pooled((), series(ERRORS, GRID, values), POINTS, total):
        assert one.start_after < one.start_by
        assert one.end is None or one.onset < one.end
        assert one.inside <= 1.0
