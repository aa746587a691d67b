"""An alert that comes and goes without end is one row: when it began, when it stopped, how often it fired."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from incident.model.facts import AlertInterval

# Pauses up to this are the same flapping: as long as a recovery must hold to be believed.
_PAUSE = timedelta(minutes=10)
# So many intervals are still told one by one; beyond, a table of them says less than their number.
MOST_SINGLE = 20


def folded(found: Sequence[AlertInterval]) -> tuple[AlertInterval, ...]:
    """Intervals of one alert, in order of time; more than a few with short pauses between them as one."""
    told: list[AlertInterval] = []
    for group in _groups(found):
        told += [_whole(group)] if len(group) > MOST_SINGLE else group
    return tuple(told)


def _groups(found: Sequence[AlertInterval]) -> Iterator[list[AlertInterval]]:
    group: list[AlertInterval] = []
    for one in found:
        ended = group[-1].resolved_at if group else None
        if group and (ended is None or _began(one) - ended > _PAUSE):
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _began(one: AlertInterval) -> datetime:
    began = one.pending_at or one.firing_at
    assert began is not None, "an interval begins with pending or firing"
    return began


def _whole(group: Sequence[AlertInterval]) -> AlertInterval:
    firings = [one for one in group if one.firing_at is not None]
    return replace(
        group[0],
        firing_at=firings[0].firing_at if firings else None,
        resolved_at=group[-1].resolved_at,
        evaluation_gap=any(one.evaluation_gap for one in group),
        count=len(firings) or len(group),
        ended_unseen=group[-1].ended_unseen,
    )
