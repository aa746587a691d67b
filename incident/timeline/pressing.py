"""Whether what fills up is worth telling: a limit nearly reached, or twice as full as it was."""

from __future__ import annotations

from incident.impact.departure import Departure

_NEARLY_FULL = 0.8
"""From four fifths of a limit on, queues and collectors begin to be felt."""
_NOTABLE = 0.05
"""A share of a limit below this is no pressure, however fast it grew."""


def presses(one: Departure) -> bool:
    """Whether this departure of a saturation upwards is pressure."""
    if one.spec.unit != "ratio":
        return one.inside >= 2 * one.before
    return one.inside >= _NEARLY_FULL or one.inside >= max(2 * one.before, _NOTABLE)
