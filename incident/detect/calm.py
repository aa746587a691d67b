"""Which samples of a series say what is normal."""

import numpy as np

from incident.detect.bands import runs
from incident.detect.episode import Bools, Floats
from incident.detect.reference import reference_of

LEAST_CALM = 8
"""Fewer samples than this are no baseline."""

TAIL_SHARE = 0.25
"""An incident under way when the window opens may fill this last part of the lead-in."""

SPLITS = 3
"""Without a lead-in up to this many levels of incidents are taken away before the calm one is left."""

SPLIT_SIGMAS = 6.0
"""Two groups of samples are two levels when their medians are this many deviations apart."""


def calm_head(y: Floats, head: int, smallest: float) -> int:
    """How many leading samples are calm: `head`, less what an incident under way already holds.

    `y` is (n,) with worse = up. Only an incident that lasts into the window is taken away; one that
    ended before is what this series does now and then.
    """
    first = head - int(TAIL_SHARE * head)
    if first < LEAST_CALM:
        return head
    reference = reference_of(y[:first], smallest)
    for start, stop in runs(y[first:], reference):
        if start + first < head < stop + first:
            return start + first
    return head


def calm_part(y: Floats, smallest: float, *, one_sided: bool) -> Bools:
    """Mask (n,) of the calm samples of a series without a lead-in, worse = up.

    Levels far apart are told apart; calm is the better one, or the more frequent one where both
    directions may be bad (`one_sided` false).
    """
    calm = np.ones(len(y), dtype=np.bool_)
    for _ in range(SPLITS):
        cut = _cut(np.sort(y[calm]), smallest)
        if cut is None:
            break
        lower = calm & (y <= cut)
        upper = calm & (y > cut)
        calm = lower if one_sided or lower.sum() >= upper.sum() else upper
    return calm


def _cut(ordered: Floats, smallest: float) -> float | None:
    """The value that splits sorted samples into two levels far apart; None: they are one level."""
    n = len(ordered)
    if n < 2 * LEAST_CALM:
        return None
    k = np.arange(1, n)
    sums = np.cumsum(ordered)
    gap = (sums[-1] - sums[:-1]) / (n - k) - sums[:-1] / k
    at = int(np.argmax(k * (n - k) * gap**2)) + 1
    lower, upper = ordered[:at], ordered[at:]
    if len(lower) < LEAST_CALM:
        return None
    apart = float(np.median(upper) - np.median(lower))
    spread = max(_spread(lower), _spread(upper) if len(upper) >= LEAST_CALM else 0.0)
    return float(lower[-1]) if apart > max(SPLIT_SIGMAS * spread, 2.0 * smallest) else None


def _spread(y: Floats) -> float:
    return reference_of(y, 0.0).sigma
