"""The axis of quantities: human units, round ticks, zero where zero means something."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from matplotlib.ticker import MaxNLocator

from incident.model.signals import Kind, SignalSpec
from incident.text.numbers import digits

_HEADROOM = 0.08
"""Share of the height kept free above the highest value, so that a peak is seen to be one."""
_FOOTROOM = 0.025
"""The same below zero: a line at zero is seen beside the axis, and not taken for it."""
_MOST_INTERVALS = 5
"""A panel is 86 points high: labels of 8 points closer than 17 would be noise."""
_FLAT_TOP = {Kind.RATIO: 0.01, Kind.LATENCY: 0.1, Kind.RATE: 1.0, Kind.GAUGE: 1.0}
"""Height of the axis where nothing rises above zero: 1 %, 100 ms, 1 a second."""
_MILLI_BELOW_S = 0.1
"""Seconds are shown as milliseconds where no value is above this, as `quantity` does in words."""


@dataclass(frozen=True, slots=True)
class QuantityAxis:
    """Lower and upper end, in the signal's own unit, and the labelled ticks between them."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    unit: str
    """The unit the labels are in: "%", "ms", "s", "req/s"; empty for none."""


def quantity_axis(spec: SignalSpec, values: Iterable[float], wanted: Iterable[float]) -> QuantityAxis:
    """An axis over finite `values`, stretched to each of `wanted` (limits) that is not far off."""
    seen = list(values)
    top = max(seen, default=0.0)
    bottom = min(0.0, min(seen, default=0.0)) if _from_zero(spec, seen) else min(seen)
    near = [w for w in wanted if bottom <= w <= bottom + 1.6 * (top - bottom)]
    top = max([top, *near])
    if top <= bottom:
        top = bottom + (_FLAT_TOP[spec.kind] if bottom == 0 else abs(bottom) or 1.0)
    high = top + _HEADROOM * (top - bottom)
    low = bottom - (_FOOTROOM if bottom == 0 else _HEADROOM) * (top - bottom)
    factor, unit = _human_unit(spec, top)
    return QuantityAxis(low, high, _ticks(low, high, factor, unit), unit)


def _from_zero(spec: SignalSpec, seen: list[float]) -> bool:
    """Ratios, rates and times are read against zero; a gauge only where zero is not far away."""
    if spec.kind is not Kind.GAUGE or not seen:
        return True
    return 0 <= min(seen) <= 0.5 * max(seen) or min(seen) == max(seen)


def _human_unit(spec: SignalSpec, top: float) -> tuple[float, str]:
    if spec.unit == "ratio":
        return 100.0, "%"
    if spec.unit in ("s", "seconds"):
        return (1000.0, "ms") if top < _MILLI_BELOW_S else (1.0, "s")
    return 1.0, spec.unit


def _ticks(low: float, high: float, factor: float, unit: str) -> tuple[tuple[float, str], ...]:
    places = MaxNLocator(nbins=_MOST_INTERVALS, steps=[1, 2, 2.5, 5, 10]).tick_values(
        low * factor, high * factor
    )
    inside = [float(p) for p in places if low * factor <= p <= high * factor]
    step = float(places[1] - places[0]) if len(places) > 1 else 1.0
    suffix = " %" if unit == "%" else ""
    return tuple((p / factor, _tick_label(p, step) + suffix) for p in inside)


def _tick_label(place: float, step: float) -> str:
    """All labels of an axis with the decimals that its step needs; zero is `0`."""
    if abs(place) < step / 1000:
        return "0"
    if max(abs(place), step) >= 1e5 or step < 1e-4:
        return digits(place)
    decimals = max(0, -math.floor(math.log10(step)))
    if not math.isclose(round(step, decimals), step, rel_tol=1e-6):
        decimals += 1
    return f"{place:,.{decimals}f}"
