"""What changed where an impact got worse or better: the failing share, or the traffic that came back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from incident.impact.departure import Departure, looks_back
from incident.model.evidence import Evidence
from incident.model.signals import Measure, SignalSeries
from incident.model.spans import ms
from incident.model.timeline import Phase
from incident.timeline.rows.words import change

_LEVEL = timedelta(minutes=3)
"""A level next to a boundary is read over this much time."""
_CLEAR = timedelta(minutes=1)
"""The level before a turn ends this long before it: the turn itself is known to about as much."""
_LEAST_BLUR = timedelta(minutes=1)
"""A curve without a range of its own, as of a gauge, is not on its new level at once either."""
_SAME_SHARE = 0.01
"""A failing share that changed by less than this is not what changed the state."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The step between two phases: `errors 12 -> 40 %`, and the query that shows it."""

    words: str
    query: str


def turned(evidence: Evidence, impact: Sequence[Departure], phase: Phase, following: Phase) -> Turn:
    """What stepped at the instant between two phases; `impact` are the departures that harmed."""
    errors = evidence.measuring(Measure.ERRORS)
    traffic = _harmed_traffic(evidence, impact, following.start)
    shares = None if errors is None else _shares(errors, phase, following)
    if traffic is not None and (shares is None or abs(shares[1] - shares[0]) < _SAME_SHARE):
        levels = _levels(traffic, following.start)
        if levels is not None:
            return _turn(traffic, *levels)
    if errors is None:
        return Turn("impact changed", "")
    if shares is None:
        return Turn("share of failures not known", errors.spec.query)
    return _turn(errors, *shares)


def level_after(series: SignalSeries, at: datetime, stop_ms: int = 1 << 62) -> float | None:
    """Median of the minutes after an instant, past the blur of the query's range; None where it stopped."""
    grid = series.grid
    a = grid.index(ms(at)) + math.ceil(_blur(series) / grid.step)
    b = a + max(1, int(_LEVEL / grid.step))
    if grid.start_ms + b * grid.step_ms > stop_ms:
        return None
    seen = series.values[max(0, a) : max(0, b)]
    seen = seen[np.isfinite(seen)]
    return float(np.median(seen)) if seen.size else None


def _blur(series: SignalSeries) -> timedelta:
    """How long after a step the query's range still holds what was before it."""
    return max(_LEAST_BLUR, looks_back(series.spec.query))


def _turn(series: SignalSeries, before: float, after: float) -> Turn:
    return Turn(change(series.spec.name, before, after, series.spec.unit), series.spec.query)


def _harmed_traffic(evidence: Evidence, impact: Sequence[Departure], at: datetime) -> SignalSeries | None:
    """The traffic, where its loss is part of the impact at this instant."""
    lost = (one for one in impact if one.spec.measure is Measure.TRAFFIC)
    return evidence.measuring(Measure.TRAFFIC) if any(_holds(one, ms(at)) for one in lost) else None


def _holds(lost: Departure, at_ms: int) -> bool:
    """Its own start is a turn in it, and so is its end."""
    return lost.start_after < at_ms <= lost.stop_ms


def _levels(series: SignalSeries, at: datetime) -> tuple[float, float] | None:
    before = level_after(series, at - _CLEAR - _LEVEL - _blur(series))
    after = level_after(series, at)
    return None if before is None or after is None else (before, after)


def _shares(errors: SignalSeries, phase: Phase, following: Phase) -> tuple[float, float] | None:
    """The step in the curve; where few requests hide it there, in what failed in the two phases."""
    levels = _levels(errors, following.start)
    if levels is None:
        return None
    before, after = levels
    counted, then = phase.failed_ratio, following.failed_ratio
    if counted is not None and then is not None and abs(after - before) < abs(then - counted) / 2:
        return counted, then
    return before, after
