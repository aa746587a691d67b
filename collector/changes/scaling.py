"""Scaling: the replicas a Deployment was told to have, from -> to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from incident.model.facts import Change, ChangeKind, Nearness
from incident.model.signals import Samples
from incident.model.spans import bracketed, instant

# Steps in the same direction within this of each other are one scaling: an autoscaler climbs in steps.
_CLIMB_MS = 5 * 60_000


@dataclass(frozen=True, slots=True)
class Step:
    """A change of the number, seen between two samples."""

    before: int
    replicas: int
    after_ms: int
    by_ms: int


def scaling_changes(samples: Samples, nearness: Nearness, query: str) -> tuple[Change, ...]:
    """The scalings of one Deployment, in order of time."""
    return tuple(_change(group, samples.label("deployment"), nearness, query) for group in _climbs(samples))


def _climbs(samples: Samples) -> list[list[Step]]:
    groups: list[list[Step]] = []
    for step in _steps(samples):
        last = groups[-1][-1] if groups else None
        alike = last is not None and (step.replicas > step.before) == (last.replicas > last.before)
        if last is not None and alike and step.by_ms - last.by_ms <= _CLIMB_MS:
            groups[-1].append(step)
        else:
            groups.append([step])
    return groups


def _steps(samples: Samples) -> list[Step]:
    finite = np.isfinite(samples.values)
    times, values = samples.times[finite], samples.values[finite]
    return [
        Step(int(values[i]), int(values[i + 1]), int(times[i]), int(times[i + 1]))
        for i in np.flatnonzero(np.diff(values)).tolist()
    ]


def _change(group: Sequence[Step], deployment: str, nearness: Nearness, query: str) -> Change:
    first, last = group[0], group[-1]
    moment = bracketed(first.after_ms, first.by_ms, query)
    value = f"{first.before} -> {last.replicas}"
    return Change(
        kind=ChangeKind.SCALE,
        at=moment.at,
        until=instant((last.after_ms + last.by_ms) // 2) if len(group) > 1 else None,
        plus_minus=max(moment.plus_minus, timedelta(0)),
        subject=deployment,
        title=f"scaled {value} replicas",
        value=value,
        query=query,
        nearness=nearness,
        count=len(group),
    )


def is_up(change: Change) -> bool:
    """Whether the scaling added replicas."""
    before, _, after = change.value.partition(" -> ")
    return int(after) > int(before)
