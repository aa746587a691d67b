"""A table whose columns change, as when an incident ends or the tool has another form."""

from __future__ import annotations

import pytest

from report.merge import lost_lines, merge

_OLD = (
    "| UTC | from start | What |\n| --- | --- | --- |\n| 14:01 | +1m | Scaled |\n| 14:09 | +9m | Deployed |\n"
)
_NEW = (
    "| UTC | from start | from recovery | What |\n| --- | --- | --- | --- |\n"
    "| 14:01 | +1m | -59m | Scaled |\n| 14:09 | +9m | -51m | Deployed |\n"
)
_BELOW = "\n<!-- itl:lessons -->\n## Lessons\n"
_EDITS = {
    "a row edited": ("| Scaled |", "| Scaled by hand |"),
    "a row put in": ("| 14:09", "| 14:05 | +5m | Ada was called |\n| 14:09"),
    "a row put in at the end": ("| Deployed |\n", "| Deployed |\n| 14:20 | | Ada was called |\n"),
}


def _draft(table: str, generation: int, words: str = "What changed.") -> str:
    return f"<!-- itl:draft gen={generation} -->\n# x\n\n<!-- itl:cotimed -->\n{words}\n\n{table}{_BELOW}"


@pytest.mark.parametrize("edit", _EDITS)
def test_a_table_that_somebody_wrote_in_stays_whole_above_the_new_one(edit: str) -> None:
    """Two tables, each with rows of its own width; the words around them are the new ones."""
    mine = _OLD.replace(*_EDITS[edit])
    base, new = _draft(_OLD, 1), _draft(_NEW, 2, "What changed around it.")
    merged = merge(_draft(mine, 1), base, new)
    assert merged.text == _draft(f"{mine}\n{_NEW}", 2, "What changed around it.")
    assert lost_lines(_draft(mine, 1), base, merged.text, new=new) == ()


def test_the_new_table_is_refreshed_and_the_old_one_left_alone_from_then_on() -> None:
    """The next run finds both: nothing is doubled, figures change in the new one only."""
    mine = _OLD.replace("| Scaled |", "| Scaled by hand |")
    base, new = _draft(_OLD, 1), _draft(_NEW, 2)
    once = merge(_draft(mine, 1), base, new).text
    assert merge(once, new, _draft(_NEW, 3)).text == once.replace("gen=2", "gen=3")
    later = _NEW.replace("-59m", "-58m")
    assert merge(once, new, _draft(later, 3)).text == _draft(f"{mine}\n{later}", 3)


def test_a_table_that_nobody_wrote_in_is_the_new_one() -> None:
    """Notes around it stay."""
    base, new = _draft(_OLD, 1), _draft(_NEW, 2)
    mine = base.replace("What changed.", "What changed.\nSee the channel's history.")
    expected = new.replace("What changed.", "What changed.\nSee the channel's history.")
    assert merge(mine, base, new).text == expected
