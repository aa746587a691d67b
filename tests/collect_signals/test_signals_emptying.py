"""A hole in what is pushed: the rate beside it runs empty, and that is no traffic that falls."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from collector.reading.survey import SurveyRequest, survey
from collector.signals.samples.emptying import without_edges
from collector.source import Answer
from incident.model.evidence import Evidence
from incident.model.policy import Policy
from incident.model.signals import Kind, Samples, SignalSeries
from incident.model.spans import Grid, Values, frozen_values, ms
from incident.model.timeline import Status
from incident.timeline import Display, assemble
from tests.lab_fakes import FakeSource, at, constant, grid_of, samples, span
from tests.reasoning_builders import TRAFFIC

MINUTE_MS = 60_000
RATE = replace(TRAFFIC, query="sum(rate(http_requests_total[4m]))")
PER_S = 20.0


def rate_over(grid: Grid, seen: list[int], back_min: int = 4) -> Values:
    """`rate(counter[4m])` as Prometheus 2 computes it from samples at these minutes of a steady counter."""
    values = np.full(grid.count, np.nan)
    times = np.array([ms(at(minute)) for minute in seen])
    for index, now in enumerate(grid.times.tolist()):
        inside = times[(times >= now - back_min * MINUTE_MS) & (times <= now)]
        if inside.size < 2:
            continue
        held = inside[-1] - inside[0]
        mean = held / (inside.size - 1)
        gaps = (inside[0] - (now - back_min * MINUTE_MS), now - inside[-1])
        reached = held + sum(gap if gap <= 1.1 * mean else mean / 2 for gap in gaps)
        values[index] = PER_S * reached / (back_min * MINUTE_MS)
    return values


def traffic(seen: list[int], end: int = 240) -> SignalSeries:
    grid = grid_of(0, end, 60)
    return SignalSeries(RATE, grid, frozen_values(rate_over(grid, seen)))


def minutes(*without: tuple[int, int], end: int = 240) -> list[int]:
    return [minute for minute in range(end) if not any(a <= minute < b for a, b in without)]


@pytest.mark.parametrize("hole", [(100, 105), (100, 110), (100, 125), (230, 240)])
def test_beside_a_hole_only_whole_rates_are_left(hole: tuple[int, int]) -> None:
    """What is left of the rate is the rate; nearly all that speaks of a whole range is left."""
    before = traffic(minutes(hole))
    (after,) = without_edges([before], MINUTE_MS)
    known = np.isfinite(after.values)

    assert np.nanmin(before.values[10:]) < 0.7 * PER_S
    assert after.values[known][10:].min() > 0.85 * PER_S
    assert np.count_nonzero(np.isfinite(before.values)) - np.count_nonzero(known) <= 6


def test_no_hole_no_change() -> None:
    """The same object, and so are shares, whose parts run empty together."""
    steady = traffic(minutes())
    share = traffic(minutes((100, 110)))
    ratio = replace(share, spec=replace(RATE, kind=Kind.RATIO))

    assert without_edges([steady, ratio], MINUTE_MS) == (steady, ratio)


def test_traffic_that_falls_to_nothing_is_left() -> None:
    """A counter that stands still has samples, and its rate is zero: that is measured."""
    values = np.full(240, PER_S)
    values[100:130] = 0.0
    fallen = SignalSeries(RATE, grid_of(0, 240, 60), frozen_values(values))

    assert without_edges([fallen], MINUTE_MS) == (fallen,)


def test_series_with_holes_all_over_are_left() -> None:
    """What comes now and then is sparse by nature: its values are what there is."""
    sparse = traffic([minute for minute in range(240) if minute % 12 < 4])

    assert without_edges([sparse], MINUTE_MS) == (sparse,)


def _pushed(*holes: tuple[int, int]) -> Evidence:
    """A pushed service, healthy throughout, whose collector was away."""
    seen = minutes(*holes, end=360)
    held = [
        samples("http_requests_total", [ms(at(m)) for m in seen], [PER_S * 60 * m for m in seen], **labels)
        for labels in ({"service": "payments", "code": "200"}, {"service": "payments", "code": "500"})
    ]
    ranges = {
        "/ (sum": constant(0.001),
        "sum(rate": lambda grid: Answer((_series(grid, rate_over(grid, seen)),)),
    }
    request = SurveyRequest("payments", (), span(240, 360), lead=timedelta(hours=4), tail=timedelta(0))
    return survey(FakeSource(held, ranges=ranges), request, at(360))


def _series(grid: Grid, values: Values) -> Samples:
    known = np.isfinite(values)
    return samples("", grid.times[known].tolist(), values[known].tolist())


@pytest.mark.parametrize("hole", [(300, 310), (280, 305), (345, 360)])
def test_a_collector_that_was_away_is_no_outage(hole: tuple[int, int]) -> None:
    """Unknown is not zero: a draft of a healthy service tells a gap, and no impact."""
    told = assemble(_pushed(hole), Policy(), Display("UTC", "", "0.1.0"), ())

    assert told.status is Status.NO_IMPACT
    assert any(one.start is not None for one in told.unknowns)
