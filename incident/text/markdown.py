"""Foreign text into Markdown without any effect on its structure (CommonMark and GFM tables).

Nothing here trusts a label value, an annotation or a title: whatever it holds, the document has the
same blocks, cells and links as if it said `x`, and shows the text as it was.
"""

from __future__ import annotations

import re
import string

from incident.text.controls import cut, one_line, unbroken, visible_controls
from incident.text.links import url_or_none

INLINE_LIMIT = 300
"""Characters of foreign text on one line; longer ones push a table row off every screen."""

_EMPTY = r"\(empty\)"
# On GitLab a backslash does not stop a mention or an issue reference, an entity does.
_ESCAPES = str.maketrans({mark: f"\\{mark}" for mark in string.punctuation} | {"@": "&#64;", "#": "&#35;"})
# A destination in parentheses: these would end it, open a table cell, or be read as an escape.
_URL_ESCAPES = str.maketrans({mark: f"%{ord(mark):02X}" for mark in '()\\|<>"` '})
_ENTITY = re.compile(r"&(?=#?[A-Za-z0-9]+;)")
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


def link(text: str, url: str | None, *, limit: int | None = INLINE_LIMIT) -> str:
    """A link where the address is a plain web address (`url_or_none`), otherwise the text alone."""
    checked = None if url is None else url_or_none(url)
    if checked is None:
        return cell(text, limit=limit)
    return f"[{cell(text, limit=limit)}]({_ENTITY.sub('&amp;', checked.translate(_URL_ESCAPES))})"


def _fence_length(text: str, *, shortest: int) -> int:
    """One more than the longest run of backticks in the text, and at least `shortest`."""
    return max([shortest, *(len(run) + 1 for run in _BACKTICKS.findall(text))])
