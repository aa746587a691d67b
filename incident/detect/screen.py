"""A cheap look at many series at once, so that only those where something sticks out are analysed.

The tests are necessary conditions of the rules in `verdict.judge`: a row that passes none of them has no
episode. They look at a row with its missing samples filled by the one before, which can only make
more stick out.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from incident.detect.baseline.calm import LEAST_CALM
from incident.detect.baseline.scale import (
    LOG_FLOOR_SHARE,
    PERCENT_ABOVE,
    SMALLEST_ARC,
    SMALLEST_FACTOR,
    SMALLEST_LEVEL_SHARE,
    SMALLEST_POINTS,
    SMALLEST_RANGE_SHARE,
    arc,
)
from incident.detect.episode import Bools, Floats, Ints, Kind
from incident.detect.verdict.judge import (
    BEYOND_REACH,
    EXTREME_REACH,
    LARGEST_BUMP,
    SHARP_JUMP,
    STEP_JUMP,
    STEP_REACH,
    STEP_SAMPLES,
)

QUANTILES = np.array([0.01, 0.25, 0.5, 0.75, 0.99])

LEVEL_SIGMAS = 3.5
LEVEL_CHANGES = 1.0
"""A lead-in with samples so far off (sigmas, smallest changes) may hold an incident of its own."""

QUARTILE_TO_SIGMA = 0.6745
"""From the median to the nearer quartile, in standard deviations of normal noise: an incident in the
lead-in widens one side only."""


def sticking_out(
    matrix: Floats, baseline: int, kind: Kind, directions: tuple[str, ...], samples: int
) -> Bools:
    """Mask (n_series,) of the rows of `matrix` (n_series, n_points) that may hold an episode.

    `baseline` >= 0 points lie before the window; `samples` is how many an incident needs at least.
    Rows without a baseline are always among them.
    """
    present = np.isfinite(matrix)
    ordered = np.sort(np.where(present[:, :baseline], matrix[:, :baseline], np.nan), axis=1)
    count = present[:, :baseline].sum(axis=1)
    out: Bools = (count < LEAST_CALM) & (present.sum(axis=1) >= LEAST_CALM)
    rows = np.flatnonzero(count >= LEAST_CALM)
    if rows.size == 0:
        return out
    filled = _filled(matrix[rows], present[rows])
    y, marks, smallest, odd = _scaled(filled, _quantiles(ordered[rows], count[rows]), kind)
    found = odd
    whole = _whole(present[rows, :baseline], 2 * samples)
    for direction in directions:
        sign = 1.0 if direction == "up" else -1.0
        ends = marks if direction == "up" else -marks[:, ::-1]
        found = found | _one_way(sign * y, ends, smallest, whole, (baseline, samples))
    out[rows] = found
    return out


def on_scale(matrix: Floats, baseline: int, kind: Kind) -> tuple[Floats, Floats, Bools]:
    """Rows without missing samples (r, n) on the scale of their kind, as the analysis has them.

    With them the smallest change that counts (r,), from the `baseline` >= 1 samples before the window, and
    which rows have no such scale.
    """
    ordered = np.sort(matrix[:, :baseline], axis=1)
    y, _, smallest, odd = _scaled(matrix, _quantiles(ordered, np.full(len(matrix), baseline)), kind)
    return y, smallest, odd


def _one_way(y: Floats, marks: Floats, smallest: Floats, whole: Bools, sizes: tuple[int, int]) -> Bools:
    """Which rows of `y` (r, n), worse = up, stick out.

    `marks` (r, 5) are the baseline's quantiles, `whole` says where its jumps miss no sample, and
    `sizes` are the points before the window and the samples that an incident needs.
    """
    baseline, samples = sizes
    centre, high = marks[:, 2], marks[:, 4]
    sigma = np.minimum(centre - marks[:, 1], marks[:, 3] - centre) / QUARTILE_TO_SIGMA
    reach = np.maximum(high - centre, smallest)
    level = centre + np.maximum(LEVEL_SIGMAS * sigma, LEVEL_CHANGES * smallest)
    rise, usual = _jumps_and_usual(y, smallest, whole, samples)
    largest = rise.max(axis=1, initial=-np.inf)
    sharp = largest >= SHARP_JUMP * usual
    for row in np.flatnonzero((largest >= STEP_JUMP * usual) & ~sharp).tolist():
        here = slice(row, row + 1)
        fall, back = _jumps_and_usual(-y[here], smallest[here], whole[here], samples)
        up, down = rise[row] >= STEP_JUMP * usual[row], fall[0] >= STEP_JUMP * back[0]
        sharp[row] = _there_and_back(y[row], up, down, float(centre[row] + STEP_REACH * reach[row]), samples)
    tall = y.max(axis=1) - y.min(axis=1) >= LARGEST_BUMP * smallest
    pair_end = max(baseline - samples, 0)
    extreme = y[:, pair_end:].max(axis=1, initial=-np.inf) >= centre + EXTREME_REACH * reach
    found: Bools = (
        sharp
        | tall
        | extreme
        | _lasting(y[:, pair_end:], centre + BEYOND_REACH * reach, samples)
        | _lasting(y[:, :baseline], level, samples)
    )
    return found


def _lasting(y: Floats, limit: Floats, samples: int) -> Bools:
    """Which rows hold a stretch whose median may exceed the limit: two samples near each other."""
    above = y >= limit[:, np.newaxis]
    found: Bools = np.zeros(len(y), dtype=np.bool_)
    for apart in (1, 2, 3):
        found |= (above[:, apart:] & above[:, :-apart]).any(axis=1)
    if samples <= 2:
        found |= (y[:, 1:] + y[:, :-1] >= 2.0 * limit[:, np.newaxis]).any(axis=1)
    return found


def _there_and_back(y: Floats, up: Bools, down: Bools, limit: float, samples: int) -> bool:
    """Whether `y` (n,) lies beyond the limit between a jump up and one down, STEP_SAMPLES later at least.

    A bound lies within a sample of its jump. A quarter of the samples, because missing ones are filled.
    """
    above = np.concatenate(([0], np.cumsum(y >= limit)))
    falls = np.flatnonzero(down) + samples
    for start in (np.flatnonzero(up) + samples).tolist():
        stops = falls[falls >= start + STEP_SAMPLES - 2]
        if (above[stops] - above[start] >= (stops - start) / 4).any():
            return True
    return False


def _jumps_and_usual(y: Floats, smallest: Floats, whole: Bools, samples: int) -> tuple[Floats, Floats]:
    """All jumps of each row, and the size (r,) that the largest are held against."""
    jumps = _jumps(y, samples)
    before = jumps[:, : whole.shape[1]].max(axis=1, initial=0.0, where=whole)
    return jumps, np.maximum(before, 0.5 * smallest)


def _jumps(y: Floats, samples: int) -> Floats:
    """Lowest of the next samples minus highest of the last ones, shape (r, n - 2 samples + 1)."""
    width = max(y.shape[1] - samples + 1, 0)
    lowest, highest = y[:, :width], y[:, :width]
    for shift in range(1, samples):
        lowest = np.minimum(lowest, y[:, shift : shift + width])
        highest = np.maximum(highest, y[:, shift : shift + width])
    sizes: Floats = lowest[:, samples:] - highest[:, : max(width - samples, 0)]
    return sizes


def _whole(present: Bools, width: int) -> Bools:
    """Where each window of `width` points is without a missing sample, shape (r, b - width + 1)."""
    missing = np.cumsum(~present, axis=1, dtype=np.int32)
    missing = np.concatenate((np.zeros((len(present), 1), dtype=np.int32), missing), axis=1)
    whole: Bools = missing[:, width:] == missing[:, :-width]
    return whole


def _filled(matrix: Floats, present: Bools) -> Floats:
    if present.all():
        return matrix
    places: Ints = np.where(present, np.arange(matrix.shape[1]), -1)
    last = np.maximum.accumulate(places, axis=1)
    first = np.argmax(present, axis=1)
    source = np.where(last < 0, first[:, np.newaxis], last)
    filled: Floats = np.take_along_axis(matrix, source, axis=1)
    return filled


@dataclass(frozen=True, slots=True)
class _Marks:
    """The QUANTILES of each row, by the samples on either side of them, all of shape (r, 5).

    What lies between two samples is not the same before a scale is applied and after it: of few requests
    they are far apart. The analysis applies the scale first.
    """

    low: Floats
    up: Floats
    share: Floats
    """How far from `low` to `up` the quantile lies."""

    def plain(self) -> Floats:
        """The quantiles in the unit of the rows."""
        # Halved before the difference: two ends of the floating range are farther apart than its end.
        quantiles: Floats = self.low + 2.0 * ((self.up / 2.0 - self.low / 2.0) * self.share)
        return quantiles

    def on(self, scale: Callable[[Floats], Floats]) -> Floats:
        """The quantiles of the rows on a rising scale."""
        low, up = scale(self.low), scale(self.up)
        return low + (up - low) * self.share


def _quantiles(ordered: Floats, count: Ints) -> _Marks:
    """The QUANTILES of each row's first `count` sorted samples, linear between them."""
    place = (count - 1)[:, np.newaxis] * QUANTILES
    below = np.floor(place).astype(np.int64)
    low = np.take_along_axis(ordered, below, axis=1)
    up = np.take_along_axis(ordered, np.minimum(below + 1, (count - 1)[:, np.newaxis]), axis=1)
    return _Marks(low, up, place - below)


def _scaled(y: Floats, marks: _Marks, kind: Kind) -> tuple[Floats, Floats, Floats, Bools]:
    """Samples and quantiles on the scale of the kind, the smallest change (r,), rows without a scale."""
    if kind == "ratio":
        return _ratio(y, marks)
    plain = marks.plain()
    odd = np.abs(y).max(axis=1) > np.finfo(np.float64).max / 1e10
    if kind == "gauge":
        y, plain = np.where(odd[:, np.newaxis], 0.0, y), np.where(odd[:, np.newaxis], 0.0, plain)
        width = SMALLEST_RANGE_SHARE * (plain[:, 4] - plain[:, 0])
        smallest = np.maximum(width, SMALLEST_LEVEL_SHARE * np.abs(plain[:, 2]))
        flat = smallest <= 0.0
        smallest = np.where(flat, SMALLEST_LEVEL_SHARE * np.abs(y).max(axis=1), smallest)
        return y, plain, smallest, odd
    centre = plain[:, 2]
    odd |= centre <= 0.0
    level = np.where(odd, 1.0, centre)[:, np.newaxis]

    def logs(x: Floats) -> Floats:
        return np.log(np.maximum(x, 0.0) / level + LOG_FLOOR_SHARE)

    return logs(y), marks.on(logs), np.full(len(y), SMALLEST_FACTOR), odd


def _ratio(y: Floats, marks: _Marks) -> tuple[Floats, Floats, Floats, Bools]:
    percent = np.count_nonzero(y > PERCENT_ABOVE, axis=1) >= 1
    # Whether it is a percentage is for the analysis to say where few samples speak for it.
    odd = percent & (np.count_nonzero(y > PERCENT_ABOVE, axis=1) < 4)
    whole = np.where(percent, 100.0, 1.0)[:, np.newaxis]
    centre = marks.on(lambda x: np.clip(x / whole, 0.0, 1.0))[:, 2:3]
    inward = np.where(centre < 0.5, SMALLEST_POINTS, -SMALLEST_POINTS)
    points = np.abs(arc(centre + inward) - arc(centre))[:, 0]
    return arc(y / whole), marks.on(lambda x: arc(x / whole)), np.maximum(points, SMALLEST_ARC), odd
