"""Markdown that we wrote, kept apart from text that others wrote.

`Md` marks text as Markdown of ours. Everything else that reaches a template or `line` is foreign and
is escaped on the way, so forgetting to escape is not possible, only forgetting to mark.
"""

from __future__ import annotations

from collections.abc import Iterable

from incident.text.markup import markdown


class Md(str):
    """Markdown written by us; printed as it stands."""

    __slots__ = ()


def foreign(text: str, *, limit: int = markdown.INLINE_LIMIT) -> Md:
    """Text of others for the middle of a line or a table cell: shown as it is, without any effect."""
    return Md(markdown.foreign(text, limit=limit))


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
