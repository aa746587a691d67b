"""Reaching further: the same grid carried on, when impact began before or lasts beyond what was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from collector.reading.earlier import with_earlier
from collector.reading.survey import quiet, with_history
from collector.signals.samples.measure import COSTS_ITS_OWN, failed, placed, read_targets
from collector.signals.samples.presence import availability, probe_success
from collector.signals.samples.raw import joined
from collector.source import Source
from incident.model.evidence import Evidence
from incident.model.facts import Unknown
from incident.model.signals import Measure, SignalSeries, Targets
from incident.model.spans import Grid, Span, Values, frozen_values


def extend(source: Source, evidence: Evidence, until: datetime) -> Evidence:
    """The evidence read on to `until`; only the new stretch is asked for. Unchanged if already there.

    What does not come through in the new stretch is unknown there; nothing is raised for it.
    """
    if until <= evidence.covered.end:
        return evidence
    return _reach(source, evidence, Span(evidence.covered.start, until))


def extend_back(source: Source, evidence: Evidence, since: datetime) -> Evidence:
    """The evidence read from `since` on, as `extend` does at the other end."""
    if since >= evidence.covered.start:
        return evidence
    return _reach(source, evidence, Span(since, evidence.covered.end))


def _reach(source: Source, evidence: Evidence, covered: Span) -> Evidence:
    grid = _carried_on(evidence.grid, covered)
    stretches = [span for span in _new(evidence.covered, covered) if span is not None]
    targets, lost = _targets(source, evidence.targets, stretches)
    probes, lost_probes = _targets(source, evidence.probes, stretches)
    signals: list[SignalSeries] = []
    unknowns = [*lost, *lost_probes]
    for signal in evidence.signals:
        longer, missed = _longer(source, signal, grid, targets, probes)
        signals.append(longer)
        unknowns.extend(missed)
    further = replace(
        evidence,
        covered=covered,
        grid=grid,
        signals=tuple(signals),
        targets=targets,
        probes=probes,
        unknowns=tuple(dict.fromkeys((*evidence.unknowns, *unknowns))),
    )
    return with_history(source, with_earlier(source, further, quiet), quiet)


def _carried_on(grid: Grid, covered: Span) -> Grid:
    """The same steps from at or before the new start to the new end."""
    before = max(0, -(-(grid.start_ms - covered.start_ms) // grid.step_ms))
    start = grid.start_ms - before * grid.step_ms
    end = max(grid.end_ms, covered.end_ms)
    return Grid(start, grid.step_ms, -(-(end - start) // grid.step_ms))


def _new(old: Span, wide: Span) -> tuple[Span | None, Span | None]:
    before = Span(wide.start, old.start) if wide.start < old.start else None
    return before, Span(old.end, wide.end) if wide.end > old.end else None


def _targets(
    source: Source, targets: Targets | None, stretches: Sequence[Span]
) -> tuple[Targets | None, tuple[Unknown, ...]]:
    if targets is None:
        return None, ()
    unknowns: list[Unknown] = []
    parts = list(targets.samples)
    for span in stretches:
        more, missed = read_targets(source, targets.query, span, len(targets.samples), targets.interval)
        unknowns.extend(missed)
        parts.extend(more.samples if more else ())
    return Targets(targets.query, joined(parts), targets.interval), tuple(unknowns)


def _longer(
    source: Source, signal: SignalSeries, grid: Grid, targets: Targets | None, probes: Targets | None
) -> tuple[SignalSeries, tuple[Unknown, ...]]:
    spec = signal.spec
    if targets is not None and spec.measure is Measure.AVAILABILITY and spec.query == targets.query:
        return availability(targets, grid, spec.why), ()
    if probes is not None and spec.measure is Measure.PROBE and spec.query == probes.query:
        return probe_success(probes, grid, spec.why), ()
    values: Values = np.full(grid.count, np.nan)
    first = (signal.grid.start_ms - grid.start_ms) // grid.step_ms
    last = first + signal.grid.count
    values[first:last] = signal.values
    unknowns: list[Unknown] = []
    for start, end in ((0, first), (last, grid.count)):
        if start < end:
            part = Grid(grid.start_ms + start * grid.step_ms, grid.step_ms, end - start)
            values[start:end], missed = _stretch(source, signal, part)
            unknowns.extend(missed)
    return SignalSeries(spec, grid, frozen_values(values)), tuple(unknowns)


def _stretch(source: Source, signal: SignalSeries, part: Grid) -> tuple[Values, tuple[Unknown, ...]]:
    try:
        answer = source.range(signal.spec.query, part)
    except COSTS_ITS_OWN as error:
        return np.full(part.count, np.nan), (failed(f"signal {signal.spec.name}", str(error)),)
    return placed(signal.spec, answer, part).values, ()
