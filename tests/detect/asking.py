"""Short ways of asking the kernel about one drawn series."""

from __future__ import annotations

import numpy as np

from incident.detect import Episode, detect_episodes
from incident.detect.episode import Floats, Kind, Worse
from tests.detect.shapes import Drawn


def found_in(drawn: Drawn, *, with_counts: bool = True) -> list[Episode]:
    """The kernel's episodes of a drawn series."""
    counts = drawn.counts[np.newaxis] if with_counts and drawn.counts is not None else None
    return detect_episodes(
        drawn.values[np.newaxis],
        step_s=drawn.step_s,
        baseline=drawn.baseline,
        kind=drawn.kind,
        worse=drawn.worse,
        counts=counts,
    )[0]


def found_at(
    values: Floats, baseline: int, *, kind: Kind = "gauge", worse: Worse = "up", step_s: float = 60.0
) -> list[Episode]:
    """The kernel's episodes of one row."""
    row = np.asarray(values, dtype=np.float64)[np.newaxis]
    return detect_episodes(row, step_s=step_s, baseline=baseline, kind=kind, worse=worse)[0]
