"""A traffic's running levels, and where the slope of its day leads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from incident.detect.baseline.reference import spread
from incident.impact.departure import looks_back
from incident.model.signals import SignalSeries
from incident.model.spans import Values

_SUDDEN = timedelta(minutes=5)
"""What takes longer to go or to come back is no step, and left to the kernel."""
LEVEL = timedelta(minutes=15)
"""Medians of so much are the level before a fall, and after a return."""
_SLOPE_OVER = timedelta(minutes=90)
_BLOCK = timedelta(minutes=5)
_LEAST_BLOCKS = 4
"""The slope is the median over the pairs of so many blocks at least: one burst does not bend it."""
_STEEPEST = 0.5
"""Log units an hour, as for the kernel: traffic falls to a tenth overnight by 0.3 where it is steepest."""
_BENDS = 0.5
"""Where only the slope on one side is known, the day may have bent by half of it meanwhile."""
_SCATTERS = 2.0
"""So many deviations of the levels about their line: two levels are compared."""
_FLOOR = 0.02
"""Share of the usual level added before the logarithm: no traffic at all is finite."""


@dataclass(frozen=True, slots=True)
class Slope:
    """A line through the levels of an hour or so."""

    rise: float
    """Log units a sample."""
    scatter: float
    """Deviation of five minutes' levels about the line, log units."""


class Traffic:
    """The samples of a traffic in natural-log units, with their running levels."""

    def __init__(self, series: SignalSeries) -> None:
        grid, known = series.grid, series.values[np.isfinite(series.values)]
        usual = float(np.median(known)) if known.size else 0.0
        self.logs: Values = np.log(np.maximum(series.values, 0.0) + _FLOOR * max(usual, 1e-9))
        self.steepest = _STEEPEST * (grid.step / timedelta(hours=1))
        self.over = int(_SLOPE_OVER / grid.step)
        self.block = max(1, int(_BLOCK / grid.step))
        # A rate over a range comes to its new level only when the range has passed.
        self.smear = -int(-looks_back(series.spec.query) // grid.step)
        self.near = max(3, int(_SUDDEN / grid.step))
        self.level = max(5, int(LEVEL / grid.step))
        self.short, self.long = (_trailing(self.logs, width) for width in (self.near, self.level))

    def before(self, at: int) -> float:
        """The level of the quarter of an hour before an index."""
        return float(self.long[at])

    def after(self, at: int) -> float:
        """The level of the quarter of an hour after it, when the range of the query has passed."""
        return float(self.long[min(at + self.smear + self.level, self.logs.size)])

    def rises(self) -> Values:
        """From the five minutes before each index to those after it, shape (count + 1,); NaN at the end."""
        later = np.full(self.short.size, np.nan)
        ahead = self.smear + self.near
        later[: max(0, later.size - ahead)] = self.short[ahead:]
        rises: Values = later - self.short
        return rises

    def slope(self, start: int, stop: int) -> Slope | None:
        """The slope in [start, stop); None where too little is known."""
        ends = np.arange(max(0, start) + self.block, min(stop, self.logs.size) + 1, self.block)
        levels = np.array([_median(self.logs[end - self.block : end]) for end in ends.tolist()])
        ends, levels = ends[np.isfinite(levels)], levels[np.isfinite(levels)]
        if ends.size < _LEAST_BLOCKS:
            return None
        a, b = np.triu_indices(ends.size, 1)
        rise = float(np.median((levels[b] - levels[a]) / (ends[b] - ends[a])))
        left = levels - rise * ends
        scatter = spread(left, float(np.median(left)))
        return Slope(min(max(rise, -self.steepest), self.steepest), scatter)


def led_to(before: Slope | None, after: Slope | None, samples: int) -> tuple[float, float]:
    """What the day did to the traffic in so many samples, and how far off that may be, log units.

    By the slopes on both sides, or the one that is known.
    """
    known = [slope for slope in (before, after) if slope is not None]
    if not known:
        return 0.0, 0.0
    rises = [slope.rise for slope in known]
    bends = abs(rises[0] - rises[1]) / 2.0 if len(rises) == 2 else _BENDS * abs(rises[0])
    scatter = max(slope.scatter for slope in known)
    return sum(rises) / len(rises) * samples, bends * samples + _SCATTERS * scatter


def _trailing(y: Values, width: int) -> Values:
    """Median of the known of the `width` samples before each index, shape (n + 1,); NaN: fewer than half."""
    padded = np.concatenate((np.full(width, np.nan), y))
    ordered = np.sort(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)  # NaN last
    count = np.isfinite(ordered).sum(axis=1)
    rows = np.arange(len(ordered))
    low, high = (np.maximum(count - 1, 0) // 2, np.minimum(count // 2, width - 1))
    middle = (ordered[rows, low] + ordered[rows, high]) / 2.0
    return np.where(2 * count >= width, middle, np.nan)


def _median(y: Values) -> float:
    known = y[np.isfinite(y)]
    return float(np.median(known)) if known.size else math.nan
