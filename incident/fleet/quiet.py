"""Which services of a fleet need no look at all: tests of the whole matrix that are cheaper than the kernel.

The kernel analyses row by row, about two milliseconds each, whatever sticks out at all, and of a fleet
half does: a day's rhythm leaves the range of the five hours before, few requests are noisy. What is asked
here are necessary conditions of its verdicts (`incident.detect.verdict.judge`), of pieces of every length,
with levels that can only make a piece stand out more. A row that meets none of them has no episode.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from incident.detect.baseline.calm import LEAST_CALM, SHORT_STRETCH, SPLIT_CHANGES, SPLIT_SIGMAS
from incident.detect.baseline.reference import MAD_TO_SIGMA
from incident.detect.baseline.season import rhythm_known
from incident.detect.candidates.boxes import FLANKS, lengths
from incident.detect.candidates.gradual import LEAST_SAMPLES, SLOW_PER_HOUR, WINDOW_S
from incident.detect.episode import Bools, Floats, Kind, Worse
from incident.detect.screen import on_scale, sticking_out
from incident.detect.verdict.judge import (
    BEYOND_BUMP,
    BEYOND_REACH,
    EXTREME_BUMP,
    EXTREME_REACH,
    LARGEST_BUMP,
    LARGEST_SAMPLES,
    SHARP_BUMP,
    SHARP_JUMP,
    SHARP_REACH,
    STEP_JUMP,
    STEP_REACH,
    least_samples,
)

FLANK = FLANKS[0]
"""Samples beside a piece of up to as many: those pieces are asked about one length at a time."""
SLACK = 1.0 - 1e-9
"""Sums in another order differ in the last digits: limits are lowered by more than that."""
LEAST_ALIKE = 4
"""Rows that miss the same samples are asked together; fewer than these the kernel does as quickly."""
CHUNK_SAMPLES = 1 << 17
"""Samples asked about at once: the windows of each make ten times as many, ten megabytes."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows without missing samples on the kernel's scale, worse = up."""

    y: Floats
    """Shape (r, n)."""
    baseline: int
    centre: Floats
    """(r,), as all that follow; of the samples before the window."""
    reach: Floats
    smallest: Floats
    step_s: float
    kind: Kind

    def only(self, rows: np.ndarray) -> _Rows:
        """Those of the rows."""
        centre, reach, smallest = self.centre[rows], self.reach[rows], self.smallest[rows]
        return replace(self, y=self.y[rows], centre=centre, reach=reach, smallest=smallest)

    @property
    def samples(self) -> int:
        """How many an incident needs."""
        return least_samples(self.step_s)


def may_stand_out(
    values: Floats, *, step_s: float, baseline: int, kind: Kind, worse: Worse, counts: Floats | None = None
) -> Bools:
    """Mask (n_members,) of the rows in which `detect_episodes` may find something; its arguments.

    `values` (n_members, n_points) are asked about in one direction. Where the samples before the window
    hold days, or are too few, every row may.
    """
    out: Bools = np.ones(len(values), dtype=np.bool_)
    if worse == "both" or rhythm_known(baseline, step_s):
        return out
    at_once = max(1, CHUNK_SAMPLES // max(values.shape[1], 1))
    for first in range(0, len(values), at_once):
        chunk = slice(first, first + at_once)
        known = values[chunk]
        if counts is not None:
            known = np.where(counts[chunk] <= 0.0, np.nan, known)
        out[chunk] = sticking_out(known, baseline, kind, (worse,), least_samples(step_s))
        for rows, present in _alike(np.isfinite(known), np.flatnonzero(out[chunk])):
            before = int(np.count_nonzero(present[:baseline]))
            if before >= FLANK + LEAST_CALM and np.count_nonzero(present) - before >= FLANK:
                out[first + rows] = _asked(known[np.ix_(rows, present)], before, step_s, kind, worse)
    return out


def _alike(present: Bools, rows: np.ndarray) -> Iterator[tuple[np.ndarray, Bools]]:
    """Those of the rows that have the same samples, and which these are."""
    if not rows.size:
        return
    packed = np.packbits(present[rows], axis=1)
    _, which = np.unique(packed, axis=0, return_inverse=True)
    which = which.reshape(-1)
    for number in np.flatnonzero(np.bincount(which) >= LEAST_ALIKE):
        alike = rows[which == number]
        yield alike, present[alike[0]]


def _asked(values: Floats, baseline: int, step_s: float, kind: Kind, worse: Worse) -> Bools:
    y, smallest, odd = on_scale(values, baseline, kind)
    if worse == "down":
        y = -y
    centre, high = np.quantile(y[:, :baseline], [0.5, 0.99], axis=1)
    rows = _Rows(y, baseline, centre, np.maximum(high - centre, smallest), smallest, step_s, kind)
    found: Bools = odd | _two_levels(rows)
    left = np.flatnonzero(~found)
    found[left] = _stands_out(rows.only(left))
    return found


def _two_levels(rows: _Rows) -> Bools:
    """Where the samples before the window may hold an incident of their own: normal is something else.

    As `incident.detect.baseline.calm` splits them.
    """
    ordered = np.sort(rows.y[:, : rows.baseline], axis=1)
    n = rows.baseline
    k = np.arange(1, n)
    sums = np.cumsum(ordered, axis=1)
    gap = (sums[:, -1:] - sums[:, :-1]) / (n - k) - sums[:, :-1] / k
    at = np.argmax(k * (n - k) * gap**2, axis=1) + 1
    all_of_it = np.arange(n)
    lower, upper = all_of_it < at[:, np.newaxis], all_of_it >= at[:, np.newaxis]
    bottom, top = _median_of(ordered, lower), _median_of(ordered, upper)
    wide = np.maximum(_spread(ordered, lower, bottom), _spread(ordered, upper, top) * (n - at >= LEAST_CALM))
    apart = np.maximum(SPLIT_SIGMAS * wide, SPLIT_CHANGES * rows.smallest)
    split = (at >= LEAST_CALM) & (top - bottom > apart * SLACK)
    upper_end = np.take_along_axis(ordered, at[:, np.newaxis] - 1, axis=1)
    found: Bools = split & _one_stretch(rows.y[:, :n] > upper_end)
    return found


def _one_stretch(mask: Bools) -> Bools:
    """Where exactly one stretch of the mask (r, n), single holes filled, is no flicker."""
    filled = mask.copy()
    filled[:, 1:-1] |= mask[:, :-2] & mask[:, 2:]
    width = SHORT_STRETCH
    solid: Bools = np.all(np.lib.stride_tricks.sliding_window_view(filled, width, axis=1), axis=2)
    begins = solid.sum(axis=1) - (solid[:, 1:] & solid[:, :-1]).sum(axis=1)
    found: Bools = begins == 1
    return found


def _spread(y: Floats, mask: Bools, centre: Floats) -> Floats:
    return MAD_TO_SIGMA * _median_of(np.abs(y - centre[:, np.newaxis]), mask)


def _median_of(y: Floats, mask: Bools) -> Floats:
    """Median of the masked samples of each row, shape (r,); there is one in each."""
    count = mask.sum(axis=1)[:, np.newaxis]
    ordered = np.sort(np.where(mask, y, np.inf), axis=1)
    low = np.take_along_axis(ordered, (count - 1) // 2, axis=1)
    middle: Floats = ((low + np.take_along_axis(ordered, count // 2, axis=1)) / 2.0)[:, 0]
    return middle


def _stands_out(rows: _Rows) -> Bools:
    sharp = _sharp(rows, SHARP_JUMP)
    anywhere: Bools = np.any(sharp, axis=1) | _steps(rows)
    found = _long(rows, anywhere)
    left = np.flatnonzero(~found)
    found[left] = _short(rows.only(left), sharp[left])
    return found


def _steps(rows: _Rows) -> Bools:
    """Where the samples jump there and back as `sharp_step` demands of FLANK samples and more, shape (r,)."""
    found: Bools = np.any(_sharp(rows, STEP_JUMP), axis=1)
    up = np.flatnonzero(found)
    some = rows.only(up)
    back = np.any(_sharp(replace(some, y=-some.y), STEP_JUMP), axis=1)
    found[up] = back & _half_above(some.y, some.centre + STEP_REACH * some.reach * SLACK)
    return found


def _sharp(rows: _Rows, times: float) -> Bools:
    """Where the samples jump so many times the largest jump before the window, shape (r, n).

    As the sharp rules demand of a piece that begins there.
    """
    width = rows.samples
    view = np.lib.stride_tricks.sliding_window_view(rows.y, width, axis=1)
    sizes = view.min(axis=2)[:, width:] - view.max(axis=2)[:, :-width]
    before = sizes[:, : rows.baseline - 2 * width + 1].max(axis=1, initial=0.0)
    limit = times * np.maximum(before, 0.5 * rows.smallest) * SLACK
    found: Bools = np.zeros(rows.y.shape, dtype=np.bool_)
    found[:, width : width + sizes.shape[1]] = sizes >= limit[:, np.newaxis]
    found[:, 1:] |= found[:, :-1]  # the jump may lie a sample before the piece, or one after its first
    found[:, :-1] |= found[:, 1:]
    return found


def _long(rows: _Rows, sharp: Bools) -> Bools:
    """Pieces of at least FLANK samples: high enough, and with a bound that is not slow."""
    high = rows.y.max(axis=1) - rows.y.min(axis=1) >= LARGEST_BUMP * rows.smallest * SLACK
    beyond = _half_above(rows.y, rows.centre + BEYOND_REACH * rows.reach * SLACK)
    off = _half_above(rows.y, rows.centre + SHARP_REACH * rows.reach * SLACK)
    found: Bools = (beyond | (sharp & off) | high) & _abrupt(rows)
    return found


def _half_above(y: Floats, limit: Floats) -> Bools:
    """Where nearly half of some FLANK samples lie above, as in any longer piece whose median does."""
    above = np.cumsum(y >= limit[:, np.newaxis], axis=1, dtype=np.int32)
    above = np.concatenate((np.zeros((len(y), 1), dtype=np.int32), above), axis=1)
    found: Bools = (above[:, FLANK:] - above[:, :-FLANK]).max(axis=1) >= FLANK // 2 - 1
    return found


def _abrupt(rows: _Rows) -> Bools:
    """Where some bound of a piece of half an hour and more is steeper than a daily rhythm."""
    width = round(WINDOW_S / rows.step_s)
    slow = SLOW_PER_HOUR[rows.kind] * WINDOW_S / 3600.0
    found: Bools = np.ones(len(rows.y), dtype=np.bool_)
    if not LEAST_SAMPLES <= width <= FLANK or slow <= 0.0 or rows.kind == "gauge":
        return found  # of longer half hours a piece may be a part: its own length would be the width
    middle = _middle(np.lib.stride_tricks.sliding_window_view(rows.y, width, axis=1))
    steepest = np.abs(middle[:, width:] - middle[:, :-width]).max(axis=1)
    found = steepest >= slow * SLACK
    n = rows.y.shape[1]
    for at in (*range(1, width), *range(n - width + 1, n)):  # near the ends a level is that of fewer samples
        change = _middle(rows.y[:, at : at + width]) - _middle(rows.y[:, max(0, at - width) : at])
        found |= np.abs(change) >= slow * SLACK
    return found


def _middle(y: Floats) -> Floats:
    """Mean of the middle half along the last axis, as of the levels beside a bound."""
    n = y.shape[-1]
    middle: Floats = np.sort(y, axis=-1)[..., n // 4 : n - n // 4].mean(axis=-1)
    return middle


def _short(rows: _Rows, sharp: Bools) -> Bools:
    """Pieces below FLANK samples, each length by itself: how far they stand out, against the baseline's."""
    many, n = rows.y.shape
    before = np.full((many, n + 1), -np.inf)
    after = before.copy()
    medians = _running(rows.y, FLANK)
    before[:, FLANK:], after[:, : n - FLANK + 1] = medians, medians
    bumps = _bumps(rows, before, after)
    found: Bools = np.zeros(many, dtype=np.bool_)
    outside, off, extreme = (
        (rows.centre + reaches * rows.reach * SLACK)[:, np.newaxis]
        for reaches in (BEYOND_REACH, SHARP_REACH, EXTREME_REACH)
    )
    for length in range(max(1, rows.samples - 1), FLANK):
        inside = _running(rows.y, length)
        # A ramp may carry the bound of a piece that ends before the window into it, by one length.
        starts = np.arange(max(0, rows.baseline - 2 * length), n - length + 1)
        level = inside[:, starts]
        height = level - np.maximum(before[:, starts], after[:, starts + length])
        usual = bumps[max(k for k in bumps if k <= max(length, 2))]
        bump = height / np.maximum(usual, rows.smallest)[:, np.newaxis]
        if length < rows.samples:  # only what is extreme may be one sample shorter than an incident
            found |= ((bump >= EXTREME_BUMP * SLACK) & (level >= extreme)).any(axis=1)
            continue
        found |= ((bump >= BEYOND_BUMP * SLACK) & (level >= outside)).any(axis=1)
        found |= (sharp[:, starts] & (bump >= SHARP_BUMP * SLACK) & (level >= off)).any(axis=1)
        if length >= LARGEST_SAMPLES:
            found |= (bump >= LARGEST_BUMP * SLACK).any(axis=1)
    return found


def _bumps(rows: _Rows, before: Floats, after: Floats) -> dict[int, Floats]:
    """The largest contrast of the boxes before the window by length, each (r,), >= 0.

    As `incident.detect.candidates.boxes.limits` has them, but only of boxes with all of both neighbours: at
    most that.
    """
    sums = np.cumsum(rows.y[:, : rows.baseline], axis=1)
    sums = np.concatenate((np.zeros((len(rows.y), 1)), sums), axis=1)
    found: dict[int, Floats] = {}
    last: Floats = np.zeros(len(rows.y))
    for length in lengths(FLANK):
        starts = np.arange(FLANK, rows.baseline - length - FLANK + 1)
        if starts.size:
            means = (sums[:, starts + length] - sums[:, starts]) / length
            contrast = means - np.maximum(before[:, starts], after[:, starts + length])
            last = np.maximum(contrast.max(axis=1), 0.0)
        found[length] = last
    return found


def _running(y: Floats, width: int) -> Floats:
    """Median of each window of `width` samples of the rows (r, n), shape (r, n - width + 1)."""
    if width == 1:
        return y
    ordered = np.sort(np.lib.stride_tricks.sliding_window_view(y, width, axis=1), axis=2)
    middle: Floats = (ordered[:, :, (width - 1) // 2] + ordered[:, :, width // 2]) / 2.0
    return middle
