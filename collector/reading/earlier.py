"""The same hours one week and one day earlier, read coarsely: what is usual at this time of day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from collector.errors import QueryRejected
from collector.signals.samples.measure import COSTS_ITS_OWN, Progress, placed
from collector.source import Source
from incident.model.evidence import Evidence
from incident.model.signals import EarlierPeriod, EarlierSignal, Measure, SignalSpec
from incident.model.spans import Grid, Span, Values, aligned, frozen_values

# A week ago first: the same day of the week is the most alike.
PERIODS = (timedelta(days=7), timedelta(days=1))
# A lead-in of two days holds its own earlier days.
_OWN_DAYS = timedelta(days=2)
# Fine enough for a rhythm, and a tenth of what the survey of eight hours asks for.
_COARSE = timedelta(minutes=5)
_MOST_POINTS = 600
# Failures, targets and probes have no rhythm: what fails every morning is impact every morning.
_RHYTHMIC = (Measure.TRAFFIC, Measure.LATENCY, Measure.OTHER)


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """What came of one period: signals, and for the others why not."""

    signals: tuple[EarlierSignal, ...]
    missed: tuple[str, ...]


def with_earlier(source: Source, evidence: Evidence, on_progress: Progress) -> Evidence:
    """The evidence with the earlier periods of all it covers; only what is not there yet is asked for.

    At most one query a signal, stretch and period. Nothing is raised, and nothing else is lost, where
    they cannot be read: the period says so.
    """
    specs = sorted(
        (s.spec for s in evidence.signals if s.spec.measure in _RHYTHMIC),
        key=lambda spec: spec.measure is not Measure.TRAFFIC,
    )
    if not specs or evidence.asked.start - evidence.covered.start >= _OWN_DAYS:
        return replace(evidence, earlier=())
    on_progress("the same hours one week and one day earlier")
    known = {period.ago: period for period in evidence.earlier}
    step = _step(evidence)
    periods = (_period(source, specs, evidence.covered, ago, step, known.get(ago)) for ago in PERIODS)
    return replace(evidence, earlier=tuple(periods))


def _step(evidence: Evidence) -> timedelta:
    """Five minutes or the survey's step, a multiple of it where that were too many points."""
    if evidence.earlier:
        return evidence.earlier[0].grid.step
    base = max(_COARSE, evidence.grid.step)
    return base * max(1, -(-evidence.covered.length // (base * _MOST_POINTS)))


def _period(
    source: Source,
    specs: Sequence[SignalSpec],
    covered: Span,
    ago: timedelta,
    step: timedelta,
    known: EarlierPeriod | None,
) -> EarlierPeriod:
    near = aligned(Span(covered.start - ago, covered.end - ago), step)
    grid = Grid(near.start_ms, near.step_ms, near.count + 1)  # one more, to draw a line to
    if known is not None and not known.signals:
        return replace(known, grid=grid)
    read = _signals(source, specs, grid, known)
    return EarlierPeriod(ago, grid, read.signals, "; ".join(read.missed))


def _signals(source: Source, specs: Sequence[SignalSpec], grid: Grid, known: EarlierPeriod | None) -> _Read:
    """Traffic is asked first: where there was none, the service was not there, and no more is asked."""
    signals: list[EarlierSignal] = []
    missed: list[str] = []
    for spec in specs:
        try:
            values = _values(source, spec, grid, known)
        except COSTS_ITS_OWN as error:
            missed.append(f"{spec.name} could not be read: {error}")
            if not isinstance(error, QueryRejected):
                break  # neither would the others be
            continue
        if np.isfinite(values).any():
            signals.append(EarlierSignal(spec.name, values))
        elif spec.measure is Measure.TRAFFIC:
            return _Read((), ("no samples",))
    return _Read(tuple(signals), tuple(missed) if signals or missed else ("no samples",))


def _values(source: Source, spec: SignalSpec, grid: Grid, known: EarlierPeriod | None) -> Values:
    """The signal on the grid: what is known already in its place, the rest asked for."""
    values: Values = np.full(grid.count, np.nan)
    before = next((s for s in known.signals if s.name == spec.name), None) if known else None
    first, last = grid.count, grid.count
    if known is not None and before is not None:
        first = (known.grid.start_ms - grid.start_ms) // grid.step_ms
        last = first + known.grid.count
        values[first:last] = before.values
    for a, b in ((0, first), (last, grid.count)):
        if a < b:
            part = Grid(grid.start_ms + a * grid.step_ms, grid.step_ms, b - a)
            answer = source.range(spec.query, part)
            if not answer.partial:
                values[a:b] = placed(spec, answer, part).values
    return frozen_values(values)
