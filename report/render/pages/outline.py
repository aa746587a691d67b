"""The headings of a draft, with an address for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markdown_it.token import Token

from incident.text.slug import slug


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as the table of contents shows it."""

    level: int
    text: str
    id: str


def outlined(tokens: Sequence[Token]) -> tuple[Heading, ...]:
    """Gives each heading an id of its own and returns them in order."""
    headings: list[Heading] = []
    taken: set[str] = set()
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        text = "".join(child.content for child in inline.children or ()).strip()
        opening.attrSet("id", _distinct(f"s-{slug(text)}", taken))
        headings.append(Heading(int(opening.tag[1]), text, str(opening.attrGet("id"))))
    return tuple(headings)


def _distinct(wanted: str, taken: set[str]) -> str:
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    taken.add(name)
    return name
