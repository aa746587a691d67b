"""One boundary of an episode, and where around it the raw counts are read."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from incident.impact.departure import Departure, looks_back
from incident.impact.ends.counts import Increments
from incident.impact.fusion import RawEpisode
from incident.model.signals import Measure
from incident.model.spans import Grid

LEVEL_MS = 3 * 60_000
"""Three minutes next to a boundary say what the level there is, where requests are many."""
_LONGEST_LEVEL_MS = 20 * 60_000
_ENOUGH_REQUESTS = 50
"""Where requests are few, levels and the search span this many: a share of fewer is chance."""
_BEFORE_MS = 30 * 60_000
"""Half an hour before an onset says what normal was there."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A boundary to place: rising into the episode, or falling out of it; all in epoch ms."""

    rising: bool
    lo: int
    hi: int
    inner_stop: int
    """How far the episode reaches on its own side."""
    level: int
    """How much time next to the boundary says what the level there is."""
    moving: bool = False
    """On the slope of a daily rhythm only the last minutes say what normal was, and a rise is no foot."""

    @property
    def outer(self) -> tuple[int, int]:
        if self.moving:
            return (self.lo - self.level, self.lo) if self.rising else (self.hi, self.hi + self.level)
        return (self.lo - _BEFORE_MS, self.lo) if self.rising else (self.hi, self.hi + 3 * self.level)

    @property
    def older(self) -> tuple[int, int]:
        """The half of the outer side farther away, which a ramp has not reached."""
        a, b = self.outer
        return (a, (a + b) // 2) if self.rising else ((a + b) // 2, b)

    @property
    def inner(self) -> tuple[int, int]:
        if self.rising:
            return self.hi, min(self.hi + self.level, max(self.inner_stop, self.hi + 1))
        return max(self.lo - self.level, min(self.inner_stop, self.lo - 1)), self.lo

    @property
    def deeper(self) -> tuple[int, int]:
        """The stretch beyond `inner`, farther inside the episode."""
        a, b = self.inner
        if self.rising:
            return b, min(b + 2 * self.level, max(self.inner_stop, b + 1))
        return max(a - 2 * self.level, min(self.inner_stop, a - 1)), a


def edge_of(one: Departure, rising: bool, grid: Grid, inc: Increments | None) -> Edge:
    """Where to search for a departure's boundary, wide enough for enough requests.

    Where the failures of the worst sample lie is inside the departure, however short it is.
    """
    back = _back_ms(one)
    thin = _thin_ms(one, grid, inc)
    level = int(np.clip(thin, LEVEL_MS, _LONGEST_LEVEL_MS))
    spare = max(0, level - LEVEL_MS)
    inside = _deep_ms(one, back, inc)
    if rising:
        stop = one.end_by if one.end_by is not None else grid.end_ms
        lo = one.start_by - back - 4 * grid.step_ms - spare
        hi = max(lo + grid.step_ms, min(one.start_by + grid.step_ms + spare // 4, inside))
        return Edge(True, lo, hi, max(stop - back, inside), level, one.moving)
    assert one.end_by is not None
    assert one.end_after is not None
    lo, hi = one.end_after - 4 * grid.step_ms - spare // 2, one.end_by + back + 3 * grid.step_ms + spare // 2
    if inc is not None and (inc.total > 0).any():
        # Where requests end soon after, the search leaves a step of them to say what normal is.
        hi = max(one.end_by, min(hi, int(inc.end[inc.total > 0].max()) - grid.step_ms))
    lo = min(hi - grid.step_ms, max(lo, inside))
    return Edge(False, lo, hi, min(one.start_by, inside), level, one.moving)


def _deep_ms(one: Departure, back: int, inc: Increments | None) -> int:
    """An instant inside: the median of the failures beyond usual that the worst sample speaks of.

    The middle of its range, where failures are not what departed or are not counted.
    """
    middle = one.peak_ms - back // 2
    if inc is None or one.spec.measure is not Measure.ERRORS:
        return middle
    near = inc.near(one.peak_ms - back, one.peak_ms)
    beyond = np.maximum(0.0, near.part - one.before * near.total)
    if beyond.sum() <= 0:
        return middle
    order = np.argsort(near.end, kind="stable")
    half = int(np.searchsorted(np.cumsum(beyond[order]), beyond.sum() / 2))
    chosen = order[min(half, order.size - 1)]
    return int(near.start[chosen] + near.end[chosen]) // 2


def _thin_ms(one: Departure, grid: Grid, inc: Increments | None) -> float:
    """How long it takes until enough requests have come to read a share."""
    if inc is None:
        return 0.0
    stop = one.end_by if one.end_by is not None else grid.end_ms
    total, _ = inc.within(one.start_by, stop)
    return _ENOUGH_REQUESTS * (stop - one.start_by) / total if total > 0 else float(_LONGEST_LEVEL_MS)


def whole_of(one: Departure, episode: RawEpisode, grid: Grid, inc: Increments | None) -> Departure:
    """The departure with the others of its signal in the episode, where requests are few.

    Among a request every ten seconds an outage shows as pieces, with good answers by chance between them.
    """
    if _thin_ms(one, grid, inc) <= LEVEL_MS:
        return one
    pieces = [d for d in episode.carriers if d.spec == one.spec]
    last = max(pieces, key=lambda d: d.stop_ms)
    began = min(pieces, key=lambda d: d.start_by)
    return replace(
        one,
        start_after=began.start_after,
        start_by=began.start_by,
        end=last.end,
        end_after=last.end_after,
        end_by=last.end_by,
    )


def _back_ms(one: Departure) -> int:
    return round(looks_back(one.spec.query).total_seconds() * 1000)
