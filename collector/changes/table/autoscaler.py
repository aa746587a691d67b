"""An autoscaler that wants more replicas than it may have: from then on load has nowhere to go."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.changes.reader import Reader
from collector.changes.table.facts import Fact, facts_of
from collector.changes.table.row import Reading, Row
from collector.signals.labels.home import Home
from incident.model.facts import ChangeKind, Nearness
from incident.model.signals import Samples
from incident.model.spans import frozen_values
from incident.text.promql import Matcher, regex_literal, selector

_CURRENT = "kube_horizontalpodautoscaler_status_current_replicas"
_MOST = "kube_horizontalpodautoscaler_spec_max_replicas"
_AT_MOST = Row(
    _CURRENT,
    *(ChangeKind.SCALE, Reading.HOLDS),
    *("autoscaler {horizontalpodautoscaler} at its maximum", "{n} autoscalers at their maximum"),
    ("horizontalpodautoscaler",),
)


def facts(reader: Reader, home: Home, existing: frozenset[str]) -> list[Fact]:
    """Stretches in which an autoscaler of the service had as many replicas as it may."""
    if not {_CURRENT, _MOST} <= existing:
        return []
    service = regex_literal(home.service)
    wanted = Matcher("__name__", "=~", f"{_CURRENT}|{_MOST}")
    mine = Matcher("horizontalpodautoscaler", "=~", f"(.+-)?{service}(-.+)?")
    series = reader.read(selector("", (wanted, mine, *reader.place)), 20, "autoscalers")
    found: list[Fact] = []
    for one in series:
        near = home.nearness(one.labels)
        own = one.label("horizontalpodautoscaler") == home.service and near is not Nearness.ELSEWHERE
        if one.label("__name__") == _CURRENT and near is not Nearness.ELSEWHERE:
            reached = _reached(one, series)
            found += facts_of(_AT_MOST, [reached], Nearness.OWN if own else near, reader.span)
    return found


def _reached(one: Samples, series: Sequence[Samples]) -> Samples:
    """1 where the replicas are at the maximum of the same autoscaler, which may change too; else 0."""
    rest = [pair for pair in one.labels if pair[0] != "__name__"]
    limit = next((s for s in series if s.label("__name__") == _MOST and _rest(s) == rest), None)
    if limit is None or not limit.times.size:
        return Samples(one.labels, one.times, frozen_values(np.zeros(one.times.size)))
    latest = np.maximum(np.searchsorted(limit.times, one.times, side="right") - 1, 0)
    full = (one.values >= limit.values[latest]) & (one.values > 1)
    return Samples(one.labels, one.times, frozen_values(full.astype(float)))


def _rest(one: Samples) -> list[tuple[str, str]]:
    return [pair for pair in one.labels if pair[0] != "__name__"]
