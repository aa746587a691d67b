"""Rows that others recorded: alerts, changes, gaps in the data, and what people entered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from incident.impact.assess import Assessment
from incident.model.conditions import ConditionStretch
from incident.model.evidence import Evidence
from incident.model.facts import AlertInterval, Change, ChangeKind, Entered, Nearness
from incident.model.spans import Span
from incident.model.timeline import Event, EventOrigin
from incident.rules.said import threshold_words
from incident.text.durations import format_duration
from incident.timeline.rows.conditions import of_alert
from incident.timeline.rows.ids import event_id

_CO_TIMED_BEFORE = timedelta(hours=1)
"""A change up to an hour before the onset is worth a row; whether it matters is for people."""
_CO_TIMED_AFTER = timedelta(minutes=30)
_SENT = ("notified", "silence")
"""What the alerting did by itself; told in the evidence."""
_TARGETS = (ChangeKind.TARGET_DOWN, ChangeKind.TARGET_UP)


def alert_events(
    alerts: tuple[AlertInterval, ...], judged: Assessment, held: tuple[ConditionStretch, ...]
) -> Iterator[Event]:
    """Pending, firing and resolved rows; main are the first of each alert, the one that told of the impact,
    and the last end: of this service, for the same rule may have fired for its neighbours before.

    `held` are the stretches in which conditions of alerts were true: their thresholds stand in the rows.
    """
    last = _last_resolved(alerts, judged)
    seen: Counter[str] = Counter()
    often = Counter((one.name, one.labels) for one in alerts if one.firing_at is not None)
    for one in alerts:
        fired = one.nearness is Nearness.OWN and one.firing_at is not None
        fresh = fired and seen[one.name] == 0
        seen[one.name] += fired
        told = one is judged.first_alert
        threshold = next((f" ({threshold_words(s.condition)})" for s in held if of_alert(s, one)), "")
        times = often[one.name, one.labels]
        first = f", the first of {times:,} times" if fresh and times > 1 else ""
        words = _Words(threshold, first, " for the last time" if one is last and times > 1 else "")
        yield from _of_alert(one, words, pending=told, firing=fresh or told, resolved=one is last)


def _last_resolved(alerts: tuple[AlertInterval, ...], judged: Assessment) -> AlertInterval | None:
    start = judged.episodes[0].start.at if judged.episodes else None
    own = [a for a in alerts if a.nearness is Nearness.OWN and a.firing_at and a.resolved_at]
    ended = [(a.resolved_at, a.name, a) for a in own if start and a.resolved_at and a.resolved_at > start]
    return max(ended, key=lambda found: found[:2])[2] if ended else None


@dataclass(frozen=True, slots=True)
class _Words:
    """What the rows of an alert say besides its state.

    On the first page its first row must not read as one long firing, where it fired several times.
    """

    threshold: str
    first: str
    last: str


def _of_alert(
    one: AlertInterval, words: _Words, *, pending: bool, firing: bool, resolved: bool
) -> Iterator[Event]:
    if one.pending_at is not None and one.pending_at != one.firing_at:
        yield _alert_row(one, "alert_pending", f"condition true{words.threshold}", pending)
    if one.firing_at is not None:
        yield _alert_row(one, "alert_firing", f"firing{words.first}", firing)
        if one.resolved_at is not None:
            over = "gone when rules were evaluated again" if one.ended_unseen else "resolved"
            yield _alert_row(one, "alert_resolved", f"{over}{words.last}", resolved)


def _alert_row(one: AlertInterval, kind: str, verb: str, main: bool) -> Event:
    times = {
        "alert_pending": one.pending_at,
        "alert_firing": one.firing_at,
        "alert_resolved": one.resolved_at,
    }
    at = times[kind]
    assert at is not None
    began = one.pending_at or one.firing_at
    labels = ",".join(f"{k}={v}" for k, v in one.labels)
    since = (
        ", active since before the first sample read" if one.began_before and kind != "alert_resolved" else ""
    )
    return Event(
        id=event_id("alert", kind, one.name, labels, str(began)),
        at=at,
        until=one.resolved_at if one.count > 1 and kind == "alert_firing" else None,
        plus_minus=timedelta(0) if kind == "alert_pending" else one.plus_minus,
        kind=kind,
        origin=EventOrigin.ALERT,
        subject=one.name,
        title=f"{one.name}{_near(one)} {verb}{_often(one, kind)}{since}",
        value=labels,
        query=one.source,
        link="",
        main=main,
    )


def _near(one: AlertInterval) -> str:
    """Not this service's own: the labels, in the table of those, say whose it is."""
    return "" if one.nearness is Nearness.OWN else " (nearby)"


def _often(one: AlertInterval, kind: str) -> str:
    """How often and until when an alert fired that is told as one."""
    if one.count == 1 or kind != "alert_firing":
        return ""
    assert one.firing_at is not None
    lasted = f" in {format_duration(one.resolved_at - one.firing_at)}" if one.resolved_at else ""
    return f" {one.count:,} times{lasted}"


def change_events(evidence: Evidence, judged: Assessment, window: Span) -> Iterator[Event]:
    """Changes in the window; those of this service near the impact are main rows."""
    counted: Counter[tuple[str, str, str]] = Counter()
    for one in evidence.changes:
        if window.start <= one.at < window.end:
            key = (one.kind.value, one.subject, one.value)
            counted[key] += 1
            yield _change_row(one, counted[key], _main_change(one, judged))


def _main_change(one: Change, judged: Assessment) -> bool:
    if one.nearness is not Nearness.OWN or one.kind in _TARGETS:
        return False
    if not judged.episodes:
        return one.kind is not ChangeKind.RESTART or one.count > 1
    start, last = judged.episodes[0].start.at, judged.episodes[-1].end
    return start - _CO_TIMED_BEFORE <= one.at and (last is None or one.at <= last.at + _CO_TIMED_AFTER)


def _change_row(one: Change, number: int, main: bool) -> Event:
    return Event(
        id=event_id("change", one.kind.value, one.subject, one.value, str(number)),
        at=one.at,
        until=one.until,
        plus_minus=one.plus_minus,
        kind=one.kind.value,
        origin=EventOrigin.CHANGE,
        subject=one.subject,
        title=one.title,
        value=one.value,
        query=one.query,
        link="",
        main=main,
    )


def gap_events(gaps: tuple[tuple[Span, tuple[str, ...]], ...]) -> Iterator[Event]:
    """Stretches without samples: unknown, drawn as gaps, never read as an outage or a recovery."""
    for number, (span, names) in enumerate(gaps):
        yield Event(
            id=event_id("gap", ",".join(names), str(number)),
            at=span.start,
            until=span.end,
            plus_minus=timedelta(0),
            kind="data_gap",
            origin=EventOrigin.MEASURED,
            subject=", ".join(names),
            title=f"No samples of {', '.join(names)} for {format_duration(span.length)}: unknown",
            value="",
            query="",
            link="",
            main=True,
        )


def entered_events(entered: tuple[Entered, ...]) -> Iterator[Event]:
    """What people wrote down with a time; their words as they are."""
    for one in entered:
        yield Event(
            id=one.id,
            at=one.at,
            until=None,
            plus_minus=timedelta(0),
            kind=one.kind,
            origin=EventOrigin.ALERT if one.kind in _SENT else EventOrigin.ENTERED,
            subject="",
            title=one.text,
            value="",
            query=one.source,
            link="",
            main=one.kind not in _SENT,
        )
