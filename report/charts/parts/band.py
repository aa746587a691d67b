"""What was normal along the time axis: one level, or one that follows the rhythm of the day."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from incident.model.spans import Span, Values
from incident.model.timeline import SignalReport, Usual

_EDGES = 400
"""Corners of a moving band: two pixels of the axis each, so that a day of samples stays a small file."""


@dataclass(frozen=True, slots=True, eq=False)
class NormalBand:
    """The band to draw: `x` is seconds since the axis' start, rising; the bounds NaN where not known."""

    x: Values
    low: Values
    high: Values
    moves: bool
    """Whether it follows the time of day."""

    @property
    def reach(self) -> tuple[float, float]:
        """The lowest and the highest that is normal anywhere on the axis."""
        return float(np.nanmin(self.low)), float(np.nanmax(self.high))


def normal_band(report: SignalReport, span: Span) -> NormalBand | None:
    """The signal's band over the span of the axis; None where nothing is known of what was normal."""
    moving = None if report.usual is None else _moving(report.usual, span)
    if moving is not None:
        return moving
    flat = report.baseline
    if flat is None or not (math.isfinite(flat.low) and math.isfinite(flat.high)):
        return None
    ends = np.array([0.0, span.length.total_seconds()])
    return NormalBand(ends, np.full(2, flat.low), np.full(2, flat.high), moves=False)


def _moving(usual: Usual, span: Span) -> NormalBand | None:
    first = max(0, usual.grid.index(span.start_ms) - 1)
    last = min(usual.grid.count, max(first, usual.grid.index(span.end_ms) + 1))
    every = max(1, (last - first) // _EDGES)
    chosen = slice(first, last, every)
    low, high = usual.low[chosen], usual.high[chosen]
    if not (np.isfinite(low) & np.isfinite(high)).any():
        return None
    x = (usual.grid.times[chosen] - span.start_ms) / 1000.0
    return NormalBand(x, low, high, moves=True)
