"""Text of others in Markdown: read back it is the same text, and nothing else."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import example, given
from markdown_it import MarkdownIt

from incident.text.controls import one_line
from report.render.wording.md import Md, foreign, joined, line, listed, optional, piece
from tests.render_hostile import KNOWN, hostile

_PLACES = {
    "sentence": ("Seen: {} here.", r"<p>Seen: (.*) here\.</p>"),
    "cell": ("| a | b |\n| --- | --- |\n| 1 | {} |\n", r"<td>1</td>\n<td>(.*)</td>"),
    "heading": ("# {}: down", r"<h1>(.*): down</h1>"),
    "item": ("- {}\n- next", r"<li>(.*)</li>\n<li>next"),
    "paragraph": ("{}", r"<p>(.*)</p>"),
    "bold": ("**{}** (impact)", r"<p><strong>(.*)</strong> \(impact\)</p>"),
}


def _read_back(place: str, text: str) -> str | None:
    """The text as a reader sees it in that place; None where it became something else."""
    template, shown = _PLACES[place]
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    found = re.search(shown, reader.render(template.format(foreign(text))))
    return html.unescape(found[1]) if found and "<" not in found[1] else None


@pytest.mark.parametrize("place", _PLACES)
@given(text=hostile)
@example(text="<0.1 %")
@example(text="a<0b")
def test_foreign_text_is_shown_as_it_is_wherever_it_stands(place: str, text: str) -> None:
    """Whatever the text holds, it is read back as the same text on one line, in every place we use."""
    shown = _read_back(place, text)
    assert shown == (one_line(text) or "(empty)")


@pytest.mark.parametrize("text", KNOWN)
def test_known_tricks_do_nothing_in_a_table(text: str) -> None:
    """Each known trick stays in its cell."""
    assert _read_back("cell", text) == (one_line(text) or "(empty)")


def test_ordinary_words_stay_readable_in_the_source() -> None:
    """People edit the source, so what changes nothing is not escaped."""
    words = "Degraded: errors 0.1 -> 0.9 % (http_requests_total, code 503), 98 req/s; job=api, <0.1 %"
    assert foreign(words) == words


def test_mentions_and_references_reach_nobody() -> None:
    """`@name` and `#1` notify people on a forge, so they are entities."""
    assert foreign("by @ada in #12") == "by &#64;ada in &#35;12"


def test_bare_addresses_do_not_become_links() -> None:
    """Forges link bare addresses; text of others must not become a link."""
    assert foreign("see http://x.example or www.x.example") == "see http\\://x.example or www\\.x.example"


def test_long_text_is_cut() -> None:
    """A label of a thousand characters does not push the row off the screen."""
    assert len(foreign("x" * 1000)) == 300


def test_only_marked_text_is_taken_as_markdown() -> None:
    """`Md` is printed as it stands, any other string is escaped, and None is a defect."""
    assert piece(Md("**x**")) == "**x**"
    assert piece("**x**") == "\\*\\*x\\*\\*"
    with pytest.raises(TypeError):
        piece(None)


def test_lines_escape_their_parts_and_keep_their_own_marks() -> None:
    """Our wording keeps its marks while the parts lose theirs."""
    assert line("**{}** and {}", "a*b", Md("`c`")) == "**a\\*b** and `c`"
    assert joined("; ", ["a|b", Md("c")]) == "a&#124;b; c"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a"]) == "a"
    assert listed([]) == ""
    assert optional(" ({})", "") == ""
    assert optional(" ({})", "why") == " (why)"
