"""What `detect_episodes` promises about its arguments, its answer and odd input."""

from __future__ import annotations

import dataclasses
from typing import get_args

import numpy as np
import pytest

from incident.detect import Episode, Kind, Worse, detect_episodes
from incident.detect.episode import Bools, Floats
from tests.detect.asking import found_at
from tests.detect.shapes import Clock, error_ratio, step

KINDS: tuple[Kind, ...] = get_args(Kind)
WORSE: tuple[Worse, ...] = get_args(Worse)

ORDINARY = {
    "zeros": np.zeros(300),
    "ones": np.ones(300),
    "largest": np.full(300, 1e308),
    "tiny": np.full(300, 5e-324),
    "negative": np.full(300, -7.0),
    "both ends of the range": np.where(np.arange(300) % 2 == 0, 1e308, -1e308),
    "nothing": np.full(300, np.nan),
    "infinities": np.full(300, np.inf),
    "minus infinities": np.full(300, -np.inf),
    "single sample": np.where(np.arange(300) == 220, 1.0, np.nan),
    "few samples": np.where(np.arange(300) % 50 == 0, 1.0, np.nan),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("worse", WORSE)
@pytest.mark.parametrize("baseline", [0, 1, 200, 300])
@pytest.mark.parametrize("name", ORDINARY)
def test_series_without_a_change_hold_no_episode(kind: Kind, worse: Worse, baseline: int, name: str) -> None:
    """Constants, extremes and emptiness are ordinary input and no incident, without a warning."""
    assert found_at(ORDINARY[name], baseline, kind=kind, worse=worse) == []


@pytest.mark.parametrize("kind", KINDS)
def test_infinite_samples_are_missing_ones(kind: Kind) -> None:
    """An infinity changes the answer exactly as a missing sample does."""
    rng = np.random.default_rng(4)
    row = rng.uniform(0.1, 0.2, 300)
    row[240:260] = 0.9
    holes = rng.random(300) < 0.05
    infinite = np.where(holes, np.where(np.arange(300) % 2 == 0, np.inf, -np.inf), row)

    assert found_at(infinite, 200, kind=kind) == found_at(np.where(holes, np.nan, row), 200, kind=kind)


def test_a_jump_to_the_end_of_the_floating_range_is_found() -> None:
    """Squares of 1e308 are not finite, but the step to it has its place."""
    row = np.where((np.arange(300) >= 240) & (np.arange(300) < 260), 1e308, 1e300)

    (episode,) = found_at(row, 200)

    assert (episode.onset, episode.end) == (240, 260)


@pytest.mark.parametrize("shape", [(0, 0), (0, 100), (3, 0)])
def test_an_empty_matrix_has_an_empty_answer_per_row(shape: tuple[int, int]) -> None:
    """No series or no points: one empty list for each row there is."""
    found = detect_episodes(np.empty(shape), step_s=60.0, baseline=0, kind="gauge", worse="both")

    assert found == [[] for _ in range(shape[0])]


def test_wrong_arguments_are_refused_with_the_reason() -> None:
    """Dimensions, baseline, step and counts that do not fit raise ValueError naming the argument."""
    rows = np.zeros((2, 10))
    with pytest.raises(ValueError, match="values"):
        detect_episodes(np.zeros(10), step_s=60.0, baseline=0, kind="gauge", worse="up")
    with pytest.raises(ValueError, match="baseline"):
        detect_episodes(rows, step_s=60.0, baseline=11, kind="gauge", worse="up")
    with pytest.raises(ValueError, match="baseline"):
        detect_episodes(rows, step_s=60.0, baseline=-1, kind="gauge", worse="up")
    with pytest.raises(ValueError, match="step_s"):
        detect_episodes(rows, step_s=0.0, baseline=0, kind="gauge", worse="up")
    with pytest.raises(ValueError, match="counts"):
        detect_episodes(rows, step_s=60.0, baseline=0, kind="ratio", worse="up", counts=np.zeros((2, 9)))


def test_the_arguments_are_left_as_they_were() -> None:
    """Neither the values nor the counts are written to."""
    clock = Clock(step_s=60.0)
    drawn = error_ratio(np.random.default_rng(0), clock, 5.0, step(clock, 1800, 3600, 0.5))
    assert drawn.counts is not None
    values, counts = drawn.values[np.newaxis].copy(), drawn.counts[np.newaxis].copy()
    values.setflags(write=False)
    counts.setflags(write=False)

    found = detect_episodes(
        values, step_s=60.0, baseline=drawn.baseline, kind="ratio", worse="up", counts=counts
    )

    assert len(found[0]) == 1
    assert np.array_equal(values[0], drawn.values, equal_nan=True)


def test_an_episode_tells_its_levels_its_peak_and_its_reason() -> None:
    """Every field a draft prints is there, in the unit of the series, and the value is frozen."""
    rng = np.random.default_rng(1)
    row = rng.normal(100.0, 1.0, 400)
    row[300:330] += 80.0
    row[310] += 40.0

    (episode,) = found_at(row, 200)

    assert (episode.onset, episode.end, episode.peak) == (300, 330, 310)
    assert episode.before == pytest.approx(100.0, abs=1.0)
    assert episode.inside == pytest.approx(180.0, abs=1.0)
    assert episode.direction == "up"
    assert episode.rule == "beyond_range"
    assert episode.reach_ratio > 3.0
    assert episode.bump_ratio > 3.0
    assert episode.jump_ratio > 3.0
    assert episode.samples == 30
    assert episode.stretches == ((300, 330),)
    assert not episode.onset_uncertain
    assert not episode.end_uncertain
    with pytest.raises(dataclasses.FrozenInstanceError):
        episode.onset = 0  # type: ignore[misc]


def test_episodes_come_in_order_and_do_not_overlap() -> None:
    """Of a row with three incidents in both directions each is there once, by onset."""
    rng = np.random.default_rng(2)
    row = rng.normal(100.0, 1.0, 900)
    row[400:420] -= 60.0
    row[500:530] += 70.0
    row[700:740] -= 50.0

    episodes = found_at(row, 300, worse="both")

    assert [(e.onset, e.end, e.direction) for e in episodes] == [
        (400, 420, "down"),
        (500, 530, "up"),
        (700, 740, "down"),
    ]


@pytest.mark.parametrize(("worse", "expected"), [("up", ["up"]), ("down", ["down"])])
def test_only_the_bad_direction_is_reported(worse: Worse, expected: list[str]) -> None:
    """What gets better is no incident."""
    row = np.random.default_rng(3).normal(100.0, 1.0, 600)
    row[300:330] += 60.0
    row[400:430] -= 60.0

    assert [e.direction for e in found_at(row, 200, worse=worse)] == expected


def _spiked(*values: float) -> Floats:
    """Calm noise with these samples at 250, and no bump like it before."""
    y = 1.0 + np.random.default_rng(3).normal(0.0, 0.01, 400)
    y[250 : 250 + len(values)] = values
    return y


@pytest.mark.parametrize("values", [(3.0,), (1.5, 1.5)])
def test_one_sample_is_enough_where_something_else_speaks_for_it(values: tuple[float, ...]) -> None:
    """Where it is supported a spike is an episode of its own length; elsewhere it is an accident."""
    y, here, there = _spiked(*values), np.zeros(400, bool), np.zeros(400, bool)
    here[245:255], there[300:320] = True, True

    (found,) = _supported(y, here)
    assert (found.onset, found.end) == (250, 250 + len(values))
    assert _supported(y, there) == _supported(y, None) == []


def test_what_is_long_enough_anyway_needs_no_support() -> None:
    """A step is the same episode with and without."""
    y, here = _spiked(*([2.0] * 30)), np.zeros(400, bool)
    here[245:255] = True

    assert [(e.onset, e.end) for e in _supported(y, here)] == [(e.onset, e.end) for e in _supported(y, None)]


def test_support_speaks_of_the_points_of_a_row() -> None:
    """One flag a point, the same for all rows."""
    with pytest.raises(ValueError, match=r"supported: shape \(400,\) needed, got \(10,\)"):
        _supported(_spiked(3.0), np.ones(10, bool))


def _supported(y: Floats, flags: Bools | None) -> list[Episode]:
    return detect_episodes(
        y[np.newaxis], step_s=60.0, baseline=200, kind="latency", worse="up", supported=flags
    )[0]
