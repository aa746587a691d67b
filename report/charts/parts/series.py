"""Samples made ready to draw: thinned without losing a peak, gaps found, the absurd set aside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incident.model.signals import Gap, SignalSeries
from incident.model.spans import Span, Values, instant, merged

BUCKETS = 800
"""About one a pixel of the axis at 730 px; each keeps its lowest and highest sample."""
_ABSURD = 1e12
"""No rate, time or share of a service reaches it; far above it the arithmetic of drawing overflows."""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """The line to draw. `x` is seconds since the axis' start; `y` NaN where the line is broken."""

    x: Values
    y: Values
    above: Values
    """x of samples too high to draw (+Inf too): marked at the upper edge, never joined by the line."""
    below: Values

    @property
    def alone(self) -> np.typing.NDArray[np.bool_]:
        """Samples with no neighbour on either side, which a line would not show."""
        known = np.isfinite(self.y)
        before = np.concatenate(([False], known[:-1]))
        after = np.concatenate((known[1:], [False]))
        return np.asarray(known & ~before & ~after, dtype=np.bool_)


def trace(series: SignalSeries, span: Span) -> Trace:
    """The samples of the span, and one on either side so that the line runs to the edges."""
    first = max(0, series.grid.index(span.start_ms) - 1)
    last = min(series.grid.count, max(first, series.grid.index(span.end_ms) + 1))
    x = (series.grid.times[first:last] - span.start_ms) / 1000.0
    y = np.array(series.values[first:last], dtype=np.float64)
    above, below = y > _ABSURD, y < -_ABSURD
    y[above | below | ~np.isfinite(y)] = np.nan
    keep = _extremes(y)
    return Trace(x[keep], y[keep], _inside(x[above], span), _inside(x[below], span))


def _inside(x: Values, span: Span) -> Values:
    """Of marks for what cannot be drawn, at most one a bucket, and none beside the axis."""
    length = span.length.total_seconds()
    within = x[(x >= 0) & (x <= length)]
    _, first = np.unique((within * BUCKETS / length).astype(np.int64), return_index=True)
    return within[first]


def _extremes(y: Values) -> np.typing.NDArray[np.int64]:
    """Indices of each bucket's lowest and highest sample, and of its first hole."""
    if y.size <= 2 * BUCKETS:
        return np.arange(y.size, dtype=np.int64)
    edges = np.linspace(0, y.size, BUCKETS + 1).astype(np.int64)
    starts = edges[:-1]
    bucket = np.repeat(np.arange(BUCKETS), np.diff(edges))
    holes = np.flatnonzero(np.isnan(y))
    first_holes = holes[np.unique(bucket[holes], return_index=True)[1]]
    found = [first_holes]
    for filled, extreme in (
        (np.where(np.isnan(y), np.inf, y), np.minimum),
        (np.where(np.isnan(y), -np.inf, y), np.maximum),
    ):
        best = extreme.reduceat(filled, starts)
        hits = np.flatnonzero(filled == best[bucket])
        found.append(hits[np.unique(bucket[hits], return_index=True)[1]])
    return np.unique(np.concatenate(found)).astype(np.int64)


def gaps(series: SignalSeries, known: tuple[Gap, ...], span: Span) -> tuple[Span, ...]:
    """Stretches of the span without samples: those the timeline names, and runs of missing points.

    One missing point between two others is left to the broken line; where the series has no point
    at all, before its first or after its last, that is a gap as well.
    """
    absent = [gap.span for gap in known] + _missing_runs(series)
    grid = series.grid
    if span.start_ms + 2 * grid.step_ms <= grid.start_ms:
        absent.append(Span(span.start, instant(grid.start_ms)))
    if grid.end_ms + grid.step_ms <= span.end_ms:
        absent.append(Span(instant(grid.end_ms), span.end))
    clipped = (gap.clipped(span) for gap in absent)
    return merged((gap for gap in clipped if gap is not None), grid.step)


def _missing_runs(series: SignalSeries) -> list[Span]:
    missing = np.isnan(series.values)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], missing, [False])).astype(np.int8)))
    grid = series.grid
    return [
        Span(instant(grid.start_ms + int(a) * grid.step_ms), instant(grid.start_ms + int(b) * grid.step_ms))
        for a, b in edges.reshape(-1, 2)
        if b - a > 1 or grid.count == 1
    ]
