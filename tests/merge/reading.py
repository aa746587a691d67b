"""Reads a draft back: which block and which event each line belongs to. Independent of the merge."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from tests.merge.formatters import ANCHOR, ROW, WAS
from tests.merge.paper import TOKEN

UPDATE = "tool update: "


@dataclass(frozen=True, slots=True)
class Owned:
    """A line and the block it stands in."""

    owner: str
    text: str
    begins: bool = False
    """Whether the block's anchor stands on this line, before the text."""


@lru_cache(maxsize=32)
def owned(text: str) -> tuple[Owned, ...]:
    """Each line with its block: the key of the anchor above it, `was:` before it where it is out of use."""
    out, owner = list[Owned](), ""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    opaque = _opaque(lines)
    for number, line in enumerate(lines):
        ours = was = None
        if "itl" in line and number not in opaque:
            ours, was = ANCHOR.fullmatch(line.strip()), WAS.fullmatch(line.strip())
        found = ours or was
        if found:
            owner = found[1] if ours else f"was:{found[1]}"
        out.append(Owned(owner, found[2] if found else line, ours is not None))
    return tuple(out)


def _opaque(lines: Sequence[str]) -> set[int]:
    inside: set[int] = set()
    fence = conflict = False
    for number, line in enumerate(lines):
        conflict |= line.startswith("<<<<<<< ")
        if line.strip().startswith("```"):
            fence = not fence
        elif fence or conflict:
            inside.add(number)
        conflict &= not line.startswith(">>>>>>> ")
    return inside


def spelled(text: str) -> str:
    """The line without the chart's number before an event."""
    return (
        re.sub(r"\A\|\s*(?:\d+|-)\s*\|", "|", text.strip()) if ROW.fullmatch(text.strip()) else text.strip()
    )


def tokens(lines: Sequence[Owned]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        for token in TOKEN.findall(line.text):
            found.setdefault(line.owner, []).append(token)
    return found


def rows(lines: Sequence[Owned], key: str) -> dict[str, str]:
    """Rows of a block by the visible id, without the tool's updates; of several the first."""
    found: dict[str, str] = {}
    for line in lines:
        mark = ROW.fullmatch(line.text.strip())
        if line.owner == key and mark and UPDATE not in line.text:
            found.setdefault(mark[1], line.text)
    return found


def body(lines: Sequence[Owned], key: str, *, loose: bool) -> list[str]:
    text = [line.text.rstrip() for line in lines if line.owner == key]
    if loose:
        return [bare for line in text if (bare := re.sub(r"[\W_]+", "", line))]
    while text and not text[-1]:
        text.pop()
    return text[next((n for n, line in enumerate(text) if line), 0) :]


def keys(lines: Sequence[Owned]) -> set[str]:
    return {line.owner for line in lines}


def loose(text: str) -> str:
    return re.sub(r"[\W_]+", "", spelled(text))
