"""The review of a draft: everything that keeps it from being ready, each thing in one line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from report.render.prompts import is_open, prompts_in
from report.render.review.claims import Row, claims, timeline_rows
from report.render.review.clashes import contradictions, measured, orders
from report.render.review.reading import Finding, Reading, TableRow, quoted, read
from report.render.review.times import days_of, instant, part

_UNREVIEWED = re.compile(r"\bDRAFT\b|\bnot reviewed\b")
_NOBODY = frozenset({"", "-", "?", "tbd", "tba", "todo", "none", "nobody", "unassigned", "unknown", "n/a"})
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Review:
    """What is still open in a draft, by kind, each kind in the order of the draft."""

    open_prompts: tuple[Finding, ...]
    contradictions: tuple[Finding, ...]
    """Entered times against measured ones."""
    orders: tuple[Finding, ...]
    """Entered times against one another, and hours away from the incident."""
    unfinished: tuple[Finding, ...]
    """Actions without owner or due date, times that are none, the mark DRAFT."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them, in the order of the draft."""
        every = (*self.open_prompts, *self.contradictions, *self.orders, *self.unfinished)
        return tuple(sorted(every, key=lambda finding: finding.line))

    @property
    def ready(self) -> bool:
        """Whether nothing is open."""
        return not self.findings


def review(markdown_text: str, document: Mapping[str, Any]) -> Review:
    """What keeps a draft from being ready. Same text and document: same findings.

    `document` is the draft's timeline.json as parsed; what it does not hold is not compared. Nothing in
    the draft is taken as wrong for being worded in another way: a row of the timeline is compared as far
    as its time can be read and it carries a short id or begins with a word such as `Acknowledged`.
    """
    text = markdown_text.encode("utf-8", "replace").decode("utf-8")
    reading, days, facts = read(text), days_of(document), measured(document)
    rows = timeline_rows(reading, document, days)
    told = claims(rows, document)
    return Review(
        open_prompts=tuple(_prompts(reading)),
        contradictions=_sorted(contradictions(told, rows, facts, days)),
        orders=_sorted(orders(told, rows, facts, days)),
        unfinished=_sorted(_unfinished(reading, rows, document)),
    )


def _sorted(findings: Iterator[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: finding.line))


def _prompts(reading: Reading) -> Iterator[Finding]:
    for passage in reading.passages:
        for at, question in prompts_in(passage.text):
            line = passage.line + passage.text.count("\n", 0, at)
            yield Finding(line, passage.section, f"open: {quoted(question)}")


def _unfinished(reading: Reading, rows: tuple[Row, ...], document: Mapping[str, Any]) -> Iterator[Finding]:
    for passage in reading.passages:
        if not passage.section and _UNREVIEWED.search(passage.text):
            yield Finding(
                passage.line, "", "still marked DRAFT, not reviewed; write who reviewed it, and when"
            )
    for row in rows:
        if row.own and row.time and row.told is None:
            yield Finding(
                row.line, row.section, f"time {quoted(row.time)!r} cannot be read; write 14:45 or 14:45:30"
            )
    for action in reading.rows:
        yield from (Finding(action.line, action.section, why) for why in _lacking(action, document))


def _lacking(row: TableRow, document: Mapping[str, Any]) -> Iterator[str]:
    """What an action that somebody wrote lacks."""
    action = row.cell("Action")
    if not action or is_open(action):
        return
    for head, lacks in (("Owner", "an owner"), ("Due", "a due date")):
        if head in row.heads and row.cell(head).lower() in _NOBODY:
            yield f"action without {lacks}: {quoted(action)}"
    began, due = instant(part(document, "impact").get("start")), _day(row.cell("Due"))
    if began and due and due < began.date():
        yield f"action due {due.isoformat()}, before the incident: {quoted(action)}"


def _day(cell: str) -> date | None:
    found = _DAY.search(cell)
    try:
        return date.fromisoformat(found[0]) if found else None
    except ValueError:
        return None
