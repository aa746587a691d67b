"""The numbers on the charts and the rows of the timeline lead to one another."""

from __future__ import annotations

import re

from report.render import ChartRef, html, markdown
from tests import render_builder as build
from tests.render_reader import Page, read_page

_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>'
_NAMES = ("summary", "signal-errors")
_CHARTS = [ChartRef(name, name, "alt", f"charts/{name}.svg") for name in _NAMES]
_PICTURES = {f"charts/{name}.svg": _SVG for name in _NAMES}


def _page(text: str) -> Page:
    return read_page(html(text, title="x", charts=_PICTURES))


def _ids(page: Page) -> list[str]:
    return [attributes["id"] for _, attributes in page.starts if "id" in attributes]


def test_each_number_leads_to_its_row_and_back() -> None:
    """Below each chart the numbers are links that say their rows; the rows' lead to the first chart."""
    page = _page(markdown(build.payments(), _CHARTS, generation=1))
    numbers = [str(k) for k in range(1, 11)]
    assert [each for each in _ids(page) if each.startswith("row-")] == [f"row-{k}" for k in numbers]
    assert [each for each in _ids(page) if each.startswith("marker-")] == [f"marker-{k}" for k in numbers]
    assert page.links.count("#row-3") == len(_NAMES)
    assert page.links.count("#marker-3") == 1
    [there] = [link for link in page.all("a") if link.get("id") == "marker-2"]
    assert there["title"] == "14:04 ±2m 0 Degraded: errors 0.1 -> 0.9 %"


def test_no_address_stands_twice_and_none_leads_nowhere() -> None:
    """Also where a person wrote a second row with the same number."""
    text = markdown(build.payments(), _CHARTS, generation=1)
    text = re.sub(r"^(\| 3 \|.*)$", r"\1\n\1", text, flags=re.MULTILINE)
    page = _page(text)
    assert len(set(_ids(page))) == len(_ids(page))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(_ids(page))


def test_the_list_of_the_evidence_is_not_taken_for_the_timeline() -> None:
    """Where a person removed the timeline's table, nothing is linked; the evidence is folded."""
    text = markdown(build.payments(), _CHARTS, generation=1)
    without = re.sub(r"(## Timeline\n)(?s:.*?)(## Detection)", r"\1\n\2", text)
    assert "### All events" in without
    assert not [each for each in _ids(_page(without)) if each.startswith(("row-", "marker-"))]


def test_without_a_chart_rows_keep_their_numbers_as_text() -> None:
    """A link that leads nowhere is worse than none."""
    page = read_page(html(markdown(build.payments(), [], generation=1), title="x", charts={}))
    assert not [link for link in page.links if link.startswith(("#row-", "#marker-"))]


def test_what_a_row_says_cannot_break_out_of_its_link() -> None:
    """The words of the link are a row's, and rows are written by many."""
    page = _page(
        '![x](charts/summary.svg)\n\n| # | UTC | What |\n| - | - | - |\n| 1 | 14:00 | "><script>x | s |\n'
    )
    assert "script" not in page.elements
    assert page.links.count("#row-1") == 1


def test_a_short_page_has_no_table_of_contents() -> None:
    """Three sections are seen at once."""
    assert "nav" not in _page(markdown(build.healthy(), [], generation=1)).elements
    assert "nav" in _page(markdown(build.payments(), [], generation=1)).elements
