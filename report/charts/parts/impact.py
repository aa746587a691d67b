"""The impact in every panel and lane: shades by state, and the lines at which it starts and ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from incident.model.timeline import ImpactEpisode, Phase
from report.charts.frame import Frame, phases
from report.charts.sheet import HorizontalAlign, Room
from report.charts.style import CHANGE, END, INK, PLOT, START, STATE_EDGE, STATE_FILL, STATE_HATCH
from report.charts.words import text_width

START_DASH = "solid"
END_DASH = (0, (7, 2, 1.5, 2))
"""Dash and dot: the end is told from the start, and both from changes, without colour."""
CHANGE_DASH = (0, (2.5, 2.5))
_ABOVE_LINE = 4
"""Drawing order: shades 0, bands 1, the measured line 3, what happened 4."""


def shade(axes: Axes, frame: Frame) -> None:
    """Fill the impact by state, and draw its starts, ends and the changes through the room."""
    for episode in frame.episodes:
        for phase in phases(episode):
            if phase.returned:
                continue
            left, right = _extent(phase.start, phase.end, frame)
            if right > left:
                axes.axvspan(left, right, facecolor=STATE_FILL[phase.state], linewidth=0, zorder=0)
    for x in _inside(frame.changes, frame):
        axes.axvline(x, color=CHANGE, linewidth=0.9, linestyle=CHANGE_DASH, zorder=_ABOVE_LINE)
    for x in _inside(ends(frame), frame):
        axes.axvline(x, color=END, linewidth=1.3, linestyle=END_DASH, zorder=_ABOVE_LINE)
    for x in _inside(starts(frame), frame):
        axes.axvline(x, color=START, linewidth=1.5, linestyle=START_DASH, zorder=_ABOVE_LINE)


def starts(frame: Frame) -> tuple[datetime, ...]:
    """Measured starts; impact that was there at the first sample has none."""
    return tuple(e.start.at for e in frame.episodes if not e.began_before)


def ends(frame: Frame) -> tuple[datetime, ...]:
    return tuple(e.end.at for e in frame.episodes if e.end is not None)


def uprights(frame: Frame) -> list[float]:
    """Where `shade` draws lines from top to bottom: what is written into a room keeps clear of them."""
    return _inside((*starts(frame), *ends(frame), *frame.changes), frame)


def _inside(instants: tuple[datetime, ...], frame: Frame) -> list[float]:
    return [x for x in map(frame.axis.x, instants) if 0 <= x <= frame.axis.length]


def _extent(start: datetime, end: datetime | None, frame: Frame) -> tuple[float, float]:
    return frame.axis.clipped_x(start), frame.axis.clipped_x(frame.data_end if end is None else end)


def impact_strip(room: Room, frame: Frame, otherwise: str) -> None:
    """One bar per phase with its state in words, the times of start and end beside it.

    `otherwise` is said where there was no impact.
    """
    room.beside("impact", room.height / 2)
    if not frame.episodes:
        room.axes.text(0, room.height / 2, otherwise, va="center", color=INK)
    scale = PLOT / frame.axis.length
    edges = [_bars(room, episode, frame, scale) for episode in frame.episodes]
    for moment in _moments(frame, edges):
        ha: HorizontalAlign = "right" if moment.starts else "left"
        place = moment.x - 3 if moment.starts else moment.x + 3
        color = START if moment.starts else END
        room.axes.text(place, room.height / 2, moment.words, ha=ha, va="center", color=color)


@dataclass(frozen=True, slots=True)
class _Time:
    """The words of a start or an end, where it is, and how much room is beside it."""

    x: float
    words: str
    starts: bool
    space: float

    @property
    def fits(self) -> bool:
        return text_width(self.words) + 6 <= self.space


def _moments(frame: Frame, edges: Sequence[tuple[float, float]]) -> list[_Time]:
    """What is written: the first start and the last end where they fit, those between where all do.

    One time among eight would look as if it were more than the others.
    """
    times: list[_Time] = []
    for k, (episode, (left, right)) in enumerate(zip(frame.episodes, edges, strict=True)):
        before = edges[k - 1][1] + _time_room(frame.episodes[k - 1], frame) if k else 0.0
        after = edges[k + 1][0] if k + 1 < len(edges) else PLOT
        times.append(_Time(left, _start_words(episode, frame), True, left - before))
        times.append(_Time(right, _end_words(episode, frame), False, after - right))
    between = times[1:-1]
    shown = [*times[:1], *(between if all(t.fits for t in between) else []), *times[-1:]]
    return [time for time in shown if time.fits]


def _bars(room: Room, episode: ImpactEpisode, frame: Frame, scale: float) -> tuple[float, float]:
    """Draw the phases; the outer edges in points."""
    spans = [tuple(x * scale for x in _extent(p.start, p.end, frame)) for p in phases(episode)]
    for phase, (left, right) in zip(phases(episode), spans, strict=True):
        _bar(room, phase, left, max(right - left, 1.0))
    return spans[0][0], max(spans[-1][1], spans[0][0] + 1.0)


def _bar(room: Room, phase: Phase, left: float, width: float) -> None:
    fill = "white" if phase.returned else STATE_FILL[phase.state]
    box = Rectangle(
        (left, 0.5),
        width,
        room.height - 1,
        facecolor=fill,
        edgecolor=STATE_EDGE,
        hatch=None if phase.returned else STATE_HATCH[phase.state],
        linewidth=0.6,
    )
    room.axes.add_patch(box)
    words = "back" if phase.returned else phase.words
    if text_width(words) + 8 <= width:
        plate = {"boxstyle": "square,pad=0.12", "facecolor": fill, "linewidth": 0}
        middle = (left + width / 2, room.height / 2)
        room.axes.text(*middle, words, ha="center", va="center", color=INK, bbox=plate)


def _start_words(episode: ImpactEpisode, frame: Frame) -> str:
    return "began before" if episode.began_before else frame.axis.moment(episode.start)


def _end_words(episode: ImpactEpisode, frame: Frame) -> str:
    return "" if episode.end is None else frame.axis.moment(episode.end)


def _time_room(episode: ImpactEpisode, frame: Frame) -> float:
    return text_width(_end_words(episode, frame)) + 8
