"""Markdown as people write it, read without trusting it: raw HTML is text, comments are not shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

_OPENS, _CLOSES = "<!--", "-->"
_ANCHOR = re.compile(r"itl:([a-z0-9-]+)")
# Four columns of indentation make a line code, not a comment.
_INDENTED = 4


def parser() -> MarkdownIt:
    """CommonMark with GFM tables and strike-through; raw HTML off, comments recognised and dropped.

    Characters that were escaped stay tokens of their own (`text_special`), so that what was escaped in
    order to mean nothing is not read as a question or an address afterwards.
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    reader.disable("text_join")
    block: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    reader.block.ruler.before("fence", "comment", _comment_block, block)
    reader.inline.ruler.before("autolink", "comment", _comment_inline)
    return reader


def _comment_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A comment on lines of its own. A `comment` token carries the block's name, if it is an anchor."""
    first = state.bMarks[start] + state.tShift[start]
    if state.sCount[start] - state.blkIndent >= _INDENTED or not state.src.startswith(_OPENS, first):
        return False
    after = _comment_end(state.src, first, state.eMarks[end - 1])
    if after is None:
        return False
    last = next(line for line in range(start, end) if after <= state.eMarks[line])
    if state.src[after : state.eMarks[last]].strip():
        return False
    if not silent:
        token = state.push("comment", "", 0)
        token.hidden = True
        named = _ANCHOR.match(state.src[first + len(_OPENS) : after].strip())
        token.meta = {"anchor": named[1] if named else ""}
        token.map = [start, last + 1]
        state.line = last + 1
    return True


def _comment_inline(state: StateInline, silent: bool) -> bool:
    """A comment inside a line, dropped; text beside it stays."""
    if not state.src.startswith(_OPENS, state.pos):
        return False
    after = _comment_end(state.src, state.pos, state.posMax)
    if after is None:
        return False
    if not silent:
        state.push("text", "", 0).content = ""
    state.pos = after
    return True


def _comment_end(source: str, start: int, limit: int) -> int | None:
    """Where the comment that opens at `start` has ended; None where it does not before `limit`."""
    if start > _last_close(source):
        return None
    close = source.find(_CLOSES, start + len(_OPENS), limit)
    return None if close < 0 else close + len(_CLOSES)


@lru_cache(maxsize=2)
def _last_close(source: str) -> int:
    """Beyond this no comment ends; kept, so that many unfinished ones are not each read to the end."""
    return source.rfind(_CLOSES)


def prose(markdown_text: str) -> Iterator[str]:
    """The running text of each paragraph, heading and cell, on one line; code and pictures left out."""
    for token in parser().parse(markdown_text):
        if token.type == "inline":
            yield " ".join("".join(spoken(child) for child in token.children or ()).split("\n"))


def spoken(token: Token) -> str:
    """What a part of a line says, where it is neither code, nor picture, nor escaped on purpose."""
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    if token.type in ("code_inline", "image", "text_special"):
        return "\0"  # so that what stands on both sides is not read as one
    return token.content
