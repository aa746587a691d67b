"""A timed note into the timeline of a draft that people have edited: one line more, none changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

from incident.model.facts import Entered
from incident.text.durations import compact
from incident.text.instants import clock
from incident.text.markup.markdown import cell, foreign
from report.merge.reading.table import Table, timeline_table

_SHORT_ID = 4
"""Digits of a visible id at least; as many more as tell it from the others."""
_SECOND = timedelta(seconds=1)


def insert_row(existing: str, entered: Entered, zone: tzinfo) -> str | None:
    """The draft with a row for the entry at its time in the timeline's table.

    `zone` is the zone the draft shows its times in. None where there is no such table any more. Nothing
    is done, and the same text returned, where a row of this entry stands there already.
    """
    table = timeline_table(existing, zone)
    if table is None:
        return None
    if _stands(existing, entered):
        return existing
    lines = existing.splitlines(keepends=True)
    place = table.place(entered.at)
    end = re.search(r"\r?\n\Z|\r\Z", lines[place - 1])
    if end is None:  # the table is the last thing in a file without a final line end
        lines[place - 1] += "\n"
    lines.insert(place, _row(table, entered, zone, _free_mark(existing, entered)) + (end[0] if end else "\n"))
    return "".join(lines)


def _stands(text: str, entered: Entered) -> bool:
    """Whether a row of this entry is there: with its words and any length of its id."""
    marks = "|".join(re.escape(mark) for mark in _marks(entered))
    words = "|".join(re.escape(words) for words in (_words(entered, foreign), _words(entered, cell)))
    row = rf"\|\s*(?:{words})\s*\|\s*entered \[?(?:{marks})\b"
    return re.search(row, text) is not None


def _words(entered: Entered, escaped: Callable[[str], str] = foreign) -> str:
    """The cell with what people wrote, after what they called it: `Acknowledged: Ada took the page`."""
    if entered.kind == "note":
        return escaped(entered.text)
    return f"{escaped(entered.kind.replace('_', ' ').capitalize())}: {escaped(entered.text)}"


def _marks(entered: Entered) -> list[str]:
    """The entry's visible ids, the shortest first."""
    digits = re.sub("[^0-9a-z]", "", entered.id.removeprefix("ev-").lower())
    return [f"e-{digits[:length]}" for length in range(min(_SHORT_ID, len(digits)), len(digits) + 1)]


def _free_mark(text: str, entered: Entered) -> str:
    """The shortest visible id that nothing in the draft has; the whole id where all are taken."""
    marks = _marks(entered)
    return next((mark for mark in marks if not re.search(rf"\b{re.escape(mark)}\b", text)), marks[-1])


def _row(table: Table, entered: Entered, zone: tzinfo, mark: str) -> str:
    local = entered.at.astimezone(zone)
    shown = clock(entered.at, zone)
    cells = {
        "time": shown if local.date() == table.day else f"{local.date().isoformat()} {shown}",
        "start": _since(table.start, entered.at),
        "what": _words(entered),
        "source": f"entered {mark}",
        "number": "-",
    }
    return "| " + " | ".join(cells.get(role, "") for role in table.columns) + " |"


def _since(start: datetime | None, at: datetime) -> str:
    if start is None:
        return ""
    return compact(round((at.astimezone(UTC) - start) / _SECOND) * _SECOND, signed=True)
