"""Turns one candidate into a draft, new or refreshed, or into the line that says why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from collector.errors import AmbiguousService, ConfigError, NoData, QueryRejected
from collector.reading.survey import SurveyRequest
from collector.source import Source
from incident.fleet.model import Candidate
from incident.model.companions import Companion
from incident.model.evidence import Evidence, Presentation
from incident.model.spans import Span
from incident.model.timeline import ImpactEpisode, State, Status, Timeline
from incident.text.durations import format_duration
from report.merge import HumanNeeded
from report.pipeline.asked.forms import formed
from report.pipeline.asked.window import lead_for
from report.pipeline.collecting import collect, data_end
from report.pipeline.flow import draft, judged
from report.pipeline.kept.texts import DRAFT
from report.pipeline.merging import Outcome as Written
from report.pipeline.publishing import left_alone
from report.pipeline.scan.outcome import Change, Drafted, Failure, StoodOut
from report.pipeline.scan.sought.known import Bounds, Known, until_silent, window_for
from report.pipeline.scan.told.lines import stood_out
from report.pipeline.scan.wanted import LATE_SAMPLES, Wanted
from report.pipeline.studio import Draw
from report.render import found
from report.write import LockHeld, OutputError, its_own

if TYPE_CHECKING:
    from report.charts import Chart

_COSTS_ITS_OWN = (NoData, AmbiguousService, QueryRejected, LockHeld)
"""What costs one candidate only; anything else is the source's or the disk's."""
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
    draws_beside: bool
    """Whether drawing takes place in other processes, so that it may be asked for by any thread."""
    namesakes: frozenset[str]
    """Names that several services of the fleet bear."""
    spent: Callable[[], str]
    """Why no further look is to be begun; empty while there may be more."""


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """One candidate, looked at closely and worth a draft: all but the writing."""

    evidence: Evidence
    timeline: Timeline
    charts: tuple[Chart, ...] | None
    """None: not drawn yet."""

    def with_companions(self, found: tuple[Companion, ...]) -> Ready:
        """The same, told of the services that began together with it."""
        evidence = replace(self.evidence, companions=found)
        return replace(self, evidence=evidence, timeline=replace(self.timeline, companions=found))


def looked_at(
    candidate: Candidate, one: Known | None, scope: tuple[str, ...], desk: Desk
) -> Ready | Drafted | StoodOut:
    """Looks closely; a draft that is there is refreshed in any case. Reads only, so that several may.

    `scope` are the matchers of the fleet and those that tell the service from others of its name.
    Raises the source's error when the source is gone.
    """
    if why := desk.spent():
        return replace(stood_out(candidate, why, desk.namesakes), put_off=True)
    desk.say(f"looking closely at {candidate.member}")
    try:
        evidence, timeline = _seen(candidate, one, scope, desk)
    except _COSTS_ITS_OWN as error:
        return _given_up(candidate, one, error, desk)
    why = "" if one is not None else not_drafted(timeline, desk.wanted.settings.min_impact)
    if why:
        told = stood_out(candidate, why, desk.namesakes)
        return replace(told, final=not any(unknown.failed for unknown in timeline.unknowns))
    # A draft that is there may hold what people entered: its charts are drawn when its place is known.
    early = desk.draws_beside and one is None
    return Ready(evidence, timeline, desk.draw(timeline, evidence) if early else None)


def drafted(
    ready: Ready, candidate: Candidate, one: Known | None, desk: Desk
) -> Drafted | StoodOut | Failure:
    """The draft on disk, or why it is not there. Raises OutputError where no other can be written either."""
    try:
        return _drafted(ready, one, desk)
    except (HumanNeeded, ConfigError) as error:  # two directories of one draft; notes that cannot be read
        path = one.draft if one is not None else desk.wanted.settings.output
        return Drafted(path, candidate.member.service, Change.LEFT, "", left=str(error))
    except _COSTS_ITS_OWN as error:
        return _given_up(candidate, one, error, desk)
    except OutputError as error:
        if not its_own(error):
            raise
        return Failure(candidate.member.service, str(error))


def _given_up(candidate: Candidate, one: Known | None, error: Exception, desk: Desk) -> Drafted | StoodOut:
    if one is not None:
        return Drafted(one.directory / DRAFT, one.service, Change.UNCHANGED, str(error), partial=True)
    return stood_out(candidate, str(error), desk.namesakes)


def _seen(
    candidate: Candidate, one: Known | None, scope: tuple[str, ...], desk: Desk
) -> tuple[Evidence, Timeline]:
    """The evidence and its judgement, of the window that the measured impact asks for.

    Where the screening's bounds led to another one, that is read instead: the same incident is to have the
    same evidence, whenever a run met it first.
    """
    period = desk.wanted.period
    window = window_for(candidate, (one.start, one.end) if one is not None else (None, None), period)
    evidence = _collected(candidate, window, scope, desk)
    timeline = judged(evidence, desk.version)
    measured = until_silent(window_for(candidate, _bounds(timeline), period), data_end(evidence))
    if measured != window and (one is not None or not not_drafted(timeline, desk.wanted.settings.min_impact)):
        evidence = _collected(candidate, measured, scope, desk)
        timeline = judged(evidence, desk.version)
    return evidence, timeline


def _bounds(timeline: Timeline) -> Bounds:
    if not timeline.episodes:
        return None, None
    end = timeline.episodes[-1].end
    return timeline.episodes[0].start.at, end.at if end is not None else None


def _collected(candidate: Candidate, asked: Span, scope: tuple[str, ...], desk: Desk) -> Evidence:
    settings = desk.wanted.settings
    request = SurveyRequest(
        service=candidate.member.service,
        matchers=scope,
        asked=asked,
        lead=lead_for(asked),
        tail=desk.wanted.tail,
        wanted=settings.signals,
        discovery=settings.discovery,
        tenant=settings.tenant,
    )
    shown = formed(Presentation(settings.timezone.key, settings.link_base, settings.policy, ""), settings)
    # The newest minutes are left out here as well: what is late in them would look like lost traffic.
    evidence = collect(desk.source, request, shown, now=desk.now - LATE_SAMPLES, say=desk.say)
    return replace(evidence, origin=replace(evidence.origin, collected_at=desk.now))


def _drafted(ready: Ready, one: Known | None, desk: Desk) -> Drafted:
    def drawn(timeline: Timeline, evidence: Evidence) -> tuple[Chart, ...]:
        # Rows that are the same object: since then the judgement only got its id.
        same = ready.charts is not None and timeline.events is ready.timeline.events
        return ready.charts if same and ready.charts else desk.draw(timeline, evidence)

    made = draft(
        ready.evidence,
        desk.wanted.settings.output,
        version=desk.version,
        now=desk.now,
        say=desk.say,
        draw=drawn,
        timeline=ready.timeline,
        anew=False,
    )
    fresh = Change.REFRESHED if made.place.exists or one is not None else Change.NEW
    change = {
        Written.WRITTEN: fresh,
        Written.UNCHANGED: Change.UNCHANGED,
        Written.HUMAN_NEEDED: Change.LEFT,
    }[made.published.outcome]
    partial = any(unknown.failed for unknown in made.timeline.unknowns)
    left = left_alone(made.published) if change is Change.LEFT else ""
    line = f"{made.timeline.scope.service}: {found(made.timeline)}"
    return Drafted(made.published.draft, made.timeline.scope.service, change, line, partial, left)


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
    return f"only {', '.join(sorted(signals))} left the normal range, and no alert fired"


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
