"""Each chart read in one sentence, for those who cannot see it and for wikis that lost it."""

from __future__ import annotations

from collections.abc import Sequence

from incident.model.conditions import ConditionStretch
from incident.model.signals import Kind, Measure
from incident.model.timeline import SignalEpisode, SignalReport, Status, Timeline
from incident.rules.said import amount, threshold_words
from incident.text.numbers import quantity
from report.charts.axes.time import days_words
from report.charts.frame import Frame
from report.charts.parts.panels import Measured
from report.charts.parts.readings import normal_words, shown_unit, worst_episode
from report.charts.parts.series import gaps
from report.charts.words import shown

_MOST_STRETCHES = 4
"""More times than that are not kept in mind by a listener."""


def summary_alt(timeline: Timeline, measured: tuple[Measured, ...], frame: Frame) -> str:
    """The leading signal's course over the impact, then the first alert."""
    carrier = _carrier(timeline, measured, frame)
    if carrier is None:
        words = _without_course(timeline, measured, frame)
    elif len(timeline.episodes) > 1:
        words = _stretches(timeline, *carrier, frame)
    else:
        words = _impact(*carrier, timeline, frame)
    return _sentence(words + _alert_words(timeline, frame), frame)


def single_alt(timeline: Timeline, measured: Measured, frame: Frame) -> str:
    """The signal's course, and where it was not seen."""
    service = shown(timeline.scope.service)
    held = [c for c in timeline.conditions if c.condition.signal == measured.report.spec.name]
    if held:
        return _sentence(_condition(held, frame) + _gap_words(measured, frame), frame)
    episode = worst_episode(measured.report, frame.axis.span)
    if episode is None:
        words = _quiet(measured, service, frame)
    else:
        words = _course(measured.report, episode, service, frame)
    return _sentence(words + _gap_words(measured, frame), frame)


def _condition(held: Sequence[ConditionStretch], frame: Frame) -> str:
    """`the condition of KafkaLagHigh, over 10,000, was true from 02:46:22 to 05:50:37, at worst 120,000`."""
    condition, stamp = held[0].condition, frame.axis.stamp
    worst = (min if condition.op.startswith("<") else max)(held, key=lambda one: one.peak)
    spans = [
        f"{stamp(one.start)} to {stamp(one.end)}" if one.end else f"{stamp(one.start)} to the end of the data"
        for one in held[:_MOST_STRETCHES]
    ]
    more = f" and {len(held) - _MOST_STRETCHES} more times" if len(held) > _MOST_STRETCHES else ""
    worst_words = f"{amount(worst.peak, condition)} at {stamp(worst.peak_at)}"
    return (
        f"the condition of {shown(condition.alert or condition.signal, 40)}, {threshold_words(condition)}, "
        f"was true from {', '.join(spans)}{more}, at worst {worst_words}"
    )


def _sentence(words: str, frame: Frame) -> str:
    return f"{words[:1].upper()}{words[1:]} ({days_words(frame.axis)}, {frame.axis.zone})."


def _carrier(
    timeline: Timeline, measured: tuple[Measured, ...], frame: Frame
) -> tuple[SignalReport, SignalEpisode] | None:
    """The signal that tells the impact: errors where they carry it, else the first that does."""
    names = [name for episode in timeline.episodes for name in episode.signals]
    told = [
        (m.report, worst_episode(m.report, frame.axis.span)) for m in measured if m.report.spec.name in names
    ]
    found = [(report, episode) for report, episode in told if episode is not None]
    return min(
        found,
        key=lambda f: (f[0].spec.measure is not Measure.ERRORS, names.index(f[0].spec.name)),
        default=None,
    )


def _subject(report: SignalReport, service: str) -> str:
    if report.spec.measure is Measure.ERRORS and report.spec.kind is Kind.RATIO:
        return f"failed share of {service}"
    return f"{shown(report.spec.name, 40)} of {service}"


def _course(report: SignalReport, episode: SignalEpisode, service: str, frame: Frame) -> str:
    """`p99 of payments rose from 0.42 s at 14:04 to a peak of 3.8 s at 15:40 and was back at 16:28`."""
    stamp = frame.axis.stamp
    back = "" if episode.end is None else stamp(episode.end)
    return (
        f"{_subject(report, service)} {_way(report, episode, stamp(episode.start), frame)} and {_back(back)}"
    )


def _impact(report: SignalReport, episode: SignalEpisode, timeline: Timeline, frame: Frame) -> str:
    """The same, between the start and the end of the impact as the timeline has refined them."""
    impact = timeline.episodes[0]
    if impact.began_before:
        had = "fallen" if episode.direction == "down" else "risen"
        reached = f"{quantity(episode.peak, shown_unit(report.spec))} at {frame.axis.stamp(episode.peak_at)}"
        way = f"had {had} before the data begins, reached {reached}"
    else:
        way = _way(report, episode, frame.axis.moment(impact.start), frame)
    back = "" if impact.end is None else frame.axis.moment(impact.end)
    if impact.quiet_since is not None:
        back = f"{frame.axis.stamp(impact.quiet_since)}, not held by the end of the data"
    return f"{_subject(report, shown(timeline.scope.service))} {way} and {_back(back)}"


def _way(report: SignalReport, episode: SignalEpisode, start: str, frame: Frame) -> str:
    """`rose from 0.1 % at 14:04 to a peak of 41.0 % at 15:48`; told at one time where it was at once."""
    unit, peak_at = shown_unit(report.spec), frame.axis.stamp(episode.peak_at)
    verb, extreme = ("fell", "a low") if episode.direction == "down" else ("rose", "a peak")
    before, peak = quantity(episode.before, unit), episode.worst(unit)
    if start == peak_at:
        return f"{verb} from {before} to {peak} at {start}"
    return f"{verb} from {before} at {start} to {extreme} of {peak} at {peak_at}"


def _back(at: str) -> str:
    return f"was back at {at}" if at else "was not back by the end of the data"


def _stretches(timeline: Timeline, report: SignalReport, episode: SignalEpisode, frame: Frame) -> str:
    """`availability of store fell from 100 % to as low as 0 % in 2 stretches of impact, 09:00 to ...`."""
    stamp, unit = frame.axis.stamp, shown_unit(report.spec)
    verb, extreme = ("fell", "low") if episode.direction == "down" else ("rose", "high")
    count = len(timeline.episodes)
    spans = [
        f"{stamp(e.start.at)} to {stamp(e.end.at)}" if e.end else f"from {stamp(e.start.at)} on"
        for e in timeline.episodes
    ]
    if len(spans) > _MOST_STRETCHES:
        spans = [*spans[: _MOST_STRETCHES - 1], f"{len(spans) - _MOST_STRETCHES + 1} more"]
    return (
        f"{_subject(report, shown(timeline.scope.service))} {verb} from {quantity(episode.before, unit)} "
        f"to as {extreme} as {quantity(episode.peak, unit)}; impact came in {count} stretches, "
        f"{', '.join(spans[:-1])} and {spans[-1]}"
    )


def _alert_words(timeline: Timeline, frame: Frame) -> str:
    fired = [alert for alert in timeline.alerts if alert.firing_at is not None]
    first = timeline.milestones.first_alert_firing
    if first is None:
        return "; no alert fired" if timeline.alerts_readable and not fired else ""
    names = [shown(alert.name, 48) for alert in fired if alert.firing_at == first.at]
    return f"; {names[0] if names else 'the first alert'} fired at {frame.axis.stamp(first.at)}"


def _window(frame: Frame) -> str:
    return f"from {frame.axis.stamp(frame.axis.span.start)} to {frame.axis.stamp(frame.axis.span.end)}"


def _without_course(timeline: Timeline, measured: tuple[Measured, ...], frame: Frame) -> str:
    """Where no signal's departure tells the impact: what was found, and what is shown."""
    if timeline.conditions and timeline.status is Status.UNKNOWN:
        signal = timeline.conditions[0].condition.signal
        held = [one for one in timeline.conditions if one.condition.signal == signal]
        return f"{_condition(held, frame)}; impact on users of {shown(timeline.scope.service)} is not known"
    names = ", ".join(shown(m.report.spec.name, 40) for m in measured)
    if timeline.episodes:
        found = "impact on"
    elif timeline.status is Status.NO_IMPACT:
        found = "no impact was measured on"
    else:
        found = "impact is not known for"
    words = f"{found} {shown(timeline.scope.service)} {_window(frame)}"
    return f"{words}, signals {names}" if names else f"{words}, no signal was found"


def _quiet(measured: Measured, service: str, frame: Frame) -> str:
    subject = _subject(measured.report, service)
    if measured.is_empty:
        return f"no data for {subject} {_window(frame)}"
    if measured.report.baseline is None:
        return f"{subject} {_window(frame)}, without a baseline to compare with"
    return f"{subject} showed no departure {_window(frame)}, {normal_words(measured.report, frame.axis.span)}"


def _gap_words(measured: Measured, frame: Frame) -> str:
    found = gaps(measured.series, measured.report.gaps, frame.axis.span)
    if not found or measured.is_empty:
        return ""
    stamp, others = frame.axis.stamp, len(found) - 1
    more = f" and in {others} more stretch{'es' if others > 1 else ''}" if others else ""
    return f"; no data {stamp(found[0].start)} to {stamp(found[0].end)}{more}"
