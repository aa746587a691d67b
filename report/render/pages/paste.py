"""The draft for copying into a wiki or a document: plain tables and headings, pictures inside.

Editors that one pastes into keep headings, tables, lists, links and the styles written at an element,
and drop style sheets, classes, folding and addresses inside the page. So the few styles stand at their
elements here, and the page's policy has to allow inline styles: it names no style sheet by its hash, as
the page's does. It still allows no script and nothing from outside.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence

import nh3
from markdown_it.token import Token
from markupsafe import Markup

from incident.text.markup.html import escape
from incident.text.markup.links import url_or_none
from report.render.environment import html_environment
from report.render.pages.outline import outlined
from report.render.pages.parser import parser
from report.render.prompts import prompts_in

_PNG = b"\x89PNG\r\n\x1a\n"
_CELL = "border:1px solid #b8c0c8;padding:4px 8px;text-align:left;vertical-align:top"
_STYLES = {
    "table": "border-collapse:collapse",
    "th": f"{_CELL};background-color:#eef1f4",
    "td": _CELL,
    "pre": "font-family:monospace;white-space:pre-wrap",
    "img": "max-width:100%",
    "span": "background-color:#fff1dc",
    "blockquote": "border-left:4px solid #7a3b00;padding-left:12px",
}
_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "s"),
    *("ul", "ol", "li", "a", "img", "span", "table", "thead", "tbody", "tr", "th", "td"),
}
_ID = re.compile(r"e-[0-9a-z]{4,}")
_BARE_ID = re.compile(r"(?<=\w) e-[0-9a-z]{4,}\Z")


def paste(markdown_text: str, *, title: str, charts: Mapping[str, bytes]) -> bytes:
    """The page to copy from. Same text and charts: same bytes.

    It has neither anchors nor short ids; what an id led to is the link of the word before it. `charts`
    are PNG pictures by their path beside the draft (`charts/summary.png`); a picture the text names as
    SVG is taken from the PNG beside it, and one that is not there is its alternative text. `title`, plain
    text, is for a text without a heading.
    """
    reader = parser()
    tokens = reader.parse(markdown_text.encode("utf-8", "replace").decode("utf-8"))
    heading = next((each.text for each in outlined(tokens) if each.level == 1), title)
    body = reader.renderer.render(list(_plain(tokens, charts)), reader.options, {})
    page = html_environment().get_template("paste.html.j2")
    return page.render(title=Markup(escape(heading)), body=Markup(_clean(body))).encode("utf-8")


def _plain(tokens: Sequence[Token], charts: Mapping[str, bytes]) -> Iterator[Token]:
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "comment":
            continue
        if token.type == "inline":
            in_cell = before is not None and before.type == "td_open"
            token.children = list(_inline(token.children or (), charts, in_cell=in_cell))
        elif token.nesting == 1 or token.type in ("fence", "code_block"):
            token.attrs = {name: value for name, value in token.attrs.items() if name == "start"}
        yield token


def _inline(children: Sequence[Token], charts: Mapping[str, bytes], *, in_cell: bool) -> Iterator[Token]:
    """A line with its pictures inside, its questions marked, and in a cell without short ids."""
    for child in _without_ids(children) if in_cell else children:
        if child.type == "image":
            yield _embedded(child, charts)
        elif child.type == "text":
            yield from _marked(child.content)
        elif child.type == "text_special":
            yield Token("text", "", 0, content=child.content)
        else:
            yield child


def _without_ids(children: Sequence[Token]) -> list[Token]:
    """`measured [e-3fa9]` as `measured`, linked where the id was; `change e-3fa9` as `change`."""
    if [child.type for child in children] == ["text", "link_open", "text", "link_close"]:
        word, opens, shown, closes = children
        if _ID.fullmatch(shown.content):
            return [opens, Token("text", "", 0, content=word.content.strip()), closes]
    if len(children) == 1 and children[0].type == "text":
        return [Token("text", "", 0, content=_BARE_ID.sub("", children[0].content))]
    return list(children)


def _embedded(image: Token, charts: Mapping[str, bytes]) -> Token:
    path = str(image.attrGet("src"))
    data = charts.get(f"{path.removesuffix('.svg')}.png" if path.endswith(".svg") else path)
    if data is None or not data.startswith(_PNG):
        return Token("text", "", 0, content=f"[picture: {image.content or 'not included'}]")
    image.attrSet("src", f"data:image/png;base64,{base64.b64encode(data).decode()}")
    return image


def _marked(text: str) -> Iterator[Token]:
    """Open questions stand out by a style of their own."""
    at = 0
    for start, question in prompts_in(text):
        end = text.index("]", start + len(question)) + 1
        yield Token("text", "", 0, content=text[at:start])
        yield Token("span_open", "span", 1)
        yield Token("text", "", 0, content=text[start:end])
        yield Token("span_close", "span", -1)
        at = end
    yield Token("text", "", 0, content=text[at:])


def _clean(rendered: str) -> str:
    """What is allowed, each element with the style that it is given here and no other."""
    return nh3.clean(
        rendered,
        tags=_TAGS,
        attributes={"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}},
        attribute_filter=_allowed,
        set_tag_attribute_values={tag: {"style": style} for tag, style in _STYLES.items()},
        url_schemes={"http", "https", "data"},
        link_rel=None,
    )


def _allowed(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) == ("a", "href"):
        return url_or_none(value)
    if (tag, attribute) == ("img", "src"):
        return value if value.startswith("data:image/png;base64,") else None
    return value
