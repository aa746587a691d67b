"""Which samples of a series say what is normal."""

import numpy as np

from incident.detect.baseline.reference import spread
from incident.detect.baseline.smooth import bridged, spans
from incident.detect.episode import Bools, Floats

LEAST_CALM = 8
"""Fewer samples than this are no baseline."""

SPLITS = 3
"""Without a lead-in, up to this many levels of incidents are taken away before the calm one is left."""

SPLIT_SIGMAS = 6.0
"""Two groups of samples are two levels where their medians are this many deviations apart."""

SPLIT_CHANGES = 2.0
"""... and this many times the smallest change that counts."""

LONG_SAMPLES = 10
"""A shorter stretch of a lead-in is what this series does now and then; a longer one is an incident."""

MOST_SHARE = 0.2
"""What fills more of the lead-in than this is one of its levels, as day and night are."""

SHORT_STRETCH = 3
"""Fewer samples than this in a row are flicker, also at the end of the lead-in."""


def calm_mask(y: Floats, head: int, smallest: float, *, one_sided: bool) -> Bools:
    """Mask (n,) of the calm samples of `y` (n,), worse = up, of which `head` lie before the window.

    They are the lead-in, less one long incident in it or the one that lasts into the window. What
    comes back several times is not taken away: a batch job every hour is normal. Without a lead-in
    they are the better level of the series, or its more frequent one where both directions may be
    bad (`one_sided` false).
    """
    calm = np.zeros(len(y), dtype=np.bool_)
    if head < LEAST_CALM:
        calm[:] = _calm_level(y, smallest, one_sided=one_sided)
    else:
        calm[:head] = _without_incident(y[:head], smallest)
    return calm


def _calm_level(y: Floats, smallest: float, *, one_sided: bool) -> Bools:
    calm = np.ones(len(y), dtype=np.bool_)
    for _ in range(SPLITS):
        cut = _cut(y[calm], smallest)
        if cut is None:
            break
        lower, upper = calm & (y <= cut), calm & (y > cut)
        if not _lasting(lower) or not _lasting(upper):
            break  # it flickers between two levels, and that is how it is
        calm = lower if one_sided or lower.sum() >= upper.sum() else upper
    return calm


def _lasting(mask: Bools) -> bool:
    """Whether at least half of the samples in the mask come in stretches."""
    in_stretches = sum(b - a for a, b in spans(mask) if b - a >= SHORT_STRETCH)
    return bool(2 * in_stretches >= mask.sum())


def _without_incident(y: Floats, smallest: float) -> Bools:
    calm = np.ones(len(y), dtype=np.bool_)
    cut = _cut(y, smallest)
    if cut is None:
        return calm
    stretches = [(a, b) for a, b in spans(bridged(y > cut)) if b - a >= SHORT_STRETCH]
    if len(stretches) == 1:
        start, stop = stretches[0]
        long = stop - start >= LONG_SAMPLES or stop == len(y)
        calm[start:stop] = not long or stop - start > MOST_SHARE * len(y)
    return calm


def _cut(y: Floats, smallest: float) -> float | None:
    """The value that splits the samples into two levels far apart; None: they are one level.

    The split with the largest variance between its groups (N. Otsu, 1979).
    """
    n = len(y)
    if n < 2 * LEAST_CALM:
        return None
    ordered = np.sort(y)
    k = np.arange(1, n)
    sums = np.cumsum(ordered)
    gap = (sums[-1] - sums[:-1]) / (n - k) - sums[:-1] / k
    at = int(np.argmax(k * (n - k) * gap**2)) + 1
    lower, upper = ordered[:at], ordered[at:]
    if len(lower) < LEAST_CALM:
        return None
    bottom, top = float(np.median(lower)), float(np.median(upper))
    wide = max(spread(lower, bottom), spread(upper, top) if len(upper) >= LEAST_CALM else 0.0)
    apart = max(SPLIT_SIGMAS * wide, SPLIT_CHANGES * smallest)
    return float(lower[-1]) if top - bottom > apart else None
