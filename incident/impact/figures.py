"""What the impact cost in requests, over exactly the episodes, with the formula beside the number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from incident.impact.departure import looks_back
from incident.impact.ends.counts import Increments
from incident.model.signals import Counters, SignalSeries
from incident.model.spans import Flags, Grid, Values, ms
from incident.model.timeline import ImpactEpisode, RequestFigures

_FLANK = timedelta(minutes=30)
"""Traffic half an hour before and after says what was expected between, on a straight line."""
_MIN_COVERAGE = 0.5
"""Counters absent in most of the impact say nothing about its total."""
_SAMPLED = 200
"""Places at which the usual traffic of an impact is read for its mean: more than a day's rhythm needs."""
_LIKE_EARLIER = ", with the rhythm of the same hours of earlier days"
_MIN_FLANK = 5
"""Fewer samples in a flank than this are no expectation."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """Requests by raw counters; `failed` means something where these tell failures."""

    total: float
    failed: float


@dataclass(frozen=True, slots=True)
class _Expected:
    low: float
    middle: float
    high: float
    between: bool
    """Whether traffic on both sides says it, or a rhythm does: from one side a slope cannot be told."""


def request_figures(
    episodes: Sequence[ImpactEpisode],
    data_end: datetime,
    requests: Increments | None,
    counters: Counters | None,
    traffic: SignalSeries | None,
    first_alert: datetime | None,
    gone: bool,
    usual: Values | None = None,
) -> RequestFigures | None:
    """Total, failed, expected and lost; None where neither counters nor an expectation exist.

    `usual` is what the traffic is at each of its times by earlier days, where that is known: the line
    between the flanks then follows its rhythm.

    `gone`: targets or traffic vanished in the impact, so that what was expected and not counted was
    lost, not merely unseen.
    """
    spans = [(ms(e.start.at), ms(e.end.at) if e.end else ms(data_end)) for e in episodes]
    spans = [(a, b) for a, b in spans if b > a]
    counted = _counted(spans, requests)
    telling = counted if counters is not None and counters.failed_query else None
    expected = _expected(spans, traffic, usual) if traffic is not None else None
    if counted is None and expected is None:
        return None
    unread = _seen(spans, traffic) if requests is None else 0.0
    served = counted.total if counted else unread
    return RequestFigures(
        total=round(counted.total) if counted else None,
        failed=round(telling.failed) if telling else None,
        failed_ratio=telling.failed / telling.total if telling and telling.total > 0 else None,
        failed_before_alert=_before_alert(spans, requests, first_alert, telling.failed) if telling else None,
        expected_low=round(expected.low) if expected else None,
        expected_high=round(expected.high) if expected else None,
        lost=_lost(expected, served, counted is not None, gone),
        formula=_formula(counters, counted is not None, _LIKE_EARLIER if usual is not None else ""),
        query=counters.query if counters else "",
    )


def _counted(spans: list[tuple[int, int]], requests: Increments | None) -> _Counted | None:
    if requests is None or not requests.start.size or not spans:
        return None
    length = sum(b - a for a, b in spans)
    covered = sum(requests.coverage(a, b) * (b - a) for a, b in spans)
    if covered < _MIN_COVERAGE * length:
        return None
    total = sum(requests.within(a, b)[0] for a, b in spans)
    return _Counted(total, min(total, sum(requests.part_within(a, b, b) for a, b in spans)))


def _seen(spans: list[tuple[int, int]], traffic: SignalSeries | None) -> float:
    """Requests that the survey saw in the spans where no counters were read; unseen, none were served."""
    if traffic is None:
        return 0.0
    late = round(looks_back(traffic.spec.query).total_seconds() * 500)
    times, step = traffic.grid.times, traffic.grid.step.total_seconds()
    inside = np.zeros(times.size, bool)
    for a, b in spans:
        inside |= (times >= a + late) & (times < b + late)
    return float(np.nan_to_num(traffic.values[inside]).sum()) * step


def _before_alert(
    spans: list[tuple[int, int]], requests: Increments | None, first_alert: datetime | None, failed: float
) -> int | None:
    """Failures up to the alert; never more than failed in all."""
    if requests is None or first_alert is None:
        return None
    cut = ms(first_alert)
    return round(min(failed, sum(requests.part_within(a, b, cut) for a, b in spans if a < cut)))


def _expected(spans: list[tuple[int, int]], traffic: SignalSeries, usual: Values | None) -> _Expected | None:
    """Requests to expect in the spans: the line between the flanks, as wide as the flanks scatter."""
    parts = [_expected_in(a, b, spans, traffic, usual) for a, b in spans]
    known = [p for p in parts if p is not None]
    if not known or len(known) < len(parts):
        return None
    low, middle, high = (sum(getattr(p, name) for p in known) for name in ("low", "middle", "high"))
    return _Expected(low, middle, high, all(p.between for p in known))


def _expected_in(
    a: int, b: int, spans: list[tuple[int, int]], traffic: SignalSeries, usual: Values | None
) -> _Expected | None:
    flank = _FLANK // timedelta(milliseconds=1)
    # A rate over a range speaks of the middle of it, half the range ago.
    late = round(looks_back(traffic.spec.query).total_seconds() * 500)
    rhythm = None if usual is None else _mean(usual, traffic.grid, a + late, b + late)
    if usual is not None and rhythm is not None:
        # As shares of the usual the flanks are on one level, whatever hour it is.
        shares = np.divide(traffic.values, usual, out=np.full(usual.size, np.nan), where=usual > 0)
        traffic = replace(traffic, values=shares)
    calm = _outside(traffic, spans)
    before = _between(traffic, calm, a - flank, a)
    after = _between(traffic, calm, b + 2 * traffic.grid.step_ms, b + flank)
    sides = [side for side in (before, after) if side.size >= _MIN_FLANK]
    if not sides:
        return None
    middle = float(np.mean([np.median(side) for side in sides]))
    scatter = np.concatenate([side / max(float(np.median(side)), 1e-12) for side in sides])
    low, high = np.quantile(scatter, (0.05, 0.95))
    seconds = (b - a) / 1000.0 * (1.0 if rhythm is None else rhythm)
    level = seconds * middle
    return _Expected(level * float(low), level, level * float(high), len(sides) == 2 or rhythm is not None)


def _mean(usual: Values, grid: Grid, a: int, b: int) -> float | None:
    """The mean of what is usual in the span and its flanks' edges; None where a part is not known."""
    flank = _FLANK // timedelta(milliseconds=1)
    times = grid.times
    around = (times >= a - flank) & (times < b + flank)
    if not np.isfinite(usual[around]).all() or not around.any():
        return None
    inside = np.linspace(a, b, _SAMPLED)
    return float(np.mean(np.interp(inside, times[around], usual[around])))


def _outside(traffic: SignalSeries, spans: list[tuple[int, int]]) -> Flags:
    times = traffic.grid.times
    calm = np.isfinite(traffic.values)
    for a, b in spans:
        calm &= (times < a) | (times >= b)
    return calm


def _between(traffic: SignalSeries, calm: Flags, lo: int, hi: int) -> Values:
    times = traffic.grid.times
    return traffic.values[calm & (times >= lo) & (times < hi)]


def _lost(expected: _Expected | None, served: float, counted: bool, gone: bool) -> int | None:
    """Expected less served. Zero where as much was served as expected; None where it is not known.

    Fewer requests in an impact that still lasts, while the traffic is not seen to leave its range, may be
    the evening.
    """
    if expected is None or not (counted or gone):
        return None
    if not gone and served >= expected.low:
        return 0
    if not gone and not expected.between:
        return None
    return max(0, round(expected.middle - served))


def _formula(counters: Counters | None, counted: bool, rhythm: str) -> str:
    lost = f"lost = expected (traffic 30 min before and after{rhythm}) - served"
    if counters is None or not counted:
        return f"{lost}; the counters have no samples in most of the impact"
    without = f", without {counters.left_out}" if counters.left_out else ""
    if not counters.failed_query:
        return f"total = increase of {counters.query}; these counters do not tell failures; {lost}"
    return (
        f"failed = increase of {counters.failed_query}; total = increase of {counters.query}"
        f"{without}; raw counters, restarts allowed for; {lost}"
    )
