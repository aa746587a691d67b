"""Which departures beside the impact are worth telling: surges, drops, fast answers, what ran full."""

from __future__ import annotations

from incident.impact.departure import Departure
from incident.model.signals import Measure

_SURGE = 1.5
"""Traffic half again as high is a surge worth telling; less is within most services' day."""
_NEARLY_FULL = 0.8
"""From four fifths of a limit on, queues and collectors begin to be felt."""
_NOTABLE = 0.05
"""A share of a limit below this is no pressure, however fast it grew."""


def context_kind(one: Departure) -> str | None:
    """The kind of event that a departure which is no impact makes; None for what is not told."""
    match one.spec.measure, one.direction:
        case Measure.TRAFFIC, "up":
            return "traffic_surge" if one.inside >= _SURGE * one.before else None
        case Measure.TRAFFIC, "down":
            return "traffic_drop" if one.inside <= one.before / _SURGE else None
        case Measure.LATENCY, "down":
            return "latency_drop"
        case Measure.OTHER, _:
            return "condition"
        case Measure.SATURATION, "up":
            return "condition" if _presses(one) else None
        case _:
            return None


def _presses(one: Departure) -> bool:
    """Whether what fills up is near its limit, or at least twice as full as it was."""
    if one.spec.unit != "ratio":
        return one.inside >= 2 * one.before
    return one.inside >= _NEARLY_FULL or one.inside >= max(2 * one.before, _NOTABLE)
