"""Rows of Markdown tables: their cells, the visible id of the event they tell, the chart's number."""

from __future__ import annotations

import re
from functools import lru_cache

_ID = re.compile(r"\be-[0-9a-z]{4,}\b")
_PIPE = re.compile(r"(?<!\\)\|")
_REMEMBERED = 1 << 14
"""Lines whose id is kept; each is asked for several times in a merge."""


def is_row(text: str) -> bool:
    """Whether the line is written as a row; every table of a draft has its outer pipes."""
    return text.lstrip().startswith("|")


def cells(text: str) -> list[str]:
    """The row's cells without their padding; a pipe after a backslash is text. At least one."""
    inner = text.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [each.strip() for each in _PIPE.split(inner)]


@lru_cache(maxsize=_REMEMBERED)
def id_of(text: str) -> str | None:
    """The id of the event that a row tells: it stands in the last cell. None for any other line."""
    if not is_row(text):
        return None
    found = _ID.search(cells(text)[-1])
    return found[0] if found else None


def is_number(cell: str) -> bool:
    """Whether a first cell is the chart's number, or the `-` of an event without one."""
    return cell == "-" or (cell.isascii() and cell.isdigit())


def is_rule(text: str) -> bool:
    """Whether the line is the rule beneath a table's head."""
    return is_row(text) and all(re.fullmatch(":?-+:?", each) for each in cells(text))


def renumbered(text: str, before: str, after: str) -> str:
    """The row with its number changed as from `before` to `after`; as it is where its number is another."""
    mine, old, new = (cells(each)[0] for each in (text, before, after))
    if mine != old or old == new or not (is_number(old) and is_number(new)):
        return text
    return re.sub(rf"(\s*\|\s*){re.escape(mine)}(?=\s*\|)", lambda found: found[1] + new, text, count=1)
