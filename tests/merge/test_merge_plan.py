"""Whether a new text may take a draft's place: never when people wrote in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from report.merge import Plan, edited_lines, generation_of, plan

BASE = "<!-- itl:draft gen=3 -->\n# payments: down, 2023-12-15\n\n[You: cause?]\n"
NEW = BASE.replace("gen=3", "gen=4").replace("down", "degraded")


def test_a_first_draft_is_written() -> None:
    """Where nothing is, nothing can be lost."""
    assert plan(None, None, NEW) is Plan.WRITE


def test_an_untouched_draft_is_replaced() -> None:
    """What is still as it was generated is nobody's words."""
    assert plan(BASE, BASE, NEW) is Plan.WRITE


def test_the_same_text_is_not_written_again() -> None:
    """Same evidence, same bytes: the file keeps its time."""
    assert plan(BASE, BASE, BASE) is Plan.UNCHANGED


@given(st.text(min_size=1), st.integers(0, len(BASE)))
def test_any_insertion_stops_the_tool(words: str, at: int) -> None:
    """Whatever is written wherever, a human is asked."""
    edited = BASE[:at] + words + BASE[at:]
    assert plan(edited, BASE, NEW) is (Plan.UNCHANGED if edited == NEW else Plan.HUMAN_NEEDED)


def test_a_draft_whose_base_is_gone_is_left_alone() -> None:
    """Without its base nobody can tell whether it was edited."""
    assert plan(BASE, None, NEW) is Plan.HUMAN_NEEDED


def test_an_answer_and_line_ends_of_an_editor_are_edits() -> None:
    """Nothing is normalised: in doubt the draft is somebody's."""
    assert plan(BASE.replace("[You: cause?]", "a bug"), BASE, NEW) is Plan.HUMAN_NEEDED
    assert plan(BASE.replace("\n", "\r\n"), BASE, NEW) is Plan.HUMAN_NEEDED
    assert plan("", BASE, NEW) is Plan.HUMAN_NEEDED


def test_edited_lines_are_counted() -> None:
    """A message can say how much was written."""
    assert edited_lines(BASE, BASE) == 0
    assert edited_lines(BASE.replace("[You: cause?]", "a bug\nin the cache"), BASE) == 2
    assert edited_lines("", BASE) == 4


def test_the_generation_is_read_from_the_first_anchor() -> None:
    """A draft knows the base it was made from, unless a wiki dropped its comments."""
    assert generation_of(NEW) == 4
    assert generation_of("# no anchors\n") is None
