"""The page's links between the numbers on a chart and the rows of the timeline, there and back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from markdown_it.token import Token

from incident.text.controls import cut, one_line

_FIRST, _WHAT = "#", "What"
_EVIDENCE = "±"
"""Heads a column only of the evidence's list of all events, which is folded."""

# What shows beside a pointer; the row itself has the rest.
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class _Row:
    """A numbered row: where its tokens begin, and what it says beside its number."""

    number: str
    opens: int
    says: str


def linked(tokens: Sequence[Token], charts: Collection[str]) -> list[Token]:
    """The tokens with links from each chart to the rows, and from the rows to the first chart.

    `charts` are the paths of the pictures that carry the timeline's numbers. Where a person took out the
    table or the pictures there is nothing to link.
    """
    rows = _rows(tokens)
    places = [at for at, token in enumerate(tokens) if _picture(token) in charts]
    if not rows or not places:
        return list(tokens)
    for row in rows.values():
        _target(tokens, row)
    return list(_with_lists(tokens, rows, places))


def _rows(tokens: Sequence[Token]) -> Mapping[str, _Row]:
    """The numbered rows of the first table that is a timeline, each number once."""
    rows: dict[str, _Row] = {}
    for cells in _table(tokens):
        number = tokens[cells[0]].content.strip()
        if number.isascii() and number.isdecimal() and len(number) <= 4:
            says = " ".join(_text(tokens[at]) for at in cells[1:-1])
            rows.setdefault(number, _Row(number, cells[0] - 2, cut(one_line(says), _LONGEST)))
    return rows


def _table(tokens: Sequence[Token]) -> Iterator[list[int]]:
    """Places of the cells of each body row of the first timeline."""
    is_timeline, cells = False, list[int]()
    for at, token in enumerate(tokens):
        if token.type == "tr_open":
            cells = []
        elif token.type == "inline" and at and tokens[at - 1].type in ("th_open", "td_open"):
            cells.append(at)
        elif token.type == "tr_close" and tokens[at - 1].type == "th_close":
            heads = [tokens[cell].content.strip() for cell in cells]
            is_timeline = heads[0] == _FIRST and _WHAT in heads and _EVIDENCE not in heads
        elif token.type == "tr_close" and is_timeline:
            yield cells
        elif token.type == "table_close" and is_timeline:
            return


def _text(cell: Token) -> str:
    return "".join(child.content for child in cell.children or ())


def _picture(token: Token) -> str:
    """The path of the picture that a paragraph is; empty for any other."""
    shown = [child for child in token.children or () if child.type != "text" or child.content.strip()]
    return str(shown[0].attrGet("src")) if len(shown) == 1 and shown[0].type == "image" else ""


def _target(tokens: Sequence[Token], row: _Row) -> None:
    """Gives the row its address, and its number the link back."""
    tokens[row.opens].attrSet("id", f"row-{row.number}")
    back = {"href": f"#marker-{row.number}", "title": f"marker {row.number} of the chart"}
    tokens[row.opens + 2].children = [
        Token("link_open", "a", 1, attrs=dict(back)),
        Token("text", "", 0, content=row.number),
        Token("link_close", "a", -1),
    ]


def _with_lists(
    tokens: Sequence[Token], rows: Mapping[str, _Row], places: Collection[int]
) -> Iterator[Token]:
    """The tokens, with the links to the rows after each paragraph that is a chart."""
    first = min(places)
    for at, token in enumerate(tokens):
        yield token
        if at - 1 in places and token.type == "paragraph_close":
            yield Token("html_block", "", 0, content=_list(rows, addressed=at - 1 == first))


def _list(rows: Mapping[str, _Row], *, addressed: bool) -> str:
    """`Rows: 1 2 3`, each a link that says its row; the first chart's numbers are addresses themselves."""
    links = [
        f'<a href="#row-{each.number}"'
        + (f' id="marker-{each.number}"' if addressed else "")
        + f' title="{escape(each.says)}">{each.number}</a>'
        for each in rows.values()
    ]
    return f'<p class="markers">Rows of the timeline: {" ".join(links)}</p>\n'
