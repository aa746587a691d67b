"""What a series does right before and after its worst stretch, looked at without that stretch.

Twenty percent failing after eighty looks like a return to normal: beside the worse stretch it stands out
from one neighbour only. Without that stretch it stands out from both.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from incident.detect.episode import Bools, Ints
from incident.detect.verdict.judge import Verdict

MOST_LEVELS = 3
"""So many further levels of one incident are followed; each takes a look at the row."""

Judge = Callable[[Bools], list[Verdict]]
"""Disjoint verdicts on the samples of a mask (n,), by their places among these."""


def going_on(taken: list[Verdict], where: Ints, judge: Judge, near: int, rhythm: float) -> list[Verdict]:
    """The disjoint verdicts on the samples at the points `where` (n,), and those that begin or end at one.

    What lies farther from them than `near` samples stood out, or did not, without this. `rhythm` is how far
    a level may move by itself from one point to the next: while the worst lasted, the day went on.
    """
    found = list(taken)
    for _ in range(MOST_LEVELS if taken else 0):
        kept = _without(found, len(where))
        places: Ints = np.flatnonzero(kept).astype(np.int64)
        hidden = _hidden(found, places, where)
        more = [
            _placed(v, places)
            for v in judge(kept)
            if any(_belongs(v, at, near, rhythm * points) for at, points in hidden.items())
        ]
        if not more:
            break
        found += more
    return found


def _belongs(one: Verdict, joint: int, near: int, moved: float) -> bool:
    """Whether it ends where another was cut out, or goes on there farther off than the day may have moved."""
    if not one.start - near <= joint <= one.stop + near:
        return False
    return one.stop <= joint + near or one.height > moved


def _without(found: Iterable[Verdict], n: int) -> Bools:
    kept = np.ones(n, dtype=np.bool_)
    for one in found:
        kept[one.start : one.stop] = False
    return kept


def _hidden(found: Iterable[Verdict], places: Ints, where: Ints) -> dict[int, int]:
    """Where the verdicts were cut out, counted in what is left, and how many points are missing there."""
    joints = {int(np.searchsorted(places, v.start)) for v in found}
    inner = {j: 0 < j < len(places) for j in joints}
    return {j: int(where[places[j]] - where[places[j - 1]]) if inner[j] else 0 for j in joints}


def _placed(one: Verdict, places: Ints) -> Verdict:
    """The verdict at its places in the whole row."""
    start, stop = int(places[one.start]), int(places[one.stop - 1]) + 1
    core = (int(places[one.core[0]]), int(places[one.core[1] - 1]) + 1)
    return replace(one, start=start, stop=stop, stretches=((start, stop),), core=core)
