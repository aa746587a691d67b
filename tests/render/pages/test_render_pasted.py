"""What arrives in an editor when the page to paste from is copied there, by a real browser's clipboard."""

from __future__ import annotations

import pytest

from report.render import ChartRef, markdown, paste
from tests import render_builder as build
from tests.render.pages.browser import Chromium
from tests.render_reader import Page, read_page

pytestmark = pytest.mark.browser

_DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
"""A picture of one pixel."""


@pytest.fixture(scope="module")
def arrived(browser: Chromium) -> Page:
    """The editor's content."""
    charts = [ChartRef("summary", "Summary", "Errors rose.", "charts/summary.svg")]
    text = markdown(build.payments(), charts, generation=1)
    page = paste(text, title="payments", charts={"charts/summary.png": _DOT})
    return read_page(browser.pasted(page).encode())


def test_headings_tables_and_pictures_arrive(arrived: Page) -> None:
    """As headings, as tables with all their rows, and as pictures inside the text."""
    given = read_page(paste(markdown(build.payments(), [], generation=1), title="payments", charts={}))
    assert len(arrived.all("h2")) == len(given.all("h2")) >= 8
    assert len(arrived.all("tr")) == len(given.all("tr")) >= 20
    [picture] = arrived.all("img")
    assert picture["src"].startswith("data:image/png;base64,")
    assert picture["alt"] == "Errors rose."


def test_questions_stand_out_in_the_editor_too(arrived: Page) -> None:
    """They bring their colour with them."""
    assert "[You: what did users see?]" in arrived.text
    assert any("background" in span.get("style", "") for span in arrived.all("span"))


def test_nothing_arrives_that_an_editor_trips_over(arrived: Page) -> None:
    """No ids, no anchors, no links inside the page, nothing folded."""
    names = {name for _, attributes in arrived.starts for name in attributes}
    assert "id" not in names
    assert "itl:" not in arrived.text
    assert not {"details", "summary", "script", "style"} & arrived.elements
    assert all(link.startswith("http") for link in arrived.links)
