"""Several levels of one incident: where the worse one ends, the incident does not."""

from __future__ import annotations

import numpy as np
import pytest

from incident.detect import Kind, Worse, detect_episodes
from incident.detect.episode import Floats

HEAD, WINDOW = 180, 60
BEFORE = HEAD + WINDOW

LEVELS: tuple[tuple[Kind, Worse, float, float, float, float], ...] = (
    ("ratio", "up", 0.001, 0.8, 0.2, 0.1),
    ("ratio", "up", 0.001, 0.8, 0.05, 0.1),
    ("ratio", "up", 0.001, 0.05, 0.8, 0.1),
    ("latency", "up", 0.2, 3.0, 0.6, 0.05),
    ("latency", "up", 0.2, 0.6, 3.0, 0.05),
    ("rate", "down", 20.0, 0.4, 11.0, 0.03),
    ("rate", "down", 20.0, 11.0, 0.4, 0.03),
)


def _row(seed: int, noise: float, *levels: tuple[float, int]) -> Floats:
    rng = np.random.default_rng(seed)
    flat = np.concatenate([np.full(count, level) for level, count in levels])
    return np.maximum(flat * (1 + noise * rng.standard_normal(flat.size)), 0.0)[np.newaxis]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("kind", "worse", "calm", "first", "second", "noise"), LEVELS)
def test_an_incident_of_two_levels_ends_with_the_second(
    kind: Kind, worse: Worse, calm: float, first: float, second: float, noise: float, seed: int
) -> None:
    """Twenty percent failing after eighty is no recovery, and before eighty it is the start."""
    row = _row(seed, noise, (calm, BEFORE), (first, 50), (second, 70), (calm, 60))
    (found,) = detect_episodes(row, step_s=60.0, baseline=HEAD, kind=kind, worse=worse)
    assert [(one.onset, one.end) for one in found] == [(BEFORE, BEFORE + 120)]


@pytest.mark.parametrize(("kind", "worse", "calm", "first", "second", "noise"), LEVELS)
def test_an_incident_whose_second_level_lasts_has_no_end(
    kind: Kind, worse: Worse, calm: float, first: float, second: float, noise: float
) -> None:
    """Better than at the worst, and still bad at the last sample: not recovered."""
    row = _row(4, noise, (calm, BEFORE), (first, 50), (second, 70))
    (found,) = detect_episodes(row, step_s=60.0, baseline=HEAD, kind=kind, worse=worse)
    assert [(one.onset, one.end) for one in found] == [(BEFORE, None)]


def test_three_levels_are_one_incident() -> None:
    """Eighty, twenty, three percent: the last sample of the last level is the end."""
    row = _row(5, 0.1, (0.001, BEFORE), (0.8, 40), (0.2, 40), (0.03, 40), (0.001, 60))
    (found,) = detect_episodes(row, step_s=60.0, baseline=HEAD, kind="ratio", worse="up")
    assert [(one.onset, one.end) for one in found] == [(BEFORE, BEFORE + 120)]


def test_normal_between_two_levels_parts_them() -> None:
    """Half an hour of calm between them: two incidents."""
    row = _row(6, 0.1, (0.001, BEFORE), (0.8, 40), (0.001, 30), (0.2, 40), (0.001, 60))
    (found,) = detect_episodes(row, step_s=60.0, baseline=HEAD, kind="ratio", worse="up")
    assert [(one.onset, one.end) for one in found] == [(BEFORE, BEFORE + 40), (BEFORE + 70, BEFORE + 110)]


@pytest.mark.parametrize("hour", range(0, 24, 4))
@pytest.mark.parametrize("lasted", [20, 60, 120])
def test_what_the_day_did_meanwhile_is_no_second_level(hour: int, lasted: int) -> None:
    """Traffic lost for hours comes back at the height that the evening has by then: that is its end."""
    rng = np.random.default_rng(hour)
    hours = np.arange(12 * 60) / 60.0 + hour
    row = rng.poisson(40.0 * np.exp(0.7 * np.sin(2 * np.pi * (hours - 9) / 24)) * 60) / 60.0
    row[360 : 360 + lasted] = rng.poisson(24, lasted) / 60.0
    (found,) = detect_episodes(row[np.newaxis], step_s=60.0, baseline=300, kind="rate", worse="down")
    (end,) = [one.end for one in found if one.onset <= 360 < (one.end or 720)]
    assert end == pytest.approx(360 + lasted, abs=2)
