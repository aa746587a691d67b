"""What a signal is usually like at this time of day, from the same hours of earlier days.

The earlier days are read coarsely, on times of their own; here they are brought beside the survey's.
"""

from __future__ import annotations

import numpy as np

from incident.impact.departure import Departure
from incident.model.evidence import Evidence
from incident.model.signals import EarlierPeriod, Kind, SignalSeries, Worse
from incident.model.spans import Flags, Grid, Values, frozen_values
from incident.model.timeline import Usual

_NARROWER = 0.5
"""Without its rhythm a signal must be this much narrower, or it has none that is worth telling."""
_LEAST_KNOWN = 20
"""Fewer calm samples than this beside an earlier day say nothing about a 99th percentile."""
_LOG_FLOOR = 0.05
"""Added to rates and latencies before the logarithm, as a share of the median: zero stays finite."""


def earlier_rows(series: SignalSeries, evidence: Evidence) -> Values | None:
    """The signal's earlier days on the survey's grid, shape (n_days, count), the most alike first.

    NaN where not known; None where no day is.
    """
    rows = [
        _beside(values, period, series.grid)
        for period in evidence.earlier
        if (values := _values(period, series.spec.name)) is not None
    ]
    return np.array(rows) if rows else None


def _values(period: EarlierPeriod, name: str) -> Values | None:
    return next((signal.values for signal in period.signals if signal.name == name), None)


def _beside(values: Values, period: EarlierPeriod, grid: Grid) -> Values:
    """Straight lines between neighbouring samples of the period, read at the grid's times less `ago`."""
    then = grid.times - round(period.ago.total_seconds() * 1000)
    place = (then - period.grid.start_ms) / period.grid.step_ms
    low = np.floor(place).astype(np.int64)
    share = place - low
    high = np.where(share > 0, low + 1, low)
    inside = (low >= 0) & (high < period.grid.count)
    low, high = (np.clip(index, 0, period.grid.count - 1) for index in (low, high))
    return np.where(inside, (1 - share) * values[low] + share * values[high], np.nan)


def usual(series: SignalSeries, evidence: Evidence, found: tuple[Departure, ...]) -> Usual | None:
    """What the signal is like at each time by its earlier days, on the level of its calm samples.

    None where none is known, or where it has no rhythm that they show. Of two days the better one counts
    at each time, so that an incident of one of them is not taken for usual.
    """
    rows = earlier_rows(series, evidence)
    if rows is None:
        return None
    calm = np.isfinite(series.values)
    for one in found:
        calm[one.onset : one.end] = False
    if not calm.any():
        return None
    level = float(np.median(series.values[calm]))
    y, days = _scaled(series.values, level, series), [_scaled(row, level, series) for row in rows]
    raised = (_at_level(day, y, calm) for day in days)
    fitting = [day for day in raised if day is not None and _narrower(y - day, y, calm)]
    if not fitting:
        return None
    day = _better(fitting, series.spec.worse)
    low, centre, high = np.quantile((y - day)[calm & np.isfinite(day)], (0.01, 0.5, 0.99))
    told = (_unscaled(day + float(off), level, series) for off in (centre, low, high))
    return Usual(series.grid, *(frozen_values(values) for values in told))


def _at_level(day: Values, y: Values, calm: Flags) -> Values | None:
    """The day raised or lowered to today's level; None where too little of it is known."""
    left = (y - day)[calm & np.isfinite(day)]
    return day + float(np.median(left)) if left.size >= _LEAST_KNOWN else None


def _narrower(left: Values, y: Values, calm: Flags) -> bool:
    known = calm & np.isfinite(left)
    widths = (np.subtract(*np.quantile(values[known], (0.9, 0.1))) for values in (left, y))
    without, whole = (float(width) for width in widths)
    return without <= _NARROWER * whole


def _better(days: list[Values], worse: Worse) -> Values:
    """At each time the day that harms users less; the first known where both directions may."""
    best = days[0]
    for day in days[1:]:
        match worse:
            case Worse.UP:
                best = np.fmin(best, day)
            case Worse.DOWN:
                best = np.fmax(best, day)
            case _:
                best = np.where(np.isfinite(best), best, day)
    return best


def _in_ratios(series: SignalSeries, level: float) -> bool:
    return series.spec.kind in (Kind.LATENCY, Kind.RATE) and level > 0


def _scaled(values: Values, level: float, series: SignalSeries) -> Values:
    """Rates and latencies by their ratio to the level, others as they are."""
    if not _in_ratios(series, level):
        return values
    scaled: Values = np.log(np.maximum(values, 0.0) / level + _LOG_FLOOR)
    return scaled


def _unscaled(y: Values, level: float, series: SignalSeries) -> Values:
    if not _in_ratios(series, level):
        return y
    values: Values = np.maximum(level * (np.exp(y) - _LOG_FLOOR), 0.0)
    return values
