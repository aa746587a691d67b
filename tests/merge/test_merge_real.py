"""Real drafts, edited at random, merged with what other evidence would have made of them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.model.facts import Entered
from incident.model.timeline import Event, EventOrigin, Timeline
from incident.text.instants import zone
from report.merge import best_base, insert_row, lost_lines, merge
from report.render import markdown
from tests import render_builder as build
from tests.merge.edits import KINDS, edited, edited_by
from tests.merge.properties import words_kept

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
DRAFTS = sorted(FIXTURES.glob("*/expected/postmortem.md"))


@cache
def _draft(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _again(text: str, rng: np.random.Generator, generation: int) -> str:
    """The draft as richer evidence would have made it: other figures, a row less, a row more."""
    lines = text.replace(f"gen={generation - 1} ", f"gen={generation} ").split("\n")
    rows = [n for n, line in enumerate(lines) if re.match(r"\|.*\be-[0-9a-f]{4}", line)]
    for n in [n for n, line in enumerate(lines) if re.search(r"\d{3}", line) and rng.random() < 0.1]:
        if n and "itl:" not in lines[n] and not lines[n].startswith("[e-"):
            lines[n] = re.sub(r"(?<![\w-])\d{3}(?![\w-])", str(rng.integers(100, 999)), lines[n], count=1)
    if rows and rng.random() < 0.5:
        del lines[int(rng.choice(rows))]
    if rows and rng.random() < 0.5:
        lines.insert(rows[0], f"| 1 | 00:00:0{generation} | | Late news | change [e-ff{generation:02d}] |")
    return "\n".join(lines)


@settings(max_examples=150)
@given(st.sampled_from(DRAFTS), st.integers(0, 2**32))
def test_nothing_is_lost_over_two_generations_of_a_real_draft(path: Path, seed: int) -> None:
    """Every line of people once, word for word; the guard is silent; a second run changes nothing."""
    rng = np.random.default_rng(seed)
    base = _draft(path)
    new = _again(base, rng, 2)
    page = edited(base, rng)
    once = merge(page.text, base, new).text
    assert list(words_kept(page.text, once)) == []
    assert lost_lines(page.text, base, once, new=new) == ()
    assert merge(once, new, new.replace("gen=2", "gen=3")).text == once.replace("gen=2", "gen=3", 1)
    third = _again(new, rng, 3)
    later = edited(once, rng, first_token=1000)
    twice = merge(later.text, new, third).text
    assert list(words_kept(later.text, twice)) == []
    assert lost_lines(later.text, new, twice, new=third) == ()


@pytest.mark.parametrize("kind", KINDS)
def test_a_real_draft_settles_after_every_kind_of_edit(kind: str) -> None:
    """Merged once and merged once more is one text: no refresh finds anything left to do."""
    first = KINDS.index(kind)
    for seed in (first, first + 3):  # two drafts for each kind, so that each draft meets some of them
        rng = np.random.default_rng(seed)
        base = _draft(DRAFTS[seed % len(DRAFTS)])
        new = _again(base, rng, 2)
        page = edited_by(kind, base, rng)
        once = merge(page.text, base, new).text
        assert merge(once, new, new).text == once
        assert merge(once, new, new.replace("gen=2", "gen=3")).text == once.replace("gen=2", "gen=3", 1)


@pytest.mark.parametrize("path", DRAFTS, ids=lambda path: path.parent.parent.name)
def test_a_real_draft_without_anchors_becomes_the_fresh_one(path: Path) -> None:
    """What a wiki gives back, comments dropped, is nobody's edit: every block says what is measured now."""
    base = _draft(path)
    new = _again(base, np.random.default_rng(1), 2)
    stripped = re.sub(r"<!-- itl:.*? -->\n", "", base)
    assert merge(stripped, base, new).text == new


@pytest.mark.parametrize("path", DRAFTS, ids=lambda path: path.parent.parent.name)
def test_the_base_of_a_copy_from_a_wiki_is_found_among_all_drafts(path: Path) -> None:
    """Most of its lines are the base's; those of an unrelated text are not."""
    bases = [_draft(each) for each in DRAFTS]
    stripped = re.sub(r"<!-- itl:.*? -->\n", "", _draft(path)).replace("[You: ", "We: ")
    assert best_base(stripped, bases) == DRAFTS.index(path)
    assert best_base("# Groceries\n\nmilk\n", bases) is None
    assert best_base(stripped, []) is None


def _moved(event: Event, minutes: int) -> Event:
    return replace(event, at=event.at + timedelta(minutes=minutes))


def _variant(timeline: Timeline, late: int, gone: int, moved: int) -> Timeline:
    """One event late, one gone, one re-timed; in the order of time."""
    events = [each for n, each in enumerate(timeline.events) if n != gone]
    events[moved % len(events)] = _moved(events[moved % len(events)], 3)
    events.append(build.event(0x700 + late, "14:45:00", "restart", EventOrigin.CHANGE, f"Restarted {late}"))
    return replace(timeline, events=tuple(sorted(events, key=lambda each: each.at)))


@settings(max_examples=60)
@given(st.integers(0, 10), st.integers(0, 10), st.integers(0, 2**32))
def test_nothing_is_lost_when_the_timeline_is_another(gone: int, moved: int, seed: int) -> None:
    """Drafts rendered from changed timelines, as a refresh renders them."""
    base = markdown(build.payments(), [], generation=1)
    new = markdown(_variant(build.payments(), 1, gone, moved), [], generation=2)
    page = edited(base, np.random.default_rng(seed))
    text = merge(page.text, base, new).text
    assert list(words_kept(page.text, text)) == []
    assert lost_lines(page.text, base, text, new=new) == ()
    assert page.stripped or page.structural or "Restarted 1" in text or "tool update" in text or page.deleted


@settings(max_examples=30)
@given(st.integers(0, 10), st.integers(0, 10))
def test_one_answer_in_a_draft_leaves_all_the_rest_fresh(gone: int, moved: int) -> None:
    """The new draft, with the answer in its place: nothing else differs."""
    prompt, answer = "[You: what did users see?]", "Blank pages at checkout."
    base = markdown(build.payments(), [], generation=1)
    new = markdown(_variant(build.payments(), 1, gone, moved), [], generation=2)
    assert merge(base.replace(prompt, answer), base, new).text == new.replace(prompt, answer)


def test_a_note_put_in_by_the_shell_is_one_row_after_a_refresh() -> None:
    """`note` writes the row into an edited draft; the refresh renders it too; it stands once."""
    base = markdown(build.payments(), [], generation=1)
    note = Entered("note", build.at("15:05:00"), "Restarted the pods by hand", "ev-aa11bb22cc33")
    noted = insert_row(base.replace("[You: what did users see?]", "Blank pages."), note, zone("UTC"))
    assert noted is not None
    event = build.event(
        0, "15:05:00", "note", EventOrigin.ENTERED, note.text, id=note.id, plus_minus=timedelta(0)
    )
    events = sorted((*build.events(), event), key=lambda each: each.at)
    new = markdown(replace(build.payments(), events=tuple(events)), [], generation=2)
    text = merge(noted, base, new).text
    assert text == new.replace("[You: what did users see?]", "Blank pages.")
