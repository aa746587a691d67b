"""A rule's condition on samples: when it would have been pending and firing, as Prometheus evaluates rules.

Source: the state machine of Prometheus' rules/alerting.go: pending at the first evaluation that finds the
condition true, firing at the first that finds it true for `for` or longer, over at the first that does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incident.model.spans import Flags, Grid


@dataclass(frozen=True, slots=True)
class Firing:
    """One run of the rule from pending to resolved; epoch ms of evaluations."""

    pending_ms: int
    firing_ms: int
    resolved_ms: int | None
    """First evaluation that found the condition untrue; None where it held to the last."""


def firings(true: Flags, grid: Grid, hold_ms: int) -> tuple[Firing, ...]:
    """When a rule with this condition, shape (grid.count,), evaluated at the grid's times, fires.

    A time without a sample is an evaluation without a result: the condition does not hold there.
    """
    found = []
    for start, stop in runs(true):
        needed = start + -(-hold_ms // grid.step_ms)
        if needed < stop:
            over = _time(grid, stop) if stop < grid.count else None
            found.append(Firing(_time(grid, start), _time(grid, needed), over))
    return tuple(found)


def runs(true: Flags) -> tuple[tuple[int, int], ...]:
    """Stretches [start, stop) in which the mask is true."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], true.astype(np.int8), [0]))))
    return tuple(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def longest_ms(true: Flags, grid: Grid) -> int:
    """How long the condition held at the longest: from the first to the last true evaluation, and a step."""
    return max((stop - start for start, stop in runs(true)), default=0) * grid.step_ms


def _time(grid: Grid, index: int) -> int:
    return grid.start_ms + index * grid.step_ms
