"""A table that somebody wrote in and that has other columns now: theirs stays, the new one follows below.

Rows of other columns cannot be merged line by line: one table would have rows of two widths.
"""

from __future__ import annotations

from collections.abc import Sequence

from report.merge.reading import rows
from report.merge.reading.lines import Line, meant

Span = tuple[int, int]
"""First line of a table, and the line after its last."""


def new_columns(base: Sequence[Line], human: Sequence[Line], new: Sequence[Line]) -> list[Line] | None:
    """The new text with the base's table in place of its own, where a person's table must stay as it is.

    None where the block has no table or more than one, where the columns are the same, where nobody
    wrote in it, and where its rows are events: these are merged by their ids whatever their columns.
    """
    old, mine, fresh = (_table(side) for side in (base, human, new))
    if old is None or mine is None or fresh is None:
        return None
    had, has, gets = base[slice(*old)], human[slice(*mine)], new[slice(*fresh)]
    same_columns = had[0].same == gets[0].same
    written = set(meant(has)) - set(meant(had))
    if same_columns or has[0].same != had[0].same or not written or any(rows.id_of(row.text) for row in had):
        return None
    return [*new[: fresh[0]], *had, *new[fresh[1] :]]


def table_of(lines: Sequence[Line]) -> list[Line]:
    """The lines of the one table among these; none where there is not one."""
    span = _table(lines)
    return list(lines[slice(*span)]) if span else []


def below_table(lines: Sequence[Line], head: Line, table: Sequence[Line], end: str) -> list[Line]:
    """The lines with another table below the one that begins with `head`."""
    first = next(n for n, line in enumerate(lines) if line.same == head.same)
    last = next((n for n in range(first, len(lines)) if not rows.is_row(lines[n].text)), len(lines))
    return [*lines[:last], Line("", end), *(Line(line.text, end) for line in table), *lines[last:]]


def _table(lines: Sequence[Line]) -> Span | None:
    """Where the only table is; None where there is none or several."""
    heads = [n - 1 for n, line in enumerate(lines) if n and not line.code and rows.is_rule(line.text)]
    if len(heads) != 1 or heads[0] < 0:
        return None
    first = heads[0]
    return first, next((n for n in range(first, len(lines)) if not rows.is_row(lines[n].text)), len(lines))
