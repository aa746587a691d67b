"""Where alerts say that something is wrong: with that, a signal needs fewer samples to say so too.

A fault of half a minute leaves a survey two or three samples. Alone they are a scrape's accident; right
before an alert that is usually silent they are what it fired on.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from incident.model.evidence import Evidence
from incident.model.facts import AlertInterval, Nearness
from incident.model.signals import Labels
from incident.model.spans import Flags, ms

_BEFORE = timedelta(minutes=5)
"""A rule sees a fault through the range of its rates: what it fired on began at most so long before."""
_USUAL_SHARE = 0.05
_USUAL_TIMES = 2
"""An alert that was active for more of the time before the window, or more often, tells nothing new."""


def supported(evidence: Evidence, points: int) -> Flags | None:
    """Which points of the survey's grid an alert of the service points at, shape (count,); None: not one.

    `points` leading ones are what is normal; an alert that comes and goes in them is normal too.
    """
    grid = evidence.grid
    told = np.zeros(grid.count, dtype=np.bool_)
    own = [a for a in evidence.alerts if a.nearness is Nearness.OWN]
    usual = _usual(own, grid.start_ms, grid.start_ms + points * grid.step_ms)
    for alert in own:
        if alert.firing_at is None or alert.began_before or (alert.name, alert.labels) in usual:
            continue
        begun = ms((alert.pending_at or alert.firing_at) - _BEFORE)
        told |= (grid.times >= begun) & (grid.times <= ms(alert.firing_at) + grid.step_ms)
    return told if told.any() else None


def _usual(alerts: list[AlertInterval], start: int, stop: int) -> set[tuple[str, Labels]]:
    """The alerts that were often or long active between two instants, epoch ms."""
    times: dict[tuple[str, Labels], int] = {}
    active: dict[tuple[str, Labels], int] = {}
    for alert in alerts:
        begun = alert.pending_at or alert.firing_at
        a = max(start, ms(begun) if begun else start)
        b = min(stop, ms(alert.resolved_at) if alert.resolved_at else stop)
        if b > a:
            which = (alert.name, alert.labels)
            times[which] = times.get(which, 0) + alert.count
            active[which] = active.get(which, 0) + b - a
    long = _USUAL_SHARE * (stop - start)
    return {which for which in times if times[which] > _USUAL_TIMES or active[which] > long}


__all__ = ["supported"]
