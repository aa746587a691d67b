"""A draft as lines that know what they mean when their formatting is left out of account."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from report.merge.reading import rows

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_FENCE = re.compile(r"\s*(`{3,}(?=[^`]*\Z)|~{3,})(.*)")
_OURS = re.compile(r"\s*<!--\s*itl(?:-was)?:[^<>]*-->")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_BULLET = re.compile(r"(\s*)[-*+]\s+(?=\S)")
_COUNT = re.compile(r"\A(> DRAFT, not reviewed\.) (?:[0-9]+|no) questions? open\.")
"""The banner's count goes down with each answer; that is nobody's edit."""
_REFERENCE = re.compile(r"\[(e-[0-9a-z]{4,})\](?:\([^()\s]*\))?")
_ADDRESS = re.compile(r"(\s{0,3}\[[^\]]+\]:\s+)<([^<>\s]+)>\Z")
"""The address of a reference, which formatters write without its brackets."""
_REMEMBERED = 1 << 16
"""Lines whose normal form is kept; a long draft has some thousand, and each is asked for many times."""
_READ = 8
"""Texts whose lines are kept: a merge and its guard read each of four texts more than once."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end."""

    text: str
    end: str = "\n"
    code: bool = False
    """Whether it is inside a fence."""
    held: bool = False
    """Whether it is inside somebody's conflict markers."""
    told: tuple[Line, ...] = ()
    """What the tool said below it, where a person had rewritten it."""

    same: str = field(init=False)
    """What formatters leave alone: lines of equal meaning have an equal one. Empty: a blank line."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "same", _normal(self.text, self.code))


@lru_cache(maxsize=_REMEMBERED)
def _line(text: str, end: str, code: bool, held: bool) -> Line:
    """The line, made once: the texts of a merge share most of theirs."""
    return Line(text, end, code, held)


@lru_cache(maxsize=_READ)
def read_lines(text: str) -> tuple[Line, ...]:
    """The lines of a text, each with the end it has. Their texts and ends joined are the text."""
    whole = _LINE.findall(text)
    texts = [each.rstrip("\r\n") for each in whole]
    code = _inside_fences(texts)
    held = _inside_conflicts(texts) if "<<<<<<<" in text else set()
    return tuple(
        _line(each, full[len(each) :], number in code, number in held)
        for number, (each, full) in enumerate(zip(texts, whole, strict=True))
    )


def joined(lines: Sequence[Line]) -> str:
    """The text again."""
    return "".join(line.text + line.end for line in lines)


def meant(lines: Sequence[Line]) -> list[str]:
    """What the lines say, blank ones left out."""
    return [line.same for line in lines if line.same]


def without_anchors(text: str) -> str:
    """The line as people see it, without our comments."""
    return _OURS.sub("", text) if "<!--" in text else text


@lru_cache(maxsize=_REMEMBERED)
def _normal(text: str, code: bool) -> str:
    if code:  # each character of a query counts
        return text.rstrip()
    shown = without_anchors(text.replace("\u00a0", " ").removeprefix("\ufeff")).rstrip()
    if rows.is_row(shown):
        return _normal_row(shown)
    shown = _COUNT.sub(r"\1", shown) if shown.startswith("> DRAFT") else shown
    shown = _ADDRESS.sub(r"\1\2", shown) if shown.endswith(">") else shown
    return _BULLET.sub(r"\1- ", _words(shown), count=1)


def _normal_row(shown: str) -> str:
    """The row without its padding, and without the chart's number where it belongs to an event.

    The number is the chart's: it moves whenever an earlier event turns up, whoever wrote the rest.
    """
    cells = [_words(_rule(cell)) for cell in rows.cells(shown)]
    numbered = rows.id_of(shown) is not None and rows.is_number(cells[0])
    return "|" + "|".join(cells[1:] if numbered else cells)


def _rule(cell: str) -> str:
    return re.sub("-+", "---", cell) if re.fullmatch(":?-+:?", cell) and len(cell) > 1 else cell


def _words(text: str) -> str:
    plain = _ESCAPE.sub(r"\1", text) if "\\" in text else text
    plain = html.unescape(plain) if "&" in plain else plain
    return _REFERENCE.sub(r"\1", plain) if "[e-" in plain else plain


def _inside_fences(texts: Sequence[str]) -> set[int]:
    """Lines between the marks of a fence. An opening mark that nothing closes is a line like others."""
    inside: set[int] = set()
    unclosed: dict[str, int] = {}
    at = 0
    while at < len(texts):
        mark = _FENCE.match(texts[at]) if "```" in texts[at] or "~~~" in texts[at] else None
        end = _closing(texts, at, mark[1], unclosed) if mark else None
        if end is not None:
            inside.update(range(at + 1, end))
        at = at + 1 if end is None else end + 1
    return inside


def _closing(texts: Sequence[str], at: int, mark: str, unclosed: dict[str, int]) -> int | None:
    """The line that closes the fence opened at `at`; searched once for each kind that nothing closes."""
    if len(mark) >= unclosed.get(mark[0], len(mark) + 1):
        return None
    closes = re.compile(rf"\s*{re.escape(mark[0])}{{{len(mark)},}}\s*\Z")
    found = next((n for n in range(at + 1, len(texts)) if closes.match(texts[n])), None)
    if found is None:
        unclosed[mark[0]] = len(mark)
    return found


def _inside_conflicts(texts: Sequence[str]) -> set[int]:
    """Lines from `<<<<<<<` to `>>>>>>>`, both with them; a half of a pair is a line like others."""
    return {number for first, last in _conflicts(texts) for number in range(first, last + 1)}


def _conflicts(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    first, halves = -1, 0
    for number, text in enumerate(texts):
        if text.startswith("<<<<<<<"):
            first, halves = number, 0
        elif text.startswith("=======") and not text.strip("= "):
            halves += 1
        elif text.startswith(">>>>>>>") and first >= 0 and halves:
            yield first, number
            first = -1


class FenceState:
    """Follows lines as they are written: whether the next one would stand inside a fence."""

    def __init__(self) -> None:
        self._mark = ""

    @property
    def open(self) -> bool:
        """Whether a fence is open."""
        return bool(self._mark)

    def feed(self, text: str) -> None:
        """Takes the next line into account."""
        mark = _FENCE.match(text)
        if mark is None:
            return
        if not self._mark:
            self._mark = mark[1]
        elif mark[1].startswith(self._mark) and not mark[2].strip():
            self._mark = ""
