"""One candidate to one draft, new or refreshed, or to the line that says why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from collector.errors import AmbiguousService, NoData, QueryRejected
from collector.reading.survey import SurveyRequest
from collector.source import Source
from incident.fleet.model import Candidate, Standout
from incident.model.evidence import Evidence, Presentation
from incident.model.signals import Measure
from incident.model.spans import Span
from incident.model.timeline import ImpactEpisode, State, Status, Timeline
from incident.text.durations import format_duration
from incident.text.numbers import digits, percent, quantity
from incident.text.promql import Matcher
from report.pipeline.asked.forms import formed
from report.pipeline.asked.window import TAIL, lead_for
from report.pipeline.collecting import collect
from report.pipeline.flow import draft, judged
from report.pipeline.kept.texts import DRAFT
from report.pipeline.merging import Outcome as Written
from report.pipeline.scan.known import Known, settled, window_for
from report.pipeline.scan.outcome import Change, Drafted, StoodOut
from report.pipeline.scan.wanted import LATE_SAMPLES, Wanted
from report.pipeline.studio import Draw
from report.render import found
from report.write import LockHeld

_ENOUGH = 2
"""Signals that must agree where no alert fired: one alone is often a measurement's own trouble."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What every candidate needs to become a draft."""

    source: Source
    wanted: Wanted
    version: str
    now: datetime
    say: Callable[[str], None]
    draw: Draw
    namesakes: frozenset[str]
    """Names that several services of the fleet bear."""


def handled(
    candidate: Candidate, one: Known | None, scope: tuple[str, ...], desk: Desk
) -> Drafted | StoodOut:
    """Looks closely and drafts where it is worth it; a draft that is there is refreshed in any case.

    `scope` are the matchers of the fleet and those that tell the service from others of its name.
    Raises the source's error when the source is gone, and OutputError.
    """
    period = desk.wanted.period
    if one is not None and settled(candidate, one):
        return Drafted(one.directory / DRAFT, one.service, Change.UNCHANGED, "")
    desk.say(f"looking closely at {candidate.member}")
    try:
        evidence = _collected(candidate, window_for(candidate, one, period), scope, desk)
        timeline = judged(evidence, desk.version)
        why = "" if one is not None else not_drafted(timeline, desk.wanted.settings.min_impact)
        if why:
            return stood_out(candidate, why, desk.namesakes)
        return _drafted(evidence, one, desk)
    except (NoData, AmbiguousService, QueryRejected, LockHeld) as error:
        if one is not None:
            return Drafted(one.directory / DRAFT, one.service, Change.UNCHANGED, str(error), partial=True)
        return stood_out(candidate, str(error), desk.namesakes)


def _collected(candidate: Candidate, asked: Span, scope: tuple[str, ...], desk: Desk) -> Evidence:
    settings = desk.wanted.settings
    request = SurveyRequest(
        service=candidate.member.service,
        matchers=scope,
        asked=asked,
        lead=lead_for(asked, None),
        tail=max(TAIL, settings.policy.recovery_hold + timedelta(minutes=5)),
        wanted=settings.signals,
        discovery=settings.discovery,
        tenant=settings.tenant,
    )
    shown = formed(Presentation(settings.timezone.key, settings.link_base, settings.policy, ""), settings)
    # The newest minutes are left out here as well: what is late in them would look like lost traffic.
    evidence = collect(desk.source, request, shown, now=desk.now - LATE_SAMPLES, say=desk.say)
    return replace(evidence, origin=replace(evidence.origin, collected_at=desk.now))


def _drafted(evidence: Evidence, one: Known | None, desk: Desk) -> Drafted:
    settings = desk.wanted.settings
    made = draft(evidence, settings.output, version=desk.version, now=desk.now, say=desk.say, draw=desk.draw)
    fresh = Change.REFRESHED if made.place.exists or one is not None else Change.NEW
    change = {
        Written.WRITTEN: fresh,
        Written.UNCHANGED: Change.UNCHANGED,
        Written.HUMAN_NEEDED: Change.LEFT,
    }[made.published.outcome]
    partial = any(unknown.failed for unknown in made.timeline.unknowns)
    line = f"{made.timeline.scope.service}: {found(made.timeline)}"
    return Drafted(made.published.draft, made.timeline.scope.service, change, line, partial)


def matchers_of(candidate: Candidate, fleet: tuple[str, ...], namesakes: frozenset[str]) -> tuple[str, ...]:
    """The scope of a candidate: the fleet's, and its own place where others bear its name."""
    if candidate.member.service not in namesakes:
        return fleet
    own = (Matcher(name, "=", value).render() for name, value in candidate.member.place)
    return tuple(dict.fromkeys((*fleet, *own)))


def not_drafted(timeline: Timeline, min_impact: timedelta) -> str:
    """Why the judgement is no draft of its own; empty where it is.

    Two signals that agree or an alert are needed, and that it was long enough. Where at least a quarter
    of the requests failed, or the service was down, that speaks for itself.
    """
    alerted = timeline.milestones.first_alert_firing is not None
    if timeline.status is Status.UNKNOWN:
        return "" if any(a.firing_at for a in timeline.alerts) else "impact could not be measured"
    if not timeline.episodes:
        fired = any(a.firing_at for a in timeline.alerts)
        return "an alert fired, but no impact was measured" if fired else "no impact in the raw samples"
    lasted = _impacted(timeline)
    if lasted < min_impact:
        return f"impact of {format_duration(lasted)}, less than {format_duration(min_impact)}"
    signals = {name for episode in timeline.episodes for name in _carrying(timeline, episode)}
    if alerted or len(signals) >= _ENOUGH or any(e.state is not State.DEGRADED for e in timeline.episodes):
        return ""
    return f"only {', '.join(sorted(signals))} departed, and no alert fired"


def _impacted(timeline: Timeline) -> timedelta:
    ends = ((e.end.at if e.end else timeline.window.end) - e.start.at for e in timeline.episodes)
    return sum(ends, timedelta(0))


def _carrying(timeline: Timeline, episode: ImpactEpisode) -> set[str]:
    """The signals that carry the episode, and those that departed while it lasted."""
    start, end = episode.start.at, episode.end.at if episode.end else timeline.window.end
    also = {
        signal.spec.name
        for signal in timeline.signals
        for one in signal.episodes
        if one.impact and one.start < end and (one.end is None or one.end > start)
    }
    return also | set(episode.signals)


def stood_out(candidate: Candidate, why: str, namesakes: frozenset[str]) -> StoodOut:
    """The candidate as a line: what was seen of it in the screening."""
    alerts = tuple(dict.fromkeys(f"alert {one.name}" for one in candidate.firings))
    parts = (*(_seen(one) for one in _worst(candidate)), *alerts)
    member = candidate.member
    name = str(member) if member.service in namesakes else member.service
    return StoodOut(name, candidate.start, candidate.end, ", ".join(parts), why)


def _worst(candidate: Candidate) -> list[Standout]:
    """The largest standout of each measure."""
    return [
        max((o for o in candidate.standouts if o.measure is measure), key=lambda o: abs(o.inside - o.before))
        for measure in candidate.measures
    ]


def _seen(one: Standout) -> str:
    if one.measure is Measure.AVAILABILITY:
        return "all targets down"
    if one.measure is Measure.ERRORS:
        return f"errors {percent(one.inside)} instead of {percent(one.before)}"
    if one.measure is Measure.TRAFFIC:
        return f"traffic {quantity(one.inside, 'req/s')} instead of {quantity(one.before, 'req/s')}"
    return f"mean latency {digits(one.inside / one.before)} times the usual"
