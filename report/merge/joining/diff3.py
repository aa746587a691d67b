"""Merges three texts: a person's lines, the tool's new lines, and the lines both began from.

On `difflib`. Both sides are changes of the same base, as fine as lines can be paired; changes that do
not overlap are all taken, and where they do, the person's lines stay and the tool's follow as updates.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from report.merge.joining.updates import By, Piece
from report.merge.reading import rows
from report.merge.reading.lines import Line, meant

_ALIKE = 0.4
"""Share of common words from which two lines are one, reworded. Between a note and a fact it is below 0.2."""
_PAIRED = 40
"""Longest stretch whose lines are paired by likeness; pairing is quadratic, longer ones pair in order."""
_PROMPT = "[You: "


@dataclass(frozen=True, slots=True)
class Change:
    """Lines `first:last` of the base became lines `begin:end` of a side."""

    first: int
    last: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Lines of the base that changed, and what each side has in their place."""

    base: Sequence[Line]
    human: Sequence[Line]
    new: Sequence[Line]
    added: Sequence[Line]
    """Lines that the person put between lines of the base."""


def changes(base: Sequence[Line], side: Sequence[Line]) -> list[Change]:
    """What a side changed, in order; each change is one line for one wherever lines can be paired."""
    matcher = difflib.SequenceMatcher(None, _tokens(base), _tokens(side), autojunk=False)
    return [
        fine
        for tag, first, last, begin, end in matcher.get_opcodes()
        if tag != "equal"
        for fine in _refined(base, side, Change(first, last, begin, end))
    ]


def merge_lines(base: Sequence[Line], human: Sequence[Line], new: Sequence[Line]) -> list[Piece]:
    """The merged lines. Every line of `human` that is not one of the base is among them, in order."""
    pieces: list[Piece] = []
    own = set(meant(human)) - set(meant(base))
    mine, tools = changes(base, human), changes(base, new)
    at = human_at = new_at = 0
    for first, last, by_human, by_tool in _groups(mine, tools):
        step = first - at
        pieces += _kept(base[at:first], human[human_at : human_at + step], new[new_at : new_at + step])
        human_at, new_at = human_at + step, new_at + step
        human_to = human_at + (last - first) + _growth(by_human)
        new_to = new_at + (last - first) + _growth(by_tool)
        added = [line for c in by_human if c.first == c.last for line in human[c.begin : c.end]]
        stretch = _Stretch(base[first:last], human[human_at:human_to], new[new_at:new_to], added)
        pieces += _decided(stretch, by_human, by_tool, own)
        at, human_at, new_at = last, human_to, new_to
    return pieces + _kept(base[at:], human[human_at:], new[new_at:])


def alike(one: str, other: str) -> float:
    """Share of words that two lines have in common; numbers are all one word."""
    mine, theirs = _vocabulary(one), _vocabulary(other)
    return len(mine & theirs) / len(mine | theirs) if mine and theirs else 0.0


def _vocabulary(text: str) -> set[str]:
    return set(re.findall(r"\w+", _shape(text)))


def _shape(text: str) -> str:
    return re.sub(r"\d+", "0", text)


def _tokens(lines: Sequence[Line]) -> list[str]:
    """What is aligned. A blank line counts as the one behind the line above it, not as any blank."""
    tokens: list[str] = []
    above, blanks = "", 0
    for line in lines:
        blanks = 0 if line.same else blanks + 1
        above = line.same or above
        tokens.append(line.same or f"\n{blanks}\n{above}")
    return tokens


def _refined(base: Sequence[Line], side: Sequence[Line], whole: Change) -> Iterator[Change]:
    """The change as smaller ones around the lines that are one line reworded."""
    first, begin = whole.first, whole.begin
    for old, new in [*_pairs(base, side, whole), (whole.last, whole.end)]:
        yield from _gap(base, side, Change(first, old, begin, new))
        if old < whole.last and base[old].same != side[new].same:
            yield Change(old, old + 1, new, new + 1)
        first, begin = old + 1, new + 1


def _gap(base: Sequence[Line], side: Sequence[Line], gap: Change) -> Iterator[Change]:
    """Lines nothing was paired in: one for one from their end, where the side has as many or more.

    From the end, because people put lines above the question that they answer.
    """
    size, more = gap.last - gap.first, (gap.end - gap.begin) - (gap.last - gap.first)
    if more < 0 or not size:
        if size or more:
            yield gap
        return
    if _another_row(base[gap.last - 1], side[gap.end - 1]):
        yield Change(gap.first, gap.first, gap.begin, gap.end)
        yield Change(gap.first, gap.last, gap.end, gap.end)
        return
    if more:
        yield Change(gap.first, gap.first, gap.begin, gap.begin + more)
    for step in range(size):
        old, new = gap.first + step, gap.begin + more + step
        if base[old].same != side[new].same:
            yield Change(old, old + 1, new, new + 1)


def _another_row(old: Line, new: Line) -> bool:
    """Whether a row has other cells filled than the one it replaces: a row of its own, no answer in it."""
    if not (rows.is_row(old.text) and rows.is_row(new.text)):
        return False
    filled, now = ([bool(cell) for cell in rows.cells(each.text)] for each in (old, new))
    return filled != now


def _pairs(base: Sequence[Line], side: Sequence[Line], whole: Change) -> list[tuple[int, int]]:
    """Lines of both sides that are one line reworded, in the order of both."""
    olds, news = base[whole.first : whole.last], side[whole.begin : whole.end]
    if not olds or not news or max(len(olds), len(news)) > _PAIRED:
        return []
    best = _best_scores(olds, news)
    pairs, old, new = list[tuple[int, int]](), 0, 0
    while old < len(olds) and new < len(news):
        if best[old][new] == best[old + 1][new]:
            old += 1
        elif best[old][new] == best[old][new + 1]:
            new += 1
        else:
            pairs.append((whole.first + old, whole.begin + new))
            old, new = old + 1, new + 1
    return pairs


def _best_scores(olds: Sequence[Line], news: Sequence[Line]) -> list[list[float]]:
    """The best sum of likenesses from each pair of places to the end."""
    best = [[0.0] * (len(news) + 1) for _ in range(len(olds) + 1)]
    for old in reversed(range(len(olds))):
        for new in reversed(range(len(news))):
            score = _likeness(olds[old], news[new])
            paired = score + best[old + 1][new + 1] if score else 0.0
            best[old][new] = max(paired, best[old + 1][new], best[old][new + 1])
    return best


def _likeness(one: Line, other: Line) -> float:
    if _shape(one.same) == _shape(other.same):
        return 1.0 if one.same else 0.1  # blanks pair last: they are everywhere
    score = alike(one.same, other.same)
    return score if score >= _ALIKE else 0.0


def _growth(changed: Sequence[Change]) -> int:
    return sum((each.end - each.begin) - (each.last - each.first) for each in changed)


def _groups(
    mine: Sequence[Change], tools: Sequence[Change]
) -> Iterator[tuple[int, int, list[Change], list[Change]]]:
    """Changes of both sides that overlap, together; where both insert, the person's come first."""
    order = sorted(
        [(c.first, c.last, 0, c) for c in mine] + [(c.first, c.last, 1, c) for c in tools], key=_key
    )
    first = last = -1
    sides: tuple[list[Change], list[Change]] = ([], [])
    for begin, end, side, change in order:
        if begin >= last and (sides[0] or sides[1]):
            yield first, last, *sides
            sides = ([], [])
        if not (sides[0] or sides[1]):
            first, last = begin, end
        sides[side].append(change)
        last = max(last, end)
    if sides[0] or sides[1]:
        yield first, last, *sides


def _key(entry: tuple[int, int, int, Change]) -> tuple[int, int, int]:
    return entry[:3]


def _kept(base: Sequence[Line], human: Sequence[Line], new: Sequence[Line]) -> list[Piece]:
    """Lines nobody changed: in the draft's spelling, or in the tool's where it is the tool's anyway."""
    return [
        Piece(theirs, By.TOOL) if mine.text == old.text != theirs.text else Piece(mine, By.PERSON)
        for old, mine, theirs in zip(base, human, new, strict=True)
    ]


def _decided(stretch: _Stretch, by_human: list[Change], by_tool: list[Change], own: set[str]) -> list[Piece]:
    """What stands in place of a stretch that one side or both changed; `own` is what only people say."""
    if not by_tool:
        return _all(stretch.human, By.PERSON)
    if not by_human:
        added = set(meant(stretch.new)) if not stretch.base else set()
        return [] if added and added <= own else _all(stretch.new, By.TOOL)
    said, was, now = meant(stretch.human), meant(stretch.base), meant(stretch.new)
    if said == was:
        return _all(stretch.new, By.TOOL)
    if now in (was, said):
        return _all(stretch.human, By.PERSON)
    if all(change.first == change.last for change in by_human):
        return _beside(stretch, own)
    if not said:
        return _all(stretch.human, By.PERSON) + _all(_unheard(stretch), By.TOOL)
    return _all(stretch.human, By.PERSON) + _told(stretch, {*was, *said})


def _all(lines: Sequence[Line], by: By) -> list[Piece]:
    return [Piece(line, by) for line in lines]


def _beside(stretch: _Stretch, own: set[str]) -> list[Piece]:
    """A stretch that the tool wrote anew, and behind it the lines that people put between its lines."""
    fresh = [line for line in stretch.new if line.same not in own]
    return _all(fresh, By.TOOL) + _all(stretch.added, By.PERSON)


def _told(stretch: _Stretch, known: set[str]) -> list[Piece]:
    """The tool's lines that say something else now. A question asked in other words is no news."""
    news = [line for line in stretch.new if line.same and line.same not in known and _PROMPT not in line.text]
    in_table = bool(stretch.human) and rows.is_row(stretch.human[-1].text)
    events = By.TOOL if in_table else By.UPDATE
    return [Piece(line, events if rows.id_of(line.text) else By.UPDATE) for line in news]


def _unheard(stretch: _Stretch) -> list[Line]:
    """Lines of the tool that are not in place of one that a person took out."""
    was = [line.same for line in stretch.base if line.same]
    return [
        line for line in stretch.new if line.same and not any(alike(line.same, old) >= _ALIKE for old in was)
    ]
