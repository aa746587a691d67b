"""Markdown that we wrote, kept apart from text that others wrote.

`Md` marks text as Markdown of ours. Everything else that reaches a template or `line` is foreign and
is escaped on the way, so forgetting to escape is not possible, only forgetting to mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from incident.text import markdown
from incident.text.controls import cut, one_line


class Md(str):
    """Markdown written by us; printed as it stands."""

    __slots__ = ()


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


def foreign(text: str, *, limit: int = markdown.INLINE_LIMIT) -> Md:
    """Text of others for the middle of a line or a table cell: shown as it is, without any effect."""
    flat = cut(one_line(text), limit)
    if not flat:
        return Md(markdown.cell(""))
    more = {at for match in _READ_AS_MORE.finditer(flat) for at in range(match.start(), match.end())}
    return Md("".join(_spelled(flat, at, at in more or at == 0) for at in range(len(flat))))


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
    return markdown.cell(char)


def piece(value: object) -> Md:
    """Any value as Markdown: `Md` as it stands, the rest as foreign text. None is a defect."""
    if isinstance(value, Md):
        return value
    if value is None:
        raise TypeError("a draft prints what is not known in words, never None")
    return foreign(str(value))


def line(template: str, *parts: object) -> Md:
    """Our own wording with `{}` for each part; parts that are not `Md` are escaped."""
    return Md(template.format(*(piece(part) for part in parts)))


def optional(template: str, part: object) -> Md:
    """`line` where there is something to say, otherwise nothing."""
    return line(template, part) if part else Md("")


def joined(between: str, parts: Iterable[object]) -> Md:
    """The parts in one line, `between` standing between them."""
    return Md(between.join(piece(part) for part in parts))


def listed(parts: Iterable[object]) -> Md:
    """`a`, `a and b`, `a, b and c`."""
    words = [piece(part) for part in parts]
    if len(words) < 2:
        return joined("", words)
    return Md(f"{', '.join(words[:-1])} and {words[-1]}")


def code(text: str) -> Md:
    """A query or a name as code inside a line or cell."""
    return Md(markdown.cell_code(text))


def fence(text: str, language: str) -> Md:
    """A query or a log as a block of its own."""
    return Md(markdown.fence(text, language).rstrip("\n"))


def capital(sentence: Md) -> Md:
    """The sentence with its first letter as a capital."""
    return Md(sentence[:1].upper() + sentence[1:])


def counted(number: int, one: str, many: str) -> Md:
    """`1 alert`, `3 alerts`."""
    return Md(f"{number:,} {one if number == 1 else many}")
