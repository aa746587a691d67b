"""Slow requests, counted: those above the bounds of a histogram, and whether they are more than chance.

A 99th percentile of n requests rests on n/100 of them, and inside a bucket it is known only to the bucket's
bounds: where the widest begins at ten seconds, five requests of five hundred make it jump there. The
buckets say how many there were.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from incident.impact.departure import Departure
from incident.impact.ends.counts import Increments, increments
from incident.model.signals import Counters, Measure
from incident.model.spans import ms

_SURE = 4.0
"""Standard deviations by which the share of slow requests must differ: as for failing ones, because a window
has thousands of places to look at."""
_ENOUGH_BESIDE = 100
"""Fewer requests than this beside a departure say nothing of what is usual."""


def slow_counts(counters: Counters | None, interval_ms: int) -> tuple[Increments, ...]:
    """For each bound of the histogram, all requests and as their part those above it; empty without one."""
    if counters is None or not counters.buckets:
        return ()
    bounds = sorted({s.label("le") for s in counters.buckets} - {"+Inf"}, key=float)
    return tuple(_slower(counters, le, interval_ms) for le in bounds)


def _slower(counters: Counters, le: str, interval_ms: int) -> Increments:
    chosen = [s for s in counters.buckets if s.label("le") in (le, "+Inf")]
    fast = [s.label("le") == le for s in chosen]
    both = increments(chosen, fast, counters.bucket_spans, interval_ms)
    total = both.total - both.part
    return replace(both, total=total, part=np.maximum(0.0, total - both.part))


def more_than_chance(
    impact: tuple[Departure, ...], counters: Counters | None, counted: Callable[[], tuple[Increments, ...]]
) -> tuple[Departure, ...]:
    """The impact without the latencies that rose by so few slow requests that chance explains it.

    `counted` gives the `slow_counts` of the counters. What the buckets do not cover stays as it is.
    """
    late = [d for d in impact if d.spec.measure is Measure.LATENCY]
    slow = counted() if late else ()
    if counters is None or not slow:
        return impact
    spans = [(ms(s.start), ms(s.end)) for s in counters.bucket_spans]
    beside = list(_without(spans, [(d.start_after, d.stop_ms) for d in late]))
    return tuple(
        d
        for d in impact
        if d.spec.measure is not Measure.LATENCY
        or any(_differs(inc, (d.start_after, d.stop_ms), beside) for inc in slow)
    )


def _without(spans: list[tuple[int, int]], cuts: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What is left of the spans outside the cuts."""
    for start, stop in spans:
        at = start
        for a, b in sorted(cuts):
            if b > at and a < stop:
                if a > at:
                    yield at, a
                at = max(at, b)
        if at < stop:
            yield at, stop


def _differs(inc: Increments, inside: tuple[int, int], beside: list[tuple[int, int]]) -> bool:
    """Whether the share of slow requests inside is surely larger; also where nothing is known beside."""
    total, part = inc.within(*inside)
    parts = [inc.within(*span) for span in beside]
    usual, usually = sum(n for n, _ in parts), sum(k for _, k in parts)
    if usual < _ENOUGH_BESIDE or total <= 0:
        return True
    scatter = max((inc.scatter(*span) for span in beside), default=1.0)
    off = math.asin(math.sqrt(min(part / total, 1.0))) - math.asin(math.sqrt(min(usually / usual, 1.0)))
    return off > _SURE * math.sqrt(scatter * (0.25 / total + 0.25 / usual))
