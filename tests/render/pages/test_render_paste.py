"""The page to copy from: what editors keep when one pastes into them, and nothing they trip over."""

from __future__ import annotations

import base64
import re

from hypothesis import given, settings

from report.render import ChartRef, markdown, paste
from tests import render_builder as build
from tests.render_hostile import hostile
from tests.render_reader import Page, read_page

_PNG = b"\x89PNG\r\n\x1a\n and so on"
_CHARTS = [ChartRef("summary", "Summary", "Errors rose.", "charts/summary.svg")]
_PICTURES = {"charts/summary.png": _PNG}


def _bytes(text: str | None = None) -> bytes:
    drafted = markdown(build.payments(), _CHARTS, generation=1)
    return paste(drafted if text is None else text, title="x", charts=_PICTURES)


def _page(text: str | None = None) -> Page:
    return read_page(_bytes(text))


def test_the_same_text_makes_the_same_page() -> None:
    """Same text, same bytes."""
    assert _bytes() == _bytes()


def test_it_has_neither_anchors_nor_ids_nor_classes() -> None:
    """An editor would show them, or make its own out of them."""
    page = _page()
    assert not [name for _, attributes in page.starts for name in attributes if name in ("id", "class")]
    assert "itl:" not in _bytes().decode()
    assert not re.search(r"\be-[0-9a-f]{4}\b", page.text)


def test_a_short_id_becomes_the_link_of_the_word_before_it() -> None:
    """The way to the graph stays, its id does not."""
    assert re.search(r'<td[^>]*><a href="http://prometheus[^"]*">measured</a></td>', _bytes().decode())
    assert re.search(r"<td[^>]*>change</td>", _bytes().decode())


def test_words_that_look_like_ids_elsewhere_are_left_alone() -> None:
    """Only the end of a table's cell is taken for an id."""
    assert "see e-mail2 for it" in _page("see e-mail2 for it").text


def test_pictures_are_inside_as_png_with_their_text() -> None:
    """Wikis do not take SVG; a picture that is not ours is its text."""
    page = _page()
    [picture] = page.all("img")
    assert base64.b64decode(picture["src"].removeprefix("data:image/png;base64,")) == _PNG
    assert picture["alt"] == "Errors rose."
    other = _page("![a tracker](http://evil.example/x.png) ![](..) ![s](charts/none.svg)")
    assert not other.pictures
    assert "[picture: a tracker]" in other.text


def test_tables_and_questions_bring_their_styles_with_them() -> None:
    """A style sheet is not pasted, a style at an element is."""
    page = _page()
    assert all("border" in cell["style"] for cell in (*page.all("td"), *page.all("th")))
    assert len(page.all("span")) == 12
    assert "[You: what helped?]" in page.text


def test_nothing_is_folded_and_no_link_leads_inside_the_page() -> None:
    """Folding and addresses inside a page do not survive pasting."""
    page = _page()
    assert not {"details", "summary", "mark", "nav", "script", "style"} & page.elements
    assert all(link.startswith("http") for link in page.links)


def test_the_policy_stands_first_and_allows_no_script_and_nothing_from_outside() -> None:
    """Styles at elements need `unsafe-inline`; pictures are inside."""
    head = _bytes().decode().partition("<head>")[2].lstrip()
    assert head.startswith(
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:;'
    )


@given(text=hostile)
@settings(max_examples=60)
def test_hostile_text_makes_no_markup(text: str) -> None:
    """What people pasted into the draft is text here too."""
    page = read_page(paste(f"# t\n\n{text}\n\n| a |\n| --- |\n| {text} |\n", title=text, charts=_PICTURES))
    assert not page.event_handlers
    assert not {"script", "iframe", "link", "base", "form"} & page.elements
    assert all(link.startswith(("http://", "https://", "#")) for link in page.links)
