"""What others recorded: alerts, changes, and what could not be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from incident.model.signals import Labels


class Nearness(IntEnum):
    """How close an alert or a change is to the service under report."""

    OWN = 0
    NEARBY = 1
    """Same namespace, or the same owner of pods."""
    ELSEWHERE = 2


_PLACING = frozenset(
    "service service_name app application job exported_service exported_job ingress deployment statefulset "
    "daemonset container pod exported_pod instance exported_instance namespace exported_namespace "
    "kubernetes_namespace cluster node nodename host hostname device topic queue consumergroup "
    "persistentvolumeclaim destination_canonical_service".split()
)
"""Labels that say whose alert it is; one with none of them was aggregated over everything it watches."""


def names_nothing(labels: Labels) -> bool:
    """Whether the labels name no service, place or machine at all."""
    return not any(name in _PLACING for name, _ in labels)


@dataclass(frozen=True, slots=True)
class AlertInterval:
    """One pending-firing-resolved run of an alert, exact to the rule's evaluation interval."""

    name: str
    labels: Labels
    """Without alertname and alertstate."""
    pending_at: datetime | None
    """When the condition was first seen true (ActiveAt); None where it was never stored."""
    firing_at: datetime | None
    """First firing evaluation; None for an alert that was only ever pending."""
    resolved_at: datetime | None
    """Last sample plus one interval, after a hole the first evaluation that found it gone; None while
    active at the end of what was read."""
    plus_minus: timedelta
    nearness: Nearness
    source: str
    began_before: bool = False
    """Active already at the first sample read: pending_at or firing_at may lie earlier."""
    evaluation_gap: bool = False
    """A hole without rule samples lies inside; it was not read as a resolve."""
    count: int = 1
    """How often it fired between first firing and end, where it flapped too often to be told singly."""
    ended_unseen: bool = False
    """It was active when evaluation stopped, and gone when it went on: it resolved somewhere between."""

    def fires_in(self, start: datetime, end: datetime | None) -> bool:
        """Whether it fired at any time in `[start, end)`; where `end` is None, from `start` on."""
        if self.firing_at is None or (end is not None and self.firing_at >= end):
            return False
        return self.resolved_at is None or self.resolved_at > start


@dataclass(frozen=True, slots=True)
class AlertRule:
    """An alerting rule as the server has it now; it may have changed since the incident."""

    name: str
    query: str
    hold: timedelta
    """The rule's `for`."""
    interval: timedelta
    labels: Labels
    summary: str
    runbook_url: str


class ChangeKind(StrEnum):
    """Kinds of change events read from metrics; the words are those of timeline.json."""

    RESTART = "restart"
    DEPLOY = "deploy"
    ROLLBACK = "rollback"
    SCALE = "scale"
    CONFIG_RELOAD = "config_reload"
    OOM_KILL = "oom_kill"
    FAILOVER = "failover"
    JOB_FAILED = "job_failed"
    TARGET_DOWN = "target_down"
    TARGET_UP = "target_up"
    NODE = "node"
    POD = "pod"
    """A pod that cannot run: evicted, waiting."""
    ROLLOUT_STUCK = "rollout_stuck"
    CERTIFICATE = "certificate"
    DATA_GAP = "data_gap"
    MONITORING_TROUBLE = "monitoring_trouble"


MONITORING_GAP = "no samples of anything: monitoring gap"
"""Title of a data gap in which the monitoring itself was blind, as against targets that vanished."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that changed: what, when, and the query whose samples say so.

    A rolling restart of many instances is one change with `count` and `until`.
    """

    kind: ChangeKind
    at: datetime
    until: datetime | None
    plus_minus: timedelta
    subject: str
    """What changed: an instance, a deployment, a job; as labels name it."""
    title: str
    """In words with values from -> to: "scaled 4 -> 12 replicas"."""
    value: str
    """The identifying value (a start time, "2.7.0 -> 2.7.1"); part of the event's stable id."""
    query: str
    nearness: Nearness
    count: int = 1


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that could not be seen, and why. Printed in the draft, never read as zero."""

    what: str
    why: str
    start: datetime | None = None
    end: datetime | None = None
    failed: bool = False
    """A source or query failed (exit code 3), as against a gap in data that arrived whole."""
    aside: bool = False
    """It hides nothing of the service, like a bad row in a file: told in the evidence, not in the summary."""


def told_together(unknowns: Sequence[Unknown], most: int | None = None) -> tuple[Unknown, ...]:
    """The unknowns, those of one reason and time as one: a store that is gone is one fact, not twelve.

    Each names its parts in order, those beyond `most` by their number only.
    """
    shared: dict[tuple[str, datetime | None, datetime | None, bool, bool], list[str]] = {}
    for one in unknowns:
        shared.setdefault((one.why, one.start, one.end, one.failed, one.aside), []).append(one.what)
    return tuple(
        Unknown(_named(names, most), why, start, end, failed, aside)
        for (why, start, end, failed, aside), names in shared.items()
    )


def _named(names: Sequence[str], most: int | None) -> str:
    told = list(dict.fromkeys(names))
    if most is None or len(told) <= most:
        return ", ".join(told)
    return f"{', '.join(told[:most])} and {len(told) - most} more"


@dataclass(frozen=True, slots=True)
class Entered:
    """A fact people entered: a timed note, or a milestone such as `acknowledged`."""

    kind: str
    """A kind of timeline.json's people group: "note", "action", "acknowledged", ..."""
    at: datetime
    text: str
    id: str
    """Stable identity of the entry, made when it was entered."""
    source: str = ""
    """`file a.csv line 3` where a file told it; empty of what was entered by hand."""
