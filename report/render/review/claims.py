"""What people say happened when: rows they typed or noted, and the milestones they or their tools entered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from report.render.prompts import is_open
from report.render.review.reading import Reading, TableRow
from report.render.review.times import Days, Document, Told, moment, part, parts
from report.render.wording.ids import visible_ids

KINDS = ("reported", "detected", "acknowledged", "declared", "escalated", "mitigated", "resolved")
"""What can be claimed to have happened at an instant, as milestones and notes name it."""
_BEGINS_WITH = re.compile(rf"\W*({'|'.join(KINDS)})\b", re.IGNORECASE)
_ID = re.compile(r"\be-[0-9a-z]{4,}\b")
_ENTERED = "entered"
# Columns of a generated timeline; the one head that is none of these is the zone's, over the times.
_COLUMNS = frozenset({"#", "+start", "What", "Source"})


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the timeline: its words, its time where one can be read, and its event where it has one."""

    line: int
    section: str
    time: str
    what: str
    told: Told | None
    event: Mapping[str, Any] | None
    """The event of timeline.json whose short id the row carries."""

    @property
    def own(self) -> bool:
        """Whether a person wrote or noted it."""
        return self.event is None or self.event.get("origin") == _ENTERED


@dataclass(frozen=True, slots=True)
class Claim:
    """Something of `KINDS`, said to have happened at an instant."""

    kind: str
    told: Told
    line: int
    section: str


def timeline_rows(reading: Reading, document: Document, days: Days) -> tuple[Row, ...]:
    """The rows of the timeline that say something, in the order they stand in."""
    ids = visible_ids(str(event.get("id")) for event in parts(document, "events"))
    events = {ids[str(event.get("id"))]: event for event in parts(document, "events")}
    return tuple(_row(row, days, events) for row in reading.rows if _tells(row))


def _tells(row: TableRow) -> bool:
    """Whether it is a row of the timeline, not of the evidence's list, and not only an open question."""
    is_timeline = row.heads[:1] == ("#",) and "What" in row.heads and "±" not in row.heads
    return is_timeline and bool(row.cell("What")) and not is_open(row.cell("What"))


def _row(row: TableRow, days: Days, events: Mapping[str, Mapping[str, Any]]) -> Row:
    time = row.cell(next((head for head in row.heads if head not in _COLUMNS), ""))
    shown = _ID.search(row.cell("Source"))
    event = events.get(shown[0]) if shown else None
    return Row(row.line, row.section, time, row.cell("What"), days.read(time), event)


def claims(rows: Sequence[Row], document: Document) -> tuple[Claim, ...]:
    """Every claim, those in the draft first; one of timeline.json that no row repeats has no line."""
    told = [Claim(kind, row.told, row.line, row.section) for row in rows for kind in _kind(row) if row.told]
    known = {(claim.kind, claim.told.at) for claim in told}
    seen = {str(row.event.get("id")) for row in rows if row.event}
    kept = [claim for claim in _kept(document, seen) if (claim.kind, claim.told.at) not in known]
    return (*told, *dict.fromkeys(kept))


def _kind(row: Row) -> Iterator[str]:
    """The kind of a person's row: as it was noted, or the word it begins with."""
    noted = str(row.event.get("kind")) if row.event else ""
    found = _BEGINS_WITH.match(row.what)
    if row.own and noted in KINDS:
        yield noted
    elif row.own and found:
        yield found[1].lower()


def _kept(document: Document, seen: set[str]) -> Iterator[Claim]:
    milestones = part(document, "milestones")
    shown_at: set[datetime] = set()
    for event in parts(document, "events"):
        told = moment(event)
        if event.get("origin") != _ENTERED or event.get("kind") not in KINDS or told is None:
            continue
        shown_at |= {told.at} if str(event.get("id")) in seen else set()
        if str(event.get("id")) not in seen:
            yield Claim(str(event["kind"]), told, 0, "")
    for kind in KINDS:
        told = moment(milestones.get(kind))
        # A row that was moved since speaks for its milestone.
        if told is not None and told.at not in shown_at:
            yield Claim(kind, told, 0, "")
