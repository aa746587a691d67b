"""Collecting: the survey, more of it for as long as the impact lasts, and the zoom on its boundaries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from collector.alerts.conditions import with_conditions
from collector.reading.extend import extend, extend_back
from collector.reading.survey import SurveyRequest, survey
from collector.reading.zoom import zoom
from collector.server.once import OnceSource
from collector.source import Source
from incident.impact import Surveyed, surveyed
from incident.model.evidence import Evidence, Presentation
from incident.model.facts import Nearness
from incident.model.spans import Grid, Span, Values, instant

FIRST_EXTENSION = timedelta(minutes=30)
"""Most impact that outlives the window people give does so by less than this."""
LONGEST_EXTENSION = timedelta(hours=24)
"""Beyond a day after the window, an impact is told as still going on."""
LATE_SAMPLES = timedelta(minutes=2)
"""Samples younger than this may not have arrived yet and would look like lost traffic."""
_FINE_STEPS = 4
"""A survey step of up to four scrapes shows every step of a fault; coarser ones are worth a second look."""
_SHORTEST_LEAD = timedelta(hours=4)
_BESIDE = timedelta(hours=1)
"""Calm to each side of the impact, so that the closer look sees its ends."""
_DATA_END = timedelta(minutes=5)
"""Data that stop this much before the end of what was read have ended, but for a missed scrape or two."""
_NEAR_START = timedelta(minutes=10)
"""Impact seen this close to the first sample read may have begun before it."""


def collect(
    source: Source,
    request: SurveyRequest,
    presentation: Presentation,
    *,
    now: datetime,
    say: Callable[[str], None],
) -> Evidence:
    """All evidence of one window. Raises the errors of `collector.errors`."""
    source = OnceSource(source)
    evidence = survey(source, request, now, say)
    evidence = replace(evidence, presentation=presentation)
    evidence, found = _to_the_end(source, evidence, now, say)
    evidence, found = _to_the_beginning(source, evidence, found, request, say)
    evidence, found = _closer(source, evidence, found, request, now, say)
    evidence = with_conditions(source, evidence, say)
    found = surveyed(evidence, presentation.policy)
    if not found.episodes:
        return evidence
    say("zooming into raw samples")
    return zoom(source, evidence, found.edges(evidence), found.stretches(evidence))


def _to_the_end(
    source: Source, evidence: Evidence, now: datetime, say: Callable[[str], None]
) -> tuple[Evidence, Surveyed]:
    """Reads on while the impact's end has not been seen to hold, doubling the stretch each time."""
    policy = evidence.presentation.policy
    found = surveyed(evidence, policy)
    latest = min(now - LATE_SAMPLES, evidence.asked.end + LONGEST_EXTENSION)
    more = FIRST_EXTENSION
    while not found.settled() and evidence.covered.end < latest and _had_samples(evidence):
        say("reading on: the end was not held yet")
        until = min(evidence.covered.end + more, latest)
        evidence = extend(source, evidence, until)
        found = surveyed(evidence, policy)
        more *= 2
    return evidence, found


def _closer(
    source: Source,
    evidence: Evidence,
    found: Surveyed,
    request: SurveyRequest,
    now: datetime,
    say: Callable[[str], None],
) -> tuple[Evidence, Surveyed]:
    """A second survey around the impact alone, where a wide window made the first one's step coarse."""
    around = _around(found, evidence)
    if around is None or evidence.grid.step <= _FINE_STEPS * evidence.scrape_interval:
        return evidence, found
    lead = max(around.length, _SHORTEST_LEAD)
    if around.length + lead > evidence.covered.length / 2:
        return evidence, found
    say("looking closer at the impact")
    nearer = survey(source, replace(request, asked=around, lead=lead), now, say)
    nearer = replace(nearer, presentation=evidence.presentation, requested=evidence.asked)
    seen = surveyed(nearer, evidence.presentation.policy)
    if not seen.episodes:
        return evidence, found
    return _to_the_end(source, nearer, now, say)


def _around(found: Surveyed, evidence: Evidence) -> Span | None:
    """The impact and the service's firing alerts with an hour to each side, None where there was neither."""
    last = evidence.covered.end
    spans = [
        Span(instant(e.start_after - 1), instant(e.end_by) if e.end_by else last) for e in found.episodes
    ]
    own = (a for a in evidence.alerts if a.nearness is Nearness.OWN)
    fired = [(a.firing_at, a.resolved_at or last) for a in own if a.firing_at is not None]
    spans += [Span(a, b) for a, b in fired if b > a and evidence.asked.holds(a)]
    if not spans:
        return _extent(evidence)
    whole = Span(min(s.start for s in spans), max(s.end for s in spans)).widened(_BESIDE, _BESIDE)
    return whole.clipped(evidence.covered)


def _extent(evidence: Evidence) -> Span | None:
    """Where the data lie, where that is a small part of a wide window; None where they fill it."""
    firsts = [int(np.flatnonzero(np.isfinite(s.values))[0]) for s in evidence.signals if _any(s.values)]
    if not firsts:
        return None
    start = instant(int(evidence.grid.times[min(firsts)]))
    stop = instant(max(_last_sample(s.values, s.grid) for s in evidence.signals))
    span = Span(start, max(stop, start + evidence.grid.step)).clipped(evidence.asked)
    return span if span is not None and span.length < evidence.asked.length / 2 else None


def _any(values: Values) -> bool:
    return bool(np.isfinite(values).any())


def _had_samples(evidence: Evidence) -> bool:
    """Whether the data go on to the end of what was read; past their end there is nothing to wait for."""
    return data_end(evidence) >= evidence.covered.end - max(_DATA_END, 3 * evidence.grid.step)


def data_end(evidence: Evidence) -> datetime:
    """Just after the last sample of any signal; long ago where there is none."""
    return instant(max((_last_sample(s.values, s.grid) for s in evidence.signals), default=0))


def _to_the_beginning(
    source: Source,
    evidence: Evidence,
    found: Surveyed,
    request: SurveyRequest,
    say: Callable[[str], None],
) -> tuple[Evidence, Surveyed]:
    """Reads once more lead-in where the impact was there at the first sample."""
    first = found.episodes[0] if found.episodes else None
    if first is None or instant(first.start_by) > evidence.covered.start + _NEAR_START:
        return evidence, found
    say("reading back: impact began before the lead-in")
    evidence = extend_back(source, evidence, evidence.covered.start - request.lead)
    return evidence, surveyed(evidence, evidence.presentation.policy)


def _last_sample(values: Values, grid: Grid) -> int:
    present = np.flatnonzero(np.isfinite(values))
    return grid.start_ms + (int(present[-1]) + 1) * grid.step_ms if present.size else 0
