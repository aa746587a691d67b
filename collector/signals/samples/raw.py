"""Raw samples, read in pieces that a server can bear, and what their spacing says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from collector.errors import TooExpensive
from collector.source import Answer, Source
from incident.model.signals import Labels, Samples
from incident.model.spans import Millis, Span, frozen_times, frozen_values

# One answer of this many samples is about 15 MB of JSON: half of what is accepted in one piece.
SAMPLES_A_READ = 600_000
# Times that a piece is halved when the server finds it too expensive: a 16th of what was estimated.
_HALVINGS = 4
# A target counts as scraped at t when its last sample is at most this many intervals old: one missed
# scrape and its jitter pass, two do not.
FRESH_INTERVALS = 2.5


@dataclass(frozen=True, slots=True, eq=False)
class RawRead:
    """The series of a selector over a span, and what was said of their completeness."""

    series: tuple[Samples, ...]
    partial: bool = False
    warnings: tuple[str, ...] = ()


def read_raw(
    source: Source, selector: str, span: Span, *, series: int = 1, interval: timedelta | None = None
) -> RawRead:
    """Raw samples of a selector of about `series` series, one each `interval`, joined from pieces.

    Raises what the source raises; TooExpensive only once the pieces cannot be made smaller.
    """
    spacing = interval or timedelta(seconds=15)
    piece = spacing * max(20, SAMPLES_A_READ // max(series, 1))
    answers = [answer for part in pieces(span, piece) for answer in _halved(source, selector, part)]
    return RawRead(
        series=joined(samples for answer in answers for samples in answer.series),
        partial=any(answer.partial for answer in answers),
        warnings=tuple(dict.fromkeys(text for answer in answers for text in answer.warnings)),
    )


def pieces(span: Span, length: timedelta) -> Iterator[Span]:
    """The span cut into consecutive parts of at most this length."""
    start = span.start
    while start < span.end:
        end = min(start + length, span.end)
        yield Span(start, end)
        start = end


def _halved(source: Source, selector: str, span: Span, depth: int = 0) -> list[Answer]:
    try:
        return [source.raw(selector, span)]
    except TooExpensive:
        if depth == _HALVINGS:
            raise
    return [
        answer
        for part in pieces(span, span.length / 2 + timedelta(milliseconds=1))
        for answer in _halved(source, selector, part, depth + 1)
    ]


def joined(parts: Iterable[Samples]) -> tuple[Samples, ...]:
    """One series for each label set, its parts in order of time; a time read twice counts once."""
    by_labels: dict[Labels, list[Samples]] = defaultdict(list)
    for samples in parts:
        if samples.times.size:
            by_labels[samples.labels].append(samples)
    return tuple(_one(labels, by_labels[labels]) for labels in sorted(by_labels))


def _one(labels: Labels, parts: Sequence[Samples]) -> Samples:
    times = np.concatenate([part.times for part in parts])
    values = np.concatenate([part.values for part in parts])
    unique, first = np.unique(times, return_index=True)
    return Samples(labels, frozen_times(unique), frozen_values(values[first]))


def spacing_ms(series: Iterable[Samples]) -> int | None:
    """The median distance of neighbouring samples in milliseconds; None where there are no two.

    Near a whole second it is that second: scrapes jitter by milliseconds around what was configured.
    """
    steps = [np.diff(samples.times) for samples in series if samples.times.size > 1]
    if not steps:
        return None
    median = float(np.median(np.concatenate(steps)))
    whole = round(median / 1000) * 1000
    # 2 %: far more than the jitter of a scrape, far less than the step to another configured interval.
    return whole if whole and abs(median - whole) <= 0.02 * whole else max(1, round(median))


def latest_before(
    samples: Samples, times: Millis, fresh_ms: float
) -> tuple[Millis, np.typing.NDArray[np.bool_]]:
    """For each time the index of the series' last sample at or before it, and whether it is fresh."""
    index = np.searchsorted(samples.times, times, side="right") - 1
    known = index >= 0
    age = times - samples.times[np.maximum(index, 0)]
    return np.maximum(index, 0).astype(np.int64), known & (age < fresh_ms)
