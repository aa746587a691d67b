"""Asking for the signals: one query each, and one failure costs its own signal only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from collector.errors import AccessRefused, CollectError, QueryRejected, Unavailable
from collector.signals.samples.raw import RawRead, read_raw, spacing_ms
from collector.source import Answer, Source
from incident.model.facts import Unknown
from incident.model.signals import Samples, SignalSeries, SignalSpec, Targets, Worse
from incident.model.spans import Grid, Span, Values, frozen_values

Progress = Callable[[str], None]

# What a question may come to without the rest being in vain: each costs what was asked for only.
COSTS_ITS_OWN = (QueryRejected, Unavailable, AccessRefused)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The signals that came, and what could not be seen of them."""

    signals: tuple[SignalSeries, ...]
    unknowns: tuple[Unknown, ...]


def measure(source: Source, specs: Sequence[SignalSpec], grid: Grid, on_progress: Progress) -> Measured:
    """Each spec's query on the grid. Raises only when the source is gone: no query came through."""
    signals: list[SignalSeries] = []
    unknowns: list[Unknown] = []
    failures: list[CollectError] = []
    for spec in specs:
        on_progress(f"signal {spec.name}")
        try:
            answer = source.range(spec.query, grid)
        except COSTS_ITS_OWN as error:
            failures.append(error)
            unknowns.append(failed(f"signal {spec.name}", str(error)))
            continue
        signals.append(placed(spec, answer, grid))
        if answer.partial:
            unknowns.append(partial(f"signal {spec.name}", answer.warnings))
    gone = next((error for error in failures if not isinstance(error, QueryRejected)), None)
    if gone is not None and not signals:
        raise gone
    return Measured(tuple(signals), tuple(unknowns))


def placed(spec: SignalSpec, answer: Answer, grid: Grid) -> SignalSeries:
    """The answer on the grid, NaN where it has no sample; of several series the worst at each time."""
    if len(answer.series) > 1:
        which = "least" if spec.worse is Worse.DOWN else "greatest"
        spec = replace(spec, why=f"{spec.why}; the {which} of {len(answer.series)} series at each time")
    return SignalSeries(
        spec, grid, frozen_values(_worst([on_grid(s, grid) for s in answer.series], spec, grid))
    )


def _worst(rows: Sequence[Values], spec: SignalSpec, grid: Grid) -> Values:
    values: Values = np.full(grid.count, np.nan)
    for row in rows:
        values = np.fmin(values, row) if spec.worse is Worse.DOWN else np.fmax(values, row)
    return values


def on_grid(samples: Samples, grid: Grid) -> Values:
    """One series' values at the grid's times; a time off the grid belongs to none of them."""
    if np.array_equal(samples.times, grid.times):
        return samples.values
    values: Values = np.full(grid.count, np.nan)
    offset = samples.times - grid.start_ms
    index = offset // grid.step_ms
    inside = (offset % grid.step_ms == 0) & (index >= 0) & (index < grid.count)
    values[index[inside]] = samples.values[inside]
    return values


def read_targets(
    source: Source, selector: str, span: Span, count: int, interval: timedelta | None = None
) -> tuple[Targets | None, tuple[Unknown, ...]]:
    """Raw `up` or `probe_success` of a selector; None, with the reason, where it cannot be read."""
    what = selector.partition("{")[0]
    try:
        read = read_raw(source, selector, span, series=count, interval=interval)
    except COSTS_ITS_OWN as error:
        return None, (failed(what, str(error)),)
    unknowns = (partial(what, read.warnings),) if read.partial else ()
    return _targets(selector, read, interval), unknowns


def _targets(selector: str, read: RawRead, interval: timedelta | None) -> Targets | None:
    spacing = spacing_ms(read.series)
    if interval is None and spacing is not None:
        interval = timedelta(milliseconds=spacing)
    return Targets(selector, read.series, interval) if interval is not None else None


def failed(what: str, why: str) -> Unknown:
    """Something that was asked and not answered."""
    return Unknown(what=what, why=why, failed=True)


def partial(what: str, warnings: Sequence[str]) -> Unknown:
    """Something of which the server says that a part is missing."""
    return failed(what, f"the answer is partial: {'; '.join(warnings) or 'the server does not say why'}")
