"""The properties find bugs: each planted one is noticed within the documents of a usual run."""

from __future__ import annotations

import pytest

from tests.merge.harness import RARE, run
from tests.merge.mutants import MUTANTS, Mutant, planted

_ENOUGH = 1500
"""Documents until a bug must be noticed; most are within twenty."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name.replace(" ", "-"))
def test_a_planted_bug_is_noticed(mutant: Mutant) -> None:
    """Some property fails for some document."""
    with planted(mutant) as (merge, guard):
        assert run((*RARE, *range(_ENOUGH)), merge, guard, stop_at_first=True).failed
