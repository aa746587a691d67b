"""Rows of events in the three texts of a block, brought into one order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from report.merge.joining.diff3 import alike
from report.merge.reading import rows
from report.merge.reading.lines import Line

Entry = tuple[Line, str | None]
"""A line, and the id of the event whose row it is."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The three texts of a block."""

    base: list[Entry]
    human: list[Entry]
    new: list[Entry]


def entries(base: Sequence[Line], human: Sequence[Line], new: Sequence[Line]) -> Sides:
    """The lines with the events they tell. An event has the id that the new text shows for it."""
    was, now = _first_rows(base), _first_rows(new)
    names = _names(was, now)
    shown = {each: names.get(event, event) for each, event in _aliases(was, _first_rows(human)).items()}
    return Sides(
        _marked(base, names, {}),
        _marked(human, names | shown, {names.get(event, event): line.same for event, line in was.items()}),
        _marked(new, {}, {}),
    )


def ids(side: Sequence[Entry]) -> list[str]:
    """The events of a side, from top to bottom."""
    return [event for _, event in side if event is not None]


def row_of(side: Sequence[Entry], event: str) -> Line:
    """The row of an event that the side has."""
    return next(line for line, each in side if each == event)


def without(side: Sequence[Entry], events: Collection[str]) -> list[Entry]:
    """The side without the rows of these events."""
    return [entry for entry in side if entry[1] is None or entry[1] not in events]


def _first_rows(lines: Sequence[Line]) -> dict[str, Line]:
    found: dict[str, Line] = {}
    for line in lines:
        event = None if line.code or line.held else rows.id_of(line.text)
        if event is not None:
            found.setdefault(event, line)
    return found


def _aliases(was: Collection[str], shown: Collection[str]) -> dict[str, str]:
    """The id in the base for each that only people's rows show: an edited row keeps the id it had once."""
    aliases: dict[str, str] = {}
    for each in set(shown) - set(was):
        kin = [e for e in was if e not in shown and (e.startswith(each) or each.startswith(e))]
        if len(kin) == 1:
            aliases[each] = kin[0]
    return aliases


def _names(was: dict[str, Line], now: dict[str, Line]) -> dict[str, str]:
    """The new id of each event whose visible id grew or shrank because another one resembled it."""
    kin = [
        (alike(now[new].same, was[old].same), old, new)
        for old in was.keys() - now.keys()
        for new in now.keys() - was.keys()
        if new.startswith(old) or old.startswith(new)
    ]
    names: dict[str, str] = {}
    for _, old, new in sorted(kin, reverse=True):
        if old not in names and new not in names.values():
            names[old] = new
    return names


def _marked(lines: Sequence[Line], names: dict[str, str], wanted: dict[str, str]) -> list[Entry]:
    """Each line with its event. Of several rows of one event the one that nobody edited, else the first."""
    places: dict[str, int] = {}
    for number, line in enumerate(lines):
        shown = None if line.code or line.held else rows.id_of(line.text)
        event = None if shown is None else names.get(shown, shown)
        if event is None:
            continue
        first = places.setdefault(event, number)
        if line.same == wanted.get(event) != lines[first].same:
            places[event] = number
    by_place = {number: event for event, number in places.items()}
    return [(line, by_place.get(number)) for number, line in enumerate(lines)]


def in_one_order(sides: Sides) -> Sides:
    """The same lines, with the rows that all three have in the same order.

    The person's order where they moved rows or wrote between them; the tool's where they did not.
    """
    common = set(ids(sides.base)) & set(ids(sides.human)) & set(ids(sides.new))
    was, mine, now = ([e for e in ids(side) if e in common] for side in (sides.base, sides.human, sides.new))
    if mine == was and mine != now and _free(sides, common, now):
        mine = now
    return Sides(
        _reordered(sides.base, common, mine),
        _reordered(sides.human, common, mine),
        _reordered(sides.new, common, mine),
    )


def _free(sides: Sides, common: set[str], now: list[str]) -> bool:
    """Whether rows can move and no person's line changes its place among the others."""
    places = [n for n, (_, event) in enumerate(sides.human) if event in common]
    inside = sides.human[places[0] : places[-1]]
    below = [line.same for line, _ in sides.human[places[-1] + 1 : places[-1] + 2]]
    generated = {"", *(line.same for line, _ in sides.base)}
    written_between = any(event not in common and line.same for line, event in inside)
    if written_between or not generated.issuperset(below):
        return False
    mine = [event for event in ids(sides.human) if event in common]
    edited = [e for e in mine if row_of(sides.human, e).same != row_of(sides.base, e).same]
    return [e for e in now if e in edited] == edited


def _reordered(side: list[Entry], common: set[str], order: list[str]) -> list[Entry]:
    """The side with its common rows in this order; rows of new events follow the row above them."""
    units = list(_units(side, common))
    moved = {unit[0][1]: unit for unit in units if unit[0][1] in common}
    queue = iter(order)
    return [entry for unit in units for entry in (moved[next(queue)] if unit[0][1] in common else unit)]


def _units(side: list[Entry], common: set[str]) -> Iterator[list[Entry]]:
    unit: list[Entry] = []
    for entry in side:
        follows = unit and unit[0][1] in common and entry[1] is not None and entry[1] not in common
        if unit and not follows:
            yield unit
            unit = []
        unit.append(entry)
    if unit:
        yield unit
