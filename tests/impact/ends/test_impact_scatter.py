"""A step among counts that vary more than chance does: failures that come in bunches make it less sure."""

from __future__ import annotations

import numpy as np
import pytest

from incident.impact.ends.counts import Increments
from incident.impact.ends.edge import LEVEL_MS, Edge
from incident.impact.ends.shares import share_step
from incident.impact.ends.steps import Placed
from incident.model.spans import Flags, Millis

MINUTE, SCRAPE = 60_000, 15_000
TRUE = 40 * MINUTE + 7_000
"""When the failing share steps from a tenth to four tenths."""
EDGE = Edge(True, TRUE - 3 * MINUTE, TRUE + 3 * MINUTE, TRUE + 30 * MINUTE, LEVEL_MS)
REQUESTS = 300


def _counts(seed: int, bunched: bool) -> Increments:
    """Twenty requests a second; where they fail in bunches, every interval has a share of its own."""
    rng = np.random.default_rng(seed)
    edges: Millis = np.arange(0, 80 * MINUTE, SCRAPE, dtype=np.int64)
    inside = np.clip((edges[1:] - TRUE) / SCRAPE, 0.0, 1.0)
    share = 0.1 + 0.3 * inside
    if bunched:
        share = rng.beta(60 * share, 60 * (1 - share))
    none: Flags = np.zeros(share.size, bool)
    total = np.full(share.size, float(REQUESTS))
    return Increments(edges[:-1], edges[1:], total, rng.binomial(REQUESTS, share).astype(float), none, none)


def _placed(bunched: bool) -> list[Placed]:
    found = [share_step(_counts(seed, bunched), EDGE) for seed in range(40)]
    return [one for one in found if one is not None]


@pytest.mark.parametrize("bunched", [False, True])
def test_the_bracket_holds_the_step_whether_failures_come_one_by_one_or_in_bunches(bunched: bool) -> None:
    """Of forty draws at most two miss it: the counts beside the step say how far they are to be trusted."""
    placed = _placed(bunched)
    missed = [one for one in placed if not one.after <= TRUE <= one.by]

    assert len(placed) >= 36
    assert len(missed) <= 2


def test_failures_in_bunches_make_the_bracket_wider() -> None:
    """As many failures of as many requests, told less than half as exactly where they come together."""
    narrow, wide = (float(np.median([p.by - p.after for p in _placed(b)])) for b in (False, True))

    assert wide > 2 * narrow
