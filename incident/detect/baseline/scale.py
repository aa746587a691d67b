"""The scale on which two levels of a series are compared, and the smallest change that counts."""

from dataclasses import dataclass

import numpy as np

from incident.detect.episode import Floats, Kind

SMALLEST_FACTOR = 0.12
"""Latency and rates: natural-log units, about 13 %; less is not what a person calls an incident."""

SMALLEST_ARC = 0.03
"""Ratios: change of the arcsine root; 50 -> 53 %, 1 -> 1.7 %."""

SMALLEST_POINTS = 0.0025
"""Ratios: the same as a plain difference. The arcsine root opens up near 0 and 1, where one failed
request in a thousand would count otherwise."""

SMALLEST_RANGE_SHARE = 0.3
"""Gauges: share of the baseline's 1-99 % range."""

SMALLEST_LEVEL_SHARE = 0.1
"""Gauges: share of the baseline's median; memory going from 16.5 to 16.9 % is no incident."""

LOG_FLOOR_SHARE = 0.05
"""Added to latency and rates before the logarithm, as a share of the median: near zero the
logarithm turns a difference that nobody notices into a large one."""

PERCENT_ABOVE = 1.5
"""A ratio with several samples above this is a percentage. A plain one exceeds 1 only where numerator
and denominator were scraped at different moments, and then by a little."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """A series on its comparison scale."""

    y: Floats
    """Shape (n,), finite."""

    smallest: float
    """The smallest change on this scale that counts, > 0."""


def scaled(raw: Floats, calm: Floats, kind: Kind) -> Scaled:
    """The finite samples `raw` (n,) on the scale of `kind`; `calm` (m,) are those of them that are normal."""
    if kind == "ratio":
        return _arcsine_root(raw, calm)
    # Divided by a power of two no digit is lost, and the squares of 1e308 stay finite.
    unit = _power_of_two(raw)
    if kind == "gauge":
        return _linear(raw / unit, calm / unit)
    return Scaled(_logarithm(raw / unit, calm / unit), SMALLEST_FACTOR)


def percentage(raw: Floats) -> bool:
    """Whether the ratio `raw` (n,) counts from 0 to 100 instead of 0 to 1."""
    return int(np.count_nonzero(raw > PERCENT_ABOVE)) >= 3


def arc(ratio: Floats) -> Floats:
    """The arcsine root: binomial noise is equally wide everywhere on this scale."""
    root: Floats = np.arcsin(np.sqrt(np.clip(ratio, 0.0, 1.0)))
    return root


def _arcsine_root(raw: Floats, calm: Floats) -> Scaled:
    whole = 100.0 if percentage(raw) else 1.0
    centre = float(np.median(np.clip(calm / whole, 0.0, 1.0)))
    # Towards the middle, where both directions have room.
    inward = SMALLEST_POINTS if centre < 0.5 else -SMALLEST_POINTS
    here, there = arc(np.array([centre, centre + inward]))
    return Scaled(arc(raw / whole), max(SMALLEST_ARC, abs(float(there - here))))


def _logarithm(raw: Floats, calm: Floats) -> Floats:
    level = float(np.median(calm))
    if level <= 0.0:
        positive = raw[raw > 0.0]
        level = float(np.median(positive)) if positive.size else 1.0
    logs: Floats = np.log(np.maximum(raw, 0.0) / level + LOG_FLOOR_SHARE)
    return logs


def _linear(raw: Floats, calm: Floats) -> Scaled:
    low, centre, high = (float(q) for q in np.quantile(calm, [0.01, 0.5, 0.99]))
    smallest = max(SMALLEST_RANGE_SHARE * (high - low), SMALLEST_LEVEL_SHARE * abs(centre))
    # A gauge that has always been 0 has no scale of its own: a share of its largest value serves.
    return Scaled(raw, smallest if smallest > 0.0 else SMALLEST_LEVEL_SHARE * _span(raw))


def _span(raw: Floats) -> float:
    return float(np.max(np.abs(raw))) or 1.0


def _power_of_two(raw: Floats) -> float:
    largest = float(np.max(np.abs(raw)))
    return float(np.ldexp(1.0, int(np.frexp(largest)[1]) - 1)) if largest > 0.0 else 1.0
