"""Foreign text in HTML and SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from hypothesis import example, given, settings
from hypothesis import strategies as st

from incident.text.controls import cut, one_line, terminal
from incident.text.markup.html import escape, visible_controls

ANY = st.one_of(
    st.text(st.characters()),  # lone surrogates too
    st.text(st.sampled_from("<>&\"'`=/ \n\r\t\0\x1b\x85\u202e\u200b\ufeff\ufffe\ud800]-")),
)
UNSEEN = "\u00ad\u200b\u200d\u200e\u202e\u2066\u2069\ufeff\U000e0041"


@given(ANY)
@example("]]>")
@example("--><script>")
@settings(max_examples=500, deadline=None)
def test_escaped_text_changes_no_structure(text: str) -> None:
    """The document is well-formed, has one element and shows the text in element and attribute."""
    escaped = escape(text)
    root = ET.fromstring(f'<p title="{escaped}">{escaped}</p>')  # our own text

    assert list(root) == []
    assert root.text is None or set(root.text).isdisjoint(UNSEEN)
    for mark in "<>\"'":
        assert mark not in escaped


def test_ordinary_text_is_shown_as_it_was() -> None:
    """What needs no escape stays, and what needs one reads the same after parsing."""
    text = 'p99 > 3.8 s & "rising", naïve 支付 🔥'

    assert ET.fromstring(f"<p>{escape(text)}</p>").text == text


@given(ANY)
@settings(max_examples=300, deadline=None)
def test_escaped_text_can_be_written(text: str) -> None:
    """Nothing that comes out fails on its way into a UTF-8 file."""
    escape(text).encode()
    visible_controls(text).encode()


def test_direction_overrides_become_visible() -> None:
    """A text that would be shown backwards is shown as what it is."""
    assert visible_controls("user\u202egnp.exe") == "userU+202Egnp.exe"


def test_layout_stays() -> None:
    """Tabs and line ends are no surprise in a block of text."""
    assert visible_controls("a\tb\r\nc") == "a\tb\r\nc"


@given(ANY)
@settings(max_examples=300, deadline=None)
def test_one_line_is_one_line(text: str) -> None:
    """No line end of any kind stays, no blank at the ends, no two in a row."""
    line = one_line(text)

    assert line == " ".join(line.split())
    assert len(line.splitlines()) <= 1


@given(ANY)
@settings(max_examples=300, deadline=None)
def test_a_terminal_gets_no_escape_sequence(text: str) -> None:
    """Foreign text cannot move the cursor, colour the screen or begin a new line."""
    shown = terminal(text)

    assert all(char.isprintable() or char.isspace() or ord(char) > 0x9F for char in shown)
    assert set(shown).isdisjoint("\x1b\n\r\x07\x9b" + UNSEEN)
    shown.encode()


def test_cut_marks_what_is_missing() -> None:
    """A text that was cut says so by dots, within the limit."""
    assert cut("abcdefgh", 6) == "abc..."
    assert cut("abcdef", 6) == "abcdef"
