"""Random drafts, edited, moved about, formatted, stripped: nothing of people is lost (P1 to P14)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from report.merge import lost_lines, merge
from tests.merge.harness import RARE, document, guarded, merged, run

DOCUMENTS = 3_000
PIECES = 10
"""The documents in parts, so that a failure says where it is."""


@pytest.mark.parametrize("part", range(PIECES))
def test_no_property_fails_for_any_random_document(part: int) -> None:
    """What the harness counts over many documents, it counts as none over these."""
    size = DOCUMENTS // PIECES
    tally = run(range(part * size, (part + 1) * size))
    assert tally.documents == size
    assert tally.lines > size
    assert not tally.failed, tally.seeds


@pytest.mark.parametrize("seed", RARE)
def test_no_property_fails_for_a_document_that_failed_once(seed: int) -> None:
    """Drafts found by the benchmark's many: no line end, rows beside deleted ones, headings reworded."""
    assert document(seed, merged, guarded)[0] == set()


@settings(max_examples=200)
@given(st.integers(min_value=10**6, max_value=2**63))
def test_no_property_fails_for_a_seed_far_away(seed: int) -> None:
    """The same for documents that nobody has looked at."""
    assert document(seed, merged, guarded)[0] == set()


_LINE = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=12)
_ANCHORED = st.one_of(
    _LINE, st.sampled_from(["<!-- itl:a -->", "<!-- itl:b -->", "```", "<<<<<<< x", "=======", ">>>>>>> x"]),
    st.sampled_from(["| 1 | x | e-aaaa |", "| 2 | y | e-bbbb |", "> tool update: x", "", "- x", "* x"]),
)  # fmt: skip
_TEXT = st.lists(_ANCHORED, max_size=12).map(lambda lines: "".join(f"{line}\n" for line in lines))


@settings(max_examples=1500)
@given(_TEXT, _TEXT, _TEXT)
def test_any_three_texts_merge_and_lose_no_line(existing: str, base: str, new: str) -> None:
    """Also texts that no one ever wrote: none makes the merge fail, and the guard finds nothing lost."""
    made = merge(existing, base, new).text
    assert lost_lines(existing, base, made, new=new) == ()


@settings(max_examples=300)
@given(_TEXT, _TEXT)
def test_without_an_edit_the_fresh_text_and_without_news_the_draft(one: str, other: str) -> None:
    """P8 and P7, for any text."""
    assert merge(one, one, other).text == other
    assert merge(other, one, one).text == other
