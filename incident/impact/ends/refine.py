"""The ends of an episode, placed on raw samples where the fault was a step.

The survey's signals are rates over a minute or more; the counters behind them are scraped every few
seconds. Where the level jumped, the raw counts around the boundary say when. Where it crept, they
cannot, and the survey's wider bracket stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial

import numpy as np

from incident.impact.departure import Departure, looks_back
from incident.impact.ends.counts import Increments, increments
from incident.impact.ends.edge import Edge, edge_of, whole_of
from incident.impact.ends.shares import share_step
from incident.impact.ends.slow import slow_counts
from incident.impact.ends.steps import Level, Placed, place_rate_step
from incident.impact.fusion import RawEpisode
from incident.model.signals import Counters, Measure
from incident.model.spans import Grid, Moment, bracketed

_NEAR_MS = 2 * 60_000
"""Carriers that begin or end within two minutes speak of one step; a rate over a minute blurs that far."""
_HOLE = 4
"""In a longer hole, in steps of the survey, nobody saw when it ended; one sum over all of it does not say."""
_FEWER = 0.8
"""A share of targets below this is at least one of a few that is gone."""
_ORDER = (Measure.AVAILABILITY, Measure.PROBE, Measure.ERRORS, Measure.TRAFFIC, Measure.LATENCY)
"""Which carrier places a boundary best: states first, then counts, then shares of a distribution."""


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """What the zoom brought: failures of all requests as increments, and the counters they are of."""

    requests: Increments | None
    """What was answered; its `part` means failures only where `failures` is the same."""
    failures: Increments | None
    """None also where the counters do not tell which requests failed."""
    slow: Callable[[], tuple[Increments, ...]]
    """For each bound of the latency histogram the requests above it, counted when first asked for."""
    interval_ms: int


def raw_of(counters: Counters | None, interval_ms: int) -> Raw:
    """The counters as increments; empty where there was no zoom."""
    slow = cache(partial(slow_counts, counters, interval_ms))
    if counters is None:
        return Raw(None, None, slow, interval_ms)
    requests = (
        increments(counters.requests, counters.is_failed, counters.spans, interval_ms)
        if counters.requests
        else None
    )
    failures = requests if counters.failed_query else None
    return Raw(requests, failures, slow, interval_ms)


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
    best = _best(near, True, episode, grid, raw)
    if best is not None:
        return best
    return bracketed(first.start_after, first.start_by, first.spec.query, _ramp_at(first, grid))


def end_of(episode: RawEpisode, grid: Grid, raw: Raw) -> Moment | None:
    """When the hold that proved recovery began, None while it lasts."""
    if episode.end_by is None or episode.end_after is None:
        return None
    last = episode.last
    if episode.end_uncertain and episode.end_by - episode.end_after > _back_ms(last) + _HOLE * grid.step_ms:
        return bracketed(episode.end_after, episode.end_by, last.spec.query)
    near = [d for d in episode.carriers if d.end_by is not None and episode.end_by - d.end_by <= _NEAR_MS]
    best = _best(near, False, episode, grid, raw)
    if best is not None:
        return best
    return bracketed(episode.end_after, episode.end_by, last.spec.query)


def _best(near: list[Departure], rising: bool, episode: RawEpisode, grid: Grid, raw: Raw) -> Moment | None:
    """The boundary by the carrier that places it first; by another where that says the same, only closer.

    A probe is asked every half minute; the counters of what it could not reach know the second.
    """
    first: tuple[Placed, Departure] | None = None
    for one in sorted(near, key=lambda d: _ORDER.index(d.spec.measure) if d.spec.measure in _ORDER else 9):
        whole = whole_of(one, episode, grid, raw.requests)
        placed = _placed(one, edge_of(whole, rising, grid, raw.requests), raw)
        if placed is None:
            continue
        if one.spec.measure is not Measure.PROBE and (first is None or _within(placed, first[0])):
            return _told(placed, one)
        first = first or (placed, one)
    return None if first is None else _told(*first)


def _within(placed: Placed, wider: Placed) -> bool:
    return wider.after <= placed.after and placed.by <= wider.by


def _told(placed: Placed, one: Departure) -> Moment:
    return bracketed(placed.after, placed.by, one.spec.query, placed.at)


def _back_ms(one: Departure) -> int:
    return looks_back(one.spec.query) // timedelta(milliseconds=1)


def _ramp_at(first: Departure, grid: Grid) -> float | None:
    """A ramp's start is told at the sample that left the band, less a quarter of its foot's bracket.

    None where the bracket is no wider than a step of the survey: anywhere in it.
    """
    wide = first.start_by - first.start_after
    return first.start_by - wide / 4 if wide > grid.step_ms else None


def _placed(one: Departure, edge: Edge, raw: Raw) -> Placed | None:
    match one.spec.measure:
        case Measure.AVAILABILITY | Measure.PROBE:
            return _between_scrapes(one, edge)
        case Measure.ERRORS:
            return None if raw.failures is None else share_step(raw.failures, edge)
        case Measure.TRAFFIC:
            return None if raw.requests is None else _rate_step(raw.requests, edge)
        case Measure.LATENCY:
            slow = _slower_than_usual(raw, edge)
            return None if slow is None else share_step(slow, edge)
        case _:
            return None


def _between_scrapes(one: Departure, edge: Edge) -> Placed | None:
    after, by = (one.start_after, one.start_by) if edge.rising else (one.end_after, one.end_by)
    return None if after is None or by is None else Placed((after + by) / 2, after, by)


def _rate_step(inc: Increments, edge: Edge) -> Placed | None:
    inc = inc.without_holes()
    if _targets_gone(inc, edge):
        return _target_step(inc, edge)
    outer, inner = _per_target(inc, edge.outer), _per_target(inc, edge.inner)
    if outer.rate is None or inner.rate is None or inner.rate >= outer.rate:
        return None
    before, after = (outer, inner) if edge.rising else (inner, outer)
    return place_rate_step(inc.near(edge.lo, edge.hi), before, after, edge.lo, edge.hi)


def _targets_gone(inc: Increments, edge: Edge) -> bool:
    """Whether fewer targets were scraped inside: then traffic is lost with them, not per target."""
    outer, inner = (inc.near(*side) for side in (edge.outer, edge.inner))
    seen = [
        float((s.end - s.start).sum()) / (b - a) for s, (a, b) in ((outer, edge.outer), (inner, edge.inner))
    ]
    return seen[1] < _FEWER * seen[0]


def _target_step(inc: Increments, edge: Edge) -> Placed | None:
    """The first target that was not scraped any more, or the last that was again: to its scrape interval."""
    interval = float(np.median(inc.end - inc.start)) if inc.end.size else 0.0
    here = inc.begun() if not edge.rising else inc.ended()
    inside = here[(here > edge.lo) & (here <= edge.hi)]
    if not inside.size:
        return None
    if edge.rising:
        after = float(inside.min())
        return Placed(after + interval / 2, after, after + interval)
    by = float(inside.max())
    return Placed(by - interval / 2, by - interval, by)


def _per_target(inc: Increments, within: tuple[int, int]) -> Level:
    """Requests in the intervals inside, and how much time all targets were scraped in them."""
    seen = inc.near(*within)
    return Level(float(seen.total.sum()), 0.0, float((seen.end - seen.start).sum()))


def _slower_than_usual(raw: Raw, edge: Edge) -> Increments | None:
    """Requests slower than the bucket bound that tells inside from outside best."""
    scored = [(_contrast(inc, edge), inc) for inc in raw.slow()]
    best = max(scored, key=lambda pair: pair[0], default=None)
    return best[1] if best is not None and best[0] > 0 else None


def _contrast(inc: Increments, edge: Edge) -> float:
    inner, outer = inc.ratio(*edge.inner), inc.ratio(*edge.outer)
    return -1.0 if inner is None or outer is None else inner - outer
