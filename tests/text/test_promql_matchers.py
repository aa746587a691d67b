"""The scope that people give: label matchers in a line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.text.errors import TextError
from incident.text.promql import OPERATORS, Matcher, parse_matchers

NAMES = st.one_of(
    st.from_regex("[a-zA-Z_][a-zA-Z0-9_]{0,8}", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8),
)
MATCHERS = st.builds(
    Matcher, NAMES, st.sampled_from(OPERATORS), st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
)
BLANKS = st.text(st.sampled_from(" \t\r\n"), max_size=2)


@given(st.lists(MATCHERS, min_size=1, max_size=4), BLANKS, st.booleans(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_rendered_matchers_are_read_back(
    matchers: list[Matcher], blank: str, is_braced: bool, has_last_comma: bool
) -> None:
    """What `render` writes is read back, with blanks, braces and a last comma or without."""
    inside = f"{blank},{blank}".join(matcher.render() for matcher in matchers) + "," * has_last_comma
    text = f"{blank}{{{inside}{blank}}}" if is_braced else f"{blank}{inside}{blank}"

    assert parse_matchers(text) == tuple(matchers)


def test_the_form_of_the_manual_is_read() -> None:
    """The example that every message gives is understood."""
    assert parse_matchers('namespace="prod",job=~"a.*"') == (
        Matcher("namespace", "=", "prod"),
        Matcher("job", "=~", "a.*"),
    )


def test_all_three_quotes_are_read() -> None:
    """Values may stand in double, single or back quotes, as in PromQL."""
    matchers = parse_matchers('a=\'x"y\',b=`c\\d`,c="e\\\\f"')

    assert [matcher.value for matcher in matchers] == ['x"y', "c\\d", "e\\f"]


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("", 1, "at least one matcher"),
        ("{}", 3, "at least one matcher"),
        ("namespace", 10, "= != =~ or !~"),
        ("namespace=prod", 11, "a value in quotes"),
        ('a="b" c="d"', 7, "',' and another matcher"),
        ('a="b",,c="d"', 7, "a label name"),
        (',a="b"', 1, "a label name"),
        ('{a="b"', 7, "',' and another matcher or '}'"),
        ('{a="b"} x', 9, "nothing after '}'"),
        ('{a="b",}x', 9, "nothing after '}'"),
        ('a="b"}', 6, "',' and another matcher"),
        ('9a="b"', 1, "a label name"),
        ('a=="b"', 3, "a value in quotes"),
        ('a="b', 3, "a value in quotes"),
        ('up{a="b"}', 3, "= != =~ or !~"),
        ('a="b" # mine', 7, "',' and another matcher"),
    ],
)
def test_a_slip_is_refused_with_its_place(text: str, column: int, expected: str) -> None:
    """The message names the column, what belongs there and how matchers are written."""
    with pytest.raises(TextError) as caught:
        parse_matchers(text)

    message = str(caught.value)
    assert f"column {column}: expected {expected}" in message
    assert 'write them like namespace="prod"' in message


@pytest.mark.parametrize(
    ("text", "found"),
    [("a b", "found 'b';"), ("a", "found the end;"), ("a  bcdefghijklmnop", "found 'bcdefghijklm';")],
)
def test_a_slip_is_shown(text: str, found: str) -> None:
    """The message shows what stands at that place, cut where it goes on."""
    with pytest.raises(TextError) as caught:
        parse_matchers(text)

    assert found in str(caught.value)


@given(st.text(st.sampled_from("ab=~!\"'`\\{},\n #x1"), max_size=14))
@settings(max_examples=500, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing but TextError comes out, and what is read renders to something that reads the same."""
    try:
        matchers = parse_matchers(text)
    except TextError:
        return

    assert matchers
    assert parse_matchers(",".join(matcher.render() for matcher in matchers)) == matchers
