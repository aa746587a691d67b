"""The last check before a merged draft may be written: every line of people is in it, once.

It knows nothing of how the merge works, so that the promise does not depend on the merge being right.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from report.merge.joining.orphans import own_words
from report.merge.joining.updates import payload, repeats
from report.merge.reading import rows
from report.merge.reading.blocks import anchor_of, parse
from report.merge.reading.lines import Line, meant, read_lines, without_anchors

_MOSTLY = 0.5
"""Share of blocks that may be gone at once; more is a file cut short more often than an edit."""


def lost_lines(existing: str, base: str, merged: str, *, new: str = "") -> tuple[str, ...]:
    """Lines that people wrote and that are not in the merged text exactly as often, word for word.

    A merge for which this is not empty must not be written. People's lines are those whose normal form
    is not one of the base; a line that `new` says too may stand in the merged text once more for it, and
    the words above orphaned notes as often as there are sections of them.
    """
    mine = Counter(_spelled(line) for line in _human(existing, base))
    made = Counter(_spelled(line) for line in read_lines(merged))
    fresh = Counter(_spelled(line) for line in read_lines(new))
    return tuple(
        text
        for text, number in mine.items()
        if made[text] < number or (made[text] > number + fresh[text] and not own_words(text))
    )


def human_lines(existing: str, base: str) -> tuple[str, ...]:
    """The lines that people wrote, from top to bottom, as they are in the draft."""
    return tuple(line.text for line in _human(existing, base))


def mostly_gone(existing: str, base: str) -> bool:
    """Whether more than half of the base's blocks left no line in the draft, as in a file cut short."""
    left = set(meant(read_lines(existing)))
    blocks = [meant(block.lines) for block in parse(base).blocks if meant(block.lines)]
    gone = sum(not left.intersection(said) for said in blocks)
    return gone > _MOSTLY * len(blocks)


def _human(existing: str, base: str) -> Iterator[Line]:
    generated = set(meant(read_lines(base)))
    for line in read_lines(existing):
        update = payload(line)
        theirs = update is not None and repeats(update, generated)
        spelled_out = anchor_of(line) is not None and not line.text.lstrip("\ufeff \t").startswith("<!--")
        if line.same and line.same not in generated and not theirs and not spelled_out:
            yield line


def _spelled(line: Line) -> str:
    """The line as people see it. The chart's number in an event's row is not theirs."""
    if line.code:
        return line.text.strip()
    shown = without_anchors(line.text.removeprefix("\ufeff")).strip()
    return re.sub(r"\A\|\s*(?:[0-9]+|-)\s*\|", "|", shown) if rows.id_of(shown) else shown
