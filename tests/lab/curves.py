"""Quantities that change over time: traffic factors, failure shares, latency factors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Curve:
    """A piecewise linear function of epoch seconds; two points at one instant make a step.

    At a step the value after it holds, so that spans are half open.
    """

    times: tuple[float, ...]
    values: tuple[float, ...]

    def at(self, seconds: FloatArray) -> FloatArray:
        """The value at each instant; the first and last values hold beyond the ends."""
        return np.interp(seconds, self.times, self.values)


def constant(value: float) -> Curve:
    """The same value for ever."""
    return Curve((0.0,), (value,))


def through(*points: tuple[datetime, float]) -> Curve:
    """Straight lines through the points, in order of time."""
    return Curve(tuple(at.timestamp() for at, _ in points), tuple(value for _, value in points))


def spans(usual: float, *changed: tuple[datetime, datetime, float]) -> Curve:
    """`usual`, except for spans `(start, end, value)` in order of time."""
    points: list[tuple[datetime, float]] = []
    for start, end, value in changed:
        points += [(start, usual), (start, value), (end, value), (end, usual)]
    return through(*points)


def rhythm(seconds: FloatArray, swing: float, peak_hour_utc: float) -> FloatArray:
    """A daily wave around 1 with its maximum `1 + swing` at the given hour."""
    phase = 2 * np.pi * (seconds / DAY_S - peak_hour_utc / 24)
    return 1 + swing * np.cos(phase)
