"""The summary figure: impact, signals and alerts on one time axis, the rows of the timeline numbered."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from incident.model.signals import Measure, Role
from incident.model.timeline import Status, Timeline
from report.charts.frame import Frame
from report.charts.parts.impact import impact_strip
from report.charts.parts.lanes import (
    MOST_ALERT_ROWS,
    AlertRow,
    alert_lane,
    alert_lane_height,
    alert_rows,
    clock_lane,
    clock_lane_height,
    first_alert_words,
    marker_lane,
    marker_lane_height,
)
from report.charts.parts.legend import alert_entries, entries, legend, legend_height
from report.charts.parts.panels import Measured, panel
from report.charts.parts.readings import worst_episode
from report.charts.parts.series import gaps
from report.charts.parts.titles import strip_words, title
from report.charts.sheet import Room, as_lane, sheet
from report.charts.style import HEADING_ROOM, PLOT, STRIP

_PANEL = 86.0
"""1.2 in: three panels, lanes and key fit a quarter of an A4 page with its text."""
_MOST_PANELS = 4
"""Errors, latency, traffic and one more; every signal has a chart of its own besides."""

_ALWAYS = (Measure.ERRORS, Measure.LATENCY, Measure.TRAFFIC)
_ORDER = (
    Measure.PROBE,
    Measure.AVAILABILITY,
    Measure.ERRORS,
    Measure.OTHER,
    Measure.SATURATION,
    Measure.LATENCY,
    Measure.TRAFFIC,
)
"""From what users saw to what explains it."""


def summary(timeline: Timeline, measured: Sequence[Measured], frame: Frame) -> Figure:
    """Draw the summary of a draft."""
    shown_signals = chosen(timeline, measured, frame)
    alerts = alert_rows(timeline.alerts, frame)
    reports, has_gaps = [signal.report for signal in shown_signals], _any_gaps(shown_signals, frame)
    key = entries(frame, reports, has_gaps) + alert_entries(alerts[:MOST_ALERT_ROWS])
    heights = [
        marker_lane_height(frame),
        STRIP,
        *(_PANEL for _ in shown_signals),
        alert_lane_height(alerts, frame),
        clock_lane_height(frame.axis),
        legend_height(key),
    ]
    headroom = [0.0, 1.0, *(HEADING_ROOM for _ in shown_signals), HEADING_ROOM, 2.0, 0.0]
    figure, rooms = sheet(title(timeline), heights, headroom)
    marks, strip, *panels, alert_room, clock, foot = rooms
    marker_lane(as_lane(marks), frame)
    impact_strip(as_lane(strip), frame, otherwise=strip_words(timeline))
    for room, signal in zip(panels, shown_signals, strict=True):
        panel(room, signal, frame, timeline.policy)
    _alerts(as_lane(alert_room), alerts, timeline, frame)
    clock_lane(as_lane(clock), frame.axis)
    legend(as_lane(foot), key)
    return figure


def _any_gaps(signals: Sequence[Measured], frame: Frame) -> bool:
    return any(gaps(signal.series, signal.report.gaps, frame.axis.span) for signal in signals)


def chosen(timeline: Timeline, measured: Sequence[Measured], frame: Frame) -> tuple[Measured, ...]:
    """The panels: whatever carries the impact, then errors, latency and traffic; at most four.

    Of several signals with the same measure the one that carries impact is taken, else one that left
    its baseline, else the first that has samples. Where impact is not known, every signal that was
    seen may stand.
    """
    carriers = {name for episode in timeline.episodes for name in episode.signals}
    ranked = sorted(measured, key=lambda m: _rank(m, carriers, frame))
    picked: list[Measured] = []
    for signal in ranked:
        measure = signal.report.spec.measure
        taken = any(p.report.spec.measure is measure for p in picked)
        unmeasured = timeline.status is Status.UNKNOWN  # then whatever was seen is what there is
        wanted = unmeasured or signal.report.spec.name in carriers or measure in _ALWAYS
        if wanted and (not taken or measure is Measure.OTHER):
            picked.append(signal)
    picked = (picked or ranked)[:_MOST_PANELS]
    return tuple(sorted(picked, key=lambda m: _ORDER.index(m.report.spec.measure)))


def _rank(measured: Measured, carriers: set[str], frame: Frame) -> tuple[bool, bool, bool, bool]:
    spec = measured.report.spec
    quiet = worst_episode(measured.report, frame.axis.span) is None
    return (spec.name not in carriers, measured.is_empty, quiet, spec.role is not Role.IMPACT)


def _alerts(room: Room, rows: Sequence[AlertRow], timeline: Timeline, frame: Frame) -> None:
    room.above("alerts", 0, weight="bold")
    room.above(first_alert_words(timeline), PLOT, ha="right")
    otherwise = "no alert fired" if timeline.alerts_readable else "alerts could not be read"
    alert_lane(room, rows, frame, otherwise)
