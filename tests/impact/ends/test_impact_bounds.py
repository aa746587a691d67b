"""What a draft prints as plus or minus: it reaches the truth, on services drawn request by request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from incident.impact import assess
from incident.model.policy import Policy
from incident.model.spans import Moment, ms
from incident.model.timeline import ImpactEpisode
from tests.fleet.counted import counted
from tests.fleet.services import SHAPES, Fault, Shape

LEAD = timedelta(hours=4)
WINDOW = timedelta(hours=2)
LENGTH_S = 1200.0
SEEDS = range(10)
PLAIN = next(shape for shape in SHAPES if shape.name == "rhythm")


def _told(shape: Shape, failing: float, slower: float, gone: bool) -> Iterator[tuple[Moment, int]]:
    """Starts and ends as a draft prints them, each with the true instant in epoch ms."""
    for seed in SEEDS:
        start = 15_000 + 977 * (seed % 3)
        fault = Fault(start, LENGTH_S, failing, slower)
        evidence = counted(shape, seed, lead=LEAD, window=WINDOW, fault=fault, gone=gone)
        began = evidence.grid.start_ms + start * 1000
        ended = began + round(LENGTH_S * 1000)
        found = [e for e in assess(evidence, Policy()).episodes if _overlaps(e, began, ended)]
        if found:
            yield found[0].start, began
            if found[-1].end is not None:
                yield found[-1].end, ended


def _overlaps(episode: ImpactEpisode, began: int, ended: int) -> bool:
    return ms(episode.start.at) < ended and (episode.end is None or ms(episode.end.at) > began)


@pytest.mark.parametrize(
    ("rate", "failing", "slower", "gone", "most_s"),
    [
        (0.1, 0.5, 1.0, False, 150.0),
        (1.0, 0.5, 1.0, False, 60.0),
        (1.0, 0.0, 4.0, False, 60.0),
        (40.0, 0.05, 1.0, False, 15.0),
        (40.0, 0.0, 2.0, False, 15.0),
        (40.0, 0.0, 1.0, True, 10.0),
    ],
)
def test_plus_or_minus_reaches_the_truth_and_not_much_farther(
    rate: float, failing: float, slower: float, gone: bool, most_s: float
) -> None:
    """Six requests a minute or forty a second, failing, slow, or lost with one of two targets."""
    shape = replace(PLAIN, rate=rate, day=1.2)
    told = list(_told(shape, failing, slower, gone))
    held = [abs(ms(one.at) - truth) <= one.plus_minus / timedelta(milliseconds=1) for one, truth in told]

    assert len(told) >= 12
    assert sum(held) >= 0.9 * len(held)
    assert np.median([one.plus_minus.total_seconds() for one, _ in told]) <= most_s
