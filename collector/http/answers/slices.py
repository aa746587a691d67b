"""Long questions in parts, and the parts' answers as one: the same as if it had been asked at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from collector.http.answers.failures import TooMuchAtOnce
from collector.http.limits import MAX_POINTS, SPLIT_LEVELS
from collector.source import Answer
from incident.model.signals import Labels, Samples
from incident.model.spans import Grid, Millis, Span, Values, frozen_times, frozen_values, instant

Part = TypeVar("Part", Grid, Span)

# `@ start()` and `@ end()` mean the ends of the whole request; in parts they would mean others.
_TIED_TO_RANGE = re.compile(r"@\s*(?:start|end)\s*\(")


def pieces(grid: Grid, most: int = MAX_POINTS) -> tuple[Grid, ...]:
    """The grid in runs of at most `most` points, in order."""
    return tuple(
        Grid(grid.start_ms + first * grid.step_ms, grid.step_ms, min(most, grid.count - first))
        for first in range(0, grid.count, most)
    )


def halves_of_grid(grid: Grid) -> tuple[Grid, Grid] | None:
    """Two grids that make up this one; None for a single point."""
    if grid.count < 2:
        return None
    first, second = pieces(grid, -(-grid.count // 2))
    return first, second


def halves_of_span(span: Span) -> tuple[Span, Span] | None:
    """Two spans that meet at a whole millisecond; None for a span too short for that."""
    middle = instant((span.start_ms + span.end_ms) // 2)
    if not span.start < middle < span.end:
        return None
    return Span(span.start, middle), Span(middle, span.end)


def may_split(query: str) -> bool:
    """Whether the query means the same in parts as in one."""
    return _TIED_TO_RANGE.search(query) is None


def in_parts(
    ask: Callable[[Part], Answer],
    part: Part,
    halve: Callable[[Part], tuple[Part, Part] | None],
    levels: int = SPLIT_LEVELS,
) -> Answer:
    """Ask for the part; where it is too much at once, for its halves, `levels` deep at most."""
    try:
        return ask(part)
    except TooMuchAtOnce:
        halved = halve(part) if levels > 0 else None
        if halved is None:
            raise
    return joined([in_parts(ask, half, halve, levels - 1) for half in halved])


def joined(answers: Sequence[Answer]) -> Answer:
    """The answers as one: series with the same labels are one series, in order of time."""
    if len(answers) == 1:
        return answers[0]
    found: dict[Labels, list[Samples]] = {}
    for answer in answers:
        for series in answer.series:
            found.setdefault(series.labels, []).append(series)
    return Answer(
        series=tuple(_one(labels, found[labels]) for labels in sorted(found)),
        warnings=tuple(dict.fromkeys(text for answer in answers for text in answer.warnings)),
        infos=tuple(dict.fromkeys(text for answer in answers for text in answer.infos)),
        partial=any(answer.partial for answer in answers),
    )


def in_order(times: Millis, values: Values) -> tuple[Millis, Values]:
    """Times strictly increasing; of several samples at the same time the last one given wins."""
    if times.size < 2 or bool(np.all(np.diff(times) > 0)):
        return times, values
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    last = np.append(np.diff(times) > 0, True)
    return times[last], values[last]


def clipped(series: Samples, start_ms: int, end_ms: int) -> Samples | None:
    """The samples with start <= time < end; None where there is none."""
    first, beyond = np.searchsorted(series.times, [start_ms, end_ms])
    if first == beyond:
        return None
    if beyond - first == series.times.size:
        return series
    return Samples(series.labels, series.times[first:beyond], series.values[first:beyond])


def _one(labels: Labels, parts: Sequence[Samples]) -> Samples:
    if len(parts) == 1:
        return parts[0]
    times, values = in_order(
        np.concatenate([part.times for part in parts]), np.concatenate([part.values for part in parts])
    )
    return Samples(labels, frozen_times(times), frozen_values(values))
