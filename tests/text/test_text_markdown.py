"""Foreign text in Markdown: the structure of the document is that of a harmless text."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from incident.text.controls import one_line, unbroken
from incident.text.markup.markdown import cell, cell_code, code_span, fence, foreign, inline

MARKUP = [
    "&lt;",
    "&#35;",
    "1. ",
    "- ",
    "> ",
    "# ",
    "```",
    "~~~",
    "---",
    "===",
    "<b>",
    "<!--",
    "-->",
    "](",
    "http://a.b/c",
    "www.a.b",
    "a@b.c",
    "![x](y)",
    "[x]: y",
    "[^1]",
    "<http://a>",
    "\\|",
    "|",
    "**",
    "__",
    " ",
]
ANY = st.one_of(
    st.text(st.characters(), max_size=60),
    st.text(st.sampled_from("`|\\[]()<>!*_~-+=#@&;:.1a \n\r\t\0\u2028\u00a0\u3000\u202e\ud800"), max_size=24),
    st.lists(st.sampled_from(MARKUP), max_size=6).map("".join),
)
PLACES = [
    "{}\n",
    "before {} after\n",
    "# {}\n",
    "- {}\n- second\n",
    "1. {}\n",
    "> {}\n",
    "**{}**\n",
    "{}\n{}\n",
    "| a | b |\n| --- | --- |\n| {} | c |\n| d | {} |\n",
]
SHORT = 10_000  # no text of these tests is cut


def parsed(markdown: str) -> list[Token]:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)


def structure(markdown: str) -> list[str]:
    """The kinds of all tokens in order, with what makes them harmful: address and HTML."""
    kinds = []
    for token in parsed(markdown):
        kinds.append(token.type + token.tag)
        kinds += [child.type + str(child.attrs) for child in token.children or []]
    return kinds


def shown(markdown: str, kind: str = "text") -> list[str]:
    """The contents of all inline tokens of that kind."""
    return [
        child.content for token in parsed(markdown) for child in token.children or [] if child.type == kind
    ]


@pytest.mark.parametrize("place", PLACES)
@given(text=ANY)
@example(text="a\\")
@example(text="\\|")
@example(text="")
@settings(max_examples=250, deadline=None)
def test_inline_text_changes_no_structure(place: str, text: str) -> None:
    """In any place the document has the same blocks, cells and inline parts as with `x`."""
    escaped = cell(text) if "|" in place else inline(text)

    assert structure(place.replace("{}", escaped)) == structure(place.replace("{}", "x"))


@given(ANY)
@settings(max_examples=500, deadline=None)
def test_inline_text_is_shown_as_it_was(text: str) -> None:
    """After rendering, the reader sees the text, its blanks made one and its unseen parts visible."""
    expected = one_line(text) or "(empty)"

    assert shown(inline(text, limit=SHORT)) == [expected]
    assert shown(f"| a |\n| - |\n| {cell(text, limit=SHORT)} |\n")[1:] == [expected]


@pytest.mark.parametrize("place", PLACES)
@given(text=ANY)
@example(text="a\\")
@example(text="")
@example(text="1.")
@settings(max_examples=250, deadline=None)
def test_lightly_escaped_text_changes_no_structure_either(place: str, text: str) -> None:
    """Escaping only what would have an effect is as safe, and shows the same text."""
    assert structure(place.replace("{}", foreign(text))) == structure(place.replace("{}", "x"))
    assert shown(foreign(text, limit=SHORT)) == [one_line(text) or "(empty)"]


def test_words_that_have_no_effect_stay_as_they_are() -> None:
    """People edit the text, so it is not full of backslashes."""
    assert foreign("Degraded: errors 0.1 -> 0.9 %, job=api") == "Degraded: errors 0.1 -> 0.9 %, job=api"


@given(ANY)
@settings(deadline=None)
def test_no_mark_is_left_bare(text: str) -> None:
    """Mentions and references need an entity, every other mark a backslash."""
    escaped = inline(text)

    assert "@" not in escaped
    for at, char in enumerate(escaped):
        if char in string.punctuation and char not in "\\&;#":
            assert escaped[at - 1] == "\\"


def test_a_long_text_is_cut_before_it_is_escaped() -> None:
    """The limit counts what the reader sees, and no escape is cut in half."""
    assert shown(inline("*" * 400)) == ["*" * 297 + "..."]


@given(ANY)
@example("`")
@example(" `` ")
@settings(max_examples=500, deadline=None)
def test_code_is_shown_as_it_was(text: str) -> None:
    """Code keeps its blanks and backticks; only line ends and unseen characters change."""
    if not unbroken(text).strip():
        assert shown(code_span(text)) == ["(empty)"]
    else:
        assert shown(f"before {code_span(text)} after", "code_inline") == [unbroken(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("up", "`up`"), ("a`b", "``a`b``"), ("`a``", "``` `a`` ```"), (" a", "`  a `"), ("a\nb", "`a b`")],
)
def test_code_has_no_more_marks_than_needed(text: str, expected: str) -> None:
    """People read the Markdown too, so it looks as one would write it."""
    assert code_span(text) == expected


@given(ANY)
@example("a\\|b")
@example("a|b`\\")
@settings(max_examples=500, deadline=None)
def test_code_in_a_cell_keeps_the_table(text: str) -> None:
    """No pipe or backslash in code opens another cell, and the text is shown, if not always as code."""
    table = f"| a | b |\n| - | - |\n| {cell_code(text)} | c |\n"

    assert [token.type for token in parsed(table)].count("td_open") == 2
    if "|" in text or not text.strip():
        assert shown(table) == ["a", "b", one_line(text) or "(empty)", "c"]
    elif unbroken(text).strip():
        assert shown(table, "code_inline") == [unbroken(text)]


@given(ANY)
@example("```\n````")
@example("~~~")
@settings(max_examples=300, deadline=None)
def test_a_fence_holds_any_text(text: str) -> None:
    """A fenced block ends where we end it, and what follows is a paragraph again."""
    tokens = parsed(fence(text, "promql") + "\nafter\n")

    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert tokens[0].info == "promql"


def test_a_fence_is_as_short_as_may_be() -> None:
    """Three backticks, or one more than the text has in a row."""
    assert fence("up") == "```\nup\n```\n"
    assert fence("```\nx\n```", "text") == "````text\n```\nx\n```\n````\n"


def test_a_fence_keeps_the_lines() -> None:
    """Line ends of all kinds separate lines, and blanks at their beginning stay."""
    assert parsed(fence("a\r\n  b\rc\n"))[0].content == "a\n  b\nc\n"


def test_a_fence_takes_only_a_plain_language() -> None:
    """The language is ours and never foreign text."""
    with pytest.raises(ValueError, match="language"):
        fence("x", "a b`")
