"""Process starts: the value of `process_start_time_seconds` is the time, whatever the scrape saw."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from incident.model.facts import Change, ChangeKind, Nearness
from incident.model.signals import Samples
from incident.model.spans import Span, instant

# A process keeps the second it started in; clocks that are corrected move it by less than this.
_JITTER_S = 1.5
# Instances of one service that start within this are one rolling restart.
ROLLING = timedelta(minutes=15)
# From this many starts of the same instances in a row on it is a crash loop, told as one row.
_LOOP = 4


@dataclass(frozen=True, slots=True)
class Start:
    """A process start of one instance: its time, and what about it is only known to a bracket."""

    at_ms: int
    plus_minus_ms: int
    instance: str
    value: str
    """The start as the process states it, which identifies it."""
    known_before: bool
    """The instance was there before: restarted, not new."""


def starts(series: Sequence[Samples], span: Span) -> tuple[Start, ...]:
    """Starts within the span, in order of time."""
    by_instance: dict[str, list[Samples]] = defaultdict(list)
    for samples in series:
        by_instance[instance_of(samples)].append(samples)
    found = [
        start for instance, parts in by_instance.items() for start in _instance_starts(instance, parts, span)
    ]
    return tuple(sorted(found, key=lambda start: (start.at_ms, start.instance)))


def instance_of(samples: Samples) -> str:
    """What tells one process of the service from another: its pod, else its address."""
    return samples.label("pod") or samples.label("instance")


def _instance_starts(instance: str, parts: Sequence[Samples], span: Span) -> Iterator[Start]:
    times = np.concatenate([part.times for part in parts])
    values = np.concatenate([part.values for part in parts])
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    finite = np.isfinite(values)
    times, values = times[finite], values[finite]
    changed = np.abs(np.diff(values, prepend=-np.inf)) > _JITTER_S
    for index in np.flatnonzero(changed).tolist():
        before = int(times[index - 1]) if index else None
        start = _start(instance, float(values[index]), before, int(times[index]))
        if span.start_ms <= start.at_ms < span.end_ms:
            yield start


def _start(instance: str, value: float, before_ms: int | None, seen_ms: int) -> Start:
    """The start at its own time; where that cannot be (a clock that is wrong), between the samples."""
    stated = round(value * 1000)
    earliest = stated if before_ms is None else before_ms
    at_ms, half = stated, 0
    if not earliest <= stated <= seen_ms:
        at_ms, half = (earliest + seen_ms) // 2, (seen_ms - earliest) // 2
        if before_ms is None:
            at_ms, half = seen_ms, 0
    return Start(at_ms, half, instance, f"{value:.3f}".rstrip("0").rstrip("."), before_ms is not None)


def restart_changes(found: Sequence[Start], service: str, query: str) -> tuple[Change, ...]:
    """One change for each restart, one for a rolling restart of several instances, one for a crash loop."""
    return tuple(_change(group, service, query) for group in _looped(_rolling(found)))


def _rolling(found: Sequence[Start]) -> list[list[Start]]:
    """Starts in groups: different instances within 15 minutes; the same one again begins the next group."""
    groups: list[list[Start]] = []
    reach = ROLLING // timedelta(milliseconds=1)
    for start in found:
        group = groups[-1] if groups else []
        again = any(start.instance == other.instance for other in group)
        if group and not again and start.at_ms - group[0].at_ms <= reach:
            group.append(start)
        else:
            groups.append([start])
    return groups


def _looped(groups: Sequence[list[Start]]) -> Iterable[list[Start]]:
    """The groups, four or more in close succession joined to one."""
    chain: list[list[Start]] = []
    reach = ROLLING // timedelta(milliseconds=1)
    for group in groups:
        if chain and group[0].at_ms - chain[-1][-1].at_ms > reach:
            yield from _joined(chain)
            chain = []
        chain.append(group)
    yield from _joined(chain)


def _joined(chain: list[list[Start]]) -> list[list[Start]]:
    return [[start for group in chain for start in group]] if len(chain) >= _LOOP else chain


def _change(group: Sequence[Start], service: str, query: str) -> Change:
    first, last = group[0], group[-1]
    instances = {start.instance for start in group}
    return Change(
        kind=ChangeKind.RESTART,
        at=instant(first.at_ms),
        until=instant(last.at_ms) if len(group) > 1 else None,
        plus_minus=timedelta(milliseconds=max(start.plus_minus_ms for start in group)),
        subject=first.instance if len(instances) == 1 else service,
        title=_title(group, instances),
        value=first.value,
        query=query,
        nearness=Nearness.OWN,
        count=len(group),
    )


def _title(group: Sequence[Start], instances: set[str]) -> str:
    word = "restarted" if any(start.known_before for start in group) else "started"
    who = f"{len(instances)} instances" if len(instances) > 1 else f"instance {group[0].instance}"
    often = f" {len(group)} times" if len(group) > len(instances) else ""
    return f"{who} {word}{often}"
