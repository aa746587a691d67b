"""The same time of earlier days as the reference, where the lead-in holds several."""

import numpy as np

from incident.detect.episode import Floats, Ints

PERIODS_S = (7 * 86_400.0, 86_400.0)
"""A week knows the weekend, a day the night."""

LEAST_PERIODS = 2
"""With fewer whole periods before the window there is nothing to compare one with."""

LEAST_POINTS = 12
"""A period of fewer points has no shape."""

NARROWER = 0.5
"""Without its rhythm the lead-in must be this much narrower, or it has none."""


def rhythm_known(baseline: int, step_s: float) -> bool:
    """Whether `baseline` points hold enough whole periods to compare the window with."""
    return _period(baseline, step_s) is not None


def without_rhythm(y: Floats, where: Ints, head: int, step_s: float) -> Floats | None:
    """`y` (n,) less the median of the other periods at the same time; None where there is no rhythm.

    `where` (n,) are the places of the samples in the row, `head` how many lie before the window.
    """
    if head == 0:
        return None
    lead = int(where[head - 1]) + 1
    period = _period(lead, step_s)
    return None if period is None else _narrower(y, _less_usual(y, where, lead, period), head)


def _period(lead: int, step_s: float) -> int | None:
    """Points of the longest period that the `lead` points before the window hold often enough."""
    periods = (round(period_s / step_s) for period_s in PERIODS_S)
    fitting = (p for p in periods if p >= LEAST_POINTS and lead >= LEAST_PERIODS * p)
    return next(fitting, None)


def _narrower(y: Floats, flat: Floats, head: int) -> Floats | None:
    return flat if np.isfinite(flat).all() and narrower_than(flat[:head], y[:head]) else None


def narrower_than(flat: Floats, y: Floats) -> bool:
    """Whether `y` has a rhythm, so that it is much narrower without it, as `flat`; both finite."""
    return _width(flat) <= NARROWER * _width(y)


def _width(y: Floats) -> float:
    low, high = np.quantile(y, [0.1, 0.9])
    return float(high - low)


def _less_usual(y: Floats, where: Ints, lead: int, period: int) -> Floats:
    points = np.full(int(where[-1]) + 1, np.nan)
    points[where] = y
    count = lead // period
    first = lead - count * period
    days = points[first:lead].reshape(count, period)
    # The neighbours in time take part: what happens daily does not happen to the minute.
    around = np.stack([np.roll(days, shift, axis=1) for shift in (-1, 0, 1)], axis=1)
    usual = _median_over(around)
    flat = points - np.resize(np.roll(usual, first % period), len(points))
    for day in range(count):
        others = _median_over(np.delete(around, day, axis=0))
        flat[first + day * period : first + (day + 1) * period] = days[day] - others
    level = float(np.median(y[where < lead]))
    return flat[where] + level


def _median_over(days: Floats) -> Floats:
    """Median over days and neighbouring points, shape (period,); NaN where all are missing."""
    ordered = np.sort(days.reshape(-1, days.shape[-1]), axis=0)  # missing ones last
    count = np.sum(~np.isnan(ordered), axis=0)
    lower = np.take_along_axis(ordered, np.maximum(count - 1, 0)[np.newaxis] // 2, axis=0)[0]
    upper = np.take_along_axis(ordered, np.minimum(count, len(ordered) - 1)[np.newaxis] // 2, axis=0)[0]
    usual: Floats = (lower + upper) / 2.0
    return usual
