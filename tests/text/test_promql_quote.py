"""PromQL literals, names, matchers and selectors, read back as Prometheus reads them."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from incident.text.errors import TextError
from incident.text.promql import Matcher, label_name, quote, regex_literal, selector, unquote

# Every character that UTF-8 can hold, those that need an escape more often.
CHARACTERS = st.one_of(
    st.sampled_from("\"'`\\\n\r\t\0\x07\x7f{}$\u2028\ufffd\ufeff\U0001f525é/"),
    st.characters(exclude_categories=["Cs"]),
)
VALUES = st.text(CHARACTERS, max_size=40)

LETTERS = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92}
HEX_LENGTHS = {"x": 2, "u": 4, "U": 8}


class Refused(Exception):
    """The reader of the test, like Prometheus, does not take the literal."""


class _Escape(NamedTuple):
    text: bytes
    length: int


def prometheus_reads(literal: str) -> str:
    """The string that Prometheus reads from a quoted literal: its lexer's rules, then its unquoting."""
    mark, inside = literal[0], literal[1:-1]
    if len(literal) < 2 or literal[-1] != mark or mark not in "\"'":
        raise Refused(literal)
    out, at = b"", 0
    while at < len(inside):
        char = inside[at]
        if char in (mark, "\n", "\ufffd"):  # the lexer takes U+FFFD for a broken byte
            raise Refused(literal)
        if char == "\\":
            escape = _escape(inside[at + 1 :], mark)
            out, at = out + escape.text, at + 1 + escape.length
        else:
            out, at = out + char.encode(), at + 1
    return out.decode()


def _escape(rest: str, mark: str) -> _Escape:
    letter = rest[:1]
    if letter == mark or letter in LETTERS:
        return _Escape(bytes([LETTERS.get(letter, ord(mark))]), 1)
    if letter in HEX_LENGTHS:
        length = HEX_LENGTHS[letter]
        if not re.fullmatch(f"[0-9a-fA-F]{{{length}}}", rest[1 : 1 + length]):
            raise Refused(rest)
        point = int(rest[1 : 1 + length], 16)
        if point > 0x10FFFF or 0xD800 <= point < 0xE000:
            raise Refused(rest)
        return _Escape(bytes([point]) if letter == "x" else chr(point).encode(), 1 + length)
    if re.fullmatch("[0-3][0-7]{2}", rest[:3]):
        return _Escape(bytes([int(rest[:3], 8)]), 3)
    raise Refused(rest)


@given(VALUES)
@example("\U0001f525")
@example("\ufffd")
@settings(max_examples=500, deadline=None)
def test_a_quoted_value_is_read_back_as_itself(value: str) -> None:
    """Prometheus reads from the literal exactly the value that was quoted."""
    assert prometheus_reads(quote(value)) == value


@given(VALUES)
@settings(deadline=None)
def test_unquote_undoes_quote(value: str) -> None:
    """Our own reader of literals gives back what was quoted."""
    assert unquote(quote(value)) == value


@given(st.text(st.sampled_from("\\\"'nxuU07fFgdD8\ufffd\n"), max_size=12), st.sampled_from("\"'"))
@settings(max_examples=500, deadline=None)
def test_our_reader_agrees_with_prometheus(inside: str, mark: str) -> None:
    """A literal is taken by us and by Prometheus, with the same value, or by neither."""
    literal = f"{mark}{inside}{mark}"
    try:
        expected = prometheus_reads(literal)
    except (Refused, UnicodeDecodeError):
        expected = None
    try:
        ours = unquote(literal)
    except TextError:
        ours = None

    if "\ufffd" not in inside:  # we also take what only Prometheus' lexer stumbles over
        assert ours == expected


@pytest.mark.parametrize("value", ["\ud83d", "a\udc80"])
def test_half_a_surrogate_pair_is_refused(value: str) -> None:
    """A text that no label value can hold is refused, with its place."""
    with pytest.raises(TextError, match=r"character \d is half a surrogate pair"):
        quote(value)


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        (r"'\101'", "A"),
        (r"'\x41\xc3\xa9'", "Aé"),
        (r"'\u0041'", "A"),
        (r"'\ud7ff\ue000'", "\ud7ff\ue000"),
        (r"'\U0010ffff'", "\U0010ffff"),
        (r"'\377'", None),
        (r"'\400'", None),
        (r"'\udfff'", None),
        (r"'\U00110000'", None),
        (r"'\"'", None),
    ],
)
def test_escapes_are_read_to_their_limits(literal: str, expected: str | None) -> None:
    """Each kind of escape is read, up to the last character there is, and not beyond."""
    if expected is None:
        with pytest.raises(TextError):
            unquote(literal)
    else:
        assert unquote(literal) == expected == prometheus_reads(literal)


@pytest.mark.parametrize(
    "literal", ["", '"', "plain", "\"a'", '"a"b"', "`a`b`", '"\\q"', '"\\xff"', '"\\ud800"']
)
def test_what_is_no_literal_is_refused(literal: str) -> None:
    """Unbalanced quotes, unknown escapes and bytes that are not UTF-8 are refused."""
    with pytest.raises(TextError):
        unquote(literal)


def test_back_quotes_keep_backslashes() -> None:
    """Inside back quotes nothing is an escape."""
    assert unquote(r"`a\.b\n`") == r"a\.b\n"


@given(VALUES)
@settings(deadline=None)
def test_a_regex_literal_matches_its_value_only(value: str) -> None:
    """The pattern matches the value it was made from, and no other."""
    pattern = re.compile(regex_literal(value), re.DOTALL)

    assert pattern.fullmatch(value)
    assert not pattern.fullmatch(value + "x")


def test_a_regex_literal_escapes_only_what_re2_knows() -> None:
    """RE2 refuses a backslash before a letter, a digit or a space, so none is written there."""
    assert regex_literal("a b-c/d.e+1") == r"a b-c/d\.e\+1"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("job", "job"), ("_x9", "_x9"), ("a.b", '"a.b"'), ("9a", '"9a"'), ("a:b", '"a:b"'), ('a"b', r'"a\"b"')],
)
def test_label_names_are_quoted_only_where_needed(name: str, expected: str) -> None:
    """A plain name stays plain, another one takes the quoted form."""
    assert label_name(name) == expected


def test_an_empty_label_name_is_refused() -> None:
    """A label without a name cannot be asked for."""
    with pytest.raises(TextError, match="empty"):
        label_name("")


def test_an_unknown_operator_is_refused() -> None:
    """Only the four operators of PromQL make a matcher."""
    with pytest.raises(TextError, match="use = != =~ or !~"):
        Matcher("job", "==", "api")


@pytest.mark.parametrize(
    ("metric", "matchers", "expected"),
    [
        ("up", (), "up"),
        ("up", (Matcher("job", "=", "a"), Matcher("env", "!~", "dev|qa")), 'up{job="a",env!~"dev|qa"}'),
        ("job:rate5m", (), "job:rate5m"),
        ("", (Matcher("job", "=", "a"),), '{job="a"}'),
        ("http.requests", (Matcher("job", "=", "a"),), '{__name__="http.requests",job="a"}'),
        ("Inf", (), '{__name__="Inf"}'),
        ("bool", (), '{__name__="bool"}'),
    ],
)
def test_selectors_are_written_as_the_parser_takes_them(
    metric: str, matchers: tuple[Matcher, ...], expected: str
) -> None:
    """A metric whose name is no plain identifier, or is a word of PromQL, is asked for by `__name__`."""
    assert selector(metric, matchers) == expected


def test_a_selector_of_everything_is_refused() -> None:
    """Neither metric nor matcher would load every series there is."""
    with pytest.raises(TextError, match="everything"):
        selector("", ())
