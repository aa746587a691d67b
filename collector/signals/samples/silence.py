"""Telling a service that is quiet from a monitoring system that is blind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from collector.signals.samples.raw import FRESH_INTERVALS
from collector.source import Source
from incident.model.spans import Grid, Millis, Span, instant
from incident.text.durations import promql_duration


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch without samples: the last before it at `after_ms`, the first again at `by_ms`.

    One at the edge of what was read reaches beyond the edge.
    """

    after_ms: int
    by_ms: int


def silences(times: Millis, spacing_ms: int, span: Span) -> tuple[Silence, ...]:
    """Where neighbouring times (sorted) are more than 2.5 intervals apart, the span's edges included."""
    # The edges stand one interval outside, so that a first sample right after the start is no silence.
    edges = np.concatenate([[span.start_ms - spacing_ms], times, [span.end_ms + spacing_ms]])
    wide = np.flatnonzero(np.diff(edges) > FRESH_INTERVALS * spacing_ms)
    return tuple(Silence(int(edges[i]), int(edges[i + 1])) for i in wide)


def scraped_meanwhile(source: Source, silence: Silence, spacing_ms: int) -> bool:
    """Whether other targets were scraped in the silence; not asked at its edges, where scrapes differ.

    Raises what the source raises.
    """
    start, end = silence.after_ms + spacing_ms, silence.by_ms - spacing_ms
    return end - start < spacing_ms or anything_scraped(source, Span(instant(start), instant(end)))


def anything_scraped(source: Source, span: Span) -> bool:
    """Whether any target at all has an `up` sample in the span, rounded inwards to whole seconds.

    One evaluation of one number, whatever the size of the server. Raises what the source raises.
    """
    start = -(-span.start_ms // 1000) * 1000
    end = span.end_ms // 1000 * 1000
    if end <= start:
        return True
    length = promql_duration(timedelta(milliseconds=end - start))
    answer = source.range(f"count(count_over_time(up[{length}]))", Grid(end, end - start, 1))
    return bool(answer.series)
