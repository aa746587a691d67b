"""The scale on which two levels of a series are compared, and the smallest change that counts on it."""

from dataclasses import dataclass

import numpy as np

from incident.detect.episode import Floats, Kind

SMALLEST_FACTOR = 0.15
"""Latency and rates: natural-log units, about 16 %; less is not what a person calls an incident."""

SMALLEST_ARC = 0.03
"""Ratios: change of the arcsine root; 0 -> 0.1 %, or 50 % -> 53 %."""

SMALLEST_RANGE_SHARE = 0.3
"""Gauges: share of the baseline's 1-99 % range."""

SMALLEST_LEVEL_SHARE = 0.1
"""Gauges: share of the baseline's median; memory going from 16.5 to 16.9 % is no incident."""

LOG_FLOOR_SHARE = 0.05
"""Added to latency and rates before the logarithm, as a share of the median: near zero the
logarithm would turn a difference nobody notices into a large one."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """A series on its comparison scale."""

    y: Floats
    """Shape (n,), no NaN."""

    smallest: float
    """The smallest change on this scale that counts."""


def scaled(raw: Floats, reference: Floats, kind: Kind) -> Scaled:
    """The samples `raw` (n,) on the comparison scale of `kind`; `reference` are the calm samples."""
    if kind == "ratio":
        return Scaled(_arcsine_root(raw, reference), SMALLEST_ARC)
    if kind == "gauge":
        return _linear(raw, reference)
    return Scaled(_logarithm(raw, reference), SMALLEST_FACTOR)


def _arcsine_root(raw: Floats, reference: Floats) -> Floats:
    # Percentages are ratios too: nothing in 0..1 has a calm level of more than 1.5.
    whole = 100.0 if np.max(reference) > 1.5 else 1.0
    return np.arcsin(np.sqrt(np.clip(raw / whole, 0.0, 1.0)))


def _logarithm(raw: Floats, reference: Floats) -> Floats:
    level = float(np.median(reference))
    if level <= 0.0:
        positive = raw[raw > 0.0]
        level = float(np.median(positive)) if positive.size else 1.0
    return np.log(np.maximum(raw, 0.0) / level + LOG_FLOOR_SHARE)


def _linear(raw: Floats, reference: Floats) -> Scaled:
    # A power of two, so that no digit is lost: squares of 1e308 would not be finite.
    largest = float(np.max(np.abs(raw)))
    unit = float(np.ldexp(1.0, int(np.frexp(largest)[1]) - 1)) if largest > 0.0 else 1.0
    y, calm = raw / unit, reference / unit
    low, high = np.quantile(calm, [0.01, 0.99])
    smallest = max(
        SMALLEST_RANGE_SHARE * float(high - low), SMALLEST_LEVEL_SHARE * abs(float(np.median(calm)))
    )
    return Scaled(y, max(smallest, 1e-12))
