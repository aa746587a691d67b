"""Placing a step in time from raw counts: the instants that make what was counted likely.

Each scrape interval that a step falls into counts a mixture of both levels, so the counts say where
inside the interval it fell; targets scraped at other moments narrow it further. The levels themselves are
known only from what was counted beside the step, and that uncertainty widens the bracket where requests
are few. Intervals in which a process began anew say nothing: half of what they counted is lost.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from incident.impact.ends.counts import Increments
from incident.model.spans import Millis, Values

_TICK_MS = 500
"""Candidates are half a second apart: finer than any scrape can tell."""
_MOST_TICKS = 400
"""A longer search looks at so many candidates first, and at half seconds only where they are credible."""
_OUTSIDE = 0.01
"""The bracket leaves out this much of the probability, half on either side; a draft has several bounds."""
_NODES = (-2.0, -1.0, 0.0, 1.0, 2.0)
"""Deviations from the best level at which it is tried: with 95 % in two, that is all that matters."""
_KNOWN = 5000.0
"""So many counts say a level to a hundredth or two: nothing is gained by trying others."""
_SURE = 1e-6
"""Levels are kept off 0 and 1, where a single exception would be impossible."""
_WILDEST = 10.0
"""Counts that scatter more than this many times chance are no step between two levels any more."""

_Likelihood = Callable[[Values], Values]
"""Log-likelihood at each candidate, from the share of every interval after it: (intervals, ticks)."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A step at `at` ms, credibly in [after, by]."""

    at: float
    after: float
    by: float


@dataclass(frozen=True, slots=True)
class Level:
    """What was counted on one side of a step: `part` of `total`, in so much time (target-milliseconds)."""

    total: float
    part: float = 0.0
    length_ms: float = 0.0

    def __add__(self, other: Level) -> Level:
        return Level(self.total + other.total, self.part + other.part, self.length_ms + other.length_ms)

    @property
    def share(self) -> float | None:
        return self.part / self.total if self.total > 0 else None

    @property
    def rate(self) -> float | None:
        """Counts a millisecond and target."""
        return self.total / self.length_ms if self.length_ms > 0 else None


def place_share_step(
    inc: Increments, before: Level, after: Level, lo: int, hi: int, scatter: float = 1.0, pace: float = 1.0
) -> Placed | None:
    """When the share `part / total` stepped from one level to the other; None without counts.

    `pace` is how many times as many requests came after the step as before it, `scatter` by how much the
    counts beside the step vary more than chance would (variance, >= 1).
    """
    inc = inc.only(~inc.restarted)
    if inc.total.size == 0 or inc.total.sum() <= 0:
        return None
    part = inc.part[:, np.newaxis]
    rest = np.maximum(0.0, inc.total - inc.part)[:, np.newaxis]

    def likelihood(p_before: float, p_after: float) -> _Likelihood:
        def of(share: Values) -> Values:
            later = share * pace / (1.0 - share + share * pace)
            p = np.clip(p_before + (p_after - p_before) * later, _SURE, 1 - _SURE)
            found: Values = (part * np.log(p) + rest * np.log1p(-p)).sum(axis=0)
            return found

        return of

    levels = _levels(_shares_near(before), _shares_near(after))
    return _best(inc, [(likelihood(a, b), w) for a, b, w in levels], lo, hi, scatter)


def place_rate_step(inc: Increments, before: Level, after: Level, lo: int, hi: int) -> Placed | None:
    """When the rate of `total`, per target, stepped; None without counts."""
    inc = inc.only(~inc.restarted)
    if inc.total.size == 0:
        return None
    length = (inc.end - inc.start)[:, np.newaxis].astype(np.float64)
    total = inc.total[:, np.newaxis]

    def likelihood(rate_before: float, rate_after: float) -> _Likelihood:
        def of(share: Values) -> Values:
            mean = np.maximum(_SURE, length * (rate_before + (rate_after - rate_before) * share))
            found: Values = (total * np.log(mean) - mean).sum(axis=0)
            return found

        return of

    levels = _levels(_rates_near(before), _rates_near(after))
    return _best(inc, [(likelihood(a, b), w) for a, b, w in levels], lo, hi, 1.0)


_Nodes = list[tuple[float, float]]


def _shares_near(level: Level) -> _Nodes:
    """Shares that the counts allow, with log weights; equally far apart where their noise is equal."""
    centre = math.asin(math.sqrt((level.part + 0.375) / (level.total + 0.75)))
    off = 0.5 / math.sqrt(level.total + 0.5)
    angles = sorted({min(max(centre + z * off, 0.0), math.pi / 2) for z in _tried(level)})
    shares = [min(max(math.sin(angle) ** 2, _SURE), 1 - _SURE) for angle in angles]
    rest = max(0.0, level.total - level.part)
    return [(p, level.part * math.log(p) + rest * math.log1p(-p)) for p in shares]


def _rates_near(level: Level) -> _Nodes:
    """Rates that the counts allow, with log weights."""
    centre = math.sqrt(level.total + 0.375)
    counts = [max(centre + z / 2, 0.0) ** 2 + _SURE for z in _tried(level)]
    length = max(1.0, level.length_ms)
    return [(count / length, level.total * math.log(count) - count) for count in counts]


def _tried(level: Level) -> tuple[float, ...]:
    return _NODES if level.total < _KNOWN else (0.0,)


def _levels(before: _Nodes, after: _Nodes) -> list[tuple[float, float, float]]:
    return [(a, b, wa + wb) for a, wa in before for b, wb in after]


def _best(
    inc: Increments, tried: list[tuple[_Likelihood, float]], lo: int, hi: int, scatter: float
) -> Placed:
    """The credible bracket, looked for in two passes where the search is long."""
    step = max(_TICK_MS, (hi - lo) // _MOST_TICKS)
    ticks = np.arange(lo, hi + 1, step, dtype=np.int64)
    weight = _weights(inc, tried, ticks, scatter)
    if step > _TICK_MS:
        first, last = _credible(weight)
        lo, hi = int(ticks[max(0, first - 1)]), int(ticks[min(ticks.size - 1, last + 1)])
        ticks = np.arange(lo, hi + 1, max(_TICK_MS, (hi - lo) // (2 * _MOST_TICKS)), dtype=np.int64)
        weight = _weights(inc, tried, ticks, scatter)
    first, last = _credible(weight)
    half = (int(ticks[1] - ticks[0]) if ticks.size > 1 else _TICK_MS) / 2
    at = float((weight * ticks).sum())
    return Placed(at, min(at, float(ticks[first]) - half), max(at, float(ticks[last]) + half))


def _weights(
    inc: Increments, tried: list[tuple[_Likelihood, float]], ticks: Millis, scatter: float
) -> Values:
    """Probability of each candidate, over all levels that are tried; shape (ticks,)."""
    length = np.maximum(1, inc.end - inc.start)[:, np.newaxis]
    share = np.clip((inc.end[:, np.newaxis] - ticks) / length, 0.0, 1.0)
    rows = np.array([likelihood(share) + prior for likelihood, prior in tried])
    tempered = (rows - rows.max()) / min(max(scatter, 1.0), _WILDEST)
    weight: Values = np.exp(tempered).sum(axis=0)
    weight /= weight.sum()
    return weight


def _credible(weight: Values) -> tuple[int, int]:
    """First and last index between which the probability lies, but for `_OUTSIDE`."""
    below = np.cumsum(weight)
    first = int(np.searchsorted(below, _OUTSIDE / 2))
    return first, min(weight.size - 1, int(np.searchsorted(below, 1 - _OUTSIDE / 2)))
