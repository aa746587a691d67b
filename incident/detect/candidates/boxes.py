"""Boxes: stretches that stand out from both neighbours more than any of the same length in the baseline."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from incident.detect.baseline.smooth import trailing_medians
from incident.detect.episode import Floats

FLANKS = (10, 20, 40, 60, 100)
"""Samples looked at on either side of a box: the first at least as long as the box, at most 100."""

LEAST_FLANK = 5
"""A median of fewer samples says little."""

GROWTH = 1.4
"""Ratio of one box length to the next; finer steps found nothing more."""

MOST_BOXES = 64
"""Boxes taken from one series, strongest first: what explains less is not worth the time."""


@dataclass(frozen=True, slots=True)
class Box:
    """A stretch [start, stop) and the squared error that it explains."""

    start: int
    stop: int
    explained: float


def lengths(longest: int) -> list[int]:
    """Box lengths 2, 3, 4, 6, 8 ... up to `longest`; at least the first."""
    found, length = [2], 2.0
    while round(length := max(length * GROWTH, length + 1.0)) <= longest:
        found.append(round(length))
    return found


def flank_of(length: int) -> int:
    """How many samples on either side a box of `length` is compared with."""
    return next((flank for flank in FLANKS if flank >= length), FLANKS[-1])


def explained(height: float, length: int) -> float:
    """Squared error explained by a box, less what the shortness of its neighbours leaves open."""
    around = 2 * flank_of(length)
    return max(height, 0.0) ** 2 * length * around / (length + around)


class Contrasts:
    """The contrast of every box of a series to its neighbours; running medians are kept."""

    def __init__(self, y: Floats) -> None:
        self._y = y
        self._sums = np.concatenate(([0.0], np.cumsum(y)))
        self._medians: dict[int, Floats] = {}

    def of(self, length: int) -> Floats:
        """Mean of each box [s, s + length) minus its higher neighbour, shape (n - length + 1,).

        Where the right neighbour does not fit before the end of the series, the left one alone
        counts: the box may be something that has not ended. NaN where neither fits.
        """
        means = (self._sums[length:] - self._sums[:-length]) / length
        flank = flank_of(length)
        before = self._before(flank)
        after = np.full(len(before), np.nan)
        after[: max(0, len(before) - flank)] = before[flank:]
        contrast: Floats = means - np.fmax(before[: len(means)], after[length:])
        return contrast

    def _before(self, flank: int) -> Floats:
        if flank not in self._medians:
            self._medians[flank] = trailing_medians(self._y, flank, LEAST_FLANK)
        return self._medians[flank]


def limits(calm: Floats, sizes: list[int]) -> dict[int, float]:
    """The largest contrast of each box length in the `calm` samples (m,), >= 0.

    Lengths that do not fit with both neighbours borrow the limit of the longest that does.
    """
    found: dict[int, float] = {}
    contrasts, last = Contrasts(calm), 0.0
    for length in sizes:
        boxes_inside = len(calm) - length - flank_of(length) + 1
        if length + 2 * flank_of(length) <= len(calm):
            last = max(float(np.max(contrasts.of(length)[LEAST_FLANK:boxes_inside])), 0.0)
        found[length] = last
    return found


def limit_of(limit: dict[int, float], length: int) -> float:
    """The limit of the longest box length not above `length`."""
    return limit[max((n for n in limit if n <= length), default=min(limit))]


def standing_out(y: Floats, first: int, limit: dict[int, float], least: float) -> Iterator[Box]:
    """Boxes of `y` (n,) that reach beyond index `first` and stand out, strongest first, disjoint.

    A box stands out when its contrast exceeds `least` and the baseline's `limit` of its length.
    """
    contrasts = Contrasts(y)
    worth: dict[int, Floats] = {}
    for length, bound in limit.items():
        if length > len(y):
            continue
        contrast = contrasts.of(length)
        contrast[: max(0, first - length + 1)] = np.nan
        weight = explained(1.0, length)
        worth[length] = np.where(contrast > max(least, bound), contrast**2 * weight, -np.inf)
    for _ in range(MOST_BOXES):
        tops = {length: int(np.argmax(row)) for length, row in worth.items()}
        length = max(tops, key=lambda k: float(worth[k][tops[k]]))
        start = tops[length]
        if not np.isfinite(worth[length][start]):
            return
        yield Box(start, start + length, float(worth[length][start]))
        for other, row in worth.items():
            row[max(0, start - other + 1) : start + length] = -np.inf
