"""A service's morning, and the same hours one week and one day earlier, as a survey would bring them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from incident.detect import Episode, detect_episodes
from incident.detect.episode import Floats, Kind, Worse

STEP_S = 30.0
COARSE = 10
"""The earlier days are read at every tenth step, five minutes."""
BASELINE = 480
POINTS = 980
"""Four hours before the window, and four of it with twenty minutes more."""

GROWTH = 1.07
"""The earlier days' level beside today's: that it moves a little from week to week is no incident."""

Shape = Callable[[Floats], Floats]
"""From hours since the first point to a factor."""


def flat() -> Shape:
    return lambda hours: np.ones(len(hours))


def rise(start: float, length: float, factor: float) -> Shape:
    """From 1 to `factor` within `length` hours, and there it stays: the morning."""
    return lambda hours: np.exp(np.log(factor) * np.clip((hours - start) / length, 0.0, 1.0))


def bump(start: float, stop: float, factor: float) -> Shape:
    """`factor` between two hours, 1 elsewhere: a batch job, or an incident."""
    return lambda hours: np.where((hours >= start) & (hours < stop), factor, 1.0)


def both(*shapes: Shape) -> Shape:
    return lambda hours: np.prod([shape(hours) for shape in shapes], axis=0)


@dataclass(frozen=True, slots=True)
class Signal:
    """What the shapes are factors of, and how noisy it is from sample to sample."""

    kind: Kind
    worse: Worse
    level: float
    noise: float = 0.04


LATENCY = Signal("latency", "both", 0.2)
TRAFFIC = Signal("rate", "both", 100.0)
LOAD = Signal("gauge", "up", 0.5)


def drawn(signal: Signal, shape: Shape, rng: np.random.Generator) -> Floats:
    """One day's hours at every step."""
    hours = np.arange(POINTS, dtype=np.float64) * (STEP_S / 3600.0)
    noise: Floats = np.exp(rng.normal(0.0, signal.noise, POINTS))
    factor: Floats = shape(hours)
    return signal.level * noise * factor


def coarse(fine: Floats) -> Floats:
    """A day as it is read: every tenth point, and straight lines between."""
    at = np.arange(0, len(fine), COARSE)
    read: Floats = np.interp(np.arange(len(fine)), at, fine[at]).astype(np.float64)
    return read


def judged(signal: Signal, today: Shape, *earlier: Shape, seed: int = 1) -> list[Episode]:
    """What is found today, compared with the earlier days (a week ago, a day ago)."""
    rng = np.random.default_rng(seed)
    row = drawn(signal, today, rng)[np.newaxis]
    days = [GROWTH * coarse(drawn(signal, shape, rng)) for shape in earlier] if earlier else None
    return ask(signal, row, None if days is None else np.array(days)[:, np.newaxis])[0]


def ask(
    signal: Signal, rows: Floats, earlier: Floats | None, baseline: int = BASELINE
) -> list[list[Episode]]:
    """The kernel's episodes of some rows."""
    return detect_episodes(
        rows, step_s=STEP_S, baseline=baseline, kind=signal.kind, worse=signal.worse, earlier=earlier
    )
