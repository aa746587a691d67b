"""Where the failing or slow share of requests left normal: a step on raw counts, or the foot of a ramp."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from incident.impact.ends.counts import Increments
from incident.impact.ends.edge import LEVEL_MS, Edge
from incident.impact.ends.steps import Level, Placed, place_share_step

_FEWEST = 3.0
"""So few requests next to a boundary say nothing about the level there; those inside the search then do."""
_CREEP_MS = 30_000
"""A ramp is followed to its foot in half minutes, longer ones where requests or scrapes are few."""
_CREEP_SURE = 3.0
"""Standard errors above normal that a half minute must show to belong to the ramp."""
_PACE_MS = 60_000
"""A minute on each side says how many requests came there."""
_CLEAR = 200
"""Fewer requests on a side say too little of how many come there."""
_SAME_PACE = 1.3
"""Traffic wanders by less than this; a step between shares is no better placed by it."""
_FASTEST = 20.0
_SHARP = 0.5
"""A step jumps by most of its height within a minute or two; a ramp of ten minutes by a tenth."""


def share_step(inc: Increments, edge: Edge) -> Placed | None:
    """Where the share left normal: followed outwards to its foot, and placed there where it is a step.

    The first step of several is the start and the last one the end, however much larger the others are.
    """
    outer, inner = _level(inc, edge.outer), _level(inc, edge.inner)
    if outer.share is None:
        return None
    if inner.total < _FEWEST:
        return _step_within(inc, edge)
    if inner.share is None or inner.share <= outer.share:
        return None
    creep = _creep(inc, edge)
    foot = _foot(inc, edge, creep) if creep is not None and not edge.moving else None
    if foot is None or creep is None:
        return _step_within(inc, edge)
    # What a scrape interval counted is spread evenly over it, so the foot may seem one farther out than it
    # is, and the level inside is read a second one away from it.
    margin = round(max(2.0 * creep, creep + 2.0 * _interval(inc)))
    near = replace(edge, lo=round(foot.at) - margin, hi=round(foot.at) + margin)
    beside, normal = inc.ratio(*near.inner), inc.ratio(*edge.older)
    if beside is None or normal is None or beside <= normal:
        # Shorter than half minutes can follow: beyond the foot's next minute it is over already.
        return _step_within(inc, edge) or foot
    return _share_placed(inc, near, edge.older) or foot


def _step_within(inc: Increments, edge: Edge) -> Placed | None:
    """A step among so few requests that half a minute of them proves nothing."""
    return _share_placed(inc, edge, edge.outer)


def _share_placed(inc: Increments, edge: Edge, normal: tuple[int, int]) -> Placed | None:
    """The step of the share between the normal stretch and the edge's inside; None where it is no step."""
    outer, inner = _level(inc, normal), _level(inc, edge.inner)
    before, after = (outer, inner) if edge.rising else (inner, outer)
    scatter = max(inc.scatter(*normal), inc.scatter(*edge.inner))
    placed = place_share_step(inc.near(edge.lo, edge.hi), before, after, edge.lo, edge.hi, scatter)
    if placed is not None:
        placed = _nearer(inc, edge, before, after, placed, scatter)
    if placed is None or _creep(inc, edge) is None:
        # So few requests show no ramp, and no step either: the bracket is wide enough for both.
        return placed
    height = max(inner.share or 0.0, inc.ratio(*edge.deeper) or 0.0) - (outer.share or 0.0)
    return placed if _sharp(inc, edge, placed, height) else None


def _nearer(
    inc: Increments, edge: Edge, before: Level, after: Level, placed: Placed, scatter: float
) -> Placed:
    """Placed once more, with what was counted between the levels and the bracket added to the levels."""
    spare = max(2.0 * _interval(inc), placed.by - placed.after)
    lo, hi = max(edge.lo, round(placed.after - spare)), min(edge.hi, round(placed.by + spare))
    before, after = before + _level(inc, (edge.lo, lo)), _level(inc, (hi, edge.hi)) + after
    return place_share_step(inc.near(lo, hi), before, after, lo, hi, scatter, _pace(inc, placed)) or placed


def _pace(inc: Increments, placed: Placed) -> float:
    """How many times as many requests came after the step as before it; one where that is not clear.

    Clients that give up while all fails come back with the service: an interval across that end counts more
    good answers than its share of the time.
    """
    clear = round(_interval(inc))
    before = inc.within(round(placed.after) - clear - _PACE_MS, round(placed.after) - clear)[0]
    after = inc.within(round(placed.by) + clear, round(placed.by) + clear + _PACE_MS)[0]
    if min(before, after) < _CLEAR or abs(math.log(after / before)) < math.log(_SAME_PACE):
        return 1.0
    return float(np.clip(after / before, 1 / _FASTEST, _FASTEST))


def _sharp(inc: Increments, edge: Edge, placed: Placed, height: float) -> bool:
    """Whether the level jumps at the place found by at least half of what it reaches inside: no ramp."""
    at, near = round(placed.at), edge.level // 2
    ahead = min(at + near, max(edge.inner_stop, at + 1)) if edge.rising else at + near
    behind = at - near if edge.rising else max(at - near, min(edge.inner_stop, at - 1))
    left, right = inc.ratio(behind, at), inc.ratio(at, ahead)
    if left is None or right is None:
        return True
    jump = right - left if edge.rising else left - right
    return jump >= _SHARP * height


def _above(inc: Increments, within: tuple[int, int], normal: float | None, scatter: float) -> bool:
    """Whether the share in the stretch is surely above normal, which scatters so much more than chance."""
    total, part = inc.within(*within)
    if normal is None or total <= 0:
        return False
    return part - normal * total > _CREEP_SURE * math.sqrt(scatter * max(normal * total, 1.0))


def _creep(inc: Increments, edge: Edge) -> int | None:
    """How long stretches must be in which the level inside would surely be seen to be above normal.

    None where that takes longer than the stretch that tells the level: too few requests to follow a ramp.
    """
    normal, inner = _level(inc, edge.older), _level(inc, edge.inner)
    p, q = inner.share, normal.share
    if p is None or q is None or p <= q:
        return None
    wanted = (_CREEP_SURE * (math.sqrt(q) + math.sqrt(p * (1 - p))) / (p - q)) ** 2
    # Twice over: requests come unevenly, and a stretch that misses by chance ends the way out.
    wanted = 2 * max(wanted * inc.scatter(*edge.older), 2 * _CREEP_SURE / (p - q))
    a, b = edge.inner
    creep = max(_CREEP_MS, _interval(inc), wanted * (b - a) / inner.total)
    return round(creep) if creep <= LEVEL_MS == edge.level else None


def _foot(inc: Increments, edge: Edge, creep: int) -> Placed | None:
    """Where a ramp began or ended: the last of stretches `creep` ms long that is surely above normal.

    Followed from well inside, because the survey may have seen the climb a little before it began.
    """
    normal, scatter = inc.ratio(*edge.older), inc.scatter(*edge.older)
    step = -creep if edge.rising else creep
    at, limit = (edge.inner[1], edge.outer[0]) if edge.rising else (edge.inner[0], edge.outer[1])
    started = at
    while abs(limit - at) > creep and _above(inc, (min(at, at + step), max(at, at + step)), normal, scatter):
        at += step
    if at == started:
        return None
    outside, inside = at + 2 * step, at - step
    return Placed((outside + inside) / 2, float(min(outside, inside)), float(max(outside, inside)))


def _level(inc: Increments, within: tuple[int, int]) -> Level:
    total, part = inc.within(*within)
    return Level(total, part)


def _interval(inc: Increments) -> float:
    """The usual time between two scrapes of a target."""
    return float(np.median(inc.end - inc.start)) if inc.end.size else 0.0
