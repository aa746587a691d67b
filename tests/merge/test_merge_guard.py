"""The guard: no merged draft is written that misses or doubles a line of people, however it was made."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from report.merge import human_lines, lost_lines, mostly_gone

BASE = """\
<!-- itl:draft gen=1 -->
# payments: degraded

<!-- itl:timeline -->
| # | UTC | What | Source |
| --- | --- | --- | --- |
| 1 | 13:59 | Degraded | measured [e-0f90] |

<!-- itl:causes -->
- [You: cause?]
"""
_WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=20).map(
    "my {}".format
)


@given(_WORDS, st.integers(0, 9))
def test_a_line_that_is_missing_or_there_twice_is_named(words: str, place: int) -> None:
    """Wherever it stood; and the draft itself misses nothing."""
    lines = BASE.splitlines()
    mine = "\n".join([*lines[:place], words, *lines[place:]])
    assert lost_lines(mine, BASE, mine) == ()
    assert lost_lines(mine, BASE, BASE) == (words,)
    assert lost_lines(mine, BASE, f"{mine}\n{words}") == (words,)


def test_a_line_must_come_back_word_for_word() -> None:
    """Not only what it means: the person's spelling."""
    mine = BASE.replace("[You: cause?]", "a *bug*")
    assert lost_lines(mine, BASE, mine.replace("*bug*", "_bug_")) == ("- a *bug*",)


def test_formatting_is_nobodys_words() -> None:
    """Padding, escapes and line ends may go."""
    mine = BASE.replace(" | ", "   |  ").replace("cause?", "cause\\?").replace("\n", "\r\n")
    assert human_lines(mine, BASE) == ()
    assert lost_lines(mine, BASE, BASE) == ()


def test_what_the_new_text_says_too_may_stand_once_more() -> None:
    """A person wrote what the tool says a day later, elsewhere."""
    mine = BASE.replace("[You: cause?]", "a bug")
    merged = mine + "- a bug\n"
    assert lost_lines(mine, BASE, merged, new=BASE + "- a bug\n") == ()
    assert lost_lines(mine, BASE, merged) == ("- a bug",)


def test_the_charts_number_and_the_tools_updates_are_not_peoples() -> None:
    """Both change with the evidence; the rest of the row does not."""
    mine = BASE.replace("Degraded |", "Degraded, we saw it |")
    merged = mine.replace("| 1 |", "| 2 |")
    assert lost_lines(mine, BASE, merged) == ()
    told = mine + "> tool update: # payments: degraded\n> tool update: something of mine\n"
    assert human_lines(told, BASE)[-1] == "> tool update: something of mine"
    assert len(human_lines(told, BASE)) == 2


def test_a_draft_cut_short_is_noticed() -> None:
    """Most blocks gone at once is a full disk more often than an edit; one block gone is an edit."""
    assert mostly_gone(BASE[: BASE.index("<!-- itl:timeline")], BASE)
    assert mostly_gone("", BASE)
    assert not mostly_gone(BASE[: BASE.index("<!-- itl:causes")], BASE)
    assert not mostly_gone(BASE, BASE)
