"""What HTML needs beyond Markdown: scoped cells, scrolling tables, folded evidence, marked questions."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence

from markdown_it.token import Token

FOLDED = "evidence"
"""The anchored section whose subsections are folded until wanted."""

_BEFORE_UNIT = re.compile(r"(?<=[0-9]) (?=(?:%|[mµ]?s|min|h|d|req/s)(?![\w/]))")
_BITMAPS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_SPECIAL = re.compile(
    r"(?P<prompt>\[You: [^\[\]]+\])|(?P<address>https?://[^\s<>\[\]()\"'`]*[^\s<>\[\]()\"'`.,:;!?])"
    r"|(?P<whole>(?<![\w-])e-[0-9a-f]{4,12}(?:-[0-9]+)?(?![\w-])|(?<![-<])->"
    r"|(?<![\w-])[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:]+Z)?(?![\w-]))"
)
"""A question, an address, what a browser would break at its hyphen: a visible id, an arrow, a date."""
_ZONE = re.compile(r"[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_]+)+")
_PARTS = re.compile(r"(?<=[/_])")


def shaped(tokens: Sequence[Token], charts: Mapping[str, bytes]) -> list[Token]:
    """The tokens of a draft as the page wants them. `charts` as for `html`."""
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "inline" and before and before.type == "th_open" and _ZONE.fullmatch(token.content):
            token.children = list(_breakable(_PARTS.split(token.content)))
        elif token.type == "inline":
            token.children = list(_inline(token.children or (), charts))
    return list(_folded(_tables(_figures(tokens))))


def _markup(content: str) -> Token:
    """HTML of ours; it is cleaned like everything else."""
    return Token("html_block", "", 0, content=content)


def _inline(children: Sequence[Token], charts: Mapping[str, bytes]) -> Iterator[Token]:
    linked = 0
    for child in children:
        linked += child.nesting if child.type in ("link_open", "link_close") else 0
        if child.type == "image":
            yield _embedded(child, charts)
        elif child.type == "text":
            yield from _marked(child.content, linked=bool(linked))
        elif child.type == "text_special":
            yield Token("text", "", 0, content=child.content)
        else:
            yield child


def _embedded(image: Token, charts: Mapping[str, bytes]) -> Token:
    """The picture as part of the page; its text where the picture is not ours to give."""
    data = charts.get(str(image.attrGet("src")))
    if data is None:
        return Token("text", "", 0, content=f"[picture: {image.content or 'not included'}]")
    kind = next((name for start, name in _BITMAPS.items() if data.startswith(start)), "image/svg+xml")
    image.attrSet("src", f"data:{kind};base64,{base64.b64encode(data).decode()}")
    return image


def _marked(text: str, *, linked: bool) -> Iterator[Token]:
    """Open questions stand out; bare addresses become links, as where drafts are read; ids are not broken."""
    at = 0
    for found in _SPECIAL.finditer(text):
        yield _words(text[at : found.start()])
        at = found.end()
        if found["prompt"]:
            yield Token("mark_open", "mark", 1)
            yield Token("text", "", 0, content=found[0])
            yield Token("mark_close", "mark", -1)
        elif found["whole"]:
            yield Token("span_open", "span", 1, attrs={"class": "whole"})
            yield Token("text", "", 0, content=found[0])
            yield Token("span_close", "span", -1)
        elif linked:
            yield Token("text", "", 0, content=found[0])
        else:
            yield Token("link_open", "a", 1, attrs={"href": found[0]})
            yield Token("text", "", 0, content=found[0])
            yield Token("link_close", "a", -1)
    yield _words(text[at:])


def _breakable(parts: Sequence[str]) -> Iterator[Token]:
    """A zone as the heading of a column of times, which is narrower: it may break after each of its parts."""
    for number, part in enumerate(parts):
        if number:
            yield Token("wbr", "wbr", 0)
        yield Token("text", "", 0, content=part)


def _words(text: str) -> Token:
    """Text with numbers and their units held together at the end of a line."""
    return Token("text", "", 0, content=_BEFORE_UNIT.sub("\u00a0", text))


def _figures(tokens: Sequence[Token]) -> Iterator[Token]:
    """A paragraph that is one picture becomes a figure, which is not torn over two pages."""
    for number, token in enumerate(tokens):
        around = {1: 1, -1: -1}.get(token.nesting, 0)
        if token.type in ("paragraph_open", "paragraph_close") and _is_picture(tokens[number + around]):
            token.tag, token.hidden = "figure", False
            token.attrs = {"class": "scroll", "tabindex": "0"} if token.nesting == 1 else {}
        yield token


def _is_picture(token: Token) -> bool:
    shown = [child for child in token.children or () if child.type != "text" or child.content.strip()]
    return len(shown) == 1 and shown[0].type == "image"


def _tables(tokens: Iterator[Token]) -> Iterator[Token]:
    """Tables scroll by themselves on a narrow screen, by keyboard too; header cells say what they head."""
    number = 0
    for token in tokens:
        if token.type == "table_open":
            number += 1
            yield _markup(f'<div class="scroll" role="region" aria-label="Table {number}" tabindex="0">')
        if token.type == "th_open":
            token.attrs = {"scope": "col"}
        elif token.type == "td_open":
            token.attrs = {}
        yield token
        if token.type == "table_close":
            yield _markup("</div>")


def _folded(tokens: Iterator[Token]) -> Iterator[Token]:
    """Under the anchored evidence each third-level heading folds what follows it."""
    inside = is_open = heading = False
    anchored = ""
    for token in tokens:
        if token.type == "comment":
            anchored = token.meta["anchor"] or anchored
            continue
        if token.type == "heading_open":
            level = int(token.tag[1])
            if is_open and level <= 3:
                yield _markup("</details>")
                is_open = False
            inside = anchored == FOLDED if level <= 2 else inside
            heading = inside and level == 3
            if heading:
                yield _markup("<details><summary>")
        yield token
        if token.type == "heading_close" and heading:
            yield _markup("</summary>")
            is_open, heading = True, False
    if is_open:
        yield _markup("</details>")
