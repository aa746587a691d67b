"""A latency that wanders farther in a day than in the hours before it, and a step in one that wanders."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incident.impact import surveyed
from incident.impact.fusion import RawEpisode
from incident.model.policy import Policy
from tests.fleet.services import SHAPES, Fault, evidence_of

SHORT = timedelta(hours=4)
DAY = timedelta(hours=24)
NOISY = next(shape for shape in SHAPES if shape.name == "noisy latency")
TURNING = (39, 40, 52)
"""Days on which the median wanders half as far again as in the four hours before."""


def _episodes(seed: int, *faults: Fault) -> tuple[RawEpisode, ...]:
    evidence = evidence_of(NOISY, seed, lead=SHORT, window=DAY, faults=faults)
    return surveyed(evidence, Policy()).episodes


@pytest.mark.parametrize("seed", TURNING)
def test_a_lone_latency_that_wanders_all_day_is_no_impact(seed: int) -> None:
    """What the rest of the window shows as well is how the latency is, however calm the lead-in was."""
    assert not _episodes(seed)


@pytest.mark.parametrize("seed", TURNING)
@pytest.mark.parametrize("length", [300.0, 1500.0])
def test_a_step_of_a_wandering_latency_is_found(seed: int, length: float) -> None:
    """Three times the latency stands out of the lead-in and of the day."""
    start = 15 * 3600.0
    (found,) = _episodes(seed, Fault(start, length, 0.0, 3.0))
    begun = found.start_by / 1000 - evidence_of(NOISY, seed, lead=SHORT, window=DAY).grid.start_ms / 1000

    assert abs(begun - start) <= 120.0
    assert {d.spec.name for d in found.carriers} <= {"p50", "p99"}
