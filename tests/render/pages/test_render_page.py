"""The page: one file, nothing fetched, readable by everyone."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape

import pytest

from report.render import ChartRef, headline, html, markdown
from tests import render_builder as build
from tests.render_reader import Page, read_page

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="10" height="10"/></svg>'
CHARTS = [ChartRef("summary", "Summary", "Errors rose.", "charts/summary.svg")]


def _bytes() -> bytes:
    text = markdown(build.payments(), CHARTS, generation=1)
    return html(text, title=headline(build.payments()), charts={"charts/summary.svg": SVG})


def _of(text: str) -> Page:
    return read_page(html(text, title="x", charts={"charts/summary.svg": SVG}))


def test_the_same_text_makes_the_same_page() -> None:
    """Same text, same bytes."""
    assert _bytes() == _bytes()


def test_the_policy_stands_first_in_the_head_and_allows_only_this_style() -> None:
    """Nothing is loaded and nothing runs; the style sheet is allowed by its hash."""
    page = _bytes().decode()
    head = page.partition("<head>")[2].lstrip()
    policy = re.match(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', head)
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy is not None
    assert policy[1].replace("&#39;", "'") == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_the_page_holds_no_script_style_attribute_or_outside_address() -> None:
    """Self-contained: pictures are inside, links are only followed by people."""
    page = read_page(_bytes())
    assert "script" not in page.elements
    assert not page.styled
    assert not page.event_handlers
    assert all(source.startswith("data:image/") for source in page.pictures)
    assert not re.search(r"url\(|@import", _bytes().decode())


def test_charts_are_part_of_the_page_with_their_text() -> None:
    """The picture travels with the page, and says in words what it shows."""
    [picture] = read_page(_bytes()).all("img")
    assert picture["alt"] == "Errors rose."
    assert base64.b64decode(picture["src"].removeprefix("data:image/svg+xml;base64,")) == SVG


def test_a_picture_that_is_not_ours_is_its_text() -> None:
    """A picture somebody pasted by address is not fetched."""
    page = _of("![a tracker](http://evil.example/x.png) ![](other.png)")
    assert not page.pictures
    assert "[picture: a tracker]" in page.text


def test_the_page_has_landmarks_a_language_and_a_way_past_the_contents() -> None:
    """A screen reader finds its way."""
    page = read_page(_bytes())
    assert {"main", "nav", "footer", "h1"} <= page.elements
    assert page.all("html")[0]["lang"] == "en"
    assert page.links[0] == "#draft"
    assert page.all("main")[0]["id"] == "draft"


def test_links_inside_the_page_lead_somewhere() -> None:
    """Each entry of the contents has its heading."""
    page = read_page(_bytes())
    ids = {attributes["id"] for _, attributes in page.starts if "id" in attributes}
    assert {link[1:] for link in page.links if link.startswith("#")} <= ids


def test_header_cells_say_what_they_head() -> None:
    """Tables are read cell by cell with their heads."""
    page = read_page(_bytes())
    assert page.all("th")
    assert all(cell.get("scope") == "col" for cell in page.all("th"))


def test_evidence_is_folded_and_the_rest_is_not() -> None:
    """Each part of the evidence opens by itself."""
    page = _bytes().decode()
    folded = re.findall(r"<details><summary><h3[^>]*>(.*?)</h3>", page)
    assert folded[:2] == ["All events", "Alerts"]
    assert page.count("<details>") == page.count("</details>") == len(folded)
    assert page.index("<details>") > page.index(">Evidence</h2>")


def test_open_questions_stand_out() -> None:
    """What people still have to answer is marked."""
    assert read_page(_bytes()).elements >= {"mark"}
    assert "mark" not in _of("all answered").elements


@pytest.mark.parametrize(
    "word", ["e-3fa9", "e-3fa9c1d20b7e", "e-3fa9-2", "->", "2023-05-03", "2023-05-03T16:30:00Z"]
)
def test_what_reads_as_one_word_is_not_broken_at_its_hyphen(word: str) -> None:
    """In the narrow column of a table a browser would; its text stays as it was written."""
    page = html(f"| a |\n| --- |\n| change {word} (x) |\n", title="x", charts={}).decode()

    assert f'change <span class="whole">{escape(word)}</span> (x)' in page


@pytest.mark.parametrize(
    "words", ["re-enabled e-mail", "the-e-3fa9x", "<!-- a -->b", "2023-05-031", "a-b", "`->`"]
)
def test_other_words_break_as_ever(words: str) -> None:
    """Nor is anything done to code."""
    assert "whole" not in html(words, title="x", charts={}).decode().partition("<main")[2]


def test_a_zone_may_break_between_its_parts_only() -> None:
    """As the heading of a column of times, which is narrower than it."""
    text = "Times America/Los_Angeles.\n\n| America/Los_Angeles |\n| --- |\n| and/or a/b |\n"
    page = html(text, title="x", charts={}).decode()

    assert "America/<wbr>Los_<wbr>Angeles" in page
    assert page.count("<wbr>") == 2


def test_comments_are_not_shown_and_their_neighbours_are() -> None:
    """Anchors and remarks in comments stay out of the page; text beside them does not."""
    page = _of(
        "<!-- itl:x --> my note\n\na <!-- b --> c\n\n<!-- one\ntwo -->\n\n`<!-- kept -->`\n\n<!-- open"
    )
    assert "my note" in page.text
    assert "two" not in page.text
    assert " b " not in page.text
    assert "<!-- kept -->" in page.text
    assert "<!-- open" in page.text


def test_a_page_of_unfinished_comments_is_text() -> None:
    """A comment that never ends hides nothing, be there one of them or thousands."""
    page = _of("before <!-- " * 3000 + "\n\n" + "<!-- alone\n\n" * 3000)
    assert page.text.count("before") == 3000
    assert page.text.count("alone") == 3000


def test_markup_that_people_wrote_is_text() -> None:
    """Raw HTML is shown, not used."""
    page = _of("<b>bold</b> <img src=x onerror=alert(1)>\n\n<script>alert(1)</script>")
    assert "<b>bold</b>" in page.text
    assert not {"b", "img", "script"} & page.elements


def test_links_that_people_wrote_are_web_addresses_or_text() -> None:
    """Only http and https are followed, and the page does not say where it was read."""
    text = "[a](http://x.example/) [b](javascript:alert(1)) [c](file:///etc/passwd) see https://y.example/z."
    page = _of(text)
    outside = [link for link in page.links if not link.startswith("#")]
    assert outside == ["http://x.example/", "https://y.example/z"]
    assert all("noreferrer" in a["rel"] for a in page.all("a") if a.get("href", "").startswith("http"))


def test_headings_with_one_name_have_two_addresses() -> None:
    """Two sections of one name are told apart."""
    page = _of("## Notes\n\n## Notes\n")
    assert [heading["id"] for heading in page.all("h2")] == ["s-notes", "s-notes-2"]


def test_bytes_of_another_encoding_do_not_stop_the_page() -> None:
    """An editor saved the draft in latin-1: the page is made all the same."""
    assert "caf" in _of(b"caf\xe9".decode("utf-8", "surrogateescape")).text
