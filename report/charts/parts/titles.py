"""The title of a chart, also where there is no impact to name."""

from __future__ import annotations

from datetime import timedelta

from incident.model.timeline import SignalReport, Status, Timeline
from incident.text.durations import as_known, format_duration
from report.charts.style import HEADING, PLOT
from report.charts.words import fitted, shown

_ROOM = PLOT + 30
"""A title begins left of the axis."""


def title(timeline: Timeline) -> str:
    """`payments: partial outage`, so that a picture passed on alone still says what it is."""
    state = timeline.state
    if state is not None:
        words = f"{state.words}, {_how_long(timeline)}"
    else:
        words = "no impact measured" if timeline.status is Status.NO_IMPACT else "impact not known"
    return fitted(f"{shown(timeline.scope.service)}: {words}", _ROOM, HEADING, "bold")


def _how_long(timeline: Timeline) -> str:
    """`2 h 25 min 30 s`; the sum where impact came back, no sum where an end or a start is not known."""
    if timeline.status is Status.ONGOING:
        return "still going on" if timeline.episodes[-1].quiet_since is None else "back but not yet held"
    ends = [(e.start, e.end) for e in timeline.episodes if e.end is not None]
    parts = sum((end.at - start.at for start, end in ends), timedelta(0))
    off = sum((start.plus_minus + end.plus_minus for start, end in ends), timedelta(0))
    least = "at least " if any(e.began_before or e.end is None for e in timeline.episodes) else ""
    several = f" in {len(timeline.episodes)} stretches" if len(timeline.episodes) > 1 else ""
    return f"{least}{format_duration(as_known(parts, off))}{several}"


def strip_words(timeline: Timeline) -> str:
    """What stands in the impact's lane where no impact does."""
    return "none measured" if timeline.status is Status.NO_IMPACT else "not known"


def single_title(timeline: Timeline, report: SignalReport) -> str:
    """`payments: p99`."""
    words = f"{shown(timeline.scope.service)}: {shown(report.spec.name)}"
    return fitted(words, _ROOM, HEADING, "bold")
