"""PromQL cut into tokens: enough to see where an expression may be cut apart, and not to guess."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n]+|\#[^\n]*)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
    |(?P<word>[a-zA-Z_:][a-zA-Z0-9_:]*)
    |(?P<number>0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?:[a-z][a-z0-9]*)?)
    |(?P<op>=~|!~|==|!=|>=|<=|[-+*/%^<>=@,:(){}\[\]])""",
    re.VERBOSE,
)
_OPENS = {"(": ")", "{": "}", "[": "]"}


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind (string, word, number, op), its text, and where it stands."""

    kind: str
    text: str
    start: int
    depth: int
    """How many brackets are open before it; a closing bracket has the depth of its opening one."""

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def tokens(text: str) -> tuple[Token, ...] | None:
    """The tokens of an expression, blanks and comments left out; None where it is not understood."""
    found: list[Token] = []
    awaited: list[str] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            return None
        at = match.end()
        kind, word = match.lastgroup, match[0]
        if kind == "blank":
            continue
        if word in _OPENS.values() and kind == "op" and (not awaited or awaited.pop() != word):
            return None
        found.append(Token(kind, word, match.start(), len(awaited)))
        if kind == "op" and word in _OPENS:
            awaited.append(_OPENS[word])
    return None if awaited else tuple(found)


def unwrapped(found: Sequence[Token]) -> Sequence[Token]:
    """The tokens without brackets around all of them, with depths that begin at 0."""
    while len(found) > 2 and found[0].text == "(" and _closing(found, 0) == len(found) - 1:
        found = found[1:-1]
    lowest = min((one.depth for one in found), default=0)
    return [Token(one.kind, one.text, one.start, one.depth - lowest) for one in found]


def _closing(found: Sequence[Token], opening: int) -> int:
    """The index of the bracket that closes the one at `opening`."""
    depth = found[opening].depth
    return next(i for i in range(opening + 1, len(found)) if found[i].depth == depth)


def text_of(source: str, found: Sequence[Token]) -> str:
    """The piece of the source that these neighbouring tokens cover."""
    return source[found[0].start : found[-1].end] if found else ""
