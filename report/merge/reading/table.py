"""Reads the timeline's table out of a draft, however its cells were padded since."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*")
_TITLE_DAY = re.compile(r"^#\s.*?([0-9]{4}-[0-9]{2}-[0-9]{2})\s*$", re.MULTILINE)
_TIME = re.compile(
    r"(?:(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})\s+)?(?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\s+(?P<zone>[A-Z]{2,5}|[+-][0-9]+))?"
)
_HEADS = {"#": "number", "+start": "start", "What": "what", "Source": "source"}
"""Column heads of a generated table; the one head that is none of these is the zone's, over the times."""


@dataclass(frozen=True, slots=True)
class Table:
    """The timeline's table: its columns, and its rows that have a time."""

    columns: tuple[str, ...]
    """Roles in order: number, time, start, what, source."""
    first: int
    """Line after the table's head."""
    timed: tuple[tuple[int, datetime], ...]
    """Line and UTC instant of each row whose time can be read, from top to bottom."""
    day: date
    """The day of times without a date."""
    start: datetime | None
    """The instant of the row that is 0 from the start."""

    def place(self, at: datetime) -> int:
        """The line before which a row of that time belongs: after all that are not later."""
        earlier = [line for line, instant in self.timed if instant <= at]
        return max(earlier) + 1 if earlier else min((line for line, _ in self.timed), default=self.first)


def timeline_table(text: str, zone: tzinfo) -> Table | None:
    """The first table outside code whose head is a timeline's; None where there is none."""
    lines = text.splitlines()
    head = _head(lines)
    if head is None:
        return None
    columns = _columns(lines[head])
    rows = [(number, _cells(lines[number])) for number in _body(lines, head + 2)]
    day = _day(text)
    if day is None:
        return None
    read = [(number, cells, _instant(cells, columns, day, zone)) for number, cells in rows]
    timed = tuple((number, at) for number, _, at in read if at is not None)
    zero = (at for _, cells, at in read if at is not None and _cell(cells, columns, "start") == "0")
    return Table(columns, head + 2, timed, day, next(zero, None))


def _head(lines: list[str]) -> int | None:
    """The line of the table's head, looked for outside fenced code."""
    fence = ""
    for number, line in enumerate(lines[:-1]):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        elif not fence and _RULE.fullmatch(lines[number + 1]) and "what" in _columns(line):
            return number if "time" in _columns(line) and "source" in _columns(line) else None
    return None


def _columns(head: str) -> tuple[str, ...]:
    return tuple(_HEADS.get(cell, "time") for cell in _cells(head))


def _cells(line: str) -> list[str]:
    """The cells of a table's line; a pipe after a backslash is text."""
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", inner)]


def _body(lines: list[str], first: int) -> list[int]:
    """The lines of the table's rows: up to the first line that has no pipe."""
    last = next((n for n in range(first, len(lines)) if "|" not in lines[n]), len(lines))
    return list(range(first, last))


def _day(text: str) -> date | None:
    found = _TITLE_DAY.search(text)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _cell(cells: list[str], columns: tuple[str, ...], role: str) -> str:
    at = columns.index(role) if role in columns else len(cells)
    return cells[at] if at < len(cells) else ""


def _instant(cells: list[str], columns: tuple[str, ...], day: date, zone: tzinfo) -> datetime | None:
    """The instant a row shows. Of a time the clocks show twice, the one whose zone abbreviation it names."""
    found = _TIME.match(_cell(cells, columns, "time"))
    if found is None:
        return None
    try:
        on = date.fromisoformat(found["day"]) if found["day"] else day
        shown = datetime.combine(on, time.fromisoformat(found["clock"]), zone)
    except ValueError:
        return None
    second = shown.replace(fold=1)
    named_second = found["zone"] and found["zone"] == second.tzname() != shown.tzname()
    return (second if named_second else shown).astimezone(UTC)
