"""When a rule would fire: the evaluator beside the laboratory's state machine, and by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from incident.alerting.condition import firings, longest_ms
from incident.model.spans import Grid
from tests.lab.rules import runs_of

GRID = Grid(60_000, 30_000, 6)


def _mask(text: str) -> np.typing.NDArray[np.bool_]:
    return np.array([char == "#" for char in text])


def test_it_fires_at_the_first_evaluation_that_found_the_condition_true_for_as_long_as_for() -> None:
    """Pending at 90 s, and with `for: 1m` firing at 150 s, over at the first evaluation that is untrue."""
    (one,) = firings(_mask(".###.."), GRID, 60_000)

    assert (one.pending_ms, one.firing_ms, one.resolved_ms) == (90_000, 150_000, 180_000)


def test_what_is_over_before_for_has_passed_never_fires() -> None:
    """Two evaluations 30 s apart are 30 s, not a minute."""
    assert firings(_mask(".##.##"), GRID, 60_000) == ()


def test_a_condition_that_holds_to_the_last_sample_is_not_resolved() -> None:
    """Nobody saw it end."""
    (one,) = firings(_mask("...###"), GRID, 0)

    assert (one.firing_ms, one.resolved_ms) == (150_000, None)


def test_the_longest_stretch_counts_its_last_step() -> None:
    """Three true evaluations 30 s apart may have been true for a minute and a half."""
    assert longest_ms(_mask("##.###"), GRID) == 90_000
    assert longest_ms(_mask("......"), GRID) == 0


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 400))
def test_it_fires_when_the_state_machine_of_the_laboratory_does(true: list[bool], hold_s: int) -> None:
    """The same pending and firing times for any sequence of results and any `for`."""
    mask = np.array(true)
    grid = Grid(0, 15_000, mask.size)
    runs = runs_of((), grid.times, mask, hold_s)

    told = [(one.pending_ms, one.firing_ms) for one in firings(mask, grid, hold_s * 1000)]

    assert told == [(run.active_at_ms, run.firing_ms[0]) for run in runs if run.firing_ms]
