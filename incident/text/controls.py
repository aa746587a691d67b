"""Characters that nobody sees: controls, direction overrides, zero-width and stray surrogates.

They reorder a line, hide a part of it or break the file that holds it, so each is either turned
into a blank, shown as its code point (`U+202E`), or removed. Ranges are listed here and not taken
from `unicodedata`, whose tables change with the Python version: same evidence, same bytes.
"""

from __future__ import annotations

import re

_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Soft hyphen, joiners, fillers, marks and overrides of direction, byte order mark, tags."""
_INVISIBLE = re.compile(f"[{_UNSEEN}]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_CONTROL_BUT_LAYOUT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BREAK = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_TEXT = re.compile("[\ud800-\udfff\ufffe\uffff]")
_XML_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _code_point(match: re.Match[str]) -> str:
    return f"U+{ord(match[0]):04X}"


def visible_controls(text: str) -> str:
    """The text with what cannot be seen written out as `U+XXXX`; tab, CR and LF stay as they are.

    Lone surrogates, which no UTF-8 file can hold, become U+FFFD.
    """
    seen = _CONTROL_BUT_LAYOUT.sub(_code_point, _NOT_TEXT.sub("\ufffd", text))
    return _INVISIBLE.sub(_code_point, seen)


def without_xml_illegal(text: str) -> str:
    """The text without the characters that no XML 1.0 document may contain, even escaped."""
    return _XML_ILLEGAL.sub("", text)


def one_line(text: str) -> str:
    """The text on one line: controls and line ends are blanks, runs of blanks are one, ends cut.

    What cannot be seen is written out. The result may be empty.
    """
    flat = " ".join(_BREAK.sub(" ", text).split())
    return visible_controls(flat)


def unbroken(text: str) -> str:
    """As `one_line`, but blanks inside are kept as they are, one for each line end or control."""
    return visible_controls(_BREAK.sub(" ", text.replace("\r\n", "\n")))


def terminal(text: str) -> str:
    """Foreign text for a terminal or a log: no escape sequence, no line end, nothing unseen."""
    return _INVISIBLE.sub(_code_point, _CONTROL.sub(_code_point, _NOT_TEXT.sub("\ufffd", text)))


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, the last three of them dots where something was left out."""
    return text if len(text) <= limit else text[: limit - 3].rstrip() + "..."
