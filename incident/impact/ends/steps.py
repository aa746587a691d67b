"""Placing a step in time from raw counts: the instant that makes what was counted most likely.

Each scrape interval that a step falls into counts a mixture of both levels, so the counts say where
inside the interval it fell; targets scraped at other moments narrow it further.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incident.impact.ends.counts import Increments
from incident.model.spans import Millis, Values

_TICK_MS = 500
"""Candidates are half a second apart: finer than any scrape can tell."""
_CREDIBLE = 2.0
"""Log-likelihood units below the best that are still credible: the usual 95 % interval."""
_SURE = 1e-6
"""Levels are kept off 0 and 1, where a single exception would be impossible."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A step at `at` ms, credibly in [after, by]."""

    at: float
    after: float
    by: float


def place_share_step(inc: Increments, p_before: float, p_after: float, lo: int, hi: int) -> Placed | None:
    """When the share `part / total` stepped from one level to the other; None without counts."""
    ticks, share = _mixture(inc, lo, hi)
    if share.size == 0 or inc.total.sum() <= 0:
        return None
    p = np.clip(p_before + (p_after - p_before) * share, _SURE, 1 - _SURE)
    part = inc.part[:, np.newaxis]
    rest = np.maximum(0.0, inc.total - inc.part)[:, np.newaxis]
    return _best(ticks, (part * np.log(p) + rest * np.log1p(-p)).sum(axis=0))


def place_rate_step(inc: Increments, before: float, after: float, lo: int, hi: int) -> Placed | None:
    """When the rate of `total` stepped; levels in counts per second and target."""
    ticks, share = _mixture(inc, lo, hi)
    if share.size == 0:
        return None
    seconds = ((inc.end - inc.start) / 1000.0)[:, np.newaxis]
    mean = np.maximum(_SURE, seconds * (before + (after - before) * share))
    return _best(ticks, (inc.total[:, np.newaxis] * np.log(mean) - mean).sum(axis=0))


def _mixture(inc: Increments, lo: int, hi: int) -> tuple[Millis, Values]:
    """Candidate instants, and for each interval the share of it that lies after each candidate."""
    ticks = np.arange(lo, hi + 1, _TICK_MS, dtype=np.int64)
    length = np.maximum(1, inc.end - inc.start)[:, np.newaxis]
    share = np.clip((inc.end[:, np.newaxis] - ticks) / length, 0.0, 1.0)
    return ticks, share


def _best(ticks: Millis, likelihood: Values) -> Placed:
    relative = likelihood - likelihood.max()
    weight = np.exp(relative)
    credible = ticks[relative >= -_CREDIBLE]
    return Placed(
        at=float((weight * ticks).sum() / weight.sum()),
        after=float(credible.min()),
        by=float(credible.max()),
    )
