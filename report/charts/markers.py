"""Where the numbers of the timeline's rows stand above a chart: in order, near their times, never touching.

Pure geometry in points. Labels that would touch are pushed apart as little as possible (least
squares, the pool-adjacent-violators algorithm of Ayer et al. 1955); where one would then stand too
far from its time, neighbours share a label: "3-5".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

CLEAR = 2.0
"""Least distance between two labels."""
FARTHEST = 30.0
"""How far a label may stand from its time: a leader of 12 points' height is still followed by eye."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A numbered row of the timeline at its place on the axis; `x` may lie beside the axis."""

    number: int
    x: float
    style: str
    """Labels are shared by marks of any style, and keep it where all agree."""


@dataclass(frozen=True, slots=True)
class Label:
    """One drawn label: its text, where its middle stands, and the places it points at."""

    text: str
    middle: float
    width: float
    anchors: tuple[float, ...]
    style: str
    """The style of its marks; empty where they differ."""

    @property
    def left(self) -> float:
        return self.middle - self.width / 2

    @property
    def right(self) -> float:
        return self.middle + self.width / 2

    @property
    def shift(self) -> float:
        """How far it stands from the stretch it points at."""
        return max(self.anchors[0] - self.middle, self.middle - self.anchors[-1], 0.0)


def place(marks: Sequence[Mark], lane: float, width_of: Callable[[str], float]) -> tuple[Label, ...]:
    """Labels for the marks on a lane from 0 to `lane` points, from left to right.

    `width_of` gives the width of a label with that text: it grows with the text, and three labels fit
    the lane. Marks left or right of the lane share one label at its edge, with an arrow.
    """
    groups = _grouped(sorted(marks, key=lambda mark: (mark.x, mark.number)), lane)
    while sum(width_of(_text(group, lane)) + CLEAR for group in groups) > lane + CLEAR:
        groups = _joined(groups, _pairs(groups, range(len(groups) - 1), lane))
    while True:
        labels = _spread(groups, lane, width_of)
        worst = max(range(len(labels)), key=lambda k: labels[k].shift, default=0)
        if not labels or labels[worst].shift <= FARTHEST:
            return labels
        pairs = _pairs(groups, _touching(labels, worst), lane)
        if not pairs:  # pushed away by the label of what lies beside the axis: there is no better place
            return labels
        groups = _joined(groups, pairs)


_Group = tuple[Mark, ...]


def _grouped(marks: Sequence[Mark], lane: float) -> list[_Group]:
    """Each mark alone, those beside the lane together, and so many that few steps are left to do."""
    before = tuple(mark for mark in marks if mark.x < 0)
    after = tuple(mark for mark in marks if mark.x > lane)
    inside = [mark for mark in marks if 0 <= mark.x <= lane]
    if len(inside) <= lane:
        alone: list[_Group] = [(mark,) for mark in inside]
    else:  # more marks than points: those within one point share a label whatever follows
        alone = [tuple(group) for _, group in groupby(inside, key=lambda mark: int(mark.x))]
    return [group for group in (before, *alone, after) if group]


def _is_inside(group: _Group, lane: float) -> bool:
    return 0 <= group[0].x <= lane


def _pairs(groups: list[_Group], among: Iterable[int], lane: float) -> list[int]:
    """The neighbours (k, k + 1), k in `among`, that may share a label: both on the lane."""
    return [k for k in among if _is_inside(groups[k], lane) and _is_inside(groups[k + 1], lane)]


def _joined(groups: list[_Group], pairs: list[int]) -> list[_Group]:
    """The groups with that pair made one that spans the least of the lane; of equals, the one of fewest."""
    k = min(pairs, key=lambda k: (groups[k + 1][-1].x - groups[k][0].x, len(groups[k]) + len(groups[k + 1])))
    return [*groups[:k], groups[k] + groups[k + 1], *groups[k + 2 :]]


def _touching(labels: Sequence[Label], worst: int) -> range:
    """The neighbours around `worst` that push each other, as indices of the left one of each pair."""
    first = last = worst
    while first > 0 and labels[first].left - labels[first - 1].right < CLEAR + 1e-6:
        first -= 1
    while last + 1 < len(labels) and labels[last + 1].left - labels[last].right < CLEAR + 1e-6:
        last += 1
    return range(first, last)


def _text(group: _Group, lane: float) -> str:
    numbers = sorted(mark.number for mark in group)
    first, last = numbers[0], numbers[-1]
    if len(numbers) == 1:
        words = str(first)
    elif last - first == len(numbers) - 1:
        words = f"{first}-{last}"
    else:  # rows that are not in order of time: say how many share the label, not which
        words = f"{first}+{len(numbers) - 1}"
    return words if _is_inside(group, lane) else f"\u2039{words}" if group[0].x < 0 else f"{words}\u203a"


def _spread(groups: list[_Group], lane: float, width_of: Callable[[str], float]) -> tuple[Label, ...]:
    """The labels of the groups, moved as little as possible until none touches another or an end."""
    texts = [_text(group, lane) for group in groups]
    widths = [width_of(text) for text in texts]
    anchors = [tuple(min(max(mark.x, 0.0), lane) for mark in group) for group in groups]
    middles = _least_moved([(a[0] + a[-1]) / 2 for a in anchors], widths, lane)
    styles = [group[0].style if len({mark.style for mark in group}) == 1 else "" for group in groups]
    return tuple(map(Label, texts, middles, widths, anchors, styles))


def _least_moved(wanted: Sequence[float], widths: Sequence[float], lane: float) -> list[float]:
    """Middles in order, at least `CLEAR` apart and within the lane, nearest to those wanted.

    With the room that each label needs to its left taken off, "not touching" reads "not falling", so
    the answer is the isotonic regression of what is wanted, cut at both ends.
    """
    offsets = list(accumulate(widths, initial=0.0))[:-1]
    offsets = [offset + k * CLEAR + widths[k] / 2 for k, offset in enumerate(offsets)]
    highest = lane - widths[-1] / 2 - offsets[-1] if widths else 0.0
    level = _isotonic([want - offset for want, offset in zip(wanted, offsets, strict=True)])
    return [min(max(at, 0.0), highest) + offset for at, offset in zip(level, offsets, strict=True)]


def _isotonic(values: Sequence[float]) -> list[float]:
    """The rising sequence nearest to the values: neighbours that fall are pooled at their mean."""
    pools: list[tuple[float, int]] = []
    for value in values:
        mean, size = value, 1
        while pools and pools[-1][0] > mean:
            left, left_size = pools.pop()
            mean = (left * left_size + mean * size) / (left_size + size)
            size += left_size
        pools.append((mean, size))
    return [mean for mean, size in pools for _ in range(size)]
