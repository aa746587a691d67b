"""Telling a service that is quiet from a monitoring system that is blind."""

from __future__ import annotations

from datetime import timedelta

from collector.source import Source
from incident.model.spans import Grid, Span
from incident.text.durations import promql_duration

_SECOND = timedelta(seconds=1)


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
