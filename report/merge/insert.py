"""A timed note into the timeline of a draft that people have edited: one line more, none changed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from incident.model.facts import Entered
from incident.text.durations import compact
from incident.text.instants import clock
from incident.text.markdown import cell
from report.merge.table import Table, timeline_table

_SHORT_ID = 4
_SECOND = timedelta(seconds=1)


def insert_row(existing: str, entered: Entered, zone: tzinfo) -> str | None:
    """The draft with a row for the entry at its time in the timeline's table.

    `zone` is the zone the draft shows its times in. None where there is no such table any more. Nothing
    is done, and the same text returned, where a row of this entry stands there already.
    """
    table = timeline_table(existing, zone)
    if table is None:
        return None
    if _mark(entered) in existing:
        return existing
    lines = existing.splitlines(keepends=True)
    place = table.place(entered.at)
    end = re.search(r"\r?\n\Z|\r\Z", lines[place - 1])
    if end is None:  # the table is the last thing in a file without a final line end
        lines[place - 1] += "\n"
    lines.insert(place, _row(table, entered, zone) + (end[0] if end else "\n"))
    return "".join(lines)


def _mark(entered: Entered) -> str:
    """The short id; whole where the entry has an id of another make."""
    digits = re.sub("[^0-9a-z]", "", entered.id.removeprefix("ev-").lower())
    return f"e-{digits[:_SHORT_ID]}"


def _row(table: Table, entered: Entered, zone: tzinfo) -> str:
    local = entered.at.astimezone(zone)
    shown = clock(entered.at, zone)
    cells = {
        "time": shown if local.date() == table.day else f"{local.date().isoformat()} {shown}",
        "start": _since(table.start, entered.at),
        "what": cell(entered.text),
        "source": f"entered {_mark(entered)}",
        "number": "-",
    }
    return "| " + " | ".join(cells.get(role, "") for role in table.columns) + " |"


def _since(start: datetime | None, at: datetime) -> str:
    if start is None:
        return ""
    return compact(round((at.astimezone(UTC) - start) / _SECOND) * _SECOND, signed=True)
