"""The lanes around the panels: numbers of rows above, alerts below, and the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from matplotlib.patches import FancyBboxPatch, Rectangle

from incident.model.facts import AlertInterval, Nearness
from incident.model.spans import Span, merged
from incident.model.timeline import EventOrigin, Timeline
from incident.text.durations import format_duration
from report.charts.axes.time import TimeAxis, axis_words, ticks
from report.charts.frame import Frame
from report.charts.markers import Label, place
from report.charts.sheet import HorizontalAlign, Room, Stroke
from report.charts.style import (
    ALERT,
    GRID,
    INK,
    LEFT,
    MARK_EDGE,
    MARK_FACE,
    MARK_TEXT,
    NEARBY,
    PLOT,
    QUIET,
    RIGHT,
)
from report.charts.words import fitted, shown, text_width

_MARKER_LANE = 29.0
"""A label of 12 points, a leader of 12, and air."""
_LABEL = 12.5
"""Height of a numbered label; a single digit in it is a circle."""
ALERT_ROW = 13.0
_FIRING, _PENDING = 9.5, 5.0
"""Heights of the bars: a name fits the filled one, and the two differ without colour."""
_CLEAR = 5.0
"""Between a bar and its name."""
MOST_ALERT_ROWS = 6
"""More alerts than that are in the table; a chart of them would be a wall."""


def label_width(text: str) -> float:
    """Width of a numbered label with its padding; never narrower than high."""
    return max(_LABEL, text_width(text, weight="bold") + 5.5)


def marker_lane_height(frame: Frame) -> float:
    """Nearly nothing where the timeline has no rows."""
    return _MARKER_LANE if frame.marks else 4.0


def marker_lane(room: Room, frame: Frame) -> tuple[Label, ...]:
    """The numbers of the timeline's rows, each with a leader to its time."""
    if frame.marks:
        room.beside("row", room.height - _LABEL / 2 - 0.5)
    labels = place(frame.marks, PLOT, label_width)
    strokes = [stroke for label in labels for stroke in _leaders(room, label)]
    room.strokes(strokes, color=QUIET, linewidth=0.7)
    for label in labels:
        _numbered(room, label)
    return labels


def _leaders(room: Room, label: Label) -> list[Stroke]:
    """From the label to its first and last time, what lies between filled, with a tick for each."""
    bottom, bend = room.height - _LABEL - 1, 3.5
    first, last = label.anchors[0], label.anchors[-1]
    top = [min(max(x, label.left + 3), label.right - 3) for x in (first, last)]
    if last > first:
        room.axes.fill([top[0], top[1], last, first], [bottom, bottom, bend, bend], color=GRID, linewidth=0)
    lines = [((start, bottom), (anchor, bend)) for start, anchor in zip(top, (first, last), strict=True)]
    return lines + [((anchor, bend), (anchor, 0.0)) for anchor in label.anchors]


def _numbered(room: Room, label: Label) -> None:
    origin = EventOrigin(label.style) if label.style else EventOrigin.MEASURED
    round_or_square = 0.1 if origin is EventOrigin.CHANGE else _LABEL / 2
    pad = min(round_or_square, _LABEL / 2 - 0.1)
    bottom = room.height - _LABEL - 0.5
    box = FancyBboxPatch(
        (label.left + pad, bottom + pad),
        label.width - 2 * pad,
        _LABEL - 2 * pad,
        boxstyle=f"round,pad={pad}",
        facecolor=MARK_FACE[origin],
        edgecolor=MARK_EDGE[origin],
        linewidth=0.8,
        clip_on=False,
    )
    room.axes.add_patch(box)
    room.axes.text(
        label.middle,
        bottom + _LABEL / 2 - 0.3,
        label.text,
        ha="center",
        va="center_baseline",
        fontweight="bold",
        color=MARK_TEXT[origin],
    )


@dataclass(frozen=True, slots=True)
class AlertRow:
    """The alerts of one name: when their condition held, and when they fired."""

    name: str
    nearby: bool
    pending: tuple[Span, ...]
    firing: tuple[Span, ...]
    still_firing: bool

    @property
    def words(self) -> str:
        """The name, with what the bars cannot say."""
        nearby = " (nearby)" if self.nearby else ""
        return self.name + nearby + (", still firing" if self.still_firing else "")


def alert_rows(alerts: Sequence[AlertInterval], frame: Frame) -> tuple[AlertRow, ...]:
    """One row per alert name seen on the axis, own service before nearby, in order of appearance."""
    named: dict[tuple[bool, str], list[AlertInterval]] = {}
    for alert in sorted(alerts, key=_first_seen):
        if _whole(alert, frame).overlaps(frame.axis.span):
            named.setdefault((alert.nearness is not Nearness.OWN, alert.name), []).append(alert)
    return tuple(_row(*key, named[key], frame) for key in sorted(named, key=lambda key: key[0]))


def _first_seen(alert: AlertInterval) -> datetime:
    seen = [at for at in (alert.pending_at, alert.firing_at, alert.resolved_at) if at is not None]
    return min(seen)


def _whole(alert: AlertInterval, frame: Frame) -> Span:
    return _span(_first_seen(alert), alert.resolved_at, frame)


def _span(start: datetime, end: datetime | None, frame: Frame) -> Span:
    """Up to the end of the data where it is open, and never empty."""
    latest = frame.data_end if end is None else end
    return Span(start, max(latest, start + frame.axis.span.length / 10_000))


def _row(nearby: bool, name: str, alerts: list[AlertInterval], frame: Frame) -> AlertRow:
    hair = frame.axis.span.length / PLOT / 2  # bars closer than half a point are one to the eye
    often = sum(a.count for a in alerts)
    pending = [_span(a.pending_at, a.firing_at or a.resolved_at, frame) for a in alerts if a.pending_at]
    firing = [_span(a.firing_at, a.resolved_at, frame) for a in alerts if a.firing_at]
    return AlertRow(
        name=shown(name, 48) + (f" \u00d7{often:,}" if often > 1 else ""),
        nearby=nearby,
        pending=merged(pending, hair),
        firing=merged(firing, hair),
        still_firing=any(a.firing_at and a.resolved_at is None for a in alerts),
    )


def alert_lane_height(rows: Sequence[AlertRow], frame: Frame) -> float:
    lines = sum(_lines(row, frame) for row in rows[:MOST_ALERT_ROWS]) + (len(rows) > MOST_ALERT_ROWS)
    return ALERT_ROW * max(1, lines)


def _lines(row: AlertRow, frame: Frame) -> int:
    return 2 if _name_place(row, frame) is None else 1


def alert_lane(room: Room, rows: Sequence[AlertRow], frame: Frame, otherwise: str) -> None:
    """A row per alert: hollow while pending, filled while firing. `otherwise` where there is none."""
    if not rows:
        room.axes.text(0, room.height / 2, otherwise, va="center", color=INK)
    else:
        _ruled_through(room, frame.axis)
    top = room.height
    for row in rows[:MOST_ALERT_ROWS]:
        bottom = top - ALERT_ROW * _lines(row, frame)
        _alert_bars(room, row, frame, bottom + ALERT_ROW / 2)
        _alert_name(room, row, _name_place(row, frame), top, bottom)
        top = bottom
    if len(rows) > MOST_ALERT_ROWS:
        more = f"and {len(rows) - MOST_ALERT_ROWS} more alerts, see the table"
        room.axes.text(0, ALERT_ROW / 2, more, va="center", color=QUIET)


def _points(span: Span, axis: TimeAxis) -> tuple[float, float]:
    scale = PLOT / axis.length
    return axis.clipped_x(span.start) * scale, axis.clipped_x(span.end) * scale


def _alert_bars(room: Room, row: AlertRow, frame: Frame, middle: float) -> None:
    ink = NEARBY if row.nearby else ALERT
    seen = [(span, _PENDING, "white") for span in row.pending]
    seen += [(span, _FIRING, ink) for span in row.firing]
    for span, height, face in seen:
        if not span.overlaps(frame.axis.span):
            continue
        left, right = _points(span, frame.axis)
        room.axes.add_patch(
            Rectangle(
                (left, middle - height / 2),
                max(right - left, 1.0),
                height,
                facecolor=face,
                edgecolor=ink,
                linewidth=0.7,
            )
        )


@dataclass(frozen=True, slots=True)
class _NamePlace:
    """Where a name stands beside or on the bars of its row."""

    x: float
    ha: HorizontalAlign
    color: str = INK


def _name_place(row: AlertRow, frame: Frame) -> _NamePlace | None:
    """Where the name hides nothing: before the bars, behind them, in the widest; None where nowhere."""
    bars = [_points(s, frame.axis) for s in row.pending + row.firing if s.overlaps(frame.axis.span)]
    firing = [_points(s, frame.axis) for s in row.firing if s.overlaps(frame.axis.span)]
    left, right = min(bar[0] for bar in bars), max(bar[1] for bar in bars)
    widest = max(firing, key=lambda bar: bar[1] - bar[0], default=(0.0, 0.0))
    width = text_width(row.words)
    if width + _CLEAR <= left + LEFT - 2:
        return _NamePlace(left - _CLEAR, "right")
    if width + _CLEAR <= PLOT + RIGHT - 2 - right:
        return _NamePlace(right + _CLEAR, "left")
    if width + 2 * _CLEAR <= widest[1] - widest[0]:
        return _NamePlace(widest[0] + _CLEAR, "left", "white")
    return None


def _alert_name(room: Room, row: AlertRow, place: _NamePlace | None, top: float, bottom: float) -> None:
    """The name at its place in the row, or on a line of its own above the bars."""
    found = place or _NamePlace(0, "left")
    y = (bottom if place else top - ALERT_ROW) + ALERT_ROW / 2
    room.axes.text(found.x, y, fitted(row.words, PLOT), ha=found.ha, va="center", color=found.color)


def first_alert_words(timeline: Timeline) -> str:
    """The gap between the first two clocks: how long it hurt before an alert fired."""
    start, alert = timeline.milestones.impact_start, timeline.milestones.first_alert_firing
    if start is None or alert is None:
        return ""
    waited = timedelta(seconds=round((alert.at - start.at).total_seconds()))
    if waited < timedelta(0):
        return f"first alert fired {format_duration(-waited)} before impact was measured"
    return f"first alert fired {format_duration(waited)} after impact began"


def clock_lane_height(axis: TimeAxis) -> float:
    """Ticks, their labels, a date below some of them, and the words of the zone."""
    return 26.0 + (10.0 if any("\n" in tick.label for tick in ticks(axis)) else 0.0)


def clock_lane(room: Room, axis: TimeAxis) -> None:
    """The time axis itself: ticks, their times, and below them the day and the zone."""
    room.axes.plot([0, PLOT], [room.height, room.height], color=QUIET, linewidth=0.8, clip_on=False)
    scale = PLOT / axis.length
    marked = ticks(axis)
    short = [((t.x * scale, room.height), (t.x * scale, room.height - 3)) for t in marked]
    room.strokes(short, color=QUIET, linewidth=0.8)
    for tick in marked:
        x = tick.x * scale
        half = max(map(text_width, tick.label.split("\n"))) / 2
        x = min(max(x, half - LEFT + 2), PLOT + RIGHT - half - 2)  # a date at the edge is not cut
        room.axes.text(x, room.height - 5, tick.label, ha="center", va="top", color=INK, linespacing=1.15)
    room.axes.text(PLOT / 2, 1, axis_words(axis), ha="center", va="bottom", color=QUIET)


def _ruled_through(room: Room, axis: TimeAxis) -> None:
    """The verticals of the time ticks through a lane, so that a bar is read against the clock."""
    scale = PLOT / axis.length
    through = [((t.x * scale, 0.0), (t.x * scale, room.height)) for t in ticks(axis)]
    room.strokes(through, color=GRID, linewidth=0.5, zorder=0)
