"""Stretches of trouble beside the drafts that tell of them: what was drafted apart, or together, stays so.

Whether a service was quiet for long enough between two incidents is seen a step earlier now and later then,
and late samples may fill a gap. No draft is left behind by that, and nobody is told of the same twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from incident.fleet.model import Candidate, Firing, Standout
from incident.model.spans import Span
from report.pipeline.scan.sought.known import Known, draft_of, meeting


def as_drafted(
    candidates: Sequence[Candidate], known: tuple[Known, ...], period: Span
) -> tuple[Candidate, ...]:
    """The candidates: one that meets several drafts in a part for each, those of one draft together.

    It is parted only where each draft's impact was over before the next one's began.
    """
    alone: list[Candidate] = []
    together: dict[Path, list[Candidate]] = defaultdict(list)
    for part in (part for one in candidates for part in _parts(one, meeting(one, known, period))):
        draft = draft_of(part, known, period)
        (alone if draft is None else together[draft.directory]).append(part)
    found = (*alone, *(_joined(each) for each in together.values()))
    return tuple(sorted(found, key=lambda c: (c.start, c.member)))


def _parts(candidate: Candidate, drafts: Sequence[Known]) -> Iterator[Candidate]:
    stretches = sorted({one.stretch for one in drafts if one.start is not None})
    if len(stretches) < 2 or any(first[1] >= second[0] for first, second in pairwise(stretches)):
        yield candidate
        return
    cuts = [first[1] + (second[0] - first[1]) / 2 for first, second in pairwise(stretches)]
    for number in range(len(stretches)):
        standouts = tuple(one for one in candidate.standouts if _part_of(one, cuts) == number)
        firings = tuple(one for one in candidate.firings if _part_of(one, cuts) == number)
        if standouts or firings:
            yield _bounded(replace(candidate, standouts=standouts, firings=firings))


def _part_of(one: Standout | Firing, cuts: Sequence[datetime]) -> int:
    """By where it began: what goes on from one incident into the next is the first one's."""
    return sum(cut <= one.start for cut in cuts)


def _bounded(part: Candidate) -> Candidate:
    ones: tuple[Standout | Firing, ...] = (*part.standouts, *part.firings)
    return replace(part, start=min(one.start for one in ones), end=_last([one.end for one in ones]))


def _joined(each: Sequence[Candidate]) -> Candidate:
    """Several candidates of one draft as one."""
    if len(each) == 1:
        return each[0]
    return replace(
        each[0],
        start=min(one.start for one in each),
        end=_last([one.end for one in each]),
        standouts=tuple(standout for one in each for standout in one.standouts),
        firings=tuple(firing for one in each for firing in one.firings),
    )


def _last(ends: Sequence[datetime | None]) -> datetime | None:
    """The last of them; None while any lasts."""
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None
