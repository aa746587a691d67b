"""What a series does right before and after its worst stretch, looked at without that stretch.

Twenty percent failing after eighty looks like a return to normal: beside the worse stretch it stands out
from one neighbour only. Without that stretch it stands out from both.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from incident.detect.episode import Bools, Ints
from incident.detect.judge import Verdict

MOST_LEVELS = 3
"""So many further levels of one incident are followed; each takes a look at the row."""

Judge = Callable[[Bools], list[Verdict]]
"""Disjoint verdicts on the samples of a mask (n,), by their places among these."""


def going_on(taken: list[Verdict], n: int, judge: Judge, near: int) -> list[Verdict]:
    """The disjoint verdicts on a row of `n` samples, and those that begin or end where one of them does.

    What lies farther from them than `near` samples stood out, or did not, without this.
    """
    found = list(taken)
    for _ in range(MOST_LEVELS if taken else 0):
        kept = _without(found, n)
        places: Ints = np.flatnonzero(kept).astype(np.int64)
        joints = {int(np.searchsorted(places, v.start)) for v in found}
        more = [_placed(v, places) for v in judge(kept) if _touches(v, joints, near)]
        if not more:
            break
        found += more
    return found


def _without(found: Iterable[Verdict], n: int) -> Bools:
    kept = np.ones(n, dtype=np.bool_)
    for one in found:
        kept[one.start : one.stop] = False
    return kept


def _touches(one: Verdict, joints: set[int], near: int) -> bool:
    return any(one.start - near <= joint <= one.stop + near for joint in joints)


def _placed(one: Verdict, places: Ints) -> Verdict:
    """The verdict at its places in the whole row."""
    start, stop = int(places[one.start]), int(places[one.stop - 1]) + 1
    return replace(one, start=start, stop=stop, stretches=((start, stop),))
