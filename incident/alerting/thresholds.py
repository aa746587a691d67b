"""Which thresholds a rule on a signal may have: beyond what is normal, and round enough to be read."""

from __future__ import annotations

import math
from collections.abc import Iterator

from incident.model.signals import Kind, Measure, SignalSpec
from incident.model.timeline import Band

_REACHES = (5.0, 3.0, 2.0, 1.5)
"""Distances from the centre in reaches of the normal range."""
_SMALLEST = {Kind.RATIO: 0.0025, Kind.LATENCY: 0.13, Kind.RATE: 0.13, Kind.GAUGE: 0.1}
"""The least reach: what is never an incident is no reason to page either (docs/detection.md, Scale). A share
of the centre, but of a ratio itself."""
_ROUND = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""Leading figures that people choose for thresholds, at most a quarter apart from 1.2 on."""
_HALF = 0.5
"""Half of the targets or probes: one of several that restarts is no reason to page."""


def thresholds(spec: SignalSpec, band: Band, inside: float, *, up: bool) -> tuple[float, ...]:
    """Thresholds between normal and the level inside the impact, the best first.

    Of two multiples of the normal range the farther one is the quieter; half way to an impact is less
    sensitive than need be, and comes last.

    The limit that people set is the only one where they set one. Empty where nothing fits between.
    """
    if spec.limit is not None:
        return (spec.limit,)
    if spec.measure in (Measure.AVAILABILITY, Measure.PROBE):
        return (_HALF if inside < _HALF else (band.low + inside) / 2,) if inside < band.low else ()
    found = (t for t in _stepped(spec, band, inside, up=up) if _between(t, band, inside, up=up))
    return tuple(dict.fromkeys(found))


def _stepped(spec: SignalSpec, band: Band, inside: float, *, up: bool) -> Iterator[float]:
    """Multiples of the normal range; last half way to the impact, for ranges that blips have made wide."""
    least = _SMALLEST[spec.kind] * (1.0 if spec.kind is Kind.RATIO else abs(band.centre))
    reach = max(band.high - band.centre if up else band.centre - band.low, least)
    for times in _REACHES:
        yield rounded(band.centre + times * reach if up else band.centre - times * reach, up=up)
    yield rounded((band.centre + inside) / 2, up=up)


def _between(threshold: float, band: Band, inside: float, *, up: bool) -> bool:
    """Worse than normal and crossed by the impact; so traffic is never below nothing."""
    if not math.isfinite(threshold):
        return False
    return band.centre < threshold < inside if up else band.centre > threshold > inside


def rounded(value: float, *, up: bool) -> float:
    """The next round number at or beyond the value, away from normal: `up` to the greater one."""
    if value == 0.0 or not math.isfinite(value):
        return value
    if value < 0.0:
        return -rounded(-value, up=not up)
    power = math.floor(math.log10(value))
    figure = value / 10.0**power
    near = figure * (1 - 1e-9) if up else figure * (1 + 1e-9)
    chosen = next(r for r in _ROUND if r >= near) if up else next(r for r in reversed(_ROUND) if r <= near)
    return float(f"{chosen}e{power}")
