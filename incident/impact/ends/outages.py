"""Stretches in which no target was up, or no probe passed: read from raw samples, never from a step.

A target that vanished has no samples: that is unknown, not down. A service is down by its targets
only while at least one target is known and none of the known ones is up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from incident.impact.departure import Departure
from incident.model.signals import Measure, SignalSeries, Targets
from incident.model.spans import Flags, Millis, Values

_MIN_SCRAPES = 3
"""A restart may cost one scrape, a slow one two; three in a row without any target is an outage."""
_ALERTED_SCRAPES = 2
"""With an alert that fired on it, two in a row are no accident."""
_FRESH = 2.5
"""A sample speaks for this many scrape intervals; later the target counts as unknown."""


_NOTHING = {Measure.AVAILABILITY: "no target up", Measure.PROBE: "no probe passed"}


@dataclass(frozen=True, slots=True, eq=False)
class _Merged:
    """All targets' samples in one order of time."""

    times: Millis
    up: Values
    target: Millis


def outages(
    series: SignalSeries, targets: Targets, spoken: Sequence[tuple[int, int]] = ()
) -> tuple[Departure, ...]:
    """Departures in which every known target failed, with brackets between scrapes.

    `spoken` are the stretches, epoch ms, of which an alert of the service says that something is wrong.
    """
    merged = _merge(targets)
    if not merged.times.size:
        return ()
    interval_ms = round(targets.interval.total_seconds() * 1000)
    down = _all_down(merged, len(targets.samples), round(_FRESH * interval_ms))
    edges = np.flatnonzero(np.diff(np.concatenate(([0], down.astype(np.int8), [0]))))
    runs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    found = [
        _departure(series, merged, a, b, interval_ms)
        for a, b in runs
        if _rounds(merged, a, b, interval_ms) >= _least(merged, a, b, spoken)
    ]
    return tuple(found)


def _rounds(merged: _Merged, a: int, b: int, interval_ms: int) -> int:
    """In how many rounds of scrapes nothing was up."""
    return int(np.unique(merged.times[a:b] // interval_ms).size)


def _least(merged: _Merged, a: int, b: int, spoken: Sequence[tuple[int, int]]) -> int:
    """How many it must be: fewer where an alert speaks of it."""
    first, last = int(merged.times[a]), int(merged.times[b - 1])
    told = any(begun <= last and first <= ended for begun, ended in spoken)
    return _ALERTED_SCRAPES if told else _MIN_SCRAPES


def _merge(targets: Targets) -> _Merged:
    parts = [(s.times, s.values, np.full(s.times.size, i, np.int64)) for i, s in enumerate(targets.samples)]
    if not parts:
        empty = np.empty(0, np.int64)
        return _Merged(empty, np.empty(0), empty)
    times, up, target = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(times, kind="stable")
    return _Merged(times[order], up[order], target[order])


def _all_down(merged: _Merged, count: int, fresh_ms: int) -> Flags:
    """For each sample: every target with a fresh sample is down just after it."""
    last_up = np.full(count, -(1 << 62), np.int64)
    down = np.zeros(merged.times.size, bool)
    for i, (at, value, target) in enumerate(zip(merged.times, merged.up, merged.target, strict=True)):
        last_up[target] = at if value >= 1 else -(1 << 62)
        down[i] = value < 1 and bool((at - last_up > fresh_ms).all())
    return down


def _departure(series: SignalSeries, merged: _Merged, a: int, b: int, interval_ms: int) -> Departure:
    """The outage of samples a..b-1."""
    first, last = int(merged.times[a]), int(merged.times[b - 1])
    good_before = int(merged.times[a - 1]) if a else first
    onset_after, onset_by = _began(merged, a, good_before, interval_ms)
    ended = b < merged.times.size
    gap_after = ended and int(merged.times[b]) - last > round(_FRESH * interval_ms)
    grid = series.grid
    return Departure(
        spec=series.spec,
        onset=max(0, grid.index(onset_by)),
        end=min(grid.count, grid.index(int(merged.times[b]))) if ended else None,
        start_after=onset_after,
        start_by=onset_by,
        end_after=last if ended else None,
        end_by=int(merged.times[b]) if ended else None,
        before=1.0,
        inside=0.0,
        peak=0.0,
        peak_ms=first,
        direction="down",
        reason=f"{_NOTHING[series.spec.measure]} in {b - a} samples",
        began_before=a == 0,
        end_uncertain=gap_after,
    )


def _began(merged: _Merged, a: int, good_before: int, interval_ms: int) -> tuple[int, int]:
    """The bracket of the moment at which the last target went: its last good to its first bad scrape.

    Targets that failed in the same scrape round narrow each other's bracket; those down before do not.
    """
    near = (merged.times > good_before - 2 * interval_ms) & (merged.times <= merged.times[a])
    lately_up = np.isin(merged.target, merged.target[near & (merged.up >= 1)])
    bad = merged.times[near & lately_up & (merged.up < 1)]
    good = merged.times[near & (merged.up >= 1)]
    latest_good = int(good.max()) if good.size else good_before
    after_good = bad[bad > latest_good]
    return latest_good, int(after_good.min()) if after_good.size else int(merged.times[a])
