"""The comparison a rule makes: `lag > 10000` is a measured side, an operator and a threshold.

What cannot be cut apart with certainty is not cut: no comparison is found then.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from incident.model.signals import Worse
from incident.model.spans import Flags, Values
from incident.rules.narrow import metric_names
from incident.rules.tokens import Token, text_of, tokens, unwrapped

_COMPARISONS: dict[str, Callable[[Values, float], Flags]] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}
_MATCHING = frozenset({"on", "ignoring", "group_left", "group_right"})
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """`measured op limit`, and whether the rule asks for more than that."""

    measured: str
    """PromQL of the side that is measured."""
    op: str
    limit: float
    guarded: bool = False
    """The rule has further conditions (`and ...`, `unless ...`), which this one does not hold."""
    of_threshold: bool = False
    """The threshold is measured as well: `measured` is the share of it, the limit 1."""

    @property
    def worse(self) -> Worse:
        """The direction that leads into the condition; of equalities, away from nothing."""
        if self.op in (">", ">="):
            return Worse.UP
        if self.op in ("<", "<="):
            return Worse.DOWN
        return Worse.DOWN if (self.op == "==") == (self.limit == 0) else Worse.UP

    def holds(self, values: Values) -> Flags:
        """Where the condition is true; NaN is never, `!=` included."""
        with np.errstate(invalid="ignore"):
            found: Flags = _COMPARISONS[self.op](values, self.limit) & np.isfinite(values)
        return found


def comparison(expression: str) -> Comparison | None:
    """The expression's comparison with a threshold; None where it has none that can be told apart.

    Of conditions joined by `and` or `unless` the first that compares something measured is taken.
    """
    found = tokens(expression)
    return _compared(expression, unwrapped(found)) if found else None


def _compared(source: str, found: Sequence[Token]) -> Comparison | None:
    words = [i for i, one in enumerate(found) if one.depth == 0 and one.kind == "word"]
    joints = [i for i in words if found[i].text.lower() in ("or", "and", "unless")]
    if any(found[i].text.lower() == "or" for i in joints):
        return None
    if joints:
        first = _compared(source, unwrapped(found[: joints[0]]))
        return first and Comparison(
            first.measured, first.op, first.limit, guarded=True, of_threshold=first.of_threshold
        )
    signs = [i for i, one in enumerate(found) if one.depth == 0 and one.text in _COMPARISONS]
    return _at_sign(source, found, signs[0]) if len(signs) == 1 else None


def _at_sign(source: str, found: Sequence[Token], sign: int) -> Comparison | None:
    left, right = found[:sign], found[sign + 1 :]
    if not left or not right or right[0].text.lower() == "bool":
        return None
    op = found[sign].text
    matching, right = _matching(right)
    limit, other = constant(right), constant(left)
    if limit is not None and other is None and not matching:
        return Comparison(text_of(source, unwrapped(left)), op, limit)
    if other is not None and limit is None and not matching:
        return Comparison(text_of(source, unwrapped(right)), _MIRRORED[op], other)
    if limit is not None or other is not None or op not in ("<", "<=", ">", ">="):
        return None
    if not metric_names(text_of(source, right)):
        return None  # a duration or a function: nothing that could be measured as a threshold
    joined = f" {text_of(source, matching)}" if matching else ""
    share = f"({text_of(source, left)}) /{joined} ({text_of(source, right)})"
    return Comparison(share, op, 1.0, of_threshold=True)


def _matching(found: Sequence[Token]) -> tuple[Sequence[Token], Sequence[Token]]:
    """The matching modifiers (`on (a) group_left`) at the front, and what follows them."""
    at = 0
    while at < len(found) and found[at].text.lower() in _MATCHING:
        depth, at = found[at].depth, at + 1
        if at < len(found) and found[at].text == "(":
            at = next(i for i in range(at + 1, len(found)) if found[i].depth == depth) + 1
    return found[:at], found[at:]


def constant(found: Sequence[Token]) -> float | None:
    """The value of an expression of numbers and + - * / alone; None for any other."""
    reader = _Sum(list(unwrapped(found)) if found else [])
    value = reader.sum()
    return value if value is not None and reader.is_done and math.isfinite(value) else None


class _Sum:
    """Reads numbers with their usual precedence; None as soon as there is something else."""

    def __init__(self, found: list[Token]) -> None:
        self._left = found

    @property
    def is_done(self) -> bool:
        return not self._left

    def sum(self) -> float | None:
        return self._chain(self._product, "+-")

    def _product(self) -> float | None:
        return self._chain(self._single, "*/")

    def _chain(self, part: Callable[[], float | None], signs: str) -> float | None:
        value = part()
        while value is not None and self._left and self._left[0].text in signs:
            sign, other = self._left.pop(0).text, part()
            if other is None or (sign == "/" and other == 0):
                return None
            value = _ARITHMETIC[sign](value, other)
        return value

    def _single(self) -> float | None:
        if not self._left:
            return None
        token = self._left.pop(0)
        if token.text in ("-", "+"):
            value = self._single()
            return value if value is None or token.text == "+" else -value
        if token.text == "(":
            value = self.sum()
            return value if self._left and self._left.pop(0).text == ")" else None
        return _number(token) if token.kind == "number" else None


def _number(token: Token) -> float | None:
    """A plain number; one with a unit is a duration, which is left to Prometheus."""
    try:
        return float(int(token.text, 16)) if token.text[:2].lower() == "0x" else float(token.text)
    except ValueError:
        return None
