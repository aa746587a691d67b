"""Whether a latency reads as the last bound of its histogram: what was slower still reads as that."""

from __future__ import annotations

import math

from incident.impact.departure import Departure
from incident.model.signals import Counters, Measure

_UNITS = (1.0, 1e-3)
"""Bounds are in seconds or, of families in milliseconds, in thousandths of what the signal is in."""


def at_ceiling(one: Departure, counters: Counters | None) -> bool:
    """Whether the worst of a departure is the largest finite bound: that, or more."""
    if one.spec.measure is not Measure.LATENCY or one.direction != "up" or counters is None:
        return False
    bounds = [float(le) for le in {s.label("le") for s in counters.buckets} if le not in ("", "+Inf")]
    return bool(bounds) and any(math.isclose(one.peak, max(bounds) * unit, rel_tol=1e-6) for unit in _UNITS)
