"""Thousands of hostile strings in every field: the draft keeps its shape, and a real browser stays silent."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from markdown_it.token import Token

from incident.model.timeline import Timeline
from report.render import ChartRef, html, markdown, open_prompts, paste
from report.render.pages.parser import parser
from tests import render_builder as build
from tests.render.browser import Chromium, listening
from tests.render.corpus import ADDRESS, CONTROL, CORPUS
from tests.render_hostile import poisoned

_WHOLE = os.environ.get("INCIDENT_TIMELINE_WHOLE_CORPUS") == "1"
"""All strings in every field, which takes minutes; otherwise a part that meets every way in and out."""
_IN_FIELDS = CORPUS if _WHOLE else CORPUS[::7]
_AT_ONCE = 350
"""Drafts in one page."""
_SHOWN_AS_TEXT = {"text", "code_inline", "softbreak", "text_special"}


def _small() -> Timeline:
    """An incident with one of everything that others write."""
    whole = build.payments()
    events = tuple(replace(one, main=True) for one in whole.events if one.id[3:7] in ("0001", "0003", "0008"))
    return replace(
        whole,
        events=events,
        alerts=whole.alerts[:1],
        alerts_nearby=whole.alerts[1:],
        signals=whole.signals[:1],
        unknowns=(build.unknown(),),
    )


def _draft(text: str) -> str:
    charts = [ChartRef("summary", text, text, "charts/summary.svg")]
    return markdown(poisoned(_small(), text), charts, generation=1, form="full")


def _tree(text: str) -> list[tuple[object, ...]]:
    """Blocks in order, and inside each what is not plain text."""
    return [
        (token.type, token.tag, token.nesting, token.meta.get("anchor"), _inner(token))
        for token in parser().parse(text)
        if token.type != "fence"
    ]


def _inner(token: Token) -> tuple[str, ...]:
    return tuple(child.type for child in token.children or () if child.type not in _SHOWN_AS_TEXT)


def test_the_corpus_is_large_and_has_no_string_twice() -> None:
    """Two thousand and more, each a way in behind a way out."""
    assert len(set(CORPUS)) == len(CORPUS) >= 2000


def test_the_corpus_in_every_field_leaves_the_tree_as_it_is() -> None:
    """Blocks, cells, links, pictures and questions are those of the same draft about `x`."""
    plain = _draft("x")
    shape, asked = _tree(plain), open_prompts(plain)
    drafts = [_draft(text) for text in (CORPUS if _WHOLE else CORPUS[::11])]
    assert [draft for draft in drafts if _tree(draft) != shape] == []
    assert [draft for draft in drafts[::5] if open_prompts(draft) != asked] == []


@pytest.mark.browser
def test_the_corpus_as_markup_does_reach_out(browser: Chromium) -> None:
    """Positive control: as HTML the same strings load and run, by markup, style and script."""
    with listening() as (address, heard):
        browser.opened(_told("<!DOCTYPE html>" + "\n".join(CONTROL), address))
    ways = {"/img.png", "/onerror", "/inline", "/style.css", "/background", "/svgload", "/script.js"}
    assert ways <= set(heard)


@pytest.mark.browser
def test_no_request_leaves_a_page_of_the_corpus(browser: Chromium) -> None:
    """Every string in every field of a draft: no request, no script, no blocked attempt."""
    with listening() as (address, heard):
        for first in range(0, len(_IN_FIELDS), _AT_ONCE):
            texts = [text.replace(ADDRESS, address) for text in _IN_FIELDS[first : first + _AT_ONCE]]
            page = html("\n".join(_draft(text) for text in texts), title=texts[0], charts={})
            seen = browser.opened(page)
            assert "<script" not in seen.document
            assert seen.blocked == ()
            assert seen.document.count("Issue summary</h2>") == len(texts)
    assert heard == []


@pytest.mark.browser
def test_no_request_leaves_what_people_pasted_into_a_draft(browser: Chromium) -> None:
    """Every string as people's own Markdown, in the page and in the page to paste from."""
    with listening() as (address, heard):
        text = "\n\n".join(CORPUS).replace(ADDRESS, address)
        for page in (html(text, title=text, charts={}), paste(text, title=text, charts={})):
            seen = browser.opened(page)
            assert "<script" not in seen.document
            assert seen.blocked == ()
    assert heard == []


def _told(text: str, address: str) -> bytes:
    return text.replace(ADDRESS, address).encode("utf-8", "replace")
