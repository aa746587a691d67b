"""The line that says what the tool measures now, below one that a person has rewritten."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from report.merge.reading import rows
from report.merge.reading.lines import FenceState, Line

_SAYS = "tool update:"
_MARK = re.compile(rf"\\?(?:>|&gt;)\s?{_SAYS}\s?")
_QUOTE = re.compile(rf"\s*{_MARK.pattern}")
_ITEM = re.compile(r"(\s*)([-*+]|[0-9]{1,9}[.)])\s+\S")
_ENDS_QUOTE = re.compile(r"\s*(?:#{1,6}\s|[-*+]\s|>|`{3,}|~{3,}|<!--|\Z)")
"""Lines that end a quotation by themselves; any other would be read as a part of it."""


class By(Enum):
    """Whose line a piece of the merged text is."""

    PERSON = "a line of the draft, in its own spelling"
    TOOL = "a line of the new text"
    UPDATE = "a line of the new text, told below the person's"


@dataclass(frozen=True, slots=True)
class Piece:
    """One line of the merged text before it is laid out."""

    line: Line
    by: By


def payload(line: Line) -> Line | None:
    """The tool's line inside an update line; None for any other line."""
    if line.code or _SAYS not in line.text:
        return None
    if rows.is_row(line.text):
        each = rows.cells(line.text)
        told = [_MARK.sub("", cell, count=1) if _MARK.match(cell) else cell for cell in each]
        return replace(line, text=f"| {' | '.join(told)} |") if told != each else None
    found = _QUOTE.match(line.text)
    return replace(line, text=line.text[found.end() :]) if found else None


def repeats(update: Line, said: Collection[str]) -> bool:
    """Whether the tool's line inside an update is among the lines `said`, be it a line of code there."""
    return update.same in said or replace(update, code=True).same in said


def gathered(lines: Sequence[Line], was: set[str], now: set[str]) -> list[Line]:
    """The lines, with the tool's earlier updates folded into the line each stands below.

    An update is the tool's own where it repeats a line of the base (`was`); what the new text (`now`)
    does not say any more is left out.
    """
    out: list[Line] = []
    for line in lines:
        update = payload(line)
        if update is None or not repeats(update, was) or not out:
            out.append(line)
        elif repeats(update, now):
            place = next((n for n in reversed(range(len(out))) if out[n].text.strip()), len(out) - 1)
            out[place] = replace(out[place], told=(*out[place].told, update))
    return out


def laid_out(pieces: Sequence[Piece], end: str) -> list[Line]:
    """The pieces as lines, with `end` behind those that are not a person's.

    An update stands directly below the line it follows, except that it waits for the end of a fence
    or a table, which a quotation would break. Below a row of a table it is a row itself.
    """
    page = _Page(end)
    for piece in pieces:
        if piece.by is By.UPDATE:
            page.wait(piece.line)
            continue
        if piece.by is By.PERSON:
            page.put(replace(piece.line, told=()) if piece.line.told else piece.line)
        else:
            page.put(Line(piece.line.text, end))
        for told in piece.line.told:
            page.wait(told)
    return page.finished()


class _Page:
    """Lines written so far, and updates that wait for a place where they break nothing."""

    def __init__(self, end: str) -> None:
        self._end = end
        self._lines: list[Line] = []
        self._waiting: list[Line] = []
        self._fence = FenceState()

    def wait(self, line: Line) -> None:
        self._waiting.append(line)

    def put(self, line: Line) -> None:
        if self._waiting and not self._fence.open:
            self._tell(before=line)
        self._fence.feed(line.text)
        self._lines.append(line)

    def finished(self) -> list[Line]:
        if self._waiting:
            self._tell(before=None)
        return self._lines

    def _tell(self, before: Line | None) -> None:
        """Writes what waits below the last line that says something; in a table only rows."""
        place = next((n + 1 for n in reversed(range(len(self._lines))) if self._lines[n].text.strip()), 0)
        above = self._lines[place - 1].text if place else ""
        in_table = rows.is_row(above) and not rows.is_rule(above)
        goes_on = in_table and before is not None and rows.is_row(before.text)
        as_rows = [line for line in self._waiting if in_table and rows.is_row(line.text)]
        others = [line for line in self._waiting if line not in as_rows]
        made = [self._made(_row(line.text)) for line in as_rows]
        if goes_on:
            self._waiting = others
        else:
            self._waiting = []
            made += [self._made(_quote(line.text, "" if as_rows else above)) for line in others]
        self._lines[place:place] = made
        if others and not goes_on:
            self._end_quote(place + len(made), before)

    def _end_quote(self, place: int, before: Line | None) -> None:
        """An empty line below a quotation that what follows would be read as part of."""
        below = self._lines[place] if place < len(self._lines) else before
        if below is not None and not _ENDS_QUOTE.match(below.text):
            self._lines.insert(place, self._made(""))

    def _made(self, text: str) -> Line:
        return Line(text, self._end)


def _row(text: str) -> str:
    """The row, marked in the cell that tells: the last but one of an event's, the first of others."""
    each = rows.cells(text)
    at = len(each) - 2 if rows.id_of(text) and len(each) > 1 else 0
    each[at] = f"> {_SAYS} {each[at]}"
    return f"| {' | '.join(each)} |"


def _quote(text: str, above: str) -> str:
    """A quotation; inside the list item above it where there is one."""
    item = _ITEM.match(above)
    return f"{' ' * (len(item[1]) + len(item[2]) + 1) if item else ''}> {_SAYS} {text.rstrip()}"
