"""Candidates from boxes: stretches that stand out from both neighbours more than any in the baseline."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from incident.detect.episode import Bools, Floats

FLANKS = (10, 20, 40, 60)
"""Samples looked at on either side of a box: the first at least as long as the box, at most 60."""

GROWTH = 1.4
"""Ratio of one box length to the next; finer steps found nothing more."""


@dataclass(frozen=True, slots=True)
class Box:
    """A stretch [start, stop) of a series and its contrast to the higher of its neighbours."""

    start: int
    stop: int
    flank: int
    contrast: float
    limit: float

    @property
    def explained(self) -> float:
        """Squared error that the box explains, discounted by the length of its neighbours."""
        length, around = self.stop - self.start, 2 * self.flank
        return self.contrast**2 * length * around / (length + around)


def lengths(longest: int) -> list[int]:
    """Box lengths 2, 3, 5, 7, 10 ... up to `longest`."""
    found, length = [], 2.0
    while round(length) <= longest:
        found.append(round(length))
        length = max(length * GROWTH, length + 1.0)
    return found


def flank_of(length: int) -> int:
    """How many samples on either side a box of `length` is compared with."""
    return next((flank for flank in FLANKS if flank >= length), FLANKS[-1])


class Flanks:
    """Running medians of a series, computed once for each flank length."""

    def __init__(self, y: Floats) -> None:
        self._y = y
        self._medians: dict[int, Floats] = {}

    def left(self, flank: int) -> Floats:
        """Median of the up to `flank` samples before each index, shape (n + 1,); NaN where too few."""
        if flank not in self._medians:
            self._medians[flank] = _running_median(self._y, flank)
        return self._medians[flank]

    def right(self, flank: int) -> Floats:
        """Median of the `flank` samples from each index on, shape (n + 1,); NaN near the end."""
        right = np.full(len(self._y) + 1, np.nan)
        left = self.left(flank)
        if len(self._y) >= flank:
            right[: len(self._y) - flank + 1] = left[flank:]
        return right


def _running_median(y: Floats, flank: int) -> Floats:
    n = len(y)
    medians = np.full(n + 1, np.nan)
    if n >= flank:
        windows = np.lib.stride_tricks.sliding_window_view(y, flank)
        medians[flank:] = np.median(windows, axis=1)
    # Near the start a shorter neighbour must do; of fewer than five samples a median says little.
    for i in range(5, min(flank, n + 1)):
        medians[i] = np.median(y[:i])
    return medians


def contrasts(sums: Floats, flanks: Flanks, length: int, n: int) -> Floats:
    """Mean of each box [s, s + length) minus the higher neighbour's median, shape (n - length + 1,).

    Where the right neighbour does not fit before the end of the series, the left one alone counts:
    the box may be something that has not ended.
    """
    means = (sums[length:] - sums[:-length]) / length
    flank = flank_of(length)
    left = flanks.left(flank)[: n - length + 1]
    right = flanks.right(flank)[length:]
    contrast: Floats = means - np.fmax(left, right)
    return contrast


def limits(y: Floats, sizes: list[int]) -> dict[int, float]:
    """The largest contrast of each box length inside the calm samples `y` (b,).

    Lengths that do not fit with both neighbours borrow the limit of the longest that does.
    """
    found: dict[int, float] = {}
    flanks, sums, last = Flanks(y), np.concatenate(([0.0], np.cumsum(y))), 0.0
    for length in sizes:
        if length + 2 * flank_of(length) <= len(y):
            contrast = contrasts(sums, flanks, length, len(y))
            inner = contrast[5 : len(y) - length - flank_of(length) + 1]
            last = max(float(np.max(inner)), 0.0) if inner.size else last
        found[length] = last
    return found


def candidates(
    y: Floats, calm: int, limit: dict[int, float], *, least: float, factor: float
) -> Iterator[Box]:
    """Boxes that reach beyond the first `calm` samples and stand out, the strongest first, disjoint.

    A box stands out when its contrast exceeds `least` and `factor` times the limit of its length.
    """
    n = len(y)
    sums, flanks = np.concatenate(([0.0], np.cumsum(y))), Flanks(y)
    rows: list[tuple[int, Floats, Floats]] = []
    for length, bound in limit.items():
        contrast = contrasts(sums, flanks, length, n)
        contrast[: max(0, calm - length + 1)] = np.nan
        worth = contrast**2 * (length * 2 * flank_of(length) / (length + 2 * flank_of(length)))
        fits: Bools = contrast > max(least, factor * bound)
        rows.append((length, contrast, np.where(fits, worth, -np.inf)))
    while rows:
        best = max(range(len(rows)), key=lambda i: float(rows[i][2].max()))
        length, contrast, worth = rows[best]
        start = int(np.argmax(worth))
        if not np.isfinite(worth[start]):
            return
        yield Box(start, start + length, flank_of(length), float(contrast[start]), limit[length])
        for other, _, others in rows:
            others[max(0, start - other + 1) : start + length] = -np.inf
