"""When an alert fired last: day by day for two weeks, then by months as far back as servers keep samples."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from collector.source import Source
from incident.model.signals import Samples
from incident.model.spans import Grid, Span, aligned, instant
from incident.text.promql import Matcher, selector

SEARCHED = timedelta(days=5 * 365)
"""Longer than almost any server keeps samples; old incidents are drafted from archives."""
_RECENT = timedelta(days=14)
_DAY = timedelta(days=1)
_MONTH = timedelta(days=30)
"""Managed Prometheus and Mimir refuse queries over more than 32 days."""
_OVER = timedelta(minutes=10)
"""A pause in the firing samples longer than this separates one firing from the one before."""


def firing_of(name: str) -> str:
    """The selector of the alert's firing samples."""
    return selector(
        "",
        [
            Matcher("__name__", "=~", "ALERTS|GRAFANA_ALERTS"),
            Matcher("alertname", "=", name),
            Matcher("alertstate", "=", "firing"),
        ],
    )


def last_fired(source: Source, name: str, now: datetime) -> tuple[Samples, ...]:
    """The firing samples of the latest day that has any and of the day before it; empty where none has."""
    query = firing_of(name)
    until = now
    while until > now - _RECENT:
        if source.raw(query, Span(until - _DAY, until)).series:
            return source.raw(query, Span(until - 2 * _DAY, until)).series
        until -= _DAY
    days = _earlier(source, query, Span(now - SEARCHED, until))
    return source.raw(query, days).series if days else ()


def _earlier(source: Source, query: str, span: Span) -> Span | None:
    """The last two days of the span in which the query has samples; None where it has none."""
    if not source.series((query,), span):
        return None
    until = span.end
    while until > span.start:
        # One evaluation a day, each over the day before it: a question of thirty points.
        grid = aligned(Span(until - _MONTH, until + _DAY), _DAY)
        days = _days(source.range(f"count_over_time({query}[1d])", grid).series, grid)
        if days:
            return Span(instant(days[-1]) - 2 * _DAY, instant(days[-1]))
        until -= _MONTH
    return None


def _days(series: tuple[Samples, ...], grid: Grid) -> list[int]:
    """Ends of the days with samples, epoch ms, in order."""
    times = {int(at) for one in series for at in one.times[np.isfinite(one.values)]}
    return sorted(at for at in times if at < grid.end_ms)


def latest_run(series: tuple[Samples, ...]) -> tuple[datetime, datetime, Samples]:
    """Start, end and series of the last run of firing samples."""
    latest = max(series, key=lambda s: int(s.times[-1]))
    times = latest.times.tolist()
    first = times[-1]
    for at in reversed(times):
        if first - at > _OVER // timedelta(milliseconds=1):
            break
        first = at
    return instant(first), instant(times[-1]), latest
