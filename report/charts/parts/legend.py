"""The key below a chart: only what the chart really shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from incident.model.timeline import EventOrigin, SignalReport, State
from report.charts.frame import Frame, phases
from report.charts.parts.impact import CHANGE_DASH, END_DASH, ends, starts
from report.charts.parts.lanes import AlertRow
from report.charts.sheet import Room
from report.charts.style import (
    ALERT,
    BAND,
    CHANGE,
    END,
    GAP_FILL,
    GAP_HATCH,
    LINE,
    MARK_EDGE,
    MARK_FACE,
    QUIET,
    START,
    STATE_EDGE,
    STATE_FILL,
    STATE_HATCH,
)
from report.charts.words import text_width

_COLUMNS = 5
_SAMPLE, _SAMPLE_HEIGHT = 14.4, 5.6
_GAP, _BETWEEN = 4.0, 11.2
"""Between a sample and its words, and between two columns."""
_EDGE = -2.0
"""A hatch at the edge of the first sample stands on the axis' left end."""
_FLOOR = 2.5
"""Below the last line, so that letters below the line are not cut."""

Handle: TypeAlias = Line2D | Rectangle
Entry = tuple[Handle, str]


def legend_height(entries: Sequence[Entry]) -> float:
    """Free height at the foot that the key takes, with air above it."""
    return 8.0 + LINE * -(-len(entries) // _COLUMNS)


def legend(room: Room, entries: Sequence[Entry]) -> None:
    """Draw the key in rows of at most five, filled column by column.

    Not matplotlib's own legend, which measures each of its boxes many times: a sixth of a figure's time.
    """
    if not entries:
        return
    rows = -(-len(entries) // _COLUMNS)
    columns = -(-len(entries) // rows)
    fewest, fuller = divmod(len(entries), columns)
    left, rest = _EDGE, list(entries)
    for column in range(columns):
        size = fewest + (column < fuller)
        inside, rest = rest[:size], rest[size:]
        for row, (handle, words) in enumerate(inside):
            middle = _FLOOR + LINE * (rows - row - 0.5)
            _handle(room, handle, left, middle)
            room.axes.text(left + _SAMPLE + _GAP, middle, words, va="center_baseline", color=QUIET)
        left += _SAMPLE + _GAP + max(text_width(words) for _, words in inside) + _BETWEEN


def _handle(room: Room, handle: Handle, left: float, middle: float) -> None:
    """The sample of a mark, a line or a fill, before its words."""
    if isinstance(handle, Rectangle):
        handle.set_bounds(left, middle - _SAMPLE_HEIGHT / 2, _SAMPLE, _SAMPLE_HEIGHT)
        room.axes.add_patch(handle)
    else:
        ends = [left + _SAMPLE / 2] if handle.get_linestyle() == "None" else [left, left + _SAMPLE]
        handle.set_data(ends, [middle] * len(ends))
        room.axes.add_line(handle)


def alert_entries(rows: Sequence[AlertRow]) -> list[Entry]:
    """Hollow and filled bars, where there are any."""
    found: list[Entry] = []
    if any(row.pending for row in rows):
        found.append((_fill("white", edgecolor=ALERT, linewidth=0.7), "alert pending"))
    if any(row.firing for row in rows):
        found.append((_fill(ALERT, edgecolor=ALERT, linewidth=0.7), "alert firing"))
    return found


def entries(frame: Frame, reports: Sequence[SignalReport], has_gaps: bool) -> list[Entry]:
    """What the frame's rows, lines and shades mean, the signals' bands, and gaps if there are any."""
    found = [*_origins(frame), *_lines(frame), *_states(frame)]
    if any(report.baseline is not None for report in reports):
        found.append((_fill(BAND, alpha=0.6), "normal range"))
    if has_gaps:
        found.append((_fill(GAP_FILL, edgecolor=GAP_HATCH, hatch="\\\\\\\\"), "no data"))
    return found


def _origins(frame: Frame) -> Iterable[Entry]:
    used = {mark.style for mark in frame.marks}
    for origin in EventOrigin:
        if origin.value in used and origin is not EventOrigin.CHANGE:  # its line is in the key
            yield _numbered(origin), f"row: {origin.value}"


def _numbered(origin: EventOrigin) -> Line2D:
    return Line2D(
        [],
        [],
        linestyle="",
        marker="o",
        markersize=7,
        markerfacecolor=MARK_FACE[origin],
        markeredgecolor=MARK_EDGE[origin],
        markeredgewidth=0.8,
    )


def _lines(frame: Frame) -> Iterable[Entry]:
    if starts(frame):
        yield Line2D([], [], color=START, linewidth=1.5), "impact starts"
    if ends(frame):
        yield Line2D([], [], color=END, linewidth=1.3, linestyle=END_DASH), "impact ends"
    if frame.changes:
        yield Line2D([], [], color=CHANGE, linewidth=0.9, linestyle=CHANGE_DASH), "change"


def _states(frame: Frame) -> Iterable[Entry]:
    used = {phase.state for episode in frame.episodes for phase in phases(episode) if not phase.returned}
    for state in State:
        if state in used:
            patch = _fill(STATE_FILL[state], edgecolor=STATE_EDGE, hatch=STATE_HATCH[state], linewidth=0.6)
            yield patch, state.words


def _fill(
    facecolor: str,
    *,
    edgecolor: str | None = None,
    hatch: str = "",
    linewidth: float | None = None,
    alpha: float | None = None,
) -> Rectangle:
    """A sample of a fill; its place is found when the key is drawn."""
    return Rectangle(
        *((0, 0), 0, 0),
        facecolor=facecolor,
        edgecolor=edgecolor,
        hatch=hatch,
        linewidth=linewidth,
        alpha=alpha,
    )
