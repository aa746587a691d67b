"""Which survey values rest on samples, and which only on a range that is running empty.

A rate over a minute still has a value, smaller each step, for up to a minute after the last scrape. It
looks like traffic that falls. Where every target's samples have stopped, such values are not known.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from incident.impact.departure import looks_back
from incident.model.evidence import Evidence
from incident.model.signals import Measure, SignalSeries
from incident.model.spans import Flags, Grid, Millis, all_times, frozen_values

_STALE = 1.5
"""A target is scraped every interval; half another one late is jitter, more is a missed scrape."""
_WHOLE = 0.5
"""A range is whole again when at least this share of it lies behind the first scrape after a hole."""


def trusted(series: SignalSeries, evidence: Evidence) -> SignalSeries:
    """The signal without the values that fall into holes of the scrapes; itself where there are none."""
    if series.spec.measure in (Measure.AVAILABILITY, Measure.PROBE) or evidence.targets is None:
        return series
    back_ms = round(looks_back(series.spec.query).total_seconds() * 1000)
    times = [s.times for s in evidence.targets.samples if s.times.size]
    if not back_ms or not times:
        return series
    scraped = all_times(times)
    interval_ms = round(evidence.targets.interval.total_seconds() * 1000)
    empty = _running_empty(series.grid, scraped, interval_ms, back_ms)
    if not (empty & np.isfinite(series.values)).any():
        return series
    return replace(series, values=frozen_values(np.where(empty, np.nan, series.values)))


def _running_empty(grid: Grid, scraped: Millis, interval_ms: int, back_ms: int) -> Flags:
    """Grid times whose newest scrape is late, or whose range began in a hole that has just ended."""
    times = grid.times
    newest = np.searchsorted(scraped, times, side="right") - 1
    late = (newest < 0) | (times - scraped[np.maximum(newest, 0)] > _STALE * interval_ms)
    after = np.flatnonzero(np.diff(scraped) > 2 * _STALE * interval_ms) + 1
    for begins in scraped[after].tolist():
        late |= (times >= begins) & (times < begins + _WHOLE * back_ms)
    return late
