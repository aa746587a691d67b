"""A draft that people edited and a newer text of the same incident: both, and the people win.

Blocks are compared with the base, the text that the draft was made from. The order in which people
have the blocks stays; a block they took out stays out; a block whose facts are gone goes with them
unless somebody wrote in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from report.merge.fallback import reanchored
from report.merge.guard import human_lines
from report.merge.joining.orphans import own_words, section, told
from report.merge.joining.refresh import Outcome, refreshed
from report.merge.reading.blocks import DRAFT, LINKS, ORPHANS, Block, Draft, parse
from report.merge.reading.lines import Line, joined, meant


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged draft and what was done to make it."""

    text: str
    kept_lines: int
    """How many lines of people it keeps."""
    updated_blocks: tuple[str, ...] = ()
    """Keys of the blocks that say something new, came, or went."""
    orphaned: tuple[str, ...] = ()
    """Visible ids of events, or keys of blocks, that are gone and had people's lines."""
    notes: tuple[str, ...] = ()
    """What else a person should know, one sentence each."""
    conflicted: tuple[str, ...] = ()
    """Keys of blocks left as they are because somebody's conflict markers stand in them."""


def merge(existing: str, base: str, new: str) -> Merged:
    """The draft `existing`, made from `base` and edited since, with what `new` says.

    Without an edit the new text, without news the draft, byte for byte. The caller asks `lost_lines`
    before it writes the text.
    """
    old, fresh = parse(base), parse(new)
    if existing == base:
        return Merged(new, 0, _differing(old, fresh))
    kept = sum(not own_words(line) for line in human_lines(existing, base))
    if new in (existing, base):
        return Merged(existing, kept)
    read = parse(existing)
    mine = reanchored(read, old)
    end = mine.usual_end
    outcomes = refreshed(mine, old, fresh, end)
    places: list[_Placed] = [
        (number, each.block) for number, each in enumerate(outcomes) if each.block is not None
    ]
    came: list[str] = []
    if mine.keys:
        places, came = _with_new(places, old, fresh, mine, links_lost=not read.keys)
        places = _with_orphans(places, outcomes, end)
    text = mine.bom + joined(_lines(places, end))
    return Merged(
        _ended_as(existing, text),
        kept,
        (*(each.key for each in outcomes if each.updated), *came),
        tuple(orphan.name for each in outcomes for orphan in each.orphans),
        tuple(each.note for each in outcomes if each.note) + _hidden(mine, old, fresh, came),
        tuple(each.key for each in outcomes if each.conflicted),
    )


_Placed = tuple[int | None, Block]
"""A block and its place in the draft; None for one that was not in it."""


def _differing(old: Draft, fresh: Draft) -> tuple[str, ...]:
    was = {block.key: meant(block.lines) for block in old.blocks}
    now = {block.key: meant(block.lines) for block in fresh.blocks}
    return tuple(key for key in {**was, **now} if was.get(key) != now.get(key))


def _with_new(
    places: Sequence[_Placed], old: Draft, fresh: Draft, mine: Draft, *, links_lost: bool
) -> tuple[list[_Placed], list[str]]:
    """The blocks with those that the data bring for the first time, each below its neighbour.

    A missing block of the base was taken out by somebody, and stays out. Two are no people's text: the
    anchor of the first block, which names the generation, and the addresses that a wiki resolves.
    """
    made, came = list(places), list[str]()
    end = mine.usual_end
    for number, block in enumerate(fresh.blocks):
        if block.key in mine.keys:
            continue
        if block.key == DRAFT:
            made.insert(_first_keyed(made), (None, replace(block, end=end, lines=())))
        elif block.key not in old.keys or (block.key == LINKS and links_lost):
            lines = tuple(Line(line.text, end) for line in block.lines)
            place = _place(made, fresh.blocks, number)
            made.insert(place, (None, replace(block, end=end, lines=lines)))
            came.append(block.key)
    return made, came


def _first_keyed(made: Sequence[_Placed]) -> int:
    return next((number for number, (_, block) in enumerate(made) if block.key), len(made))


def _place(made: Sequence[_Placed], blocks: Sequence[Block], number: int) -> int:
    """Below the nearest block that stands above it in the new text, else above the nearest below."""
    places = {block.key: place for place, (_, block) in enumerate(made) if block.key and not block.own}
    above = next((places[b.key] + 1 for b in reversed(blocks[:number]) if b.key in places), None)
    if above is not None:
        return above
    return next((places[b.key] for b in blocks[number:] if b.key in places), len(made))


def _with_orphans(places: list[_Placed], outcomes: Sequence[Outcome], end: str) -> list[_Placed]:
    """The blocks with the notes that lost their place, in their section: above the evidence."""
    orphans = [orphan for each in outcomes for orphan in each.orphans]
    if not orphans:
        return places
    at = next((n for n, (_, block) in enumerate(places) if block.key == ORPHANS and not block.own), None)
    if at is not None:
        number, block = places[at]
        body = _apart(list(block.lines), end) + list(told(orphans, end))
        return [*places[:at], (number, replace(block, lines=tuple(body))), *places[at + 1 :]]
    at = next((n for n, (_, block) in enumerate(places) if block.key in ("evidence", LINKS)), len(places))
    return [*places[:at], (None, section(orphans, end)), *places[at:]]


def _lines(places: Sequence[_Placed], end: str) -> list[Line]:
    """The lines of the blocks; where two meet that did not meet before, a blank one between them."""
    lines: list[Line] = []
    before: int | None = -1
    for number, block in places:
        met = number is not None and before is not None and number == before + 1
        if not met:
            lines = _apart(lines, end)
        lines += block.written
        before = number
    return [line if line.end else replace(line, end=end) for line in lines]


def _apart(lines: list[Line], end: str) -> list[Line]:
    """The lines, the last of them blank; nothing where there are none."""
    return [*lines, Line("", end)] if lines and lines[-1].text.strip() else lines


def _ended_as(existing: str, text: str) -> str:
    """The text with a last line end where the draft has one; blank lines behind one without have none."""
    return text if not existing or existing.endswith(("\n", "\r")) else text.rstrip("\r\n")


def _hidden(mine: Draft, old: Draft, fresh: Draft, came: Sequence[str]) -> tuple[str, ...]:
    keys = [b.key for b in fresh.blocks if b.key in old.keys and b.key not in mine.keys and b.key not in came]
    return (f"deleted by you and left out: {', '.join(keys)}",) if keys else ()
