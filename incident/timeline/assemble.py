"""Joins judgement and records into the Timeline; the last step before anything is drawn or written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from incident.alerting.detection import detection
from incident.impact.assess import Assessment, assess
from incident.impact.signals.departures import baseline_points
from incident.model.evidence import Evidence
from incident.model.facts import AlertInterval, Entered, Nearness, Unknown
from incident.model.policy import Policy
from incident.model.signals import Measure
from incident.model.spans import Moment, Span, instant
from incident.model.timeline import Compared, Event, SignalReport, Status, Timeline
from incident.text.markup.links import prometheus_graph_url
from incident.timeline.blind import gap_unknowns, service_gaps, unseen
from incident.timeline.milestones import durations, milestones
from incident.timeline.rows.conditions import condition_events, stretches
from incident.timeline.rows.measured import measured_events
from incident.timeline.rows.recorded import alert_events, change_events, entered_events, gap_events
from incident.timeline.rows.silences import silence_events, silenced
from incident.where import breakdowns

_MOST_MAIN = 14
"""A first page has about a dozen rows; what is only supporting is folded into the evidence."""
_BEFORE = timedelta(minutes=10)
_LINK_MARGIN = timedelta(minutes=30)
_NO_QUERY = ("inferred", "file ")
"""Sources that no server can be asked for."""
_ALSO = " and file "
"""Before the files that tell an alert too: behind it is nothing that a server reads."""
_KEPT = frozenset({"silence", "degraded", "worsened", "relapse", "recovered"})
"""Rows that stay on the first page however full it is."""
_NEAR = frozenset({"alert_firing", "deploy", "rollback"})
"""Rows of which the nearest to the start stay: a release train of thirty deploys would fill two pages."""


@dataclass(frozen=True, slots=True)
class Display:
    """How the timeline is shown: the zone's IANA name, and where links to graphs lead (or nowhere)."""

    zone: str
    link_base: str
    tool_version: str


def assemble(
    evidence: Evidence, policy: Policy, display: Display, entered: tuple[Entered, ...] = ()
) -> Timeline:
    """The finished Timeline of one window: the same for the same evidence, whoever asks and when."""
    judged = assess(evidence, policy)
    entered = (*evidence.entered, *entered)
    window = reported(evidence, judged, policy)
    alerts = tuple(a for a in judged.alerts if _in_window(a, window))
    gaps = service_gaps(evidence, judged, window)
    reached = milestones(judged, entered)
    hidden = silenced(evidence, alerts, window)
    held = stretches(evidence, window, policy.recovery_hold)
    rows = [
        *measured_events(evidence, judged, policy),
        *alert_events(alerts, judged, held),
        *change_events(evidence, judged, window),
        *gap_events(gaps),
        *silence_events(hidden),
        *condition_events(held, alerts, main=not judged.episodes),
    ]
    kept = [_linked(e, display, window) for e in rows if _shown(e, window)]
    return Timeline(
        tool_version=display.tool_version,
        origin=evidence.origin,
        scope=evidence.scope,
        zone=display.zone,
        asked=evidence.requested or evidence.asked,
        window=window,
        extended_because=_why_extended(evidence, judged, window),
        step=evidence.grid.step,
        scrape_interval=evidence.scrape_interval,
        baseline_span=_baseline(evidence),
        baseline_note=_baseline_note(evidence),
        policy=policy,
        status=judged.status,
        episodes=judged.episodes,
        requests=judged.requests,
        milestones=reached,
        durations=durations(reached, judged, evidence.alerts_readable),
        events=_ordered([*_limited(kept, reached.impact_start), *entered_events(entered)]),
        alerts=tuple(a for a in alerts if a.firing_at is not None and a.nearness is Nearness.OWN),
        where=breakdowns(evidence, judged),
        alerts_nearby=tuple(a for a in alerts if a.firing_at is not None and a.nearness is Nearness.NEARBY),
        alerts_elsewhere=evidence.alerts_elsewhere,
        alerts_readable=evidence.alerts_readable,
        alert_rules=evidence.alert_rules,
        rules_seen=evidence.rules_seen,
        signals=tuple(_gaps_inside(s, window) for s in judged.signals),
        unknowns=_unknowns(evidence, judged, gaps, window),
        signals_explained=evidence.signals_explained,
        conditions=held,
        silenced=hidden,
        compared=tuple(
            Compared(p.ago, p.grid.step, tuple(s.name for s in p.signals), p.note) for p in evidence.earlier
        ),
        detection=detection(evidence, judged, reached.notified.at if reached.notified else None),
        companions=evidence.companions,
        identity=evidence.presentation.identity,
    )


def _unknowns(
    evidence: Evidence,
    judged: Assessment,
    gaps: tuple[tuple[Span, tuple[str, ...]], ...],
    window: Span,
) -> tuple[Unknown, ...]:
    """All that could not be seen: of the collecting, of the data, of the users."""
    return (
        *evidence.unknowns,
        *gap_unknowns(gaps, evidence.changes, window),
        *unseen(evidence),
        *_unmeasured(judged),
    )


def reported(evidence: Evidence, judged: Assessment, policy: Policy) -> Span:
    """The asked window, widened to hold the whole impact and the hold after it."""
    start, end = evidence.asked.start, evidence.asked.end
    if judged.episodes:
        first, last = judged.episodes[0], judged.episodes[-1]
        if first.start.at < start:
            start = _minute(first.start.at - (timedelta(0) if first.began_before else _BEFORE))
        if last.end is None:
            end = min(judged.data_end, evidence.covered.end)
        elif last.end.at + policy.recovery_hold > end:
            end = _minute(last.end.at + policy.recovery_hold + timedelta(minutes=1))
    return Span(max(start, evidence.covered.start), max(end, start + timedelta(seconds=1)))


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _why_extended(evidence: Evidence, judged: Assessment, window: Span) -> str:
    reasons = ["narrowed to the impact, for a finer step"] if evidence.requested else []
    if window.start < evidence.asked.start:
        reasons.append("impact began before it")
    if window.end > evidence.asked.end:
        lasting = judged.episodes and judged.episodes[-1].end is None
        reasons.append("still going on at its end" if lasting else "recovery not held at its end")
    return " and ".join(reasons)


def _gaps_inside(report: SignalReport, window: Span) -> SignalReport:
    """The signal with the gaps a reader can see: those of the reported window."""
    inside = ((gap, gap.span.clipped(window)) for gap in report.gaps)
    return replace(report, gaps=tuple(replace(gap, span=span) for gap, span in inside if span is not None))


def _in_window(alert: AlertInterval, window: Span) -> bool:
    began = alert.pending_at or alert.firing_at
    if began is None or began >= window.end:
        return False
    return alert.resolved_at is None or alert.resolved_at > window.start


def _shown(event: Event, window: Span) -> bool:
    """Rows inside the window; an alert that was active before it keeps its rows."""
    stop = event.until or event.at + event.plus_minus
    return event.at < window.end and (stop >= window.start or event.origin == "alert")


def _linked(event: Event, display: Display, window: Span) -> Event:
    if not display.link_base or not event.query or event.query.startswith(_NO_QUERY):
        return event
    around = window.widened(_LINK_MARGIN, _LINK_MARGIN)
    query = event.query.partition(_ALSO)[0]
    return replace(event, link=prometheus_graph_url(display.link_base, query, around.start, around.end) or "")


def _limited(rows: list[Event], start: Moment | None) -> list[Event]:
    """At most a page of main rows: the least telling become supporting, latest first.

    Then alerts and deploys, those first that are farthest from the start of the impact.
    """
    main = [e for e in _ordered(rows) if e.main]
    spare = [e for e in reversed(main) if e.kind not in _KEPT | _NEAR]
    near = [e for e in reversed(main) if e.kind in _NEAR]
    if start is not None:
        near.sort(key=lambda e: abs(e.at - start.at), reverse=True)
    dropped = {e.id for e in [*spare, *near][: max(0, len(main) - _MOST_MAIN)]}
    return [replace(e, main=False) if e.id in dropped else e for e in rows]


def _ordered(rows: list[Event]) -> tuple[Event, ...]:
    """In order of time; at the same instant impact before alerts before changes, then by id."""
    origins = {"measured": 0, "alert": 1, "change": 2, "entered": 3}
    return tuple(sorted(rows, key=lambda e: (e.at, origins[e.origin.value], e.kind, e.id)))


def _baseline(evidence: Evidence) -> Span | None:
    if not evidence.signals:
        return None
    points = max(baseline_points(s, evidence) for s in evidence.signals)
    if points == 0:
        return None
    seen = [
        int(np.flatnonzero(np.isfinite(s.values))[0]) for s in evidence.signals if np.isfinite(s.values).any()
    ]
    times = evidence.grid.times
    return Span(
        instant(int(times[min(min(seen), points - 1)])),
        instant(int(times[points - 1]) + evidence.grid.step_ms),
    )


def _baseline_note(evidence: Evidence) -> str:
    without = [s.spec.name for s in evidence.signals if _judged_by_calm(evidence, s.spec.name)]
    if not without:
        return ""
    return f"no lead-in for {', '.join(without)}: the baseline is the calm part of the window"


def _judged_by_calm(evidence: Evidence, name: str) -> bool:
    series = evidence.signal(name)
    if series.spec.measure in (Measure.AVAILABILITY, Measure.PROBE):
        return False
    return baseline_points(series, evidence) == 0


def _unmeasured(judged: Assessment) -> tuple[Unknown, ...]:
    if judged.status is not Status.UNKNOWN:
        return ()
    return (Unknown("impact on users", "no user-facing signal has samples in the window"),)
