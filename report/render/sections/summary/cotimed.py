"""What changed near the impact. Timing only: a change before the start is never called its cause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from incident.model.signals import Measure
from incident.model.spans import Moment
from incident.model.timeline import Event, EventOrigin, Timeline
from report.render.wording.clock import Clock, clock_of, length, since
from report.render.wording.figures import told
from report.render.wording.md import Md, foreign, joined, line

CONTEXT_KINDS = frozenset({"traffic_surge", "traffic_drop", "latency_drop", "monitoring_trouble", "data_gap"})
"""Kinds of measured events that are circumstances, neither impact nor a change someone made."""

# What is said to stand near the start: an hour back, because rollouts and leaks take that long to show,
# and ten minutes on, because a surge is often measured a little after the errors it comes with.
_BEFORE = timedelta(minutes=60)
_AFTER = timedelta(minutes=10)
_NAMED = 2
_TARGETS = frozenset({"target_down", "target_up"})
_OF_THE_IMPACT = _TARGETS | {"data_gap", "monitoring_trouble"}
# In the section itself; a longer list is in the evidence, whole.
_LISTED = 12


@dataclass(frozen=True, slots=True)
class CotimedRow:
    """A change or circumstance with its distances, as table cells."""

    at: Md
    to_start: Md
    to_recovery: Md
    what: Md
    event: str
    """Stable id of the event."""


def _is_circumstance(event: Event) -> bool:
    return event.origin is EventOrigin.CHANGE or event.kind in CONTEXT_KINDS


def near_start(timeline: Timeline) -> tuple[Event, ...]:
    """What came before the start or with it, the nearest first, one of each kind.

    What people or machines changed after the start is an answer to it, and vanished targets are the
    impact itself as the monitoring saw it: neither is named here.
    """
    if not timeline.episodes:
        return ()
    start = timeline.episodes[0].start
    near = [event for event in timeline.events if _is_circumstance(event) and _is_near(event, start)]
    outside = [event for event in near if event.kind not in _OF_THE_IMPACT]
    by_kind: dict[str, Event] = {}
    for event in sorted(outside, key=lambda event: (abs(event.at - start.at), event.id)):
        by_kind.setdefault(event.kind, event)
    return tuple(by_kind.values())


def _is_near(event: Event, start: Moment) -> bool:
    latest = _AFTER if event.kind in CONTEXT_KINDS else start.plus_minus + event.plus_minus
    return start.at - _BEFORE <= event.at <= start.at + latest


def context_sentence(timeline: Timeline) -> Md:
    """The nearest changes in a sentence, with their distance to the start; empty where there are none."""
    near = near_start(timeline)
    if not near:
        return Md("")
    start = timeline.episodes[0].start
    named = [line("{}, {}", told(event), distance(event, start)) for event in near[:_NAMED]]
    rest = Md(f"; {len(near) - _NAMED} more below" if len(near) > _NAMED else "")
    return line("{}{} (co-timed, not cause).", joined("; ", named), rest)


def distance(event: Event, start: Moment) -> Md:
    """`4 min before the start`; no more exact than both times are known."""
    gap = event.at - start.at
    if abs(gap) <= max(event.plus_minus, start.plus_minus):
        return Md("at about the start")
    return Md(f"{length(abs(gap))} {'before' if gap < timedelta(0) else 'after'} the start")


def cotimed_rows(timeline: Timeline) -> tuple[CotimedRow, ...]:
    """Changes and circumstances of the incident in order of time, with distances to start and recovery."""
    clock = clock_of(timeline)
    return tuple(_row(timeline, clock, event) for event in _circumstances(timeline)[:_LISTED])


def left_out(timeline: Timeline) -> int:
    """How many the section does not list; the evidence lists every event."""
    return max(0, len(_circumstances(timeline)) - _LISTED)


def nothing_changed(timeline: Timeline) -> Md:
    """The sentence where no change was found; traffic that is itself the impact is not said to have stood."""
    harmed = any(
        report.spec.measure is Measure.TRAFFIC and any(one.impact for one in report.episodes)
        for report in timeline.signals
    )
    what = "restart, deploy or scaling" if harmed else "restart, deploy, scaling or change of traffic"
    return Md(f"No {what} shows in the metrics of this window.")


def _circumstances(timeline: Timeline) -> tuple[Event, ...]:
    """Without targets that are down as part of a measured episode: that is the impact itself."""
    return tuple(
        event
        for event in timeline.events
        if _is_circumstance(event) and (event.main or event.kind not in _TARGETS)
    )


def _row(timeline: Timeline, clock: Clock, event: Event) -> CotimedRow:
    recovered = timeline.milestones.recovered
    return CotimedRow(
        at=clock.row(event.at, event.plus_minus),
        to_start=since(timeline.episodes[0].start.at, event.at) if timeline.episodes else Md(""),
        to_recovery=Md("") if recovered is None else since(recovered.at, event.at),
        what=foreign(told(event)),
        event=event.id,
    )
