"""A draft as people left it, as far as a review asks: its running text and its tables, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from incident.text.controls import cut, one_line
from report.render.pages.parser import parser, spoken

# A finding is one line of a terminal; what it quotes is only there to find the place.
_LONGEST_QUOTE = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend, in one line without anything that a terminal would obey."""

    line: int
    """Line of the draft, from 1 on; 0 where it stands only in timeline.json."""
    section: str
    """The second-level heading above it; empty before the first."""
    says: str

    def __str__(self) -> str:
        """`line 31, Timeline: acknowledged at ...`."""
        place = f"line {self.line}" if self.line else "timeline.json"
        return f"{place}, {self.section}: {self.says}" if self.section else f"{place}: {self.says}"


@dataclass(frozen=True, slots=True)
class Passage:
    """The running text of a paragraph, heading or cell; line breaks are kept."""

    line: int
    section: str
    text: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table below its head."""

    line: int
    section: str
    heads: tuple[str, ...]
    cells: tuple[str, ...]

    def cell(self, head: str) -> str:
        """The cell below that head; empty where the table has none."""
        at = self.heads.index(head) if head in self.heads else len(self.cells)
        return self.cells[at] if at < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a draft says, in order."""

    passages: tuple[Passage, ...]
    rows: tuple[TableRow, ...]


def read(markdown_text: str) -> Reading:
    """Reads a draft; code and comments are left out, as the page leaves them out."""
    passages: list[Passage] = []
    rows: list[TableRow] = []
    section, line, heads, cells = "", 0, tuple[str, ...](), list[str]()
    for token, around in _walked(parser().parse(markdown_text)):
        line = token.map[0] + 1 if token.map else line
        if token.type == "inline":
            text = "".join(spoken(child) for child in token.children or ())
            section = one_line(shown(token)) if around == "h2" else section
            passages.append(Passage(line, section, text))
            cells += [one_line(shown(token))] if around in ("th", "td") else []
        elif token.type == "tr_open":
            cells = []
        elif token.type == "thead_close":
            heads = tuple(cells)
        elif token.type == "tr_close" and around == "td":
            rows.append(TableRow(line, section, heads, tuple(cells)))
    return Reading(tuple(passages), tuple(rows))


def _walked(tokens: Sequence[Token]) -> Iterator[tuple[Token, str]]:
    """Each token with the tag of the one before it: what a text stands in, what a row ends with."""
    before = ""
    for token in tokens:
        yield token, before
        before = token.tag or before


def shown(token: Token) -> str:
    """The text of a paragraph or cell as a reader sees it."""
    parts = (" " if child.type.endswith("break") else child.content for child in token.children or ())
    return "".join(parts)


def quoted(text: str) -> str:
    """Words of the draft inside a finding."""
    return cut(one_line(text), _LONGEST_QUOTE)
