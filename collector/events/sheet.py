"""Tables in text: the delimiter, the header, and the rows with the line each begins in."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from collector.errors import ConfigError
from collector.events.items import Bad, Place, Record

TIMES = ("time", "timestamp", "ts", "@timestamp", "when", "date", "startsat", "starts_at", "created_at")
"""Names of the column with the time, the best first."""
_DELIMITERS = ("\t", ";", ",")
_SEPARATOR = re.compile(r"sep=(?P<delimiter>[,;\t])")
_LONGEST_CELL = 100
"""Lines that one cell may run over. A quote that nobody closed would swallow the rest of the file."""


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns, the delimiter between them, and the index of the line that holds them."""

    names: tuple[str, ...]
    delimiter: str
    index: int


def header_of(text: str) -> Header | None:
    """The header of a table that has a column for the time; None where the text is no such table."""
    for index, line in enumerate(text.split("\n", 100)[:100]):
        if not line.strip() or line.startswith("#") or _SEPARATOR.fullmatch(line):
            continue
        split = [(delimiter, _cells(line, delimiter)) for delimiter in _DELIMITERS]
        told = [
            (delimiter, cells) for delimiter, cells in split if len(cells) > 1 and set(cells) & set(TIMES)
        ]
        best = max(told, key=lambda one: len(one[1]), default=None)
        return Header(best[1], best[0], index) if best else None
    return None


def _cells(line: str, delimiter: str) -> tuple[str, ...]:
    return tuple(cell.strip().strip('"').strip().casefold() for cell in line.split(delimiter))


def sheet_records(text: str, header: Header, place: Place) -> Iterator[Record | Bad]:
    """The rows of the table. A row with too many cells, or with a quote left open, costs itself only."""
    rows: list[tuple[int, str]] = []
    for line, row, closed in _rows(text.split("\n"), header):
        if closed:
            rows.append((line, row))
        else:
            yield Bad(Place(place.file, place.number, line), "a quote is opened and not closed")
    read = _cells_of(rows, header, place.file)
    for line, _ in rows:
        here = Place(place.file, place.number, line)
        cells = read.get(line)
        if cells is None or cells[-1]:
            yield Bad(
                here, f"more cells than the {len(header.names)} of the header; quote texts with delimiters"
            )
        else:
            yield Record(here, _fields(header.names, cells), "CSV")


def _fields(names: tuple[str, ...], cells: list[str]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, cell in zip(names, cells, strict=False):
        if name and cell.strip():
            fields.setdefault(name, cell)
    return fields


def _cells_of(rows: list[tuple[int, str]], header: Header, file: str) -> dict[int, list[str]]:
    """Cells by line, one more than the header has for what is too much; without the rows that had more."""
    import pandas as pd

    if not rows:
        return {}
    # pandas takes the width of the table from its first row, whatever the names; so that one is ours.
    widest = f"0{header.delimiter * (len(header.names) + 1)}\n"
    numbered = widest + "".join(f"{line}{header.delimiter}{row}\n" for line, row in rows)
    try:
        table = pd.read_csv(
            io.StringIO(numbered),
            sep=header.delimiter,
            header=None,
            names=list(range(len(header.names) + 2)),
            index_col=False,
            dtype=str,
            keep_default_na=False,
            na_filter=False,
            skipinitialspace=True,
            skip_blank_lines=False,
            on_bad_lines="skip",
            engine="c",
        )
    except pd.errors.ParserError as error:
        raise ConfigError(f"{file}: not CSV ({error})") from None
    return {int(line): cells for line, *cells in table.to_numpy().tolist()}


def _rows(lines: list[str], header: Header) -> Iterator[tuple[int, str, bool]]:
    """Rows with the number of their first line; those over several lines joined, as quotes allow."""
    at = header.index + 1
    while at < len(lines):
        if lines[at].startswith("#"):
            at += 1
            continue
        end = at
        inside = _open(lines[at], header.delimiter, inside=False)
        while inside and end + 1 < len(lines) and end - at < _LONGEST_CELL:
            end += 1
            if _strays(lines[end], header.delimiter):
                break
            inside = _open(lines[end], header.delimiter, inside=True)
        if inside:
            yield at + 1, lines[at], False
            end = at
        elif lines[at].strip():
            yield at + 1, "\n".join(lines[at : end + 1]), True
        at = end + 1


def _open(line: str, delimiter: str, *, inside: bool) -> bool:
    """Whether a quoted cell is open at the end of the line; quotes count at the start of a cell only."""
    if '"' not in line:
        return inside
    at = 0
    while True:
        if not inside:
            at = _next_quoted(line, delimiter, at)
            if at < 0:
                return False
        closing = _closing(line, at)
        if closing < 0:
            return True
        following = line.find(delimiter, closing)
        if following < 0:
            return False
        at, inside = following, False


def _strays(line: str, delimiter: str) -> bool:
    """Whether the quote that closes a cell opened above stands amid text: then it opens another one."""
    closing = _closing(line, 0)
    rest = line[closing:].lstrip(" ") if closing >= 0 else ""
    return bool(rest) and not rest.startswith(delimiter)


def _next_quoted(line: str, delimiter: str, at: int) -> int:
    """Where the next cell that begins with a quote has its text; below 0 where there is none."""
    found = re.compile(rf"(?:^|{re.escape(delimiter)}) *\"").search(line, at)
    return found.end() if found else -1


def _closing(line: str, at: int) -> int:
    """The place after the quote that closes the cell; a doubled quote is one that is meant."""
    while (found := line.find('"', at)) >= 0:
        if line[found + 1 : found + 2] != '"':
            return found + 1
        at = found + 2
    return -1
