"""The band of what was normal: one level, or one that moves with the time of day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from incident.model.spans import Grid, Span, Values, frozen_values, ms
from incident.model.timeline import Band, SignalReport, Usual
from report.charts.parts.band import normal_band
from report.charts.parts.readings import normal_words
from tests.charts_builder import DAY, TRAFFIC

SPAN = Span(DAY + timedelta(hours=7), DAY + timedelta(hours=11))
FLAT = SignalReport(TRAFFIC, Band(12.0, 11.0, 13.0), (), ())


def _usual(centre: Values) -> Usual:
    grid = Grid(ms(DAY), 60_000, centre.size)
    return Usual(grid, *(frozen_values(factor * centre) for factor in (1.0, 0.9, 1.1)))


def _rising(count: int = 24 * 60) -> Values:
    return np.linspace(10.0, 60.0, count)


def test_a_signal_without_a_rhythm_has_one_level() -> None:
    """From edge to edge."""
    band = normal_band(FLAT, SPAN)

    assert band is not None
    assert not band.moves
    assert band.x.tolist() == [0.0, 4 * 3600.0]
    assert band.reach == (11.0, 13.0)
    assert normal_words(FLAT, SPAN) == "normal from 11 req/s"


def test_the_band_of_a_rhythm_follows_it() -> None:
    """What is normal at each time, over the axis alone, in place of the level of the night before."""
    report = replace(FLAT, usual=_usual(_rising()))
    band = normal_band(report, SPAN)

    assert band is not None
    assert band.moves
    expected = np.interp(band.x + 7 * 3600.0, np.arange(24 * 60) * 60.0, _rising())
    np.testing.assert_allclose(band.low, 0.9 * expected)
    np.testing.assert_allclose(band.high, 1.1 * expected)
    assert band.x[0] <= 0.0
    assert band.x[-1] >= 4 * 3600.0 - 60.0
    assert normal_words(report, SPAN).endswith("req/s, by time of day")


def test_a_rhythm_that_is_not_known_here_leaves_the_level() -> None:
    """The earlier days end before the axis begins."""
    centre = _rising()
    centre[6 * 60 :] = np.nan
    band = normal_band(replace(FLAT, usual=_usual(centre)), SPAN)

    assert band is not None
    assert not band.moves


def test_a_band_of_days_is_a_small_picture() -> None:
    """No more corners than pixels to see them."""
    wide = Span(DAY, DAY + timedelta(days=1))
    fine = Usual(Grid(ms(DAY), 5_000, 17_280), *(frozen_values(_rising(17_280)) for _ in range(3)))
    band = normal_band(replace(FLAT, usual=fine), wide)

    assert band is not None
    assert band.x.size <= 410
