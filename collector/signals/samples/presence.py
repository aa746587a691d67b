"""Availability from raw samples: what share of the targets answered, at each time of the grid.

`up` by range query lies: the lookback carries a vanished target's last value on for five minutes.
"""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np

from collector.signals.samples.raw import FRESH_INTERVALS, latest_before
from incident.model.signals import Kind, Measure, Role, SignalSeries, SignalSpec, Targets, Worse
from incident.model.spans import Grid, frozen_values
from incident.text.durations import promql_duration


def availability(targets: Targets, grid: Grid, why: str) -> SignalSeries:
    """Share of targets with `up` = 1 among those scraped around each time; NaN where none was."""
    spec = _spec("availability", Measure.AVAILABILITY, targets.query, why)
    return SignalSeries(spec, grid, share_up(targets, grid))


def availability_query(selector: str, scrape: timedelta) -> SignalSpec:
    """The same share asked of the server, for more targets than are read raw; stale samples do not count."""
    fresh = timedelta(seconds=math.ceil(FRESH_INTERVALS * scrape.total_seconds()))
    query = f"avg(last_over_time({selector}[{promql_duration(fresh)}]))"
    return _spec(
        "availability", Measure.AVAILABILITY, query, "up of the service's targets, counted by the server"
    )


def probe_success(probes: Targets, grid: Grid, why: str) -> SignalSeries:
    """Share of probes that succeeded among those made around each time; NaN where none was."""
    return SignalSeries(_spec("probe", Measure.PROBE, probes.query, why), grid, share_up(probes, grid))


def share_up(targets: Targets, grid: Grid) -> np.typing.NDArray[np.float64]:
    """Share in 0..1 at each time of the grid, shape (grid.count,), by samples up to 2.5 intervals old."""
    times = grid.times
    fresh_ms = FRESH_INTERVALS * targets.interval.total_seconds() * 1000
    present = np.zeros(grid.count)
    good = np.zeros(grid.count)
    for samples in targets.samples:
        index, fresh = latest_before(samples, times, fresh_ms)
        present += fresh
        good += fresh & (samples.values[index] == 1.0)
    with np.errstate(invalid="ignore"):
        return frozen_values(np.where(present > 0, good / present, np.nan))


def _spec(name: str, measure: Measure, query: str, why: str) -> SignalSpec:
    return SignalSpec(
        name=name,
        measure=measure,
        kind=Kind.RATIO,
        worse=Worse.DOWN,
        role=Role.IMPACT,
        unit="ratio",
        query=query,
        why=why,
    )
