"""The section that keeps what people wrote about facts that are no longer in the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from report.merge.reading import rows
from report.merge.reading.blocks import ORPHANS, Block, Draft
from report.merge.reading.lines import Line

_HEADING = "## Orphaned notes"
_EXPLAINED = "Written beside facts that are no longer in the data; move each where it belongs, or delete it."


@dataclass(frozen=True, slots=True)
class Orphan:
    """Lines that lost their place, and where it was."""

    name: str
    """The event's visible id, or the key of the block."""
    section: str
    """The heading they stood under."""
    lines: tuple[Line, ...]


def section(orphans: Sequence[Orphan], end: str) -> Block:
    """A section of its own for these notes."""
    head = (Line(_HEADING, end), Line("", end), Line(_EXPLAINED, end), Line("", end))
    return Block(ORPHANS, f"<!-- itl:{ORPHANS} -->", "", end, head + told(orphans, end))


def told(orphans: Sequence[Orphan], end: str) -> tuple[Line, ...]:
    """The notes word for word, each below a heading that says where it stood."""
    out: list[Line] = []
    for orphan in orphans:
        out += [Line(f'### From "{orphan.section}", {orphan.name}', end), Line("", end)]
        out += orphan.lines
        if not orphan.lines or orphan.lines[-1].text.strip():
            out.append(Line("", end))
    return tuple(out)


def own_words(text: str) -> bool:
    """Whether a line of the section is the tool's: its heading, its explanation, where a note stood."""
    return text.strip() in (_HEADING, _EXPLAINED) or text.startswith('### From "')


def is_heading(line: Line) -> bool:
    """Whether a line begins the section in a draft whose anchors are gone."""
    return not line.code and line.text.strip() == _HEADING


def with_head(row: Line, table: Sequence[Line]) -> tuple[Line, ...]:
    """The row below the head of the table it stood in, so that it still reads as a row."""
    rule = next((n for n, line in enumerate(table) if n and rows.is_rule(line.text)), None)
    if rule is None:
        return (row,)
    return (Line(table[rule - 1].text, row.end), Line(table[rule].text, row.end), row)


def heading_of(draft: Draft, key: str) -> str:
    """The heading that a block stands under: its own, or that of the nearest block above with one."""
    found = ""
    for block in draft.blocks:
        first = next((line.text for line in block.lines if line.text.strip()), "")
        found = first.lstrip("# ") if first.startswith("#") else found
        if block.key == key:
            return found or key
    return key
