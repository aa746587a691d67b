"""The thresholds of a panel: a dotted line each, and its words where they touch nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes

from report.charts.axes.quantity import QuantityAxis
from report.charts.frame import Frame
from report.charts.parts.impact import uprights
from report.charts.parts.series import Trace
from report.charts.sheet import Room
from report.charts.style import FONT, LINE, PLOT, THRESHOLD
from report.charts.words import text_width

_INSET = 3.0
"""Points between the words and the end of the axis or an upright line."""
_AIR = 1.0
"""How much wider than its letters a text is drawn, to each side: its plate."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A value that decides a signal's state: "partial outage", "25 %"."""

    value: float
    name: str
    amount: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Where words stand: points from the left end of the axis, and values of the signal."""

    left: float
    right: float
    low: float
    high: float
    """The value whose line they stand on, or below which they hang, is one of these two."""


def draw_limits(room: Room, limits: Sequence[Limit], scale: QuantityAxis, line: Trace, frame: Frame) -> None:
    """Dotted lines, each with its words where they hide less of the signal, no line and no other words."""
    height = LINE / room.height * (scale.high - scale.low)
    taken: list[_Place] = []
    for limit in limits:
        room.axes.axhline(limit.value, color=THRESHOLD, linewidth=0.8, linestyle=(0, (1, 1.5)), zorder=2)
        sides = [
            s for s in _sides(limit.value, height) if scale.low <= s[0] and s[1] <= scale.high + height / 2
        ]
        found = _worded(limit, sides or _sides(limit.value, height)[:1], taken, line, frame)
        if found is not None:
            words, place = found
            taken.append(place)
            _write(room.axes, limit.value, words, place)


def _sides(value: float, height: float) -> list[tuple[float, float]]:
    """Above the line, and below it."""
    return [(value, value + height), (value - height, value)]


def _worded(
    limit: Limit, sides: Sequence[tuple[float, float]], taken: Sequence[_Place], line: Trace, frame: Frame
) -> tuple[str, _Place] | None:
    """The words and their place: the amount alone where its name finds no room between the lines."""
    for words in (f"{limit.name} {limit.amount}", limit.amount):
        stretches = list(_stretches(text_width(words), frame))
        places = [_Place(left, right, *side) for side in sides for left, right in stretches]
        free = [place for place in places if not any(_meet(place, other) for other in taken)]
        if free:
            return words, min(free, key=lambda p: _hidden(line, p, frame))
    return None


def _stretches(width: float, frame: Frame) -> Iterator[tuple[float, float]]:
    """Both ends of every room between upright lines that is wide enough; those of the axis first."""
    scale = PLOT / frame.axis.length
    bounds = [0.0, *sorted(x * scale for x in uprights(frame)), PLOT]
    rooms = [(a + _INSET, b - _INSET) for a, b in pairwise(bounds) if b - a - 2 * _INSET >= width]
    found = [(left, left + width) for left, _ in rooms] + [(right - width, right) for _, right in rooms]
    yield from sorted(found, key=lambda each: min(each[0], PLOT - each[1]))


def _meet(one: _Place, other: _Place) -> bool:
    beside = one.right + _AIR <= other.left or other.right + _AIR <= one.left
    return not beside and one.low < other.high and other.low < one.high


def _hidden(line: Trace, place: _Place, frame: Frame) -> int:
    """How much of the line, in points, runs where the words would."""
    if line.x.size == 0:
        return 0
    points = np.arange(place.left - _AIR, place.right + _AIR)
    y = np.interp(points / PLOT * frame.axis.length, line.x, line.y, left=np.nan, right=np.nan)
    air = (place.high - place.low) / 4
    return int(np.count_nonzero((y > place.low - air) & (y < place.high + air)))


def _write(axes: Axes, value: float, words: str, place: _Place) -> None:
    above = place.low == value
    axes.annotate(
        words,
        (place.left / PLOT, value),
        xycoords=("axes fraction", "data"),
        xytext=(0, 1.5 if above else -1.5),
        textcoords="offset points",
        ha="left",
        va="baseline" if above else "top",
        color=THRESHOLD,
        fontsize=FONT,
        zorder=5,
        bbox={"boxstyle": "square,pad=0.05", "facecolor": "white", "alpha": 0.75, "linewidth": 0},
    )
