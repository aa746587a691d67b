"""A step in a series that wanders as far in a day, but never so suddenly."""

from __future__ import annotations

import numpy as np
import pytest

from incident.detect import Episode, detect_episodes
from incident.detect.episode import Floats

POINTS, LEAD, STEP_S = 5760, 2880, 30.0
"""Two days in half minutes, the first of them before the window."""


def _wandering(seed: int) -> Floats:
    """A latency that wanders by 15 % over quarters of an hour, with a little noise of its own."""
    rng = np.random.default_rng(seed)
    slow = np.convolve(rng.normal(size=POINTS + 29), np.full(30, 1 / np.sqrt(30)), mode="valid")
    return np.exp(0.15 * slow + 0.01 * rng.normal(size=POINTS))


def _found(y: Floats) -> list[Episode]:
    return detect_episodes(y[np.newaxis], step_s=STEP_S, baseline=LEAD, kind="latency", worse="up")[0]


@pytest.mark.parametrize("seed", range(8))
def test_twenty_minutes_of_doubled_latency_are_found_in_a_wander(seed: int) -> None:
    """Its ends are steps such as the day before never made; where the wander is high, it may end in it."""
    y, start = _wandering(seed), LEAD + 300 + 250 * seed
    y[start : start + 40] *= 2.0
    (found,) = _found(y)

    assert abs(found.onset - start) <= 1
    assert found.end is not None
    assert 0 <= found.end - start - 40 <= 15


@pytest.mark.parametrize("seed", range(8))
def test_the_wander_alone_is_none(seed: int) -> None:
    """What goes as high slowly is how the series is."""
    assert _found(_wandering(seed)) == []


def test_what_ends_slowly_is_no_step() -> None:
    """A jump up to where the wander reaches too, that fades over half an hour, is not told by this rule."""
    y, start = _wandering(1), LEAD + 700
    y[start : start + 60] *= np.exp(np.linspace(0.45, 0.0, 60))

    assert all(one.rule != "sharp_step" for one in _found(y))
