"""What all charts of one draft share: the stretch of time, the impact on it, the numbered rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from incident.model.evidence import Evidence
from incident.model.spans import Span
from incident.model.timeline import Event, EventOrigin, ImpactEpisode, Phase, Timeline
from incident.text.instants import zone
from report.charts.axes.time import TimeAxis
from report.charts.markers import Mark
from report.charts.style import PLOT

_MINUTE = timedelta(minutes=1)
_LEAD = timedelta(minutes=20)
"""Least time shown before the impact: enough to see what normal was."""
_SHARE = 0.2
"""Of the impact's length, shown before it and after it; long impacts need more to stand on."""
_REACH = 0.5
"""Rows of the timeline this far beside the impact's window, in its lengths, still widen the chart."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One time axis, and what is drawn along it in every chart."""

    axis: TimeAxis
    data_end: datetime
    """Where reading ended: what lasts has its end here, marked as open."""
    episodes: tuple[ImpactEpisode, ...]
    marks: tuple[Mark, ...]
    """One per main row, x in points; the k-th main event has the number k."""
    changes: tuple[datetime, ...]
    """Instants of the main rows that are changes."""


def frame(timeline: Timeline, evidence: Evidence) -> Frame:
    """The frame of a draft's charts: around the impact, or the whole window where there was none."""
    axis = TimeAxis(_span(timeline, evidence), zone(timeline.zone))
    rows = main_rows(timeline)
    return Frame(
        axis=axis,
        data_end=evidence.covered.end,
        episodes=timeline.episodes,
        marks=tuple(
            Mark(number, axis.x(event.at) / axis.length * PLOT, event.origin.value)
            for number, event in enumerate(rows, start=1)
        ),
        changes=tuple(event.at for event in rows if event.origin is EventOrigin.CHANGE),
    )


def main_rows(timeline: Timeline) -> tuple[Event, ...]:
    """The rows that have numbers, in the order of the timeline."""
    return tuple(event for event in timeline.events if event.main)


def phases(episode: ImpactEpisode) -> tuple[Phase, ...]:
    """The episode's phases; one where none were told apart."""
    end = None if episode.end is None else episode.end.at
    return episode.phases or (Phase(episode.start.at, end, episode.state, False, None),)


def _span(timeline: Timeline, evidence: Evidence) -> Span:
    if not timeline.episodes:
        return timeline.window
    ends = [evidence.covered.end if e.end is None else e.end.at for e in timeline.episodes]
    impact = _at_least(min(e.start.at for e in timeline.episodes), max(ends))
    lead = max(_SHARE * impact.length, _LEAD)
    around = impact.widened(lead, max(lead, timeline.policy.recovery_hold))
    widened = _whole_minutes(_with_rows(around, timeline))
    return widened.clipped(_readable(timeline, evidence)) or timeline.window


def _whole_minutes(span: Span) -> Span:
    """Rounded outwards: edges of the chart are said in its alt text."""
    start = span.start.replace(second=0, microsecond=0)
    return Span(start, start + -(-(span.end - start) // _MINUTE) * _MINUTE)


def _at_least(start: datetime, end: datetime) -> Span:
    """The span, one minute long where it would be empty."""
    return Span(start, max(end, start + _MINUTE))


def _with_rows(around: Span, timeline: Timeline) -> Span:
    """Widened to the main rows near it, so that most numbers stand at their time."""
    reach = around.widened(_REACH * around.length, _REACH * around.length)
    near = [event.at for event in main_rows(timeline) if reach.holds(event.at)]
    margin = 0.02 * around.length  # a number at the very edge would be cut
    return Span(
        min([around.start, *(at - margin for at in near)]), max([around.end, *(at + margin for at in near)])
    )


def _readable(timeline: Timeline, evidence: Evidence) -> Span:
    """Everything that was read: never show time of which nothing is known."""
    return Span(
        min(evidence.covered.start, timeline.window.start), max(evidence.covered.end, timeline.window.end)
    )
