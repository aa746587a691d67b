"""Thousands of hostile strings in every field: the draft keeps its shape, and a real browser stays silent.

All of them, in every disguise: `python -m tests.bench.hostile_bench`.
"""

from __future__ import annotations

import pytest

from report.render import html, open_prompts, paste
from tests.render.pages.attacked import draft, pages, silent, tree, unguarded
from tests.render.pages.browser import Chromium, listening
from tests.render.pages.corpus import ADDRESS, CONTROL, CORPUS, WHOLE_CORPUS

_IN_PAGES = CORPUS[::17]
"""A part that meets every way in and every way out."""
_IN_TREES = (*CORPUS[::22], *WHOLE_CORPUS[::97])


def test_the_corpus_is_large_and_has_no_string_twice() -> None:
    """Ten thousand and more, each a way in behind a way out, in a disguise."""
    assert len(set(CORPUS)) == len(CORPUS) >= 2000
    assert len(set(WHOLE_CORPUS)) == len(WHOLE_CORPUS) >= 10_000


def test_the_corpus_in_every_field_leaves_the_tree_as_it_is() -> None:
    """Blocks, cells, links, pictures and questions are those of the same draft about `x`."""
    plain = draft("x")
    shape, asked = tree(plain), open_prompts(plain)
    drafts = [draft(text) for text in _IN_TREES]
    assert [each for each in drafts if tree(each) != shape] == []
    assert [each for each in drafts[::5] if open_prompts(each) != asked] == []


@pytest.mark.browser
def test_the_corpus_as_markup_does_reach_out(browser: Chromium) -> None:
    """Positive control: as HTML the same strings load and run, by markup, style and script."""
    ways = {"/img.png", "/onerror", "/inline", "/style.css", "/background", "/svgload", "/script.js"}
    with listening() as (address, heard):
        page = _told("<!DOCTYPE html>" + "\n".join(CONTROL), address)
        assert browser.reached(page, ways, heard), ways - set(heard)


@pytest.mark.browser
def test_every_place_of_every_field_could_reach_out(browser: Chromium) -> None:
    """Positive control for each context: without escaping and policy every field is heard on both pages."""
    with listening() as (address, heard):
        fields, made = unguarded(address)
        for page in made:
            heard.clear()
            assert browser.reached(page, fields, heard), fields - set(heard)
    assert len(fields) >= 30


@pytest.mark.browser
def test_no_request_leaves_a_page_of_the_corpus(browser: Chromium) -> None:
    """Every string in every field of a draft: no request, no script, no blocked attempt."""
    with listening() as (address, heard):
        texts = [text.replace(ADDRESS, address) for text in _IN_PAGES]
        for page in pages([draft(text) for text in texts], title=texts[0]):
            assert silent(browser, page) == []
            assert page.decode().count("Issue summary</h2>") == len(_IN_PAGES)
    assert heard == []


@pytest.mark.browser
def test_no_request_leaves_what_people_pasted_into_a_draft(browser: Chromium) -> None:
    """Every string as people's own Markdown, in the page and in the page to paste from."""
    with listening() as (address, heard):
        text = "\n\n".join(CORPUS).replace(ADDRESS, address)
        for page in (html(text, title=text, charts={}), paste(text, title=text, charts={})):
            assert silent(browser, page) == []
    assert heard == []


def _told(text: str, address: str) -> bytes:
    return text.replace(ADDRESS, address).encode("utf-8", "replace")
