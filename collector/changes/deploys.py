"""Deploys: the version or image that a service's instances state, before and after."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from collector.changes.restarts import Start
from collector.signals.samples.raw import FRESH_INTERVALS, spacing_ms
from incident.model.facts import Change, ChangeKind, Nearness
from incident.model.signals import Labels, Samples
from incident.model.spans import instant

RESOURCE = "target_info"
"""Where OpenTelemetry's exporters put what a process says of itself, its version as `service_version`."""
CONTAINERS = "kube_pod_container_info"
"""Of kube-state-metrics: the image that each container of a pod runs."""
# Instances that come to the same version within this of each other are one rollout.
_ROLLOUT_MS = 30 * 60_000
# A start this close to the change of version is the deploy's own: the process states its version at once,
# the scrape sees it at its next turn.
_OWN_START_MS = 2 * 60_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """A version seen for the first time on an instance, in (after, by]; `before` "" on a new instance."""

    instance: str
    before: str
    version: str
    after_ms: int
    by_ms: int


@dataclass(frozen=True, slots=True)
class Rollout:
    """One change of version over the instances it reached."""

    before: str
    version: str
    back: bool
    arrivals: tuple[Arrival, ...]


def arrivals(
    series: Sequence[Samples], version: Callable[[Labels], str], instance: Callable[[Samples], str]
) -> tuple[Arrival, ...]:
    """Each instance's versions in order of time; the first one of all is an arrival too."""
    by_instance: dict[str, list[Samples]] = defaultdict(list)
    for samples in series:
        if version(samples.labels) and samples.times.size:
            by_instance[instance(samples)].append(samples)
    spacing = spacing_ms(series) or 0
    found = [
        arrival
        for name, parts in by_instance.items()
        for arrival in _on_instance(name, parts, [version(part.labels) for part in parts], spacing)
    ]
    return tuple(sorted(found, key=lambda arrival: (arrival.by_ms, arrival.instance)))


def _on_instance(
    instance: str, parts: Sequence[Samples], versions: Sequence[str], spacing: int
) -> list[Arrival]:
    times = np.concatenate([part.times for part in parts])
    which = np.concatenate([np.full(part.times.size, index) for index, part in enumerate(parts)])
    order = np.argsort(times, kind="stable")
    times, which = times[order], which[order]
    found = [Arrival(instance, "", versions[int(which[0])], int(times[0]) - spacing, int(times[0]))]
    for index in (np.flatnonzero(np.diff(which)) + 1).tolist():
        before, after = versions[int(which[index - 1])], versions[int(which[index])]
        if before != after:
            found.append(Arrival(instance, before, after, int(times[index - 1]), int(times[index])))
    return found


def rollouts(found: Sequence[Arrival], spacing: int) -> tuple[Rollout, ...]:
    """Changes of version of the whole workload, told from new instances of the version it has."""
    if not found:
        return ()
    first = found[0].by_ms
    initial = [one for one in found if one.by_ms - first <= FRESH_INTERVALS * spacing and not one.before]
    current = Counter(one.version for one in initial).most_common(1)[0][0]
    history = {one.version for one in initial}
    made: list[Rollout] = []
    for arrival in found:
        if arrival in initial or (not arrival.before and arrival.version == current):
            _join(made, arrival)
            continue
        if _join(made, arrival):
            continue
        before = arrival.before or current
        back = arrival.version in history or _is_older(arrival.version, before)
        made.append(Rollout(before, arrival.version, back, (arrival,)))
        current = arrival.version
        history.add(arrival.version)
    return tuple(made)


def _join(made: list[Rollout], arrival: Arrival) -> bool:
    """Count the arrival to the rollout under way, if it is of its version."""
    if not made or made[-1].version != arrival.version:
        return False
    if arrival.by_ms - made[-1].arrivals[-1].by_ms > _ROLLOUT_MS:
        return False
    made[-1] = replace(made[-1], arrivals=(*made[-1].arrivals, arrival))
    return True


def _is_older(version: str, than: str) -> bool:
    """Whether both are plain numbered versions, and the first the lower one."""
    parts = [re.fullmatch(r"v?(\d+(?:\.\d+)*)", text) for text in (version, than)]
    if parts[0] is None or parts[1] is None:
        return False
    mine, theirs = ([int(number) for number in part[1].split(".")] for part in parts if part)
    return mine < theirs


def deploy_change(
    rollout: Rollout, found: Sequence[Start], query: str, words: str
) -> tuple[Change, tuple[Start, ...]]:
    """The rollout as a change, and the process starts that are its own.

    A start is the better time: it is what the process says, not when a scrape came by.
    """
    timed = [_timed(arrival, found) for arrival in rollout.arrivals]
    own = _own_starts(rollout, [start for _, _, start in timed if start is not None], found)
    at_ms = min(at for at, _, _ in timed)
    last = max(at for at, _, _ in timed)
    value = f"{rollout.before} -> {rollout.version}"
    many = f" ({len(timed)} instances)" if len(timed) > 1 else ""
    change = Change(
        kind=ChangeKind.ROLLBACK if rollout.back else ChangeKind.DEPLOY,
        at=instant(at_ms),
        until=instant(last) if len(timed) > 1 else None,
        plus_minus=timedelta(milliseconds=max(half for _, half, _ in timed)),
        subject=words,
        title=f"{'rolled back' if rollout.back else 'version'} {value}{many}",
        value=value,
        query=query,
        nearness=Nearness.OWN,
        count=len(timed),
    )
    return change, own


def _own_starts(rollout: Rollout, matched: Sequence[Start], found: Sequence[Start]) -> tuple[Start, ...]:
    """The starts that tell the arrivals, and new instances meanwhile: pods are named by address elsewhere."""
    first = rollout.arrivals[0].after_ms - _OWN_START_MS
    last = rollout.arrivals[-1].by_ms + _OWN_START_MS
    new = (start for start in found if not start.known_before and first <= start.at_ms <= last)
    return tuple(dict.fromkeys((*matched, *new)))


def _timed(arrival: Arrival, found: Sequence[Start]) -> tuple[int, int, Start | None]:
    """When the arrival was, how sure, and the start that tells it: the last before the version was seen."""
    for start in sorted(found, key=lambda start: start.at_ms, reverse=True):
        near = arrival.after_ms - _OWN_START_MS <= start.at_ms <= arrival.by_ms
        if start.instance == arrival.instance and near:
            return start.at_ms, start.plus_minus_ms, start
    middle = (arrival.after_ms + arrival.by_ms) // 2
    return middle, (arrival.by_ms - arrival.after_ms) // 2, None


def version_of(labels: Labels) -> str:
    """The version that a `_build_info` or `target_info` states, else the revision it was built from."""
    named = dict(labels)
    if named.get("__name__") == RESOURCE:
        return named.get("service_version", "")
    version = named.get("version", "")
    revision = named.get("revision") or named.get("commit") or named.get("git_commit") or ""
    # Builds without a version number are told apart by their revision only.
    return version if version not in ("", "unknown", "dev", "latest", "(devel)") else revision[:12]


def image_of(labels: Labels) -> str:
    """The tag of a container's image, or the start of its digest."""
    named = dict(labels)
    image = named.get("image_spec") or named.get("image", "")
    name, _, digest = image.partition("@sha256:")
    tag = name.rpartition("/")[2].partition(":")[2]
    return tag or digest[:12]
