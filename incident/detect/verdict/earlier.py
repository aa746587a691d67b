"""The same time one day and one week earlier as the reference, where it was read from the server.

Two uses. What is found in a series is dropped where the earlier days explain it; and where two of them
are known, what differs from both is looked for in what is left without them. One earlier day alone
never makes an episode where there is none without it: that day may have been the odd one.
"""

from dataclasses import dataclass

import numpy as np

from incident.detect.baseline.reference import spread
from incident.detect.baseline.season import narrower_than
from incident.detect.baseline.smooth import spans
from incident.detect.candidates.boxes import flank_of
from incident.detect.episode import Bools, Floats
from incident.detect.verdict.judge import BEYOND_REACH, Verdict

LEAST_KNOWN = 8
"""Fewer calm samples than this with an earlier day beside them say nothing about the difference."""

LEAST_SHARE = 0.5
"""An earlier day that misses more of a stretch than this says nothing about it."""

WHOLE_SHARE = 0.9
"""What is left without the earlier days is looked through where they miss at most a tenth."""

NEAR_S = 300.0
"""What happens daily does not happen to the minute, and the earlier days are read coarsely: the worst
within this much time on either side counts."""

LEFT = 0.5
"""An earlier day explains a stretch when at most this share of it is left over without it ..."""

SUDDEN_S = 600.0
SUDDEN_SHARE = 0.5
"""A rhythm takes longer than ten minutes for half of its rise; what does not may have been an incident."""

ODD_CHANGES = 2.0
ODD_SIGMAS = 6.0
"""An earlier day was odd where it was so many smallest changes, and deviations, worse than the other."""

OUTSIDE_SHARE = 0.3
"""Of a stretch that is taken apart, what lies outside of the true incident is at least this much."""


Weighed = tuple[float, Verdict]
"""A verdict with the squared error that it explains."""


@dataclass(frozen=True, slots=True)
class Row:
    """The row that is judged, on its scale, worse = up."""

    y: Floats
    """Shape (n,)."""

    normal: float
    """Median of its calm samples."""

    step_s: float


@dataclass(frozen=True, slots=True)
class Earlier:
    """The same time of one earlier day on the scale of a row, worse = up; NaN where not known."""

    usual: Floats
    """Shape (n,)."""

    left: Floats
    """The row less the worst of `usual` near each sample, shape (n,)."""

    plain: Floats
    """The row less `usual`, shape (n,)."""

    centre: float
    """Median of `left` over the calm samples: today's level beside that day's."""

    reach: float
    """From there to the 99th percentile; at least the smallest change."""


def earlier_of(y: Floats, usual: Floats, calm: Bools, smallest: float, step_s: float) -> Earlier | None:
    """An earlier day `usual` (n,) beside the row `y` (n,); None where too little of it is known."""
    left, plain = y - _worst_near(usual, round(NEAR_S / step_s)), y - usual
    normal = left[calm & np.isfinite(left)]
    if len(normal) < LEAST_KNOWN:
        return None
    centre, high = (float(q) for q in np.quantile(normal, [0.5, 0.99]))
    return Earlier(usual, left, plain, centre, max(high - centre, smallest))


def less_odd(usual: Floats, other: Floats, calm: Bools, smallest: float, step_s: float) -> Floats:
    """An earlier day `usual` (n,), worse = up, without where it suddenly was worse than the `other` day.

    That was an incident of that day, and says nothing about what is usual.
    """
    more = usual - other
    known = np.isfinite(more)
    if (calm & known).sum() < LEAST_KNOWN:
        return usual
    normal = more[calm & known]
    more = more - float(np.median(normal))
    limit = max(ODD_CHANGES * smallest, ODD_SIGMAS * spread(normal, float(np.median(normal))))
    lag, near = max(1, round(SUDDEN_S / step_s)), round(NEAR_S / step_s)
    cleared = usual.copy()
    for start, stop in spans(known & (more > limit)):
        around = more[max(0, start - lag) : start + lag + 1]
        jumps = around[lag:] - around[:-lag]
        height = float(np.median(more[start:stop]))
        if np.isfinite(jumps).any() and float(np.nanmax(jumps)) >= SUDDEN_SHARE * height:
            cleared[max(0, start - near) : stop + near] = np.nan
    return cleared


def _worst_near(usual: Floats, width: int) -> Floats:
    """The highest of `usual` (n,) within `width` samples of each; NaN where that one is not known itself."""
    worst = usual.copy()
    for shift in range(1, min(width, len(usual) - 1) + 1):
        worst[shift:] = np.fmax(worst[shift:], usual[:-shift])
        worst[:-shift] = np.fmax(worst[:-shift], usual[shift:])
    return np.where(np.isfinite(usual), worst, np.nan)


def seasonal(
    row: Row, found: list[Weighed], plain: list[Verdict], rest: list[Weighed], days: list[Earlier]
) -> list[Weighed]:
    """What of `found` in the row the earlier `days` leave, and of `rest`, found in what they leave of it.

    `plain` are those of `found` that count without the days. What was found around a true incident,
    on the slope of a rhythm, gives way to it.
    """
    raised = [
        (worth, verdict)
        for worth, verdict in rest
        if len(days) > 1 or any(_overlap(verdict, other) for other in plain)
    ]
    inner = [verdict for _, verdict in raised]
    return raised + [
        f for f in found if not (explained(row, f[1], days) or _slope_around(row, f[1], inner, days))
    ]


def explained(row: Row, verdict: Verdict, days: list[Earlier]) -> bool:
    """Whether a stretch of the row is what the earlier `days`, the most alike first, were like too.

    What both had is normal. What only the most alike had is so where it came there as slowly as a
    rhythm does: an incident of that day must not hide today's.
    """
    known = [day for day in days if _known(day.left[verdict.start : verdict.stop])]
    if not known:
        return False
    alike = [_alike(row, day, verdict) for day in known]
    return (len(known) > 1 and all(alike)) or (alike[0] and not _sudden(known[0], verdict, row.step_s))


def _slope_around(row: Row, verdict: Verdict, inner: list[Verdict], days: list[Earlier]) -> bool:
    """Whether the stretch holds a true incident, and the rest of it is explained."""
    outside = np.ones(verdict.stop - verdict.start, dtype=np.bool_)
    for one in inner:
        outside[max(0, one.start - verdict.start) : max(0, one.stop - verdict.start)] = False
    if outside.all() or outside.mean() < OUTSIDE_SHARE:
        return False
    high = row.y[verdict.start : verdict.stop][outside]
    if _median(high) - row.normal < LEFT * verdict.height:
        return False
    lefts = [(day, day.left[verdict.start : verdict.stop][outside]) for day in days]
    known = [(day, left) for day, left in lefts if _known(left)]
    return bool(known) and all(_median(left) - day.centre <= BEYOND_REACH * day.reach for day, left in known)


def _known(left: Floats) -> bool:
    return bool(np.mean(np.isfinite(left)) >= LEAST_SHARE)


def _alike(row: Row, day: Earlier, verdict: Verdict) -> bool:
    """Whether little is left of the stretch without that day, seen from the calm and from beside it."""
    inside = slice(verdict.start, verdict.stop)
    left = _median(day.left[inside])
    beside = [side for side in _beside(day.plain, verdict) if side is not None]
    high = max(_median(row.y[inside]) - row.normal, verdict.height)
    most = BEYOND_REACH * day.reach
    off, height = left - day.centre, left - max(beside, default=day.centre)
    return off <= min(LEFT * high, most) and height <= min(LEFT * verdict.height, most)


def _beside(plain: Floats, verdict: Verdict) -> tuple[float | None, float | None]:
    """Medians before and after the stretch; None where nothing is known there."""
    flank = flank_of(verdict.stop - verdict.start)
    sides = plain[max(0, verdict.start - flank) : verdict.start], plain[verdict.stop :][:flank]
    before, after = (_median(side) if np.isfinite(side).any() else None for side in sides)
    return before, after


def _sudden(day: Earlier, verdict: Verdict, step_s: float) -> bool:
    """Whether that day rose by half of its height within ten minutes, around the stretch or in it."""
    flank = flank_of(verdict.stop - verdict.start)
    around = day.usual[max(0, verdict.start - flank) : verdict.stop]
    known = around[np.isfinite(around)]
    lag = max(1, round(SUDDEN_S / step_s))
    if len(known) <= lag:
        return True
    low, high = np.quantile(known, [0.05, 0.95])
    return bool(np.max(known[lag:] - known[:-lag]) >= SUDDEN_SHARE * float(high - low))


def without_days(y: Floats, days: list[Earlier]) -> Floats | None:
    """`y` (n,) less the earlier days, on the level of its own; None where they are no rhythm of it.

    Of several days the one that leaves less counts at each sample: what sticks out does so from all.
    """
    left = np.fmin.reduce([day.left - day.centre for day in days])
    known = np.isfinite(left)
    if known.mean() < WHOLE_SHARE:
        return None
    # Where no day is known the difference is taken to go on as it is on either side.
    rest = np.interp(np.arange(len(left)), np.flatnonzero(known), left[known])
    if not narrower_than(rest, y):
        return None
    flat: Floats = rest + float(np.median(y))
    return flat


def _median(y: Floats) -> float:
    known = y[np.isfinite(y)]
    return float(np.median(known)) if known.size else 0.0


def _overlap(a: Verdict, b: Verdict) -> bool:
    return a.start < b.stop and b.start < a.stop
