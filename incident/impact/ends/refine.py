"""The ends of an episode, placed on raw samples where the fault was a step.

The survey's signals are rates over a minute or more; the counters behind them are scraped every few
seconds. Where the level jumped, the raw counts around the boundary say when. Where it crept, they
cannot, and the survey's wider bracket stands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from incident.impact.departure import Departure, looks_back
from incident.impact.ends.counts import Increments, increments
from incident.impact.ends.steps import Placed, place_rate_step, place_share_step
from incident.impact.fusion import RawEpisode
from incident.model.signals import Counters, Measure, Samples
from incident.model.spans import Grid, Moment, bracketed

_NEAR_MS = 2 * 60_000
"""Carriers that begin or end within two minutes speak of one step; a rate over a minute blurs that far."""
_LEVEL_MS = 3 * 60_000
"""Three minutes next to a boundary say what the level there is, where requests are many."""
_LONGEST_LEVEL_MS = 20 * 60_000
_ENOUGH_REQUESTS = 50
"""Where requests are few, levels and the search span this many: a share of fewer is chance."""
_FEWER = 0.8
"""A share of targets below this is at least one of a few that is gone."""
_CREEP_MS = 30_000
"""A ramp is followed to its foot in half minutes."""
_CREEP_SURE = 3.0
"""Standard errors above normal that a half minute must show to belong to the ramp."""
_BEFORE_MS = 30 * 60_000
"""Half an hour before an onset says what normal was there."""
_SHARP = 0.5
"""A step jumps by most of its height within a minute or two; a ramp of ten minutes by a tenth."""
_ORDER = (Measure.AVAILABILITY, Measure.PROBE, Measure.ERRORS, Measure.TRAFFIC, Measure.LATENCY)
"""Which carrier places a boundary best: states first, then counts, then shares of a distribution."""


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """What the zoom brought, as increments: failures of all requests, and the latency buckets."""

    requests: Increments | None
    """What was answered; its `part` means failures only where `failures` is the same."""
    failures: Increments | None
    """None also where the counters do not tell which requests failed."""
    buckets: tuple[Samples, ...]
    counters: Counters | None
    interval_ms: int


def raw_of(counters: Counters | None, interval_ms: int) -> Raw:
    """The counters as increments; empty where there was no zoom."""
    if counters is None:
        return Raw(None, None, (), None, interval_ms)
    requests = (
        increments(counters.requests, counters.is_failed, counters.spans, interval_ms)
        if counters.requests
        else None
    )
    failures = requests if counters.failed_query else None
    return Raw(requests, failures, counters.buckets, counters, interval_ms)


@dataclass(frozen=True, slots=True)
class _Edge:
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


def _edge(one: Departure, rising: bool, grid: Grid, inc: Increments | None) -> _Edge:
    """Where to search for a departure's boundary, wide enough for enough requests.

    The middle of the worst sample's range lies inside the departure, however short it is.
    """
    back = _back_ms(one)
    thin = _thin_ms(one, grid, inc)
    level = int(np.clip(thin, _LEVEL_MS, _LONGEST_LEVEL_MS))
    spare = max(0, level - _LEVEL_MS)
    inside = one.peak_ms - back // 2
    if rising:
        stop = one.end_by if one.end_by is not None else grid.end_ms
        lo = one.start_by - back - 4 * grid.step_ms - spare
        hi = max(lo + grid.step_ms, min(one.start_by + grid.step_ms + spare // 4, inside))
        return _Edge(True, lo, hi, stop - back, level, one.moving)
    assert one.end_by is not None
    assert one.end_after is not None
    lo, hi = one.end_after - 4 * grid.step_ms - spare // 2, one.end_by + back + 3 * grid.step_ms + spare // 2
    if inc is not None and (inc.total > 0).any():
        # Where requests end soon after, the search leaves a step of them to say what normal is.
        hi = max(one.end_by, min(hi, int(inc.end[inc.total > 0].max()) - grid.step_ms))
    return _Edge(False, min(hi - grid.step_ms, max(lo, inside)), hi, one.start_by, level, one.moving)


def _thin_ms(one: Departure, grid: Grid, inc: Increments | None) -> float:
    """How long it takes until enough requests have come to read a share."""
    if inc is None:
        return 0.0
    stop = one.end_by if one.end_by is not None else grid.end_ms
    total, _ = inc.within(one.start_by, stop)
    return _ENOUGH_REQUESTS * (stop - one.start_by) / total if total > 0 else float(_LONGEST_LEVEL_MS)


def start_of(episode: RawEpisode, grid: Grid, raw: Raw) -> Moment:
    """When the episode began: a step on raw samples where there is one, else the survey's bracket.

    What was there at the first sample began, as far as is known, with it.
    """
    first = episode.first
    if first.began_before:
        seen = int(raw.requests.start.min()) if raw.requests is not None else first.start_by
        at = min(first.start_by, max(seen, first.start_by - grid.step_ms))
        return bracketed(at, at + raw.interval_ms, first.spec.query, at)
    if first.start_uncertain:
        return bracketed(first.start_after, first.start_by, first.spec.query)
    near = [d for d in episode.carriers if d.start_by - first.start_by <= _NEAR_MS]
    for one in sorted(near, key=lambda d: _ORDER.index(d.spec.measure) if d.spec.measure in _ORDER else 9):
        placed = _placed(one, _edge(one, True, grid, raw.requests), raw)
        if placed is not None:
            return bracketed(placed.after, placed.by, one.spec.query, placed.at)
    return bracketed(first.start_after, first.start_by, first.spec.query, _ramp_at(first))


def end_of(episode: RawEpisode, grid: Grid, raw: Raw) -> Moment | None:
    """When the hold that proved recovery began, None while it lasts."""
    if episode.end_by is None or episode.end_after is None:
        return None
    last = episode.last
    near = [d for d in episode.carriers if d.end_by is not None and episode.end_by - d.end_by <= _NEAR_MS]
    for one in sorted(near, key=lambda d: _ORDER.index(d.spec.measure) if d.spec.measure in _ORDER else 9):
        placed = _placed(one, _edge(one, False, grid, raw.requests), raw)
        if placed is not None:
            return bracketed(placed.after, placed.by, one.spec.query, placed.at)
    return bracketed(episode.end_after, episode.end_by, last.spec.query)


def _ramp_at(first: Departure) -> float:
    """A ramp's start is told at the sample that left the band, less a quarter of its foot's bracket."""
    return first.start_by - (first.start_by - first.start_after) / 4


def _back_ms(one: Departure) -> int:
    return round(looks_back(one.spec.query).total_seconds() * 1000)


def _placed(one: Departure, edge: _Edge, raw: Raw) -> Placed | None:
    match one.spec.measure:
        case Measure.AVAILABILITY | Measure.PROBE:
            return _between_scrapes(one, edge)
        case Measure.ERRORS:
            return None if raw.failures is None else _share_step(raw.failures, edge)
        case Measure.TRAFFIC:
            return None if raw.requests is None else _rate_step(raw.requests, edge)
        case Measure.LATENCY:
            slow = _slower_than_usual(raw, edge)
            return None if slow is None else _share_step(slow, edge)
        case _:
            return None


def _between_scrapes(one: Departure, edge: _Edge) -> Placed | None:
    after, by = (one.start_after, one.start_by) if edge.rising else (one.end_after, one.end_by)
    return None if after is None or by is None else Placed((after + by) / 2, after, by)


def _share_step(inc: Increments, edge: _Edge) -> Placed | None:
    """Where the share left normal: followed outwards to its foot, and placed there where it is a step.

    The first step of several is the start and the last one the end, however much larger the others are.
    """
    outer, inner = inc.ratio(*edge.outer), inc.ratio(*edge.inner)
    if outer is None or inner is None or inner <= outer:
        return None
    foot = _foot(inc, edge) if edge.level == _LEVEL_MS and not edge.moving else None
    if foot is None:
        return _step_within(inc, edge, outer, inner)
    near = replace(edge, lo=round(foot.at) - 2 * _CREEP_MS, hi=round(foot.at) + 2 * _CREEP_MS)
    beside, normal = inc.ratio(*near.inner), _normal(inc, edge)
    if beside is None or normal is None or beside <= normal:
        # Shorter than half minutes can follow: beyond the foot's next minute it is over already.
        return _step_within(inc, edge, outer, inner) or foot
    before, after = (normal, beside) if edge.rising else (beside, normal)
    placed = place_share_step(inc.near(near.lo, near.hi), before, after, near.lo, near.hi)
    height = max(beside, inc.ratio(*near.deeper) or 0.0) - normal
    return placed if placed is not None and _sharp(inc, near, placed, height) else foot


def _step_within(inc: Increments, edge: _Edge, outer: float, inner: float) -> Placed | None:
    """A step among so few requests that half a minute of them proves nothing."""
    before, after = (outer, inner) if edge.rising else (inner, outer)
    placed = place_share_step(inc.near(edge.lo, edge.hi), before, after, edge.lo, edge.hi)
    height = max(inner, inc.ratio(*edge.deeper) or 0.0) - outer
    return placed if placed is not None and _sharp(inc, edge, placed, height) else None


def _sharp(inc: Increments, edge: _Edge, placed: Placed, height: float) -> bool:
    """Whether the level jumps at the place found by at least half of what it reaches inside: no ramp."""
    at, near = round(placed.at), edge.level // 2
    ahead = min(at + near, max(edge.inner_stop, at + 1)) if edge.rising else at + near
    behind = at - near if edge.rising else max(at - near, min(edge.inner_stop, at - 1))
    left, right = inc.ratio(behind, at), inc.ratio(at, ahead)
    if left is None or right is None:
        return True
    jump = right - left if edge.rising else left - right
    return jump >= _SHARP * height


def _normal(inc: Increments, edge: _Edge) -> float | None:
    """The share in the older half of the outer side, which a ramp has not reached."""
    a, b = edge.outer
    middle = (a + b) // 2
    return inc.ratio(a, middle) if edge.rising else inc.ratio(middle, b)


def _above(inc: Increments, within: tuple[int, int], normal: float | None) -> bool:
    """Whether the share in the stretch is surely above normal."""
    total, part = inc.within(*within)
    if normal is None or total <= 0:
        return False
    return part - normal * total > _CREEP_SURE * math.sqrt(max(normal * total, 1.0))


def _foot(inc: Increments, edge: _Edge) -> Placed | None:
    """Where a ramp began or ended: the last half minute outwards that is surely above normal.

    Followed from well inside, because the survey may have seen the climb a little before it began.
    """
    normal = _normal(inc, edge)
    step = -_CREEP_MS if edge.rising else _CREEP_MS
    at, limit = (edge.inner[1], edge.outer[0]) if edge.rising else (edge.inner[0], edge.outer[1])
    started = at
    while abs(limit - at) > _CREEP_MS and _above(inc, (min(at, at + step), max(at, at + step)), normal):
        at += step
    if at == started:
        return None
    outside, inside = at + 2 * step, at - step
    return Placed(float(at), float(min(outside, inside)), float(max(outside, inside)))


def _rate_step(inc: Increments, edge: _Edge) -> Placed | None:
    outer, inner = _per_target(inc, edge.outer), _per_target(inc, edge.inner)
    if outer is None or inner is None or inner >= outer or _targets_gone(inc, edge):
        return None
    before, after = (outer, inner) if edge.rising else (inner, outer)
    return place_rate_step(inc.near(edge.lo, edge.hi), before, after, edge.lo, edge.hi)


def _targets_gone(inc: Increments, edge: _Edge) -> bool:
    """Whether fewer targets were scraped inside: then traffic is lost with them, not per target."""
    outer, inner = (inc.near(*side) for side in (edge.outer, edge.inner))
    seen = [
        float((s.end - s.start).sum()) / (b - a) for s, (a, b) in ((outer, edge.outer), (inner, edge.inner))
    ]
    return seen[1] < _FEWER * seen[0]


def _per_target(inc: Increments, within: tuple[int, int]) -> float | None:
    """Requests per second and target, from the intervals inside."""
    seen = inc.near(*within)
    seconds = float((seen.end - seen.start).sum()) / 1000.0
    return float(seen.total.sum()) / seconds if seconds > 0 else None


def _slower_than_usual(raw: Raw, edge: _Edge) -> Increments | None:
    """Requests slower than the bucket bound that tells inside from outside best."""
    if raw.counters is None or not raw.buckets:
        return None
    bounds = sorted({s.label("le") for s in raw.buckets} - {"+Inf"}, key=float)
    scored = [(_contrast(inc, edge), inc) for le in bounds if (inc := _slower(raw, le)) is not None]
    best = max(scored, key=lambda pair: pair[0], default=None)
    return best[1] if best is not None and best[0] > 0 else None


def _slower(raw: Raw, le: str) -> Increments | None:
    assert raw.counters is not None
    chosen = [s for s in raw.buckets if s.label("le") in (le, "+Inf")]
    fast = [s.label("le") == le for s in chosen]
    both = increments(chosen, fast, raw.counters.bucket_spans, raw.interval_ms)
    total = both.total - both.part
    return replace(both, total=total, part=np.maximum(0.0, total - both.part))


def _contrast(inc: Increments, edge: _Edge) -> float:
    inner, outer = inc.ratio(*edge.inner), inc.ratio(*edge.outer)
    return -1.0 if inner is None or outer is None else inner - outer
