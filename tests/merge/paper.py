"""A draft under the pen of people: its blocks, and what was done to them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests.merge.formatters import ANCHOR, WAS

TOKEN = re.compile(r"tok\d+x")


@dataclass(slots=True)
class Section:
    """One block of a page under the pen. `copy`: pasted, so that its anchor is a second one."""

    key: str
    anchor: str
    lines: list[str]
    copy: bool = False


@dataclass(slots=True)
class Page:
    """A draft under the pen, and what was done to it."""

    sections: list[Section]
    first_token: int = 0
    tokens: int = 0
    touched: set[str] = field(default_factory=set)
    """Blocks with any change at all."""
    copied: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    deleted_rows: set[tuple[str, str]] = field(default_factory=set)
    touched_rows: set[tuple[str, str]] = field(default_factory=set)
    conflicted: set[str] = field(default_factory=set)
    stripped: bool = False
    formatted: bool = False
    """Whether spelling was changed everywhere."""
    moved_rows: bool = False
    structural: bool = False
    """Whether blocks were moved, copied or taken out, or begin with another line than they did."""
    plain: str = ""
    """The text after the edits, before formatters and wikis."""
    text: str = ""

    def token(self) -> str:
        """A word that stands nowhere else."""
        self.tokens += 1
        return f"tok{self.first_token + self.tokens}x"


def page(text: str, first_token: int = 0) -> Page:
    """The draft as it was generated or merged, ready to be edited."""
    sections = [Section("", "", [])]
    fence = conflict = False
    for line in text.split("\n"):
        fence ^= line.startswith("```")
        conflict = (conflict or line.startswith("<<<<<<<")) and not line.startswith(">>>>>>>")
        found = None if fence or conflict else (ANCHOR.fullmatch(line) or WAS.fullmatch(line))
        if found:
            key = found[1] if ANCHOR.fullmatch(line) else f"was:{found[1]}"
            sections.append(Section(key, line, []))
        else:
            sections[-1].lines.append(line)
    return Page([each for each in sections if each.anchor or each.lines], first_token)
