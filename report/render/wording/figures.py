"""Small sums over a timeline that several sections print."""

from __future__ import annotations

from datetime import datetime, timedelta

from incident.model.facts import AlertInterval, Nearness
from incident.model.signals import Measure, Role
from incident.model.spans import Span
from incident.model.timeline import Event, EventOrigin, ImpactEpisode, Timeline


def told(event: Event) -> str:
    """The event's title as a sentence begins, after what people called it, if they called it something.

    Names of alerts and words of people stay as they are.
    """
    if event.origin is EventOrigin.CHANGE:
        return event.title[:1].upper() + event.title[1:]
    if event.origin is EventOrigin.ENTERED and event.kind != "note":
        return f"{event.kind.replace('_', ' ').capitalize()}: {event.title}"
    return event.title


def elapsed(timeline: Timeline) -> timedelta:
    """First start to last end, or to the end of the data while it lasts."""
    return _end(timeline, timeline.episodes[-1]) - timeline.episodes[0].start.at


def impacted(timeline: Timeline) -> timedelta:
    """The sum of the episodes."""
    return sum((_end(timeline, each) - each.start.at for each in timeline.episodes), timedelta(0))


def only_presence(timeline: Timeline) -> bool:
    """Nothing but whether targets were up was judged: it says nothing of what they answered."""
    impact = [report for report in timeline.signals if report.spec.role is Role.IMPACT]
    judged = [report for report in impact if report.baseline is not None]
    return all(report.spec.measure is Measure.AVAILABILITY for report in judged)


def unseen(timeline: Timeline) -> timedelta:
    """How much of the window none of the impact signals saw; zero where nothing was judged at all."""
    impact = [report for report in timeline.signals if report.spec.role is Role.IMPACT]
    blind = [
        [part for gap in report.gaps if (part := gap.span.clipped(timeline.window))]
        for report in impact
        if report.baseline is not None
    ]
    common = blind[0] if blind else []
    for theirs in blind[1:]:
        common = [part for mine in common for other in theirs if (part := mine.clipped(other))]
    return sum((part.length for part in common), timedelta(0))


def off_by(first: ImpactEpisode, last: ImpactEpisode) -> timedelta:
    """What the time from the start of one to the end of the other may be off."""
    return first.start.plus_minus + (last.end.plus_minus if last.end is not None else timedelta(0))


def _end(timeline: Timeline, episode: ImpactEpisode) -> datetime:
    return timeline.window.end if episode.end is None else episode.end.at


def stretch(timeline: Timeline, episode: ImpactEpisode) -> Span | None:
    """The episode's time, to the end of the data while it lasts; None where that is empty."""
    end = _end(timeline, episode)
    return Span(episode.start.at, end) if end > episode.start.at else None


def blind_inside(timeline: Timeline, episode: ImpactEpisode) -> bool:
    """Something could not be seen for a part of the episode."""
    whole = stretch(timeline, episode)
    times = [(each.start, each.end) for each in timeline.unknowns]
    return whole is not None and any(a and b and a < whole.end and b > whole.start for a, b in times)


def own_firing(timeline: Timeline) -> tuple[AlertInterval, ...]:
    """The service's own alerts that fired, in order of firing."""
    fired = [
        (each.firing_at, each.name, number, each)
        for number, each in enumerate(timeline.alerts)
        if each.nearness is Nearness.OWN and each.firing_at is not None
    ]
    return tuple(alert for *_, alert in sorted(fired, key=lambda each: each[:3]))


def without_impact(timeline: Timeline) -> tuple[AlertInterval, ...]:
    """The service's alerts that fired only while no impact was measured."""
    hurt = [span for each in timeline.episodes if (span := stretch(timeline, each)) is not None]
    return tuple(
        each for each in own_firing(timeline) if not any(_met(timeline, each, span) for span in hurt)
    )


def _met(timeline: Timeline, alert: AlertInterval, span: Span) -> bool:
    resolved = timeline.window.end if alert.resolved_at is None else alert.resolved_at
    return alert.firing_at is not None and alert.firing_at < span.end and resolved > span.start
