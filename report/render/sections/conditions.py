"""What an alert was about, where no impact was measured: out of normal, condition true, firing."""

from __future__ import annotations

from datetime import datetime

from incident.model.conditions import ConditionStretch
from incident.model.facts import AlertInterval
from incident.model.timeline import Status, Timeline
from incident.rules.said import threshold_words
from incident.timeline.rows.conditions import of_alert
from report.render.wording.clock import clock_of, length
from report.render.wording.md import Md, line

# As many as the summary names; each has its rows in the evidence.
_TOLD = 4


def happened(timeline: Timeline) -> bool:
    """Whether something was wrong although users were not measured: causes and actions are asked for."""
    fired = any(alert.firing_at is not None for alert in timeline.alerts)
    return timeline.status is Status.UNKNOWN and (fired or bool(timeline.conditions))


def condition_lines(timeline: Timeline) -> tuple[Md, ...]:
    """How each condition became an alert, a line for each part of the time that took."""
    if not happened(timeline):
        return ()
    return tuple(told for one in timeline.conditions[:_TOLD] for told in _lines(timeline, one))


def _lines(timeline: Timeline, one: ConditionStretch) -> list[Md]:
    clock, told = clock_of(timeline), []
    name = one.condition.alert or one.condition.signal
    words = line("condition true ({})", threshold_words(one.condition))
    left = _left_normal(timeline, one)
    if left is not None:
        told.append(
            line(
                "{}: left its normal range at {} -> {} = {}",
                name,
                clock.at(left),
                words,
                length(one.start - left),
            )
        )
    alert = _alert(timeline, one)
    if alert is not None and alert.firing_at is not None:
        since = alert.pending_at or one.start
        told.append(line("{}: {} -> firing = {}", name, words, length(alert.firing_at - since)))
    elif one.condition.alert == "":
        told.append(line("{}: {}, and no alert is about it", name, words))
    return told


def _left_normal(timeline: Timeline, one: ConditionStretch) -> datetime | None:
    """When its signal left what was normal for it, where that was before the threshold was crossed."""
    starts = [
        episode.start
        for report in timeline.signals
        if report.spec.name == one.condition.signal
        for episode in report.episodes
        if episode.start < one.start and (episode.end is None or episode.end > one.start)
    ]
    return min(starts, default=None)


def _alert(timeline: Timeline, one: ConditionStretch) -> AlertInterval | None:
    return next((alert for alert in timeline.alerts if of_alert(one, alert)), None)
