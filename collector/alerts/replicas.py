"""An alert that each of a pair of servers evaluated is one alert: from the first firing to the last end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from collector.signals.twice import REPLICA_LABELS
from incident.model.facts import AlertInterval
from incident.model.signals import Labels


def once(found: Sequence[AlertInterval]) -> tuple[AlertInterval, ...]:
    """The intervals with those joined that overlap and differ in the server that told them only."""
    alike: dict[tuple[str, Labels], list[AlertInterval]] = defaultdict(list)
    for one in found:
        alike[one.name, _shared(one.labels)].append(one)
    told: list[AlertInterval] = []
    for (_, labels), some in alike.items():
        told += _joined(some, labels) if len({one.labels for one in some}) > 1 else some
    return tuple(told)


def _shared(labels: Labels) -> Labels:
    return tuple(pair for pair in labels if pair[0] not in REPLICA_LABELS)


def _joined(found: Sequence[AlertInterval], labels: Labels) -> list[AlertInterval]:
    joined: list[AlertInterval] = []
    for one in sorted(found, key=_began):
        last = joined[-1] if joined else None
        if last is not None and (last.resolved_at is None or _began(one) <= last.resolved_at):
            joined[-1] = _both(last, one)
        else:
            joined.append(replace(one, labels=labels))
    return joined


def _began(one: AlertInterval) -> datetime:
    began = one.pending_at or one.firing_at
    assert began is not None, "an interval begins with pending or firing"
    return began


def _both(one: AlertInterval, other: AlertInterval) -> AlertInterval:
    """What one of them missed the other may have seen: a gap is one only where both have it."""
    firings = [at for at in (one.firing_at, other.firing_at) if at is not None]
    ends = [one.resolved_at, other.resolved_at]
    last = one if one.resolved_at is None or one.resolved_at == max(filter(None, ends)) else other
    return replace(
        one,
        firing_at=min(firings, default=None),
        resolved_at=None if None in ends else max(filter(None, ends)),
        plus_minus=max(one.plus_minus, other.plus_minus),
        evaluation_gap=one.evaluation_gap and other.evaluation_gap,
        ended_unseen=last.ended_unseen,
        count=max(one.count, other.count),
    )
