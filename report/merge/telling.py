"""A merge in words: one line of what was kept and updated, and a diff to look at before it is done."""

from __future__ import annotations

import difflib

from incident.text.controls import cut, terminal
from report.merge.merge import Merged
from report.merge.reading.lines import read_lines

_WIDTH = 160
"""Characters shown of a line; addresses are longer, and nobody reads them in a diff."""
_CONTEXT = 2
"""Unchanged lines to each side of a change: the heading above a paragraph is two lines away."""


def summary(merged: Merged) -> str:
    """`kept 14 of your lines, 3 blocks updated, 1 note orphaned (e-3fa9)`."""
    kept = merged.kept_lines
    parts = [f"kept {kept} of your lines" if kept != 1 else "kept 1 line of yours"]
    parts.append(_counted(len(merged.updated_blocks), "block") + " updated")
    if merged.orphaned:
        parts.append(f"{_counted(len(merged.orphaned), 'note')} orphaned ({', '.join(merged.orphaned)})")
    return ", ".join(parts)


def readable_diff(existing: str, merged: str, name: str) -> str:
    """What would change in the file `name`, as a unified diff; empty where nothing would.

    For a terminal: what cannot be seen is spelled out, long lines are cut, line ends do not count.
    """
    before, after = ([cut(terminal(line.text), _WIDTH) for line in read_lines(t)] for t in (existing, merged))
    found = difflib.unified_diff(before, after, name, f"{name} (refreshed)", n=_CONTEXT, lineterm="")
    return "".join(f"{line}\n" for line in found)


def _counted(number: int, one: str) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {one}s"
