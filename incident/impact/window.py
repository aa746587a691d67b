"""What lies in the window, and what inside the impact: episodes, samples, where the data end."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from incident.impact.fusion import RawEpisode
from incident.model.evidence import Evidence
from incident.model.policy import Policy
from incident.model.signals import SignalSeries
from incident.model.spans import Flags, instant, ms, whole_second
from incident.model.timeline import ImpactEpisode


def concerning(found: tuple[RawEpisode, ...], evidence: Evidence, policy: Policy) -> tuple[RawEpisode, ...]:
    """The episodes that overlap the window, and those that are one incident with them.

    What ended before the window belongs to it where less than the quiet gap lies between, as what comes
    back after it does; what only begins after the window is another draft's.
    """
    quiet = round(policy.quiet_gap.total_seconds() * 1000)
    start, end = ms(evidence.asked.start), ms(evidence.asked.end)
    inside = [i for i, e in enumerate(found) if e.start_by < end and (e.end_by is None or e.end_by > start)]
    if not inside:
        return ()
    first, last = inside[0], inside[-1]
    while first > 0 and found[first].start_by - (found[first - 1].end_by or 0) <= quiet:
        first -= 1
    while last + 1 < len(found) and found[last + 1].start_by - (found[last].end_by or 0) <= quiet:
        last += 1
    return found[first : last + 1]


def has_samples(series: SignalSeries, evidence: Evidence) -> bool:
    """Whether the signal has a sample inside the window that was asked for."""
    grid = series.grid
    a, b = grid.index(ms(evidence.asked.start)), grid.index(ms(evidence.asked.end))
    return bool(np.isfinite(series.values[max(0, a) : max(0, b)]).any())


def data_end(evidence: Evidence) -> datetime:
    """When the data end: the targets' last scrape, else the last survey point any signal has."""
    scraped = [int(s.times[-1]) for s in evidence.targets.samples if s.times.size] if evidence.targets else []
    if scraped:
        return whole_second(max(scraped))
    last = 0
    for one in evidence.signals:
        present = np.flatnonzero(np.isfinite(one.values))
        last = max(last, int(present[-1]) if present.size else 0)
    return instant(evidence.grid.start_ms + last * evidence.grid.step_ms)


def inside_impact(series: SignalSeries, told: tuple[ImpactEpisode, ...]) -> Flags:
    """Which points of the signal's grid lie inside the impact."""
    times = series.grid.times
    inside = np.zeros(times.size, bool)
    for one in told:
        inside |= (times >= ms(one.start.at)) & (times < ms(one.end.at) if one.end else True)
    return inside
