"""PromQL from parts: literals, label names, matchers and selectors, never glued by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from incident.text.errors import TextError, excerpt
from incident.text.promql_string import quote, unquote

__all__ = [
    "Matcher",
    "label_name",
    "parse_matchers",
    "quote",
    "regex_literal",
    "selector",
    "unquote",
]

OPERATORS = ("=~", "!~", "!=", "=")

_LABEL = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")
_METRIC = re.compile("[a-zA-Z_:][a-zA-Z0-9_:]*")
_RE2_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")
# Metric names that the parser takes for a number or an operator, in any case (tried on Prometheus).
_WORDS = frozenset({"atan2", "bool", "group_left", "group_right", "ignoring", "inf", "nan", "on"})


def regex_literal(value: str) -> str:
    """A pattern that matches exactly the value, in RE2 as `=~` uses it; not yet quoted."""
    return _RE2_SPECIAL.sub(lambda match: "\\" + match[0], value)


def label_name(name: str) -> str:
    """The label's name as a query spells it: plain, or in quotes where it has other characters.

    The quoted form is read by Prometheus 3. Raises TextError for an empty name.
    """
    if not name:
        raise TextError("label name: empty; a label needs a name")
    return name if _LABEL.fullmatch(name) else quote(name)


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label: `op` is `=`, `!=`, `=~` or `!~`. Raises TextError on others."""

    name: str
    op: str
    value: str

    def __post_init__(self) -> None:
        label_name(self.name)
        if self.op not in OPERATORS:
            raise TextError(f"matcher {self.name}: no operator {excerpt(self.op)}; use = != =~ or !~")

    def render(self) -> str:
        """The matcher as it stands between braces."""
        return f"{label_name(self.name)}{self.op}{quote(self.value)}"


def selector(metric: str, matchers: Iterable[Matcher] = ()) -> str:
    """The selector of a metric, or of all metrics (empty `metric`) with these matchers.

    A name that the parser would not take is written as a matcher on `__name__`, which all versions
    read. Raises TextError where nothing would be selected by.
    """
    parts = [matcher.render() for matcher in matchers]
    plain = bool(_METRIC.fullmatch(metric)) and metric.lower() not in _WORDS
    if metric and not plain:
        parts.insert(0, Matcher("__name__", "=", metric).render())
    if not metric and not parts:
        raise TextError("selector: neither a metric nor a label matcher; it would select everything")
    inside = f"{{{','.join(parts)}}}" if parts else ""
    return f"{metric}{inside}" if plain else inside


_BLANK = re.compile(r"[ \t\r\n]*")
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`[^`]*`")
_OP = re.compile("=~|!~|!=|=")
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`[^`]*`")


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """Read `namespace="prod",job=~"api.*"`, with or without braces around it, in its order.

    Strict: values in quotes, one comma between two matchers, a last comma allowed. Raises TextError
    that names the column, also where there is no matcher: an empty scope would be everything.
    """
    reader = _Reader(text)
    braced = reader.take(re.compile(r"\{")) is not None
    found: list[Matcher] = []
    while reader.take(re.compile(r"\}") if braced else re.compile(r"\Z")) is None:
        if found and reader.take(re.compile(",")) is None:
            reader.fail("',' and another matcher" + (" or '}'" if braced else ""))
        if found and reader.ends(braced):
            continue
        found.append(reader.matcher())
    if braced and reader.take(re.compile(r"\Z")) is None:
        reader.fail("nothing after '}'")
    if not found:
        reader.fail("at least one matcher")
    return tuple(found)


class _Reader:
    """A position in the text of matchers, moving over one token at a time."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def take(self, token: re.Pattern[str]) -> str | None:
        """The token that comes next, blanks before it skipped, or None and nothing moved."""
        start = _BLANK.match(self._text, self._at)
        match = token.match(self._text, start.end() if start else self._at)
        if match is None:
            return None
        self._at = match.end()
        return match[0]

    def ends(self, braced: bool) -> bool:
        """Whether only the closing brace or the end of the text is left."""
        return self._text[self._at :].strip(" \t\r\n")[:1] == ("}" if braced else "")

    def matcher(self) -> Matcher:
        name = self.take(_NAME) or self.fail("a label name")
        op = self.take(_OP) or self.fail("= != =~ or !~ after the label name")
        value = self.take(_STRING) or self.fail("a value in quotes")
        return Matcher(unquote(name) if name[0] in "\"'`" else name, op, unquote(value))

    def fail(self, expected: str) -> NoReturn:
        start = _BLANK.match(self._text, self._at)
        at = start.end() if start else self._at
        found = excerpt(self._text[at : at + 12]) if at < len(self._text) else "the end"
        raise TextError(
            f"label matchers {excerpt(self._text)}, column {at + 1}: expected {expected}, "
            f"found {found}; "
            'write them like namespace="prod",job=~"api.*"'
        )
