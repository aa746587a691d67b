"""Which alerts say that something is wrong, and when: beside one, a signal needs less evidence to say so too.

A fault of half a minute leaves a survey two or three samples. Alone they are a scrape's accident; right
before an alert that is usually silent they are what it fired on. An alert that always fires tells nothing.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import numpy as np

from incident.model.evidence import Evidence
from incident.model.facts import AlertInterval, Nearness
from incident.model.signals import Labels
from incident.model.spans import Flags, ms

_BEFORE = timedelta(minutes=5)
"""A rule sees a fault through the range of its rates: what it fired on began at most so long before."""
_TELLING = timedelta(hours=1)
"""An alert that goes on for longer speaks of what began with it, not of all that follows."""
_USUAL_SHARE = 0.2
_USUAL_TIMES = 3
"""An alert that was active for more of the time before the window, or more often, is how things are."""


def telling(evidence: Evidence, points: int) -> tuple[AlertInterval, ...]:
    """The firing intervals of the service's alerts that are not usual; `points` leading ones are normal."""
    own = [a for a in evidence.alerts if a.nearness is Nearness.OWN]
    usual = _usual(own, evidence.grid.start_ms, evidence.grid.start_ms + points * evidence.grid.step_ms)
    fired = (a for a in own if a.firing_at is not None and not a.began_before)
    return tuple(a for a in fired if (a.name, a.labels) not in usual)


def spoken_ms(alert: AlertInterval) -> tuple[int, int]:
    """From when to when a firing alert speaks of what is wrong, epoch ms."""
    assert alert.firing_at is not None
    last = alert.firing_at + _TELLING
    ends = last if alert.resolved_at is None else min(alert.resolved_at, last)
    return ms((alert.pending_at or alert.firing_at) - _BEFORE), ms(ends)


def pointed_at(evidence: Evidence, points: int) -> Flags | None:
    """The points of the survey's grid right before such an alert fired, shape (count,); None: not one."""
    grid = evidence.grid
    told = np.zeros(grid.count, dtype=np.bool_)
    for alert in telling(evidence, points):
        assert alert.firing_at is not None
        told |= (grid.times >= spoken_ms(alert)[0]) & (grid.times <= ms(alert.firing_at) + grid.step_ms)
    return told if told.any() else None


def _usual(alerts: list[AlertInterval], start: int, stop: int) -> set[tuple[str, Labels]]:
    """The alerts that were often or long active between two instants, epoch ms."""
    times: Counter[tuple[str, Labels]] = Counter()
    active: Counter[tuple[str, Labels]] = Counter()
    for alert in alerts:
        begun = alert.pending_at or alert.firing_at
        a = max(start, ms(begun) if begun else start)
        b = min(stop, ms(alert.resolved_at) if alert.resolved_at else stop)
        if b > a:
            times[alert.name, alert.labels] += alert.count
            active[alert.name, alert.labels] += b - a
    long = _USUAL_SHARE * (stop - start)
    return {which for which in times if times[which] > _USUAL_TIMES or active[which] > long}
