"""Whatever a label, an annotation or a note says, the draft has the same blocks, rows and questions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from markdown_it.token import Token

from incident.model.detection import Detection, Hindrance
from incident.model.timeline import Status, Timeline
from report.render import ChartRef, headline, html, markdown, open_prompts
from report.render.pages.parser import parser
from tests import render_builder as build
from tests.render_hostile import KNOWN, hostile, poisoned
from tests.render_reader import Page, read_page

_SHOWN_AS_TEXT = {"text", "code_inline", "softbreak", "text_special"}


def _hindered() -> Timeline:
    """An incident during which the monitoring itself was in trouble."""
    start = build.payments().episodes[0].start.at
    trouble = Hindrance("rule evaluations failed (shop)", start, None, timedelta(0), "increase(x[2m]) > 0")
    return replace(build.payments(), detection=Detection(hindered=(trouble,)))


def _timelines() -> dict[str, Timeline]:
    return {
        "incident": replace(_hindered(), unknowns=(build.unknown(),)),
        "two episodes": build.store(),
        "no impact": build.healthy(),
        "unknown": build.unmeasured(),
    }


def _tree(text: str) -> list[Any]:
    """The structure of a draft: blocks in order, and inside each what is not plain text."""
    return [_shape(token) for token in parser().parse(text) if token.type != "fence"]


def _shape(token: Token) -> tuple[Any, ...]:
    inner = tuple(child.type for child in token.children or () if child.type not in _SHOWN_AS_TEXT)
    return (token.type, token.tag, token.nesting, token.meta.get("anchor"), inner)


def _draft(timeline: Timeline, text: str) -> str:
    charts = [
        ChartRef("summary", text, text, "charts/summary.svg"),
        ChartRef("a", text, text, "charts/a.svg"),
    ]
    return markdown(poisoned(timeline, text), charts, generation=1)


@pytest.mark.parametrize("name", _timelines())
@given(text=hostile.filter(bool))
@settings(max_examples=40)
def test_hostile_text_in_every_field_leaves_the_tree_as_it_is(name: str, text: str) -> None:
    """Blocks, tables, cells, links, pictures and open questions are those of the same draft about `x`."""
    timeline = _timelines()[name]
    plain, attacked = _draft(timeline, "x"), _draft(timeline, text)
    assert _tree(attacked) == _tree(plain)
    assert open_prompts(attacked) == open_prompts(plain)


@given(text=hostile)
@example(text="\ud800")
@settings(max_examples=40)
def test_hostile_text_never_becomes_markup_of_the_page(text: str) -> None:
    """The page of an attacked draft has our elements only, no script, no handler, no foreign address."""
    drafted = _draft(build.payments(), text)
    title = headline(poisoned(build.payments(), text))
    page = read_page(html(drafted, title=title, charts={}))
    assert page.elements <= _allowed_elements()
    assert not page.event_handlers
    assert all(address.startswith("#") for address in page.links)


def _allowed_elements() -> set[str]:
    plain = html(_draft(build.payments(), "x"), title="x", charts={})
    return read_page(plain).elements


@pytest.mark.parametrize("text", KNOWN)
def test_hostile_markdown_that_people_wrote_makes_no_markup_either(text: str) -> None:
    """A draft is edited by many; what they paste is shown, and neither run nor fetched."""
    edited = f"# title\n\n{text}\n\n| a |\n| --- |\n| {text} |\n"
    page: Page = read_page(html(edited, title=text, charts={}))
    assert not page.event_handlers
    assert "script" not in page.elements
    assert not page.pictures
    assert all(address.startswith(("#", "http://", "https://")) for address in page.links)


def test_status_values_of_the_model_all_have_a_form() -> None:
    """No status falls through without a template."""
    for status in Status:
        timeline = build.healthy() if status in (Status.NO_IMPACT, Status.UNKNOWN) else build.payments()
        assert markdown(replace(timeline, status=status), [], generation=1).startswith(
            "<!-- itl:draft gen=1 -->"
        )
