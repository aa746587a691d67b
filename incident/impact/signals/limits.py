"""Departures beyond a limit that people set, or that the policy sets for failures, whatever is usual."""

from __future__ import annotations

import math

import numpy as np

from incident.impact.departure import Departure, looks_back
from incident.model.evidence import Evidence
from incident.model.signals import Kind, Measure, SignalSeries, Worse

_LIMIT_SAMPLES = 3
"""Samples beyond a limit before it counts, as for the kernel: one or two are a scrape's accident."""
_UNSEEN = {Kind.RATIO: 0.0, Kind.LATENCY: math.nan, Kind.RATE: math.nan, Kind.GAUGE: math.nan}
"""The level before a signal was seen: no failures are the rule, of the others nothing is known."""


def limit_of(series: SignalSeries, evidence: Evidence) -> float | None:
    """The limit people set; for failing requests at least the policy's, however usual they have become."""
    if series.spec.limit is not None or series.spec.measure is not Measure.ERRORS:
        return series.spec.limit
    return evidence.presentation.policy.partial_outage_ratio


def beyond_limit(series: SignalSeries, limit: float | None) -> tuple[Departure, ...]:
    """Runs of samples beyond the limit, whatever the baseline says."""
    if limit is None:
        return ()
    bad = series.values < limit if series.spec.worse is Worse.DOWN else series.values > limit
    edges = np.flatnonzero(np.diff(np.concatenate(([0], bad.astype(np.int8), [0]))))
    runs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return tuple(_limit_run(series, limit, a, b) for a, b in runs if b - a >= _LIMIT_SAMPLES)


def _limit_run(series: SignalSeries, limit: float, onset: int, stop: int) -> Departure:
    grid, down = series.grid, series.spec.worse is Worse.DOWN
    inside = series.values[onset:stop]
    peak = int(onset + (np.nanargmin(inside) if down else np.nanargmax(inside)))
    open_end = stop >= grid.count
    back_ms = round(looks_back(series.spec.query).total_seconds() * 1000)
    end_after = grid.start_ms + (stop - 1) * grid.step_ms - back_ms
    before = series.values[:onset]
    return Departure(
        spec=series.spec,
        onset=onset,
        end=None if open_end else stop,
        start_after=grid.start_ms + max(0, onset - 1) * grid.step_ms,
        start_by=grid.start_ms + onset * grid.step_ms,
        end_after=None if open_end else end_after,
        end_by=None if open_end else max(end_after, end_after + back_ms // 2) + grid.step_ms,
        before=float(np.nanmedian(before)) if np.isfinite(before).any() else _UNSEEN[series.spec.kind],
        inside=float(np.nanmedian(inside)),
        peak=float(series.values[peak]),
        peak_ms=grid.start_ms + peak * grid.step_ms,
        direction="down" if down else "up",
        reason=f"beyond the limit of {limit:g} for {stop - onset} samples",
        began_before=onset == int(np.flatnonzero(np.isfinite(series.values))[0]),
    )
