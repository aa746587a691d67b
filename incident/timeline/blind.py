"""Where nothing could be seen: gaps of the user-facing signals that no outage of the targets explains."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from incident.impact.assess import Assessment
from incident.model.evidence import Evidence
from incident.model.facts import Change, ChangeKind, Unknown
from incident.model.signals import Measure, Role, SignalSeries
from incident.model.spans import Flags, Span, instant

_SHORTEST = timedelta(minutes=2)
"""Shorter holes are a missed scrape or two: hatched in the charts, not told."""


def service_gaps(
    evidence: Evidence, judged: Assessment, window: Span
) -> tuple[tuple[Span, tuple[str, ...]], ...]:
    """(span, names of the blind signals), in order of time, inside the window and after first samples."""
    impact = [s for s in evidence.signals if s.spec.role is Role.IMPACT and np.isfinite(s.values).any()]
    explained = _explained(evidence, judged)
    found: dict[Span, list[str]] = {}
    told = [Span(c.at, c.until) for c in evidence.changes if c.kind is ChangeKind.DATA_GAP and c.until]
    for one in impact:
        for span in _holes(one, explained, evidence):
            clipped = span.clipped(window)
            if (
                clipped is None
                or clipped.length < max(_SHORTEST, 3 * evidence.grid.step)
                or any(clipped.overlaps(t) for t in told)
            ):
                continue
            found.setdefault(_same(clipped, found, evidence.grid.step), []).append(one.spec.name)
    return tuple((span, tuple(names)) for span, names in sorted(found.items()))


def _explained(evidence: Evidence, judged: Assessment) -> Flags:
    """Grid times at which missing samples mean something known: targets down, or no request at all."""
    known = np.zeros(evidence.grid.count, bool)
    for one in judged.impact:
        if one.spec.measure is Measure.AVAILABILITY:
            known[max(0, one.onset - 2) : None if one.end is None else one.end + _warm_up(evidence)] = True
    traffic = evidence.measuring(Measure.TRAFFIC)
    if traffic is not None:
        known |= traffic.values == 0
    return known


def _warm_up(evidence: Evidence) -> int:
    """Points after a restart until a rate has its two samples again."""
    return max(4, -int(-timedelta(minutes=2) // evidence.grid.step))


def _holes(series: SignalSeries, explained: Flags, evidence: Evidence) -> list[Span]:
    present = np.flatnonzero(np.isfinite(series.values))
    missing = ~np.isfinite(series.values) & ~explained
    missing[: present[0]] = False
    missing[_data_stop(evidence) :] = False
    edges = np.flatnonzero(np.diff(np.concatenate(([0], missing.astype(np.int8), [0]))))
    grid = series.grid
    return [
        Span(instant(grid.start_ms + a * grid.step_ms), instant(grid.start_ms + b * grid.step_ms))
        for a, b in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    ]


def _data_stop(evidence: Evidence) -> int:
    """One past the last grid point at which any signal has a sample: beyond it the data end."""
    ends = [
        int(np.flatnonzero(np.isfinite(s.values))[-1]) + 1
        for s in evidence.signals
        if np.isfinite(s.values).any()
    ]
    return max(ends, default=0)


def _same(span: Span, found: dict[Span, list[str]], step: timedelta) -> Span:
    """The key of a gap seen already within a few steps: one blindness, not one for each signal."""
    for known in found:
        if abs(known.start - span.start) <= 6 * step and abs(known.end - span.end) <= 6 * step:
            return known
    return span


def unseen(evidence: Evidence) -> tuple[Unknown, ...]:
    """Signals without any sample in the window, and the parts of it before the first and after the last."""
    grid, asked = evidence.grid, evidence.requested or evidence.asked
    told: list[Unknown] = []
    seen = np.zeros(grid.count, bool)
    for one in evidence.signals:
        present = np.isfinite(one.values)
        seen |= present
        inside = (grid.times >= asked.start_ms) & (grid.times < asked.end_ms)
        if evidence.requested is None and not present[inside].any():
            told.append(Unknown(f"signal {one.spec.name}", "no samples in the window; check its query"))
    points = np.flatnonzero(seen)
    if points.size and evidence.requested is None:
        first, last = instant(int(grid.times[points[0]])), instant(int(grid.times[points[-1]]) + grid.step_ms)
        told += _outside_data(asked, first, last, max(_SHORTEST, 3 * evidence.grid.step))
    return tuple(told)


def _outside_data(asked: Span, first: datetime, last: datetime, shortest: timedelta) -> list[Unknown]:
    """The stretches of the window for which the server has nothing at all."""
    stretches = ((asked.start, min(first, asked.end)), (max(last, asked.start), asked.end))
    return [
        Unknown("every signal", "the server has no samples of this service here", start, end)
        for start, end in stretches
        if end - start >= shortest
    ]


def gap_unknowns(
    gaps: tuple[tuple[Span, tuple[str, ...]], ...], changes: tuple[Change, ...], window: Span
) -> tuple[Unknown, ...]:
    """The same gaps, and those of the scrapes, as statements of what could not be seen."""
    quiet = [c for c in changes if c.kind is ChangeKind.DATA_GAP and window.start <= c.at < window.end]
    return (
        *(Unknown(", ".join(names), "no samples in this stretch", s.start, s.end) for s, names in gaps),
        *(Unknown("samples of the service's targets", c.title, c.at, c.until) for c in quiet),
    )
