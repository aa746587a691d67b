"""The key below a chart: only what the chart really shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from incident.model.timeline import EventOrigin, SignalReport, State
from report.charts.frame import Frame, phases
from report.charts.parts.impact import CHANGE_DASH, END_DASH, ends, starts
from report.charts.parts.lanes import AlertRow
from report.charts.style import (
    ALERT,
    BAND,
    CHANGE,
    END,
    FONT,
    GAP_FILL,
    GAP_HATCH,
    LEFT,
    LINE,
    MARK_EDGE,
    MARK_FACE,
    QUIET,
    START,
    STATE_EDGE,
    STATE_FILL,
    STATE_HATCH,
    WIDTH,
)

_COLUMNS = 5

Entry = tuple[Artist, str]


def legend_height(entries: Sequence[Entry]) -> float:
    """Free height at the foot that the key takes, with air above it."""
    return 8.0 + LINE * -(-len(entries) // _COLUMNS)


def legend(figure: Figure, entries: Sequence[Entry]) -> None:
    """Draw the key at the foot of the figure, in rows of five."""
    if not entries:
        return
    handles, words = [entry[0] for entry in entries], [entry[1] for entry in entries]
    rows = -(-len(entries) // _COLUMNS)
    figure.legend(
        handles,
        words,
        loc="lower left",
        bbox_to_anchor=((LEFT - 6) / WIDTH, 0.0),
        ncols=-(-len(entries) // rows),
        frameon=False,
        fontsize=FONT,
        labelcolor=QUIET,
        handlelength=1.8,
        handletextpad=0.5,
        columnspacing=1.4,
        borderaxespad=0.3,
        borderpad=0.2,
    )


def alert_entries(rows: Sequence[AlertRow]) -> list[Entry]:
    """Hollow and filled bars, where there are any."""
    found: list[Entry] = []
    if any(row.pending for row in rows):
        found.append((Patch(facecolor="white", edgecolor=ALERT, linewidth=0.7), "alert pending"))
    if any(row.firing for row in rows):
        found.append((Patch(facecolor=ALERT, edgecolor=ALERT, linewidth=0.7), "alert firing"))
    return found


def entries(frame: Frame, reports: Sequence[SignalReport], has_gaps: bool) -> list[Entry]:
    """What the frame's rows, lines and shades mean, the signals' bands, and gaps if there are any."""
    found = [*_origins(frame), *_lines(frame), *_states(frame)]
    if any(report.baseline is not None for report in reports):
        found.append((Patch(facecolor=BAND, alpha=0.6), "normal range"))
    if has_gaps:
        found.append((Patch(facecolor=GAP_FILL, edgecolor=GAP_HATCH, hatch="\\\\\\\\"), "no data"))
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
    used = {phase.state for episode in frame.episodes for phase in phases(episode)}
    for state in State:
        if state in used:
            patch = Patch(
                facecolor=STATE_FILL[state], edgecolor=STATE_EDGE, hatch=STATE_HATCH[state], linewidth=0.6
            )
            yield patch, state.words
