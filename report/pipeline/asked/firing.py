"""When an alert fired last: today's samples, then longer and longer stretches back, as the server lets us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from collector.errors import NoData, QueryRejected
from collector.source import Source
from incident.model.signals import Samples
from incident.model.spans import Grid, Span, aligned, instant
from incident.text.instants import rfc3339
from incident.text.promql import Matcher, selector

_SEARCHED = timedelta(days=5 * 365)
"""Longer than almost any server keeps samples; old incidents are drafted from archives."""
_DAY = timedelta(days=1)
_FIRST = timedelta(days=14)
"""Before today; most people ask about an alert of these days, and one question answers it."""
_LONGEST = timedelta(days=480)
"""Each stretch is twice as long as the one after it, up to this: what never fired costs ten questions."""
_MOST = 100
"""Stretches asked for: a server that answers for a few days at a time is not asked for five years of them."""
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


def last_fired(source: Source, name: str, now: datetime) -> tuple[datetime, datetime, Samples]:
    """Start, end and series of the latest firing, which is looked for at most two days back from its end.

    Raises NoData where there is none as far back as the server answers, and what the server says where it
    does not answer for the last day either.
    """
    query = firing_of(name)
    found = _last_in(source, query, Span(now - _DAY, now))
    if found is not None:
        return found
    looked = _looked_back(source, query, Span(now - _SEARCHED, now - _DAY))
    found = _last_in(source, query, looked.day) if looked.day is not None else None
    if found is None:
        raise NoData(
            f"alert {name}: no firing sample in ALERTS between {rfc3339(looked.until)} and {rfc3339(now)}"
            f"{looked.why}; check the name, or give the window with --from and --to"
        )
    return found


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


def _last_in(source: Source, query: str, day: Span) -> tuple[datetime, datetime, Samples] | None:
    """The last run that has samples in the day; where it goes back beyond that, with one day more of it."""
    series = source.raw(query, day).series
    if not series:
        return None
    run = latest_run(series)
    return (
        run if run[0] > day.start + _OVER else latest_run(source.raw(query, day.widened(_DAY, _NONE)).series)
    )


_NONE = timedelta(0)
_REASON = 200
"""Characters of a reason: a line of it, in a message that says more."""


@dataclass(frozen=True, slots=True)
class _Looked:
    """How far back the search came."""

    until: datetime
    day: Span | None = None
    """The last one with a sample; None where none was seen."""
    why: str = ""
    """Why it did not go further, or may have missed one."""


def _looked_back(source: Source, query: str, span: Span) -> _Looked:
    """The last day of the span in which the query has samples, looked for from its end on.

    What the server refuses at once is asked in halves; Mimir and managed services answer for a month, and one
    that holds very many series for less.
    """
    until, length, longest, missing = span.end, _FIRST, _LONGEST, ""
    for _ in range(_MOST):
        start = max(span.start, until - length)
        # A point a day, each over the day before it: a month is a question of thirty points.
        grid = aligned(Span(start, until + _DAY), _DAY)
        try:
            answer = source.range(f"count_over_time({query}[1d])", grid)
        except QueryRejected as error:
            longest = length / 2
            if longest < _DAY:
                return _Looked(until, why=f"; the server refused to look further back: {_said(error)}")
            length = longest
            continue
        days = _days(answer.series, grid)
        if days:
            # Ranges are closed on the right, and before Prometheus 3 on the left, too.
            return _Looked(start, Span(instant(days[-1]) - _DAY, instant(days[-1] + 1)))
        if answer.partial:
            missing = f"; the answer was not complete: {', '.join(answer.warnings) or 'a store is away'}"
        until, length = start, min(2 * length, longest)
        if until <= span.start:
            break
    return _Looked(until, why=missing)


def _said(error: QueryRejected) -> str:
    """The server's reason, which stands behind the query where it says that again."""
    text = error.server_text or "no reason given"
    return text if len(text) <= _REASON else f"…{text[-_REASON:]}"


def _days(series: tuple[Samples, ...], grid: Grid) -> list[int]:
    """Ends of the days with samples, epoch ms, in order."""
    times = {int(at) for one in series for at in one.times[np.isfinite(one.values)]}
    return sorted(at for at in times if at < grid.end_ms)
