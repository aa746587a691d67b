"""Containers that ended and were started again, and which of them were killed for their memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from collector.changes.table.facts import Fact, facts_of
from collector.changes.table.rows import RESTARTS
from incident.model.facts import ChangeKind, Nearness
from incident.model.signals import Samples
from incident.model.spans import Span

_REASON = "kube_pod_container_status_last_terminated_reason"
_ENDED = "kube_pod_container_status_last_terminated_timestamp"
_STARTED = "kube_pod_container_state_started"
METRICS = (_REASON, _ENDED, _STARTED)
"""Read along with the counter of restarts, which alone says neither why nor exactly when."""

# The reason of the last end may be scraped a turn later than the restart it led to.
_LATE_MS = 2 * 60_000
_EARLY_MS = 5 * 60_000


def facts(series: Sequence[Samples], span: Span) -> list[Fact]:
    """Restarts of containers, each at the time the cluster states for it where it states one.

    The reason stays set for ever, so that it speaks only together with a restart.
    """
    counted = [one for one in series if one.label("__name__") == RESTARTS.metric]
    found: list[Fact] = []
    for one in counted:
        beside = [other for other in series if _container(other) == _container(one)]
        for fact in facts_of(RESTARTS, [one], Nearness.OWN, span):
            found.append(_explained(fact, beside))
    return found


def _container(one: Samples) -> tuple[str, ...]:
    names = ("namespace", "exported_namespace", "pod", "exported_pod", "container", "exported_container")
    return tuple(one.label(name) for name in names)


def _explained(fact: Fact, beside: Sequence[Samples]) -> Fact:
    stated = _stated(fact, beside, _ENDED) or _stated(fact, beside, _STARTED)
    exact = replace(fact, after_ms=stated, by_ms=stated, stated=True) if stated else fact
    if not any(_killed(fact, one) for one in beside):
        return exact
    return replace(
        exact,
        kind=ChangeKind.OOM_KILL,
        one=fact.one.replace(" restarted", " killed: out of memory"),
        many=fact.many.replace(" restarted", " killed: out of memory"),
    )


def _stated(fact: Fact, beside: Sequence[Samples], metric: str) -> int | None:
    """The time that a metric states, if it can be that of this restart."""
    times = [
        round(value * 1000)
        for one in beside
        if one.label("__name__") == metric
        for value in np.unique(one.values[np.isfinite(one.values)]).tolist()
    ]
    fitting = [at for at in times if fact.after_ms - _EARLY_MS <= at <= fact.by_ms]
    return max(fitting, default=None)


def _killed(fact: Fact, one: Samples) -> bool:
    if one.label("__name__") != _REASON or one.label("reason") != "OOMKilled":
        return False
    near = (one.times >= fact.by_ms) & (one.times <= fact.by_ms + _LATE_MS)
    return bool((one.values[near] == 1.0).any())
