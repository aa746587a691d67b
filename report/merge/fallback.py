"""Drafts that came back without their anchors, or with some of them: from a wiki, a mail, an editor.

Blocks are found again by their first line where it is one of a kind, and else by aligning the whole
draft with its base.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from report.merge.joining import orphans
from report.merge.joining.diff3 import alike
from report.merge.reading.blocks import ORPHANS, Block, Draft, anchor_of, blocks_of
from report.merge.reading.lines import Line, meant, read_lines

_ENOUGH = 0.6
"""Share of a base's lines that a draft must still have: below, another base or none may be the right one."""
_REWORDED = 0.5
"""Likeness of a block's first line to an edited one."""
_STILL_THERE = 0.5
"""Share of a block's lines from which it counts as kept although its first line is gone."""


def best_base(existing: str, bases: Sequence[str]) -> int | None:
    """The base that a draft without a generation was made from: which shares most lines with it.

    The later one of equals. None where no base has 60 % of its lines in the draft.
    """
    mine = Counter(meant(read_lines(existing)))
    shares = [(_share(mine, base), number) for number, base in enumerate(bases)]
    share, number = max(shares, default=(0.0, -1))
    return number if share >= _ENOUGH else None


def _share(mine: Counter[str], base: str) -> float:
    theirs = Counter(meant(read_lines(base)))
    return (theirs & mine).total() / theirs.total() if theirs else 0.0


def reanchored(draft: Draft, base: Draft) -> Draft:
    """The draft with the anchors it has lost, before the lines that their blocks begin with.

    A block none of whose lines is found stays lost: somebody deleted it.
    """
    keys = draft.keys
    missing = [block for block in base.blocks if block.key not in keys]
    lines = draft.lines
    places = _landmarks(lines, base, missing)
    left = [block for block in missing if block.key not in places.values()]
    if left:
        places |= _Alignment.of(lines, base, places).places(left)
    if ORPHANS not in keys:  # no block of the base
        places |= dict.fromkeys(_only(n for n, line in enumerate(lines) if orphans.is_heading(line)), ORPHANS)
    if not places:
        return draft
    return replace(draft, blocks=blocks_of(_with_anchors(lines, places, base, draft.usual_end)))


def _only(numbers: Iterator[int]) -> list[int]:
    found = list(numbers)
    return found if len(found) == 1 else []


def _landmarks(lines: Sequence[Line], base: Draft, missing: Sequence[Block]) -> dict[int, str]:
    """Place of each missing block whose first line is one of a kind in the base and in the draft."""
    theirs = Counter(meant(base.lines))
    mine = Counter(meant(lines))
    firsts = {
        first.same: block.key
        for block in missing
        if (first := _first(block)) is not None and theirs[first.same] == mine[first.same] == 1
    }
    return {
        number: firsts[line.same]
        for number, line in enumerate(lines)
        if line.same in firsts and not (line.code or line.held)
    }


def _first(block: Block) -> Line | None:
    return next((line for line in block.lines if line.same), None)


@dataclass(frozen=True, slots=True)
class _Alignment:
    """Which line of the base each line of the draft is, blank ones and anchors left out."""

    lines: Sequence[Line]
    numbers: tuple[int, ...]
    """Lines of the draft that were aligned."""
    owners: tuple[str, ...]
    """For each aligned line of the base its block."""
    theirs: tuple[Line, ...]
    pairs: tuple[tuple[int, int], ...]
    """Places in `theirs` and in `numbers` that are equal, in order of both."""
    taken: frozenset[int]
    """Lines of the draft that begin another block."""

    @classmethod
    def of(cls, lines: Sequence[Line], base: Draft, places: dict[int, str]) -> _Alignment:
        """Aligns the draft's lines with the base's."""
        numbers = tuple(n for n, line in enumerate(lines) if line.same and not line.held)
        owned = [(block.key, line) for block in base.blocks for line in block.lines if line.same]
        matcher = difflib.SequenceMatcher(
            None, [line.same for _, line in owned], [lines[n].same for n in numbers], autojunk=False
        )
        pairs = [(a + k, b + k) for a, b, size in matcher.get_matching_blocks() for k in range(size)]
        begun = {n for n, line in enumerate(lines) if anchor_of(line) is not None}
        return cls(
            lines,
            numbers,
            tuple(key for key, _ in owned),
            tuple(line for _, line in owned),
            tuple(pairs),
            frozenset(begun | places.keys()),
        )

    def places(self, missing: Sequence[Block]) -> dict[int, str]:
        """Place of each missing block that is still there."""
        found: dict[int, str] = {}
        for block in missing:
            place = self._place(block.key)
            if place is not None and place not in self.taken and place not in found:
                found[place] = block.key
        return found

    def _place(self, key: str) -> int | None:
        matched = [(a, b) for a, b in self.pairs if self.owners[a] == key] or self._unmistakable(key)
        size = self.owners.count(key)
        if not matched:
            return self._reworded(key) if size else None
        first = self.owners.index(key)
        begun = matched[0][0] == first or self._in_gap(first, matched[0][1]) is not None
        if not begun and len(matched) < _STILL_THERE * size:
            return None
        begin = self._begin(matched[0], first)
        return None if self.lines[begin].code else begin

    def _unmistakable(self, key: str) -> list[tuple[int, int]]:
        """Lines of a block that stand once in the base and once in the draft, wherever they were moved to."""
        theirs, mine = Counter(meant(self.theirs)), Counter(self.lines[n].same for n in self.numbers)
        free = set(range(len(self.numbers))) - {b for _, b in self.pairs}
        places = {self.lines[self.numbers[b]].same: b for b in free}
        return [
            (a, places[line.same])
            for a, line in enumerate(self.theirs)
            if self.owners[a] == key and line.same in places and theirs[line.same] == mine[line.same] == 1
        ]

    def _reworded(self, key: str) -> int | None:
        """Place of a block of few lines that were all rewritten."""
        first = self.owners.index(key)
        return self._in_gap(first, next((b for a, b in self.pairs if a > first), len(self.numbers)))

    def _begin(self, match: tuple[int, int], first: int) -> int:
        """The line of the draft that begins a block: its reworded first line, or its first equal one."""
        old, new = match
        begin = self.numbers[new]
        if old == first:
            return begin
        reworded = self._in_gap(first, new)
        return self._paragraph(begin) if reworded is None else reworded

    def _paragraph(self, begin: int) -> int:
        """The first of the lines that stand together with this one and are not the base's."""
        equal = {self.numbers[b] for _, b in self.pairs} | self.taken
        while begin and self.lines[begin - 1].same and begin - 1 not in equal:
            begin -= 1
        return begin

    def _in_gap(self, first: int, until: int) -> int | None:
        """A line like `first` of the base among the unmatched ones before the aligned line `until`."""
        since = max((b + 1 for _, b in self.pairs if b < until), default=0)
        for at in range(since, until):
            line = self.lines[self.numbers[at]]
            if not line.code and alike(line.same, self.theirs[first].same) >= _REWORDED:
                return self.numbers[at]
        return None


def _with_anchors(lines: Sequence[Line], places: dict[int, str], base: Draft, end: str) -> Iterator[Line]:
    anchors = {block.key: block.anchor for block in base.blocks}
    for number, line in enumerate(lines):
        if number in places:
            key = places[number]
            yield Line(anchors.get(key, f"<!-- itl:{key} -->"), line.end or end)
        yield line
