"""The vectorised parts again, by obvious brute force."""

from __future__ import annotations

import numpy as np

from incident.detect.candidates.boxes import LEAST_FLANK, flank_of
from incident.detect.episode import Bools, Floats


def running_median(y: Floats, width: int) -> list[float]:
    return [float(np.median(y[i : i + width])) for i in range(len(y) - width + 1)]


def steady(y: Floats, samples: int) -> list[float]:
    half = samples - 1
    padded = [*y[:half][::-1], *y, *y[len(y) - half :][::-1]]
    return [float(np.median(padded[i : i + 2 * half + 1])) for i in range(len(y))]


def trailing_median(y: Floats, at: int, width: int, least: int) -> float:
    before = y[max(0, at - width) : at]
    return float(np.median(before)) if len(before) >= least else float("nan")


def jump(y: Floats, at: int, samples: int) -> float:
    if at < samples or at > len(y) - samples:
        return float("-inf")
    return float(min(y[at : at + samples]) - max(y[at - samples : at]))


def contrast(y: Floats, start: int, length: int) -> float:
    """Mean of a box minus the median of its higher neighbour."""
    flank = flank_of(length)
    sides = [trailing_median(y, start, flank, LEAST_FLANK)]
    right = y[start + length : start + length + flank]
    if len(right) == flank:
        sides.append(float(np.median(right)))
    known = [side for side in sides if not np.isnan(side)]
    return float(np.mean(y[start : start + length])) - max(known) if known else float("nan")


def limit(calm: Floats, length: int) -> float | None:
    """The largest contrast of a box with both neighbours inside; None where none fits."""
    flank = flank_of(length)
    if length + 2 * flank > len(calm):
        return None
    starts = range(LEAST_FLANK, len(calm) - length - flank + 1)
    return max(0.0, *(contrast(calm, start, length) for start in starts))


def spans(mask: Bools) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    start: int | None = None
    for i, one in enumerate([*mask, False]):
        if one and start is None:
            start = i
        if not one and start is not None:
            found.append((start, i))
            start = None
    return found


def step_error(outward: Floats, level: float, length: int) -> float:
    """Squared error of one level above the outer one over `length` samples, the outer one after."""
    inside = max(float(np.mean(outward[:length])), level)
    fitted = [*[inside] * length, *[level] * (len(outward) - length)]
    return float(sum((x - f) ** 2 for x, f in zip(outward, fitted, strict=True)))


def ramp_error(outward: Floats, level: float, half: float, length: int) -> float:
    """Squared error of a line from half height down to the level over `length` samples, level after."""
    line = [half - (half - level) * (i + 0.5) / length for i in range(length)]
    fitted = [*line, *[level] * (len(outward) - length)]
    return float(sum((x - f) ** 2 for x, f in zip(outward, fitted, strict=True)))
