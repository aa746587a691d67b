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
    """Where words stand: points from the left end of the axis."""

    left: float
    right: float


def draw_limits(room: Room, limits: Sequence[Limit], scale: QuantityAxis, line: Trace, frame: Frame) -> None:
    """Dotted lines, each with its words where they hide less of the signal, no line and no other words."""
    height = LINE / room.height * (scale.high - scale.low)
    taken: list[tuple[_Place, float]] = []
    for limit in limits:
        room.axes.axhline(limit.value, color=THRESHOLD, linewidth=0.8, linestyle=(0, (1, 1.5)), zorder=2)
        beside = [place for place, value in taken if abs(limit.value - value) < height]
        found = _worded(limit, beside, line, height, frame)
        if found is not None:
            words, place = found
            taken.append((place, limit.value))
            _write(room.axes, limit.value, words, place)


def _worded(
    limit: Limit, beside: Sequence[_Place], line: Trace, height: float, frame: Frame
) -> tuple[str, _Place] | None:
    """The words and their place: the amount alone where its name finds no room between the lines."""
    for words in (f"{limit.name} {limit.amount}", limit.amount):
        places = [p for p in _places(text_width(words), frame) if not any(_meet(p, b) for b in beside)]
        if places:
            return words, min(places, key=lambda p: _hidden(line, limit.value, height, p, frame))
    return None


def _places(width: float, frame: Frame) -> Iterator[_Place]:
    """Both ends of every stretch between upright lines that is wide enough; those of the axis first."""
    scale = PLOT / frame.axis.length
    bounds = [0.0, *sorted(x * scale for x in uprights(frame)), PLOT]
    room = [(a + _INSET, b - _INSET) for a, b in pairwise(bounds)]
    wide = [(left, right) for left, right in room if right - left >= width]
    found = [_Place(left, left + width) for left, _ in wide] + [_Place(r - width, r) for _, r in wide]
    yield from sorted(found, key=lambda p: min(p.left, PLOT - p.right))


def _meet(one: _Place, other: _Place) -> bool:
    return one.left < other.right + _AIR and other.left < one.right + _AIR


def _hidden(line: Trace, value: float, height: float, place: _Place, frame: Frame) -> int:
    """How many samples lie where the words would."""
    left, right = (x / PLOT * frame.axis.length for x in (place.left - _AIR, place.right + _AIR))
    beside = (line.x > left) & (line.x < right)
    return int(np.count_nonzero(beside & (line.y > value - height / 4) & (line.y < value + height)))


def _write(axes: Axes, value: float, words: str, place: _Place) -> None:
    axes.annotate(
        words,
        (place.left / PLOT, value),
        xycoords=("axes fraction", "data"),
        xytext=(0, 1.5),
        textcoords="offset points",
        ha="left",
        color=THRESHOLD,
        fontsize=FONT,
        zorder=5,
        bbox={"boxstyle": "square,pad=0.05", "facecolor": "white", "alpha": 0.75, "linewidth": 0},
    )
