"""Joins the three texts of one block: rows of events by their ids, everything else line by line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from report.merge.joining import events
from report.merge.joining.columns import below_table, new_columns, table_of
from report.merge.joining.diff3 import merge_lines
from report.merge.joining.events import Entry, Sides
from report.merge.joining.updates import By, Piece, gathered, laid_out
from report.merge.reading import rows
from report.merge.reading.lines import Line, meant


@dataclass(frozen=True, slots=True)
class Body:
    """The merged lines of a block, and its edited rows whose event is gone."""

    lines: tuple[Line, ...]
    orphans: tuple[Line, ...] = ()


def merge_body(
    base: Sequence[Line], human: Sequence[Line], new: Sequence[Line], end: str, known: Collection[str]
) -> Body:
    """Merges the lines of one block; `end` goes behind lines of the tool.

    Where only one side changed, that side; where both did, the person's lines, each with what the tool
    measures now below it. A row that the tool has no more is dropped; when it was edited it stays, or
    is an orphan where its event is not among the `known` ones of the whole new text. A table that a
    person wrote in and that has other columns now stays as it is, above the new one.
    """
    if [line.text for line in new] == [line.text for line in base]:
        return Body(tuple(human))
    if [line.text for line in human] == [line.text for line in base]:
        return Body(_spaced(tuple(Line(line.text, end) for line in new), base, human))
    kept = new_columns(base, human, new)
    if kept is not None:
        merged = merge_body(base, human, kept, end, known)
        both = below_table(merged.lines, table_of(base)[0], table_of(new), end)
        return replace(merged, lines=tuple(both))
    heard = gathered(human, set(meant(base)), set(meant(new)))
    sides, orphans = _without_gone(events.entries(base, heard, new), known)
    sides = _without_deleted(sides)
    sides, late = _without_late(sides)
    pieces = _by_rows(events.in_one_order(_adopted(sides)))
    pieces += [Piece(line, By.UPDATE) for line in late]
    return Body(_spaced(tuple(laid_out(pieces, end)), base, human), tuple(orphans))


def _without_gone(sides: Sides, known: Collection[str]) -> tuple[Sides, list[Line]]:
    """The sides without events that the new text has not; edited rows of unknown events apart."""
    gone = (set(events.ids(sides.base)) & set(events.ids(sides.human))) - set(events.ids(sides.new))
    edited = {e for e in gone if events.row_of(sides.human, e).same != events.row_of(sides.base, e).same}
    orphans = [line for line, event in sides.human if event in edited and event not in known]
    staying = edited & set(known)
    human = [(line, None if event in staying else event) for line, event in sides.human]
    left = Sides(events.without(sides.base, gone), events.without(human, gone), sides.new)
    return left, orphans


def _without_deleted(sides: Sides) -> Sides:
    """The sides without events whose rows a person took out: they stay out."""
    deleted = set(events.ids(sides.base)) - set(events.ids(sides.human))
    return replace(sides, base=events.without(sides.base, deleted), new=events.without(sides.new, deleted))


def _without_late(sides: Sides) -> tuple[Sides, list[Line]]:
    """Where a person removed the whole table, rows of new events are apart: they have no table."""
    had, has = (any(rows.is_row(line.text) for line, _ in side) for side in (sides.base, sides.human))
    table_gone = had and not has
    late = set(events.ids(sides.new)) - set(events.ids(sides.human)) if table_gone else set()
    told = [line for line, event in sides.new if event in late]
    return replace(sides, new=events.without(sides.new, late)), told


def _adopted(sides: Sides) -> Sides:
    """Rows that a person put in and the new text has too are one row: the person's."""
    both = (set(events.ids(sides.human)) & set(events.ids(sides.new))) - set(events.ids(sides.base))
    human = [_adopting(entry, sides.new) if entry[1] in both else entry for entry in sides.human]
    return Sides(sides.base, human, events.without(sides.new, both))


def _adopting(entry: Entry, new: list[Entry]) -> Entry:
    line, event = entry
    theirs = events.row_of(new, event or "")
    if line.same == theirs.same:
        return replace(line, text=theirs.text), event
    return replace(line, told=(theirs,)), event


def _by_rows(sides: Sides) -> list[Piece]:
    """The three texts cut at the rows that all have, each stretch and each row merged by itself."""
    common = set(events.ids(sides.base)) & set(events.ids(sides.human)) & set(events.ids(sides.new))
    cuts = [_stretches(side, common) for side in (sides.base, sides.human, sides.new)]
    pieces: list[Piece] = []
    for base, human, new in zip(*cuts, strict=True):
        if base[0][1] in common:
            pieces += _row(base[0][0], human[0][0], new[0][0])
        pieces += merge_lines(*(_plain(side, common) for side in (base, human, new)))
    return pieces


_NO_ROW: Entry = (Line(""), "")
"""Stands where the first stretch has no row before it."""


def _stretches(side: list[Entry], common: set[str]) -> list[list[Entry]]:
    """The side cut before each common row; the first stretch begins with no row."""
    out: list[list[Entry]] = [[_NO_ROW]]
    for entry in side:
        if entry[1] in common:
            out.append([entry])
        else:
            out[-1].append(entry)
    return out


def _plain(stretch: list[Entry], common: set[str]) -> list[Line]:
    return [line for line, event in stretch if event not in common and event != ""]


def _row(base: Line, human: Line, new: Line) -> list[Piece]:
    """One event's row. Its number is the chart's, in whoever's row it stands."""
    if human.same == base.same:
        said_anew = new.same != base.same or human.text == base.text
        number = rows.renumbered(human.text, base.text, new.text)
        return [Piece(new, By.TOOL) if said_anew else Piece(replace(human, text=number), By.PERSON)]
    mine = replace(human, text=rows.renumbered(human.text, base.text, new.text))
    if _fact(new) in (_fact(base), _fact(human)):
        return [Piece(mine, By.PERSON)]
    return [Piece(mine, By.PERSON), Piece(new, By.UPDATE)]


def _fact(row: Line) -> str:
    """What the row tells, without its id: that grows when another event resembles it."""
    event = rows.id_of(row.text)
    return row.same.replace(event, "") if event else row.same


def _spaced(lines: tuple[Line, ...], base: Sequence[Line], human: Sequence[Line]) -> tuple[Line, ...]:
    """The lines with as many blank ones at the end as the person left, where they changed that."""
    wanted = _blanks(human)
    if wanted == _blanks(base) or len(lines) == _blanks(lines):
        return lines
    bare = lines[: len(lines) - _blanks(lines)]
    blanks = human[len(human) - wanted :] if wanted else ()
    return bare + tuple(blanks)


def _blanks(lines: Sequence[Line]) -> int:
    return next((n for n, line in enumerate(reversed(lines)) if line.text.strip()), len(lines))
