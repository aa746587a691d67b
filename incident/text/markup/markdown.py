"""Foreign text into Markdown without any effect on its structure (CommonMark and GFM tables).

Nothing here trusts a label value, an annotation or a title: whatever it holds, the document has the
same blocks, cells and links as if it said `x`, and shows the text as it was.
"""

from __future__ import annotations

import re
import string

from incident.text.controls import cut, one_line, unbroken, visible_controls

INLINE_LIMIT = 300
"""Characters of foreign text on one line; longer ones push a table row off every screen."""

_EMPTY = r"\(empty\)"
# On GitLab a backslash does not stop a mention or an issue reference, an entity does.
_ESCAPES = str.maketrans({mark: f"\\{mark}" for mark in string.punctuation} | {"@": "&#64;", "#": "&#35;"})
# Marks that change nothing in the middle of a line, in any of the dialects drafts are read in. All
# others are escaped. People edit this text, and `0\.1 \-\> 0\.9 \%` is no fun to edit.
_HARMLESS = ",;%'\"?/()+=.>:-"
# Except where a dialect reads more into them: list numbers and marks at the start of a block, bare
# addresses, :emoji:, ==highlight==, ++insert++, "--" that closes a comment.
_READ_AS_MORE = re.compile(
    r"\A[0-9]{1,9}[.)](?=\s|$)"
    r"|www\.|:(?=[A-Za-z/+-])"
    r"|([=+-])\1+>?",
    re.IGNORECASE,
)
_MARK = re.compile(r"[!-/:-@\[-`{-~]")
_BACKTICKS = re.compile("`+")
_INFO = re.compile("[a-z0-9-]*")


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def inline(text: str, *, limit: int | None = INLINE_LIMIT) -> str:
    """The text for a paragraph, heading or list item: one line, cut to `limit` characters shown."""
    flat = one_line(text) if limit is None else cut(one_line(text), limit)
    return _escaped(flat) if flat else _EMPTY


def cell(text: str, *, limit: int | None = INLINE_LIMIT) -> str:
    """The text for a table cell.

    The pipe is an entity: table parsers look for pipes before they look for backslashes, and not
    all count backslashes in the same way.
    """
    return inline(text, limit=limit).replace("\\|", "&#124;")


def foreign(text: str, *, limit: int = INLINE_LIMIT) -> str:
    """The text for the middle of a line or a table cell, escaped only where it would have an effect.

    As safe as `cell`, and pleasant to edit.
    """
    flat = cut(one_line(text), limit)
    if not flat:
        return _EMPTY
    more = {at for match in _READ_AS_MORE.finditer(flat) for at in range(match.start(), match.end())}
    return "".join(_spelled(flat, at, at in more or at == 0) for at in range(len(flat)))


def _spelled(text: str, at: int, wary: bool) -> str:
    """The character at `at`, escaped where it is or may become a mark."""
    char = text[at]
    if not _MARK.match(char) or (char in _HARMLESS and not wary):
        return char
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if char == "_" and before.isalnum() and after.isalnum():
        return char
    if char == "<" and after.isdecimal():  # no tag begins with a digit
        return char
    return cell(char)


def code_span(text: str) -> str:
    """The text, uncut, as inline code; line ends are blanks. In table cells use `cell_code`."""
    flat = unbroken(text)
    if not flat.strip():
        return _EMPTY
    ticks = "`" * _fence_length(flat, shortest=1)
    pad = " " if flat[0] in "` " or flat[-1] in "` " else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def cell_code(text: str) -> str:
    """The text, uncut, as code in a table cell; plain text where it holds a pipe.

    GFM has no spelling of a backslash before a pipe inside code in a cell that all parsers share.
    """
    return cell(text, limit=None) if "|" in text else code_span(text)


def fence(text: str, info: str = "") -> str:
    """The text as a fenced code block ending in a line end.

    `info` names the language, in small letters, digits and `-`. Raises ValueError otherwise.
    """
    if not _INFO.fullmatch(info):
        raise ValueError(f"code fence: language {info!r} has other characters than a-z, 0-9 and '-'")
    body = visible_controls(text.replace("\r\n", "\n").replace("\r", "\n")).rstrip("\n")
    ticks = "`" * _fence_length(body, shortest=3)
    return f"{ticks}{info}\n{body}\n{ticks}\n"


def _fence_length(text: str, *, shortest: int) -> int:
    """One more than the longest run of backticks in the text, and at least `shortest`."""
    return max([shortest, *(len(run) + 1 for run in _BACKTICKS.findall(text))])
