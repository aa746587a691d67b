"""Reports each change once: what one metric has reported is left out where another shows it, too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from collector.changes.restarts import Start
from collector.changes.table import rows
from collector.changes.table.facts import Fact
from incident.model.facts import Change, ChangeKind
from incident.model.spans import instant

# A version is stated once the new processes run, half an hour after the rollout began at most.
_ROLLOUT = timedelta(minutes=30)
# An edit of the replicas raises the generation at once; the two are scraped together.
_SAME_EDIT = timedelta(minutes=2)
# A restart as the process states it, and as the cluster counts it a scrape or two later.
_SAME_START = timedelta(minutes=3)
# A kill as the kernel, the container runtime and the cluster count it.
_SAME_KILL = timedelta(minutes=5)
# New instances within this of a rollout are its own.
_ROLLING = timedelta(minutes=15)

_DEPLOYS = (ChangeKind.DEPLOY, ChangeKind.ROLLBACK)
_GENERATIONS = frozenset(row.metric for row in rows.GENERATIONS)


def not_yet_told(facts: Sequence[Fact], changes: Sequence[Change], begun: Sequence[Start]) -> list[Fact]:
    """The facts that no change and no better fact tells already."""
    kept = [fact for fact in facts if not _by_changes(fact, changes) and not _by_starts(fact, begun)]
    return [fact for fact in kept if not _by_facts(fact, kept)]


def not_of_rollouts(begun: Sequence[Start], facts: Sequence[Fact]) -> list[Start]:
    """The starts without new instances that a rollout brought."""
    rollouts = [fact for fact in facts if _is_rollout(fact)]

    def brought(start: Start) -> bool:
        at = timedelta(milliseconds=start.at_ms)
        since = (at - timedelta(milliseconds=fact.by_ms) for fact in rollouts)
        return not start.known_before and any(timedelta(0) <= gap <= _ROLLING for gap in since)

    return [start for start in begun if not brought(start)]


def _by_changes(fact: Fact, changes: Sequence[Change]) -> bool:
    near = {change.kind for change in changes if abs(change.at - instant(fact.by_ms)) <= _ROLLOUT}
    if _is_rollout(fact) and near & {*_DEPLOYS}:
        return True
    if _metric(fact) == rows.CREATED.metric and near & {*_DEPLOYS, ChangeKind.SCALE}:
        return True
    edits = (change for change in changes if change.kind is ChangeKind.SCALE)
    return _metric(fact) in _GENERATIONS and any(
        abs(change.at - instant(fact.middle_ms)) <= _SAME_EDIT
        or change.at <= instant(fact.middle_ms) <= (change.until or change.at)
        for change in edits
    )


def _by_starts(fact: Fact, begun: Sequence[Start]) -> bool:
    if fact.kind is not ChangeKind.RESTART or _metric(fact) != rows.RESTARTS.metric:
        return False
    return any(abs(instant(start.at_ms) - instant(fact.middle_ms)) <= _SAME_START for start in begun)


def _by_facts(fact: Fact, facts: Sequence[Fact]) -> bool:
    others = [other for other in facts if other is not fact and _apart(fact, other) <= _SAME_KILL]
    if fact.kind is ChangeKind.OOM_KILL and _metric(fact) != rows.RESTARTS.metric:
        host = ("container_oom_events_total",) if _metric(fact) == "node_vmstat_oom_kill" else ()
        better = (rows.RESTARTS.metric, *host)
        return any(o.kind is ChangeKind.OOM_KILL and _metric(o) in better for o in others)
    if _metric(fact) == "kube_job_status_failed":
        return any(_metric(o) == "kube_job_failed" and o.subject == fact.subject for o in others)
    return _metric(fact) in {*_GENERATIONS, rows.CREATED.metric} and any(
        _metric(o) == rows.ROLLOUT.metric for o in others
    )


def _is_rollout(fact: Fact) -> bool:
    return _metric(fact) in {rows.ROLLOUT.metric, *_GENERATIONS}


def _metric(fact: Fact) -> str:
    return fact.query.partition("{")[0]


def _apart(one: Fact, other: Fact) -> timedelta:
    return timedelta(milliseconds=abs(one.middle_ms - other.middle_ms))
