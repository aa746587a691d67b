"""Targets that went down and came back, and stretches in which none was scraped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from collector.changes.restarts import Start, instance_of
from collector.signals.samples.silence import Silence
from incident.model.facts import MONITORING_GAP, Change, ChangeKind, Nearness
from incident.model.signals import Samples, Targets
from incident.model.spans import bracketed, instant
from incident.text.instants import rfc3339

# A process that was down no longer than this around its own start was restarted; the row for the
# restart tells it.
_RESTART_MS = 3 * 60_000
# Targets that fall within this of each other fell together: scrapes of one interval, in their order.
_TOGETHER_MS = 60_000
# From this many falls on the targets are flapping, which is one fact, not so many.
_FLAPPING = 10


@dataclass(frozen=True, slots=True)
class Turn:
    """A target's step from up to down or back, between two of its samples."""

    instance: str
    up: bool
    after_ms: int
    by_ms: int

    @property
    def middle_ms(self) -> int:
        return (self.after_ms + self.by_ms) // 2


def target_changes(targets: Targets, starts: Sequence[Start], service: str) -> tuple[Change, ...]:
    """Falls and returns of targets as raw `up` shows them, those of restarts left out."""
    turns = sorted(
        (turn for samples in targets.samples for turn in _lasting(_turns(samples), starts)),
        key=lambda turn: (turn.by_ms, turn.instance),
    )
    falls = [group for up in (False, True) for group in _together([turn for turn in turns if turn.up is up])]
    total = len({instance_of(samples) for samples in targets.samples})
    if sum(not group[0].up for group in falls) > _FLAPPING:
        return (_flapping(turns, targets.query, service),)
    return tuple(_change(group, total, targets.query, service) for group in falls)


def _turns(samples: Samples) -> list[Turn]:
    up = samples.values == 1.0
    times = samples.times
    instance = instance_of(samples)
    return [
        Turn(instance, bool(up[i + 1]), int(times[i]), int(times[i + 1]))
        for i in np.flatnonzero(np.diff(up)).tolist()
    ]


def _lasting(turns: Sequence[Turn], starts: Sequence[Start]) -> list[Turn]:
    """The turns of one target without the fall and return around each restart."""
    kept: list[Turn] = []
    for turn in turns:
        fall = kept[-1] if kept else None
        if fall is not None and turn.up and not fall.up and _is_restart(fall, turn, starts):
            kept.pop()
        else:
            kept.append(turn)
    return kept


def _is_restart(fall: Turn, back: Turn, starts: Sequence[Start]) -> bool:
    if back.by_ms - fall.after_ms > _RESTART_MS:
        return False
    return any(
        start.instance == fall.instance and fall.after_ms < start.at_ms <= back.by_ms for start in starts
    )


def _together(turns: Sequence[Turn]) -> list[list[Turn]]:
    groups: list[list[Turn]] = []
    for turn in turns:
        group = groups[-1] if groups else []
        again = any(turn.instance == other.instance for other in group)
        if group and not again and turn.by_ms - group[-1].by_ms <= _TOGETHER_MS:
            group.append(turn)
        else:
            groups.append([turn])
    return groups


def _change(group: Sequence[Turn], total: int, query: str, service: str) -> Change:
    first, last = group[0], group[-1]
    moment = bracketed(first.after_ms, first.by_ms, query)
    state = "up again" if first.up else "down"
    who = f"{len(group)} of {total} targets" if total > 1 else "the only target"
    return Change(
        kind=ChangeKind.TARGET_UP if first.up else ChangeKind.TARGET_DOWN,
        at=moment.at,
        until=instant(last.middle_ms) if last.middle_ms > first.middle_ms else None,
        plus_minus=moment.plus_minus,
        subject=first.instance if len(group) == 1 else service,
        title=f"{who} {state}",
        value=rfc3339(instant(first.by_ms)),
        query=query,
        nearness=Nearness.OWN,
        count=len(group),
    )


def _flapping(turns: Sequence[Turn], query: str, service: str) -> Change:
    falls = [turn for turn in turns if not turn.up]
    moment = bracketed(falls[0].after_ms, falls[0].by_ms, query)
    return Change(
        kind=ChangeKind.TARGET_DOWN,
        at=moment.at,
        until=instant(turns[-1].middle_ms),
        plus_minus=moment.plus_minus,
        subject=service,
        title=f"targets flapping: down {len(falls)} times",
        value=rfc3339(instant(falls[0].by_ms)),
        query=query,
        nearness=Nearness.OWN,
        count=len(falls),
    )


def gap_change(
    silence: Silence, targets: Targets, service: str, *, others_scraped: bool, to_the_end: bool
) -> Change:
    """A stretch without a sample of any target: they vanished, or the monitoring was blind."""
    half = targets.interval / 2
    vanished = "its targets vanished: no samples while others were scraped"
    return Change(
        kind=ChangeKind.DATA_GAP,
        at=instant(silence.after_ms) + half,
        until=None if to_the_end else instant(silence.by_ms) - half,
        plus_minus=timedelta(milliseconds=round(half.total_seconds() * 1000)),
        subject=service,
        title=vanished if others_scraped else MONITORING_GAP,
        value=rfc3339(instant(silence.after_ms)),
        query=targets.query,
        nearness=Nearness.OWN,
        count=len(targets.samples),
    )
