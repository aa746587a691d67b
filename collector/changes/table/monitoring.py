"""Trouble of the monitoring itself: rules that failed or came late, notifications that did not go out.

It explains a late alert, or none; so it is told wherever the service lives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from collector.changes.reader import Reader
from collector.changes.restarts import ROLLING
from incident.model.facts import Change, ChangeKind, Nearness
from incident.model.signals import Samples
from incident.model.spans import aligned, all_times, instant
from incident.text.durations import promql_duration
from incident.text.instants import rfc3339

# Points over the span at most; at least four scrapes apart, so that an increase is seen.
_LOOKS = 400
_SHORTEST = timedelta(minutes=1)
_NAMED = 2


@dataclass(frozen=True, slots=True)
class _Trouble:
    """A counter of trouble, or a state that is one."""

    metric: str
    words: str
    by: str = ""
    """The label that says which part is in trouble."""
    state: str = ""
    """For a gauge: the comparison that means trouble."""


_TROUBLES = (
    _Trouble("prometheus_rule_evaluation_failures_total", "rule evaluations failed", "rule_group"),
    _Trouble("prometheus_rule_group_iterations_missed_total", "rule evaluations missed", "rule_group"),
    _Trouble("prometheus_notifications_errors_total", "notifications to Alertmanager failed"),
    _Trouble("prometheus_notifications_dropped_total", "notifications dropped before Alertmanager"),
    _Trouble(
        "alertmanager_notifications_failed_total", "notifications of Alertmanager failed", "integration"
    ),
    _Trouble("prometheus_tsdb_wal_corruptions_total", "corruptions of the write-ahead log"),
    _Trouble("prometheus_tsdb_reloads_failures_total", "reloads of blocks failed"),
    _Trouble("prometheus_tsdb_compactions_failed_total", "compactions failed"),
    _Trouble(
        "prometheus_target_scrape_pool_exceeded_target_limit_total",
        "scrape pools exceeded their limit of targets",
    ),
    _Trouble(
        "prometheus_target_scrapes_exceeded_sample_limit_total", "scrapes exceeded their limit of samples"
    ),
    _Trouble("prometheus_notifications_alertmanagers_discovered", "no Alertmanager known", state="< 1"),
    _Trouble(
        "prometheus_config_last_reload_successful", "reload of the rules and targets failed", state="== 0"
    ),
)
METRICS = tuple(trouble.metric for trouble in _TROUBLES)


def troubles(reader: Reader, existing: frozenset[str]) -> list[Change]:
    """Stretches in which the monitoring was in trouble; one query for each metric that exists."""
    return [change for trouble in _TROUBLES if trouble.metric in existing for change in _of(reader, trouble)]


def _of(reader: Reader, trouble: _Trouble) -> list[Change]:
    step = max(_SHORTEST, timedelta(minutes=-(-reader.span.length // (_LOOKS * timedelta(minutes=1)))))
    query = _query(trouble, step)
    series = reader.evaluated(query, aligned(reader.span, step), "monitoring")
    runs = _runs(series, ROLLING // timedelta(milliseconds=1))
    return [_change(trouble, query, series, run, step) for run in runs]


def _query(trouble: _Trouble, step: timedelta) -> str:
    if trouble.state:
        return f"min({trouble.metric}) {trouble.state}"
    by = f" by ({trouble.by})" if trouble.by else ""
    # A minute more than the step, so that no increase falls between two evaluations.
    return f"sum{by} (increase({trouble.metric}[{promql_duration(step + _SHORTEST)}])) > 0"


def _runs(series: Sequence[Samples], reach: int) -> list[tuple[int, int]]:
    """First and last time of each stretch in which any of the series has points."""
    if not series:
        return []
    times = all_times(one.times for one in series)
    if not times.size:
        return []
    breaks = np.flatnonzero(np.diff(times) > reach)
    firsts = [0, *(breaks + 1).tolist()]
    lasts = [*breaks.tolist(), times.size - 1]
    return [(int(times[a]), int(times[b])) for a, b in zip(firsts, lasts, strict=True)]


def _change(
    trouble: _Trouble, query: str, series: Sequence[Samples], run: tuple[int, int], step: timedelta
) -> Change:
    first, last = run
    half = timedelta(0) if trouble.state else step / 2
    inside = [one for one in series if ((one.times >= first) & (one.times <= last)).any()]
    return Change(
        kind=ChangeKind.MONITORING_TROUBLE,
        at=instant(first) - half,
        until=instant(last) if last > first else None,
        plus_minus=half or step / 2,
        subject="monitoring",
        title=f"monitoring: {trouble.words}{_which(trouble, inside)}",
        value=f"{trouble.metric} {rfc3339(instant(first))}",
        query=query,
        nearness=Nearness.NEARBY,
        count=len(inside),
    )


def _which(trouble: _Trouble, inside: Sequence[Samples]) -> str:
    """Which rule groups or integrations, by their short names; a group's file is left out."""
    names = sorted({one.label(trouble.by).rpartition(";")[2] for one in inside} - {""}) if trouble.by else []
    if not names:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f" ({', '.join(names[:_NAMED])}{more})"
