"""Kubernetes events, of the core group and of events.k8s.io: what happened to pods, workloads and nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from collector.events.fields import inner, instant_of, instant_or_none, labels_of, word
from collector.events.items import Clock, Fact, Fields, Item, Left, Observed, Record
from incident.model.facts import ChangeKind
from incident.model.spans import Span
from incident.text.instants import rfc3339

_REASONS = {
    ChangeKind.OOM_KILL: "OOMKilled OOMKilling SystemOOM",
    ChangeKind.RESTART: "Killing BackOff CrashLoopBackOff",
    ChangeKind.SCALE: (
        "Scaled ScalingReplicaSet SuccessfulRescale KEDAScaleTargetActivated KEDAScaleTargetDeactivated"
    ),
    ChangeKind.TARGET_DOWN: (
        "Unhealthy Failed FailedScheduling FailedMount FailedAttachVolume FailedCreate "
        "FailedCreatePodSandBox FailedPostStartHook ErrImagePull ImagePullBackOff"
    ),
    ChangeKind.DEPLOY: "InstallSucceeded UpgradeSucceeded OperationCompleted RolloutCompleted",
    ChangeKind.ROLLBACK: "DeploymentRollback RollbackSucceeded",
    ChangeKind.JOB_FAILED: (
        "BackoffLimitExceeded DeadlineExceeded TooManyMissedTimes MissSchedule FailedNeedsStart"
    ),
    ChangeKind.NODE: (
        "NodeNotReady NodeReady Rebooted NodeNotSchedulable NodeSchedulable NodeHasDiskPressure "
        "NodeHasInsufficientMemory NodeHasInsufficientPID EvictionThresholdMet Evicted TaintManagerEviction "
        "Preempted Preempting Shutdown"
    ),
}
"""Reasons worth a row. A pod that cannot start or is not ready is a target that is down."""
_KINDS = {reason: kind for kind, reasons in _REASONS.items() for reason in reasons.split()}
_EACH = frozenset({ChangeKind.SCALE, ChangeKind.DEPLOY, ChangeKind.ROLLBACK})
"""Each of these is a fact of its own; the others come in series, which are told once."""
_TOGETHER = timedelta(minutes=15)
"""The same reason on the same workload within this is one series, as a rolling restart is one."""
_POD = re.compile(r"(?P<owner>.+?)(?:-[a-z0-9]{5,10}-[a-z0-9]{5}|-[a-z0-9]{5}|-\d+)")
_SET = re.compile(r"(?P<owner>.+)-[a-z0-9]{5,10}")
_LABELS = {"Pod": "pod", "StatefulSet": "statefulset", "DaemonSet": "daemonset", "Node": "node"}
"""Labels of metrics that name such an object; the rest are named like their Deployment."""


def is_event(fields: Fields) -> bool:
    """An Event object."""
    about = inner(fields, "involvedObject") or inner(fields, "regarding")
    return bool(about) and "reason" in fields


def read_event(record: Record, clock: Clock) -> Iterator[Item]:
    """The event, if its reason is one of those that matter to an incident."""
    fields = record.fields
    reason, kind = word(fields, "reason"), _KINDS.get(str(fields.get("reason")))
    if kind is None:
        yield Left(record.place, f"of a kind without a row ({reason or 'no reason'})")
        return
    about = inner(fields, "involvedObject") or inner(fields, "regarding")
    first, last, count = _times(fields, clock)
    name, what = word(about, "name"), word(about, "kind")
    owner = _owner(what, name)
    subject = f"{what}/{name}" if what else name
    fact = Fact(
        kind=str(kind),
        at=first,
        until=None,
        text=f"{reason}: {word(fields, 'message', 'note')}",
        places=(record.place,),
        labels=_labels(fields, about, what, name, owner),
        subject=subject,
        count=count,
    )
    yield Observed(word(inner(fields, "metadata"), "uid"), reason, owner, last, fact)


def _times(fields: Fields, clock: Clock) -> tuple[datetime, datetime, int]:
    """First and last sight and how often; any of the fields may be missing or null."""
    series = inner(fields, "series")
    lasts = fields.get("lastTimestamp"), fields.get("deprecatedLastTimestamp"), series.get("lastObservedTime")
    firsts = fields.get("firstTimestamp"), fields.get("deprecatedFirstTimestamp"), fields.get("eventTime")
    created = inner(fields, "metadata").get("creationTimestamp")
    last = _first_told([*lasts, *firsts], clock) or instant_of(created, clock)
    first = _first_told(list(firsts), clock) or last
    counts = fields.get("count"), fields.get("deprecatedCount"), series.get("count")
    count = max([one for one in counts if isinstance(one, int) and not isinstance(one, bool)], default=1)
    return min(first, last), last, max(count, 1)


def _first_told(values: list[object], clock: Clock) -> datetime | None:
    return next((at for value in values if (at := instant_or_none(value, clock))), None)


def _owner(what: str, name: str) -> str:
    pattern = _POD if what == "Pod" else _SET if what in ("ReplicaSet", "Job") else None
    found = pattern.fullmatch(name) if pattern else None
    return found["owner"] if found else name


def _labels(fields: Fields, about: Fields, what: str, name: str, owner: str) -> tuple[tuple[str, str], ...]:
    place = word(about, "namespace") or word(inner(fields, "metadata"), "namespace")
    label = _LABELS.get(what)
    named = (label, name) if label else ("deployment", owner)
    return labels_of([named] if label == "node" else [("namespace", place), named])


def series(observed: list[Observed], window: Span) -> list[Fact]:
    """The events as facts: of each event its latest copy, and series of one reason and workload as one.

    One that recurs from before the window on is dated by its last sight, with its beginning in words.
    """
    latest: dict[object, Observed] = {}
    for one in sorted(observed, key=lambda one: (one.last, one.fact.count, one.fact.places)):
        latest[one.uid or (one.reason, one.fact.subject, one.fact.text, one.fact.at)] = one
    ordered = sorted(latest.values(), key=lambda one: (_key(one), one.fact.at, one.fact.places))
    return [_fact(part, window) for _, group in groupby(ordered, key=_key) for part in _parts(list(group))]


def _key(one: Observed) -> tuple[str, ...]:
    each = ChangeKind(one.fact.kind) in _EACH
    own = (one.fact.text, one.fact.subject, rfc3339(one.fact.at)) if each else ()
    return (one.reason, one.owner, str(dict(one.fact.labels).get("namespace")), *own)


def _parts(group: list[Observed]) -> Iterator[list[Observed]]:
    """The group cut where nothing was seen for long."""
    part: list[Observed] = []
    seen: datetime | None = None
    for one in group:
        if part and seen is not None and one.fact.at - seen > _TOGETHER:
            yield part
            part = []
        part.append(one)
        seen = one.last if len(part) == 1 or seen is None else max(seen, one.last)
    yield part


def _fact(part: list[Observed], window: Span) -> Fact:
    first, last = part[0].fact, max(one.last for one in part)
    count = sum(one.fact.count for one in part)
    subjects = {one.fact.subject for one in part}
    text = first.text + (f" ({count:,} times)" if count > 1 else "")
    at, until = first.at, last if last > first.at else None
    if at < window.start <= last:
        text, at, until = f"{text}, since {rfc3339(first.at)}", last, None
    return replace(
        first,
        at=at,
        until=until,
        text=text,
        places=tuple(sorted({place for one in part for place in one.fact.places})),
        subject=first.subject if len(subjects) == 1 else part[0].owner,
        value=f"{part[0].reason} {rfc3339(first.at)}",
        count=count,
    )
