"""The summary of a draft without measured impact: what was looked at, and what was seen all the same."""

from __future__ import annotations

from datetime import datetime

from incident.model.signals import Measure
from incident.model.timeline import Status, Timeline
from incident.rules.said import amount, named, threshold_words
from report.render.sections.impact import checked_sentence
from report.render.sections.summary.silenced import silenced_sentence
from report.render.wording.amounts import change
from report.render.wording.clock import Clock, clock_of, length
from report.render.wording.figures import own_firing, unseen
from report.render.wording.md import Md, counted, joined, line

# Conditions named in the paragraph; all of them are in the evidence.
_NAMED = 4


def quiet(timeline: Timeline) -> Md:
    """No impact, or none that could be measured, in a paragraph that begins in bold."""
    clock = clock_of(timeline)
    span = clock.span(timeline.window.start, timeline.window.end)
    if timeline.status is Status.NO_IMPACT:
        found = line("**{}: no impact measured{}.**", span, unseen_words(timeline))
        held = _held(timeline, clock)
        moved = _few(_moved(timeline, clock, asked_for=True))
        hidden = silenced_sentence(timeline)
        told = [found, *held, *moved, checked_sentence(timeline), _alerts(timeline), hidden]
        return joined(" ", [part for part in told if part])
    found = line("**{}: impact unknown.** User impact was not measured{}.", span, _only_up(timeline))
    hidden = silenced_sentence(timeline)
    told = [*_held(timeline, clock), found, *_conditions(timeline, clock), hidden]
    return joined(" ", [part for part in told if part])


def unseen_words(timeline: Timeline) -> Md:
    """`, 55 min of it not seen`: a service that vanished for so long is not told as a calm one."""
    hidden = unseen(timeline)
    return Md(f", {length(hidden)} of it not seen" if hidden else "")


def _only_up(timeline: Timeline) -> Md:
    """What little is known of users: that targets ran."""
    up = any(s.spec.measure is Measure.AVAILABILITY and s.baseline is not None for s in timeline.signals)
    return Md("; only targets were seen, and they were up" if up else "")


def _held(timeline: Timeline, clock: Clock) -> list[Md]:
    """When conditions were true: what the reader came for, in bold before all else."""
    told = [
        line(
            "**{} {}, {}**, at worst {}{}.",
            named(one.condition),
            threshold_words(one.condition),
            _stretch(clock, one.start, one.end),
            amount(one.peak, one.condition),
            Md(f", on and off {one.times} times" if one.times > 1 else ""),
        )
        for one in timeline.conditions
    ]
    return _few(told)


def _few(told: list[Md]) -> list[Md]:
    rest = [counted(len(told) - _NAMED, "more condition.", "more conditions.")] if len(told) > _NAMED else []
    return told[:_NAMED] + rest


def _moved(timeline: Timeline, clock: Clock, *, asked_for: bool) -> list[Md]:
    """Signals that left their normal, of all or of those that people named: `orders 5.5 -> 0.2 1/s, ...`."""
    timed = {one.condition.signal for one in timeline.conditions}
    return [
        line(
            "{} {}, {}.",
            report.spec.name,
            change(episode.before, episode.peak, report.spec.unit),
            _stretch(clock, episode.start, episode.end),
        )
        for report in timeline.signals
        if report.spec.name not in timed and (report.spec.measure is Measure.OTHER or not asked_for)
        for episode in report.episodes
    ]


def _alerts(timeline: Timeline) -> Md:
    if not timeline.alerts_readable:
        return Md("Alert history could not be read.")
    fired = own_firing(timeline)
    if not fired:
        return Md("No alert of the service fired.")
    return line("{} of the service fired all the same.", counted(len(fired), "alert", "alerts"))


def _conditions(timeline: Timeline, clock: Clock) -> list[Md]:
    """The conditions that were seen, with their times: alerts, and departures of any signal."""
    seen = [
        line("{} firing, {}.", alert.name, _stretch(clock, alert.firing_at, alert.resolved_at))
        for alert in own_firing(timeline)
        if alert.firing_at is not None
    ]
    return _few([*seen, *_moved(timeline, clock, asked_for=False)])


def _stretch(clock: Clock, start: datetime, end: datetime | None) -> Md:
    return line("from {} on", clock.at(start)) if end is None else clock.span(start, end)
