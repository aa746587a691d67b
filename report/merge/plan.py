"""Whether a new text may take the place of the one on disk. People's words win, also when in doubt."""

from __future__ import annotations

import difflib
import re
from enum import Enum

_FIRST_ANCHOR = re.compile(r"<!-- itl:draft gen=([0-9]{1,9}) -->")


class Plan(Enum):
    """What to do with a new text. The value says why, for a message."""

    WRITE = "there is no draft yet, or it is as it was generated"
    UNCHANGED = "the draft says the same already"
    HUMAN_NEEDED = "the draft was edited, or the text it was generated from is gone"


def plan(existing: str | None, base: str | None, new: str) -> Plan:
    """Decides between the draft on disk, the text it was generated from (`base`) and a new text.

    `existing` is None where there is no draft, `base` where its generation is not kept. Texts are
    compared as they are: a line end changed by an editor is an edit, because to keep a draft that could
    have been replaced costs a moment, and the other mistake costs somebody's words.
    """
    if existing is None:
        return Plan.WRITE
    if existing == new:
        return Plan.UNCHANGED
    return Plan.WRITE if existing == base else Plan.HUMAN_NEEDED


def edited_lines(existing: str, base: str) -> int:
    """How many lines of the draft are not lines of its base, or were lines of it and are gone."""
    before, after = base.splitlines(), existing.splitlines()
    changed = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in changed if tag != "equal")


def generation_of(text: str) -> int | None:
    """The generation that the first anchor of a draft names; None where a wiki or a person removed it."""
    found = _FIRST_ANCHOR.search(text)
    return int(found[1]) if found else None
