"""One HTML page from the draft's Markdown as people left it: nothing is fetched, no script runs.

The text may have been edited by anyone, so it is parsed with raw HTML off and the result is cleaned
against a list of what is allowed. The policy in the page's head stands behind both.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping

import nh3
from markupsafe import Markup

from incident.text.markup.html import escape
from incident.text.markup.links import url_or_none
from report.render.environment import html_environment, template_text
from report.render.pages.markers import linked
from report.render.pages.outline import outlined
from report.render.pages.parser import parser
from report.render.pages.shape import shaped
from report.render.pictures import CHARTS

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_TAGS = _HEADINGS | {
    *("p", "br", "wbr", "hr", "blockquote", "pre", "code", "em", "strong", "s", "ul", "ol", "li"),
    *("a", "img", "figure", "div", "mark", "span", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
# A page of so few sections is seen whole, without a table of contents.
_FEW_SECTIONS = 3
_EMBEDDED = tuple(f"data:{kind};base64," for kind in ("image/svg+xml", "image/png", "image/jpeg"))
_DRAFT_BESIDE = re.compile(r"((?:\.\./){1,2}(?:[\w.~%-]+/){1,2})postmortem\.md", re.ASCII)
_ATTRIBUTES = {
    "a": {"href", "title", "id"},
    "p": {"class"},
    "img": {"src", "alt"},
    "ol": {"start"},
    "th": {"scope", "class"},
    "td": {"class"},
    "figure": {"class", "tabindex"},
    "div": {"class", "role", "aria-label", "tabindex"},
    "mark": {"class"},
    "span": {"class"},
    "details": {"class"},
    "tr": {"id"},
    **{heading: {"id"} for heading in _HEADINGS},
}


def html(markdown_text: str, *, title: str, charts: Mapping[str, bytes]) -> bytes:
    """The page for a draft. Same text and charts: same bytes.

    The page is called as the text's first heading; `title`, plain text, is for a text without one.
    `charts` are the pictures the text may show, SVG, PNG or JPEG, by the path it names them with; a
    picture that is not among them is shown as its alternative text.
    """
    tokens = parser().parse(_text(markdown_text))
    headings = outlined(tokens)
    reader = parser()
    with_links = linked(tokens, [path for path in charts if path.startswith(CHARTS)])
    rendered = reader.renderer.render(shaped(with_links, charts), reader.options, {})
    sections = [heading for heading in headings if heading.level == 2]
    page = html_environment().get_template("page.html.j2")
    style = template_text("report.css")
    text = page.render(
        title=Markup(escape(next((each.text for each in headings if each.level == 1), title))),
        policy=policy_of(style),
        style=Markup(style),
        contents=sections if len(sections) > _FEW_SECTIONS else [],
        body=Markup(_clean(rendered)),
    )
    return text.encode("utf-8")


def _text(markdown_text: str) -> str:
    """The text without what no file in UTF-8 can hold; bytes of another encoding are read in as such."""
    return markdown_text.encode("utf-8", errors="replace").decode("utf-8")


def policy_of(style: str) -> str:
    """The page may use its own pictures and this one style sheet, and do nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def _clean(rendered: str) -> str:
    return nh3.clean(
        rendered,
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        attribute_filter=_allowed,
        url_schemes={"http", "https", "data"},
        link_rel="noopener noreferrer nofollow",
    )


def _beside(address: str) -> str | None:
    """A link to the text of another draft as one to its page; None for anything else."""
    found = _DRAFT_BESIDE.fullmatch(address)
    return f"{found[1]}postmortem.html" if found else None


def _allowed(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) == ("a", "href"):
        return value if value.startswith("#") else _beside(value) or url_or_none(value)
    if (tag, attribute) == ("img", "src"):
        return value if value.startswith(_EMBEDDED) else None
    return value
