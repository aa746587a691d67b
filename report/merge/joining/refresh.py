"""What becomes of each block of a draft when there is a newer text."""

from __future__ import annotations

from dataclasses import dataclass, replace

from report.merge.joining.body import merge_body
from report.merge.joining.orphans import Orphan, heading_of, with_head
from report.merge.reading import rows
from report.merge.reading.blocks import ORPHANS, Block, Draft, neutral
from report.merge.reading.lines import Line, meant


@dataclass(frozen=True, slots=True)
class Outcome:
    """One block after the merge; `block` is None where it is gone."""

    key: str
    block: Block | None
    updated: bool = False
    """Whether it says something else now."""
    orphans: tuple[Orphan, ...] = ()
    note: str = ""
    conflicted: bool = False
    """Whether it was left as it is because of somebody's conflict markers."""


def refreshed(mine: Draft, old: Draft, fresh: Draft, end: str) -> list[Outcome]:
    """An outcome for each block of the draft, in its order."""
    first = _primary(mine, old)
    known = frozenset(event for line in fresh.lines if (event := rows.id_of(line.text)))
    return [
        _outcome(block, old, fresh, end, known)
        if not block.key or block.own or first[block.key] == number
        else _copy(
            block, f"{block.key}: the second copy of this block is yours now and is no longer refreshed"
        )
        for number, block in enumerate(mine.blocks)
    ]


def _primary(mine: Draft, old: Draft) -> dict[str, int]:
    """Of the blocks with one anchor the place of the one that nobody edited, else the first."""
    was = {block.key: meant(block.said) for block in old.blocks}
    places: dict[str, int] = {}
    for number, block in enumerate(mine.blocks):
        if not block.key or block.own:
            continue
        first = places.setdefault(block.key, number)
        if meant(block.said) == was.get(block.key) != meant(mine.blocks[first].said):
            places[block.key] = number
    return places


def _copy(block: Block, note: str) -> Outcome:
    return Outcome(block.key, neutral(block), note=note)


def _outcome(block: Block, old: Draft, fresh: Draft, end: str, known: frozenset[str]) -> Outcome:
    if block.own or block.key in ("", ORPHANS):
        return Outcome(block.key, block)
    base, new = _of(old, block.key), _of(fresh, block.key)
    if new is not None:
        return _refreshed(block, new, old, end, known)
    if base is None:
        return _copy(block, f"{block.key}: its anchor belongs to no block of this draft")
    return _gone(block, base, old)


def _of(draft: Draft, key: str) -> Block | None:
    return next((block for block in draft.blocks if block.key == key), None)


def _gone(block: Block, base: Block, old: Draft) -> Outcome:
    """A block whose facts are gone: dropped, or whole among the orphans where somebody wrote in it."""
    generated = set(meant(base.lines))
    if all(said in generated for said in meant(block.said)):
        return Outcome(block.key, None, updated=True)
    orphan = Orphan(block.key, heading_of(old, block.key), block.said)
    return Outcome(block.key, None, updated=True, orphans=(orphan,))


def _refreshed(block: Block, new: Block, old: Draft, end: str, known: frozenset[str]) -> Outcome:
    """A block that the new text has too."""
    head = replace(block, anchor=new.anchor)
    if any(line.held for line in block.lines):
        note = f"{block.key}: it contains conflict markers, so it was left as it is"
        return Outcome(block.key, head, note=note, conflicted=True)
    base = _of(old, block.key)
    was = base.lines if base else ()
    body = merge_body(was, block.lines, new.lines, _usual_end(block, end), known)
    orphans = tuple(_orphan(row, block.key, old) for row in body.orphans)
    updated = meant(body.lines) != meant(block.lines)
    return Outcome(block.key, replace(head, lines=body.lines), updated, orphans)


def _orphan(row: Line, key: str, old: Draft) -> Orphan:
    table = _of(old, key)
    lines = with_head(row, table.lines if table else ())
    return Orphan(rows.id_of(row.text) or key, heading_of(old, key), lines)


def _usual_end(block: Block, end: str) -> str:
    """The line end of most of the block's lines, else that of the draft."""
    ends = [line.end for line in block.lines if line.end]
    return max(dict.fromkeys((*ends, end)), key=ends.count) if ends else end
