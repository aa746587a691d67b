"""A draft as anchored blocks, in the order they stand in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from report.merge.reading.lines import Line, joined, read_lines

ORPHANS = "orphans"
"""Key of the section that keeps what people wrote about facts that are gone."""
DRAFT = "draft"
"""Key of the first block; its anchor names the generation."""
LINKS = "links"
"""Key of the block of addresses that the references in the text lead to."""
_BOM = "\ufeff"
_ANCHOR = re.compile(
    r"(?P<mark>\s{0,3}<!--\s*itl:(?P<key>[a-z0-9][a-z0-9-]*)(?:\s+[a-z]+=[^\s<>]+)*\s*-->)(?P<rest>.*)"
)
_GENERATION = re.compile(r"\sgen=([0-9]{1,9})(?=\s)")
_IDENTITY = re.compile(r"\sid=([0-9a-f]{12})(?=\s)")
_WAS = re.compile(r"\s{0,3}<!--\s*itl-was:[^<>]*-->(?P<rest>.*)")
_SPELLED_OUT = re.compile(r"\s*(?:\\?<|&lt;)!?\\?!?(?:\\?-){2}\s*itl:[^<>]*(?:\\?-){2}(?:\\?>|&gt;)\s*")
"""An anchor as some wikis give it back: as text."""


@dataclass(frozen=True, slots=True)
class Block:
    """An anchor and the lines below it, up to the next. `key` is empty before the first anchor."""

    key: str
    anchor: str
    """The anchor as it is written; empty where there is none."""
    rest: str
    """What somebody wrote behind the anchor on its line."""
    end: str
    """The end of the anchor's line."""
    lines: tuple[Line, ...]
    own: bool = False
    """Whether it is people's alone: a copy whose anchor was taken out of use."""

    @property
    def written(self) -> tuple[Line, ...]:
        """All lines of the block, the anchor's first."""
        head = (Line(self.anchor + self.rest, self.end),) if self.anchor else ()
        return head + self.lines

    @property
    def said(self) -> tuple[Line, ...]:
        """The lines without the anchor, but with what stands behind it."""
        return ((Line(self.rest, self.end),) if self.rest.strip() else ()) + self.lines


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole draft. Its blocks joined are its text."""

    bom: str
    blocks: tuple[Block, ...]

    @property
    def keys(self) -> set[str]:
        """Keys of the blocks that are not people's alone."""
        return {block.key for block in self.blocks if block.key and not block.own}

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines, anchors too."""
        return tuple(line for block in self.blocks for line in block.written)

    @property
    def usual_end(self) -> str:
        """The line end that most lines have."""
        ends = [line.end for line in self.lines if line.end]
        return max(("\n", "\r\n", "\r"), key=ends.count)

    @property
    def text(self) -> str:
        """The draft as it was read."""
        return self.bom + joined(self.lines)


def parse(text: str) -> Draft:
    """Splits a draft at its anchors; those inside code and inside conflict markers are text."""
    bom = _BOM if text.startswith(_BOM) else ""
    return Draft(bom, blocks_of(read_lines(text.removeprefix(_BOM))))


def blocks_of(lines: Iterable[Line]) -> tuple[Block, ...]:
    """The lines split at their anchors."""
    heads, bodies = [Block("", "", "", "", ())], [list[Line]()]
    for line in lines:
        begun = _begun(line) if "itl" in line.text else None
        if begun is None:
            bodies[-1].append(line)
        else:
            heads.append(begun)
            bodies.append([])
    whole = zip(heads, bodies, strict=True)
    return tuple(replace(head, lines=tuple(body)) for head, body in whole if head.anchor or body)


def _begun(line: Line) -> Block | None:
    """The block that a line begins."""
    if line.code or line.held:
        return None
    if _SPELLED_OUT.fullmatch(line.text) and not line.text.lstrip().startswith("<!--"):
        plain = line.text.replace("\\", "").replace("&lt;", "<").replace("&gt;", ">")
        return _begun(replace(line, text=plain))
    found = _ANCHOR.fullmatch(line.text)
    if found:
        return Block(found["key"], found["mark"], found["rest"], line.end, ())
    was = _WAS.fullmatch(line.text)
    if was:
        return Block("", line.text[: was.start("rest")], was["rest"], line.end, (), own=True)
    return None


def anchor_of(line: Line) -> str | None:
    """The key of the anchor that a line is; None for any other line."""
    begun = _begun(line) if "itl" in line.text else None
    return begun.key if begun and not begun.own else None


def neutral(block: Block) -> Block:
    """The block as people's alone: its anchor marks nothing any more."""
    return replace(block, anchor=block.anchor.replace("itl:", "itl-was:", 1), own=True)


def generation_of(text: str) -> int | None:
    """The generation that the first anchor of a draft names; None where a wiki or a person removed it."""
    found = _GENERATION.search(_first_anchor(text))
    return int(found[1]) if found else None


def identity_of(text: str) -> str:
    """The incident that the first anchor of a draft names; empty where it was removed, or never named one."""
    found = _IDENTITY.search(_first_anchor(text))
    return found[1] if found else ""


def _first_anchor(text: str) -> str:
    return next((block.anchor for block in parse(text).blocks if block.key == DRAFT), "")
