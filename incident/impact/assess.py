"""The whole judgement of one service's window: signals, impact, ends, phases, figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from incident.impact.departure import Departure, looks_back
from incident.impact.ends.outages import outages
from incident.impact.ends.refine import Raw, end_of, raw_of, start_of
from incident.impact.ends.slow import more_than_chance
from incident.impact.figures import request_figures
from incident.impact.fusion import RawEpisode, believed, episodes
from incident.impact.phases import improving_from, phases, reading, returned, worst
from incident.impact.signals.again import strayed
from incident.impact.signals.ceiling import at_ceiling
from incident.impact.signals.departures import band, baseline_points, departures, gaps
from incident.impact.signals.rhythm import usual
from incident.impact.signals.support import spoken_ms, telling
from incident.impact.signals.trust import trusted
from incident.impact.window import concerning, data_end, has_samples
from incident.model.evidence import Evidence
from incident.model.facts import AlertInterval, Nearness, names_nothing
from incident.model.policy import Policy
from incident.model.signals import Gap, Measure, Role, SignalSeries
from incident.model.spans import Flags, Moment, Span, Values, instant, ms, whole_second
from incident.model.timeline import (
    ImpactEpisode,
    RequestFigures,
    SignalEpisode,
    SignalReport,
    Status,
    Stray,
)

_ZOOM_MARGIN = timedelta(minutes=40)
"""Raw samples around the episodes: half an hour tells normal, ten minutes the search for the edge."""
_EDGE_MARGIN = timedelta(minutes=30)
"""Raw buckets around one edge: levels on both sides, the edge's own bracket, and the foot of a ramp."""


@dataclass(frozen=True, slots=True, eq=False)
class Surveyed:
    """What the survey alone says: enough to decide whether to read on, and where to zoom."""

    departures: dict[str, tuple[Departure, ...]]
    impact: tuple[Departure, ...]
    episodes: tuple[RawEpisode, ...]
    measured: bool
    """At least one impact signal has samples inside the window."""

    def settled(self) -> bool:
        """Whether the last episode's recovery was held, so that no more data are needed."""
        last = self.episodes[-1] if self.episodes else None
        return last is None or (last.end_by is not None)

    def edges(self) -> tuple[Span, ...]:
        """Where boundaries lie: each to be read raw on both sides."""
        marks = [(e.start_after, e.start_by) for e in self.episodes]
        marks += [(e.end_after, e.end_by) for e in self.episodes if e.end_after and e.end_by]
        return tuple(
            Span(instant(min(a, b) - 1), instant(max(a, b))).widened(_EDGE_MARGIN, _EDGE_MARGIN)
            for a, b in marks
        )

    def stretches(self, evidence: Evidence) -> tuple[Span, ...]:
        """The episodes with what must be read around them for levels and figures."""
        end = evidence.grid.end_ms
        spans = (Span(instant(e.start_after - 1), instant(e.end_by or end)) for e in self.episodes)
        widened = (s.widened(_ZOOM_MARGIN, _ZOOM_MARGIN).clipped(evidence.covered) for s in spans)
        return tuple(s for s in widened if s is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """The finished judgement; the timeline is built from it and the evidence."""

    status: Status
    episodes: tuple[ImpactEpisode, ...]
    requests: RequestFigures | None
    improving: Moment | None
    signals: tuple[SignalReport, ...]
    departures: dict[str, tuple[Departure, ...]]
    impact: tuple[Departure, ...]
    alerts: tuple[AlertInterval, ...]
    """Own and nearby; one that names nothing is own where it fired during this service's impact."""
    first_alert: AlertInterval | None
    data_end: datetime


def surveyed(evidence: Evidence, policy: Policy) -> Surveyed:
    """Departures of all signals and the service's episodes they make, on the survey's grid."""
    return _surveyed(evidence, policy, raw_of(evidence.counters, _interval_ms(evidence)))


def _surveyed(evidence: Evidence, policy: Policy, raw: Raw) -> Surveyed:
    series = {s.spec.name: trusted(s, evidence) for s in evidence.signals}
    found = {name: _departures(s, evidence) for name, s in series.items()}
    impact = believed(tuple(d for one in found.values() for d in one), series, evidence)
    impact = more_than_chance(impact, evidence.counters, raw.slow)
    inside = concerning(episodes(impact, series, policy), evidence, policy)
    measured = any(has_samples(s, evidence) for s in evidence.signals if s.spec.role == "impact")
    return Surveyed(found, impact, inside, measured)


def assess(evidence: Evidence, policy: Policy) -> Assessment:
    """The judgement on all evidence, raw samples included."""
    raw = raw_of(evidence.counters, _interval_ms(evidence))
    survey = _surveyed(evidence, policy, raw)
    told = tuple(_episode(e, evidence, raw, policy) for e in survey.episodes)
    alerts = tuple(_claimed(a, told) for a in evidence.alerts)
    alert, last = first_alert(alerts, told), data_end(evidence)
    traffic = _by_measure(evidence, Measure.TRAFFIC)
    carriers = {d.spec.measure for e in survey.episodes for d in e.carriers}
    requests = request_figures(
        told,
        last,
        raw.requests,
        evidence.counters,
        traffic,
        alert.firing_at if alert else None,
        bool(carriers & {Measure.AVAILABILITY, Measure.PROBE, Measure.TRAFFIC}),
        _usual_traffic(traffic, evidence, survey, told),
    )
    return Assessment(
        status=_status(survey, told, evidence),
        episodes=told,
        requests=requests if told else None,
        improving=_improving(told),
        signals=tuple(_report(s, evidence, survey, raw, told) for s in evidence.signals),
        departures=survey.departures,
        impact=survey.impact,
        alerts=alerts,
        first_alert=alert,
        data_end=last,
    )


def _interval_ms(evidence: Evidence) -> int:
    return round(evidence.scrape_interval.total_seconds() * 1000)


def _claimed(alert: AlertInterval, told: tuple[ImpactEpisode, ...]) -> AlertInterval:
    """An alert without labels of place may be anybody's; firing in this impact makes it this service's."""
    if alert.nearness is not Nearness.NEARBY or not names_nothing(alert.labels):
        return alert
    return replace(alert, nearness=Nearness.OWN) if alert.firing_at and _meets(alert, told) else alert


def first_alert(alerts: tuple[AlertInterval, ...], told: tuple[ImpactEpisode, ...]) -> AlertInterval | None:
    """The first firing interval of this service's alerts that overlaps impact."""
    own = (a for a in alerts if a.nearness is Nearness.OWN)
    firing = [(a.firing_at, a.name, a) for a in own if a.firing_at is not None and _meets(a, told)]
    return min(firing, key=lambda found: found[:2])[2] if firing else None


def _meets(alert: AlertInterval, told: tuple[ImpactEpisode, ...]) -> bool:
    assert alert.firing_at is not None
    for one in told:
        ends = one.end.at if one.end else None
        if (ends is None or alert.firing_at < ends) and (
            alert.resolved_at is None or alert.resolved_at > one.start.at
        ):
            return True
    return False


def _departures(series: SignalSeries, evidence: Evidence) -> tuple[Departure, ...]:
    match series.spec.measure:
        case Measure.AVAILABILITY:
            return outages(series, evidence.targets, _spoken(series, evidence)) if evidence.targets else ()
        case Measure.PROBE:
            return outages(series, evidence.probes, _spoken(series, evidence)) if evidence.probes else ()
        case _:
            return departures(series, evidence, _counts(series, evidence))


def _spoken(series: SignalSeries, evidence: Evidence) -> tuple[tuple[int, int], ...]:
    """When alerts of the service that are not usual speak of what is wrong."""
    return tuple(spoken_ms(one) for one in telling(evidence, baseline_points(series, evidence)))


def _counts(series: SignalSeries, evidence: Evidence) -> Values | None:
    """Requests that each sample of the error ratio adds to the one before.

    Ranges overlap where they are longer than a step: a request is in several samples, and is one request.
    """
    traffic = _by_measure(evidence, Measure.TRAFFIC)
    if series.spec.measure is not Measure.ERRORS or traffic is None:
        return None
    return traffic.values * min(looks_back(series.spec.query), evidence.grid.step).total_seconds()


def _usual_traffic(
    traffic: SignalSeries | None, evidence: Evidence, survey: Surveyed, told: tuple[ImpactEpisode, ...]
) -> Values | None:
    """What the traffic is at each time by its earlier days; the impact itself says nothing about it."""
    if traffic is None:
        return None
    away = survey.departures[traffic.spec.name]
    expected = usual(_outside(traffic, told), evidence, away)
    return None if expected is None else expected.centre


def _outside(series: SignalSeries, told: tuple[ImpactEpisode, ...]) -> SignalSeries:
    """The signal without its samples inside the impact."""
    return replace(series, values=np.where(_inside(series, told), np.nan, series.values))


def _inside(series: SignalSeries, told: tuple[ImpactEpisode, ...]) -> Flags:
    """Which points of the signal's grid lie inside the impact."""
    times = series.grid.times
    inside = np.zeros(times.size, bool)
    for one in told:
        inside |= (times >= ms(one.start.at)) & (times < ms(one.end.at) if one.end else True)
    return inside


def _by_measure(evidence: Evidence, measure: Measure) -> SignalSeries | None:
    return next((s for s in evidence.signals if s.spec.measure is measure), None)


def _episode(episode: RawEpisode, evidence: Evidence, raw: Raw, policy: Policy) -> ImpactEpisode:
    series = {s.spec.name: trusted(s, evidence) for s in evidence.signals}
    start = start_of(episode, evidence.grid, raw)
    end = end_of(episode, evidence.grid, raw)
    if end is not None and end.at <= start.at:
        end = Moment(start.at + evidence.grid.step, end.plus_minus, end.source)
    back = end or _not_held(episode, evidence, raw)
    stop = back.at if back and back.at > start.at else None
    read = reading(episode, start.at, stop, series, raw.failures, policy)
    told = phases(read, start.at, stop, evidence.grid, raw.failures)
    if end is None and stop is not None:
        told = (*told, returned(stop, evidence.grid, raw.failures))
    return ImpactEpisode(
        start=start,
        end=end,
        state=worst(told),
        signals=tuple(dict.fromkeys(d.spec.name for d in sorted(episode.carriers, key=lambda d: d.start_by))),
        phases=told,
        end_uncertain=episode.end_uncertain,
        began_before=episode.first.began_before,
    )


def _not_held(episode: RawEpisode, evidence: Evidence, raw: Raw) -> Moment | None:
    """When an episode that is not held yet came back into the normal range; None while it is out of it."""
    last = max(episode.carriers, key=lambda d: d.stop_ms)
    if last.end_by is None:
        return None
    ended = replace(episode, end_after=last.end_after, end_by=last.end_by)
    return end_of(ended, evidence.grid, raw)


def _improving(told: tuple[ImpactEpisode, ...]) -> Moment | None:
    """When the last episode began to get better, where it did so slowly."""
    slow = next((p for p in reversed(told[-1].phases if told else ()) if not p.returned), None)
    if slow is None or not slow.improving:
        return None
    return Moment(slow.start, timedelta(minutes=1), "inferred: line fitted to the way back")


def _status(survey: Surveyed, told: tuple[ImpactEpisode, ...], evidence: Evidence) -> Status:
    if not told:
        unseen = not survey.measured or _only_presence_beside_alert(evidence)
        return Status.UNKNOWN if unseen else Status.NO_IMPACT
    return Status.RECOVERED if told[-1].end is not None else Status.ONGOING


def _only_presence_beside_alert(evidence: Evidence) -> bool:
    """Whether all that was measured of users is that targets are up, while an own alert fired.

    A worker far behind its queue is up: that it runs does not say that nobody was hurt.
    """
    measured = {
        s.spec.measure for s in evidence.signals if s.spec.role is Role.IMPACT and has_samples(s, evidence)
    }
    if measured - {Measure.AVAILABILITY}:
        return False
    asked = evidence.asked
    fired = (a for a in evidence.alerts if a.nearness is Nearness.OWN and a.firing_at is not None)
    return any(
        a.firing_at and a.firing_at < asked.end and (a.resolved_at is None or a.resolved_at > asked.start)
        for a in fired
    )


def _report(
    series: SignalSeries, evidence: Evidence, survey: Surveyed, raw: Raw, told: tuple[ImpactEpisode, ...]
) -> SignalReport:
    found = survey.departures[series.spec.name]
    why = "no samples of this signal"
    return SignalReport(
        spec=series.spec,
        baseline=band(series, evidence, found),
        episodes=tuple(_signal_episode(d, d in survey.impact, evidence, raw) for d in found),
        gaps=tuple(Gap(span, why) for span in gaps(series, evidence.covered)),
        usual=usual(series, evidence, found),
        strayed=_strayed(series, evidence, told),
    )


def _strayed(series: SignalSeries, evidence: Evidence, told: tuple[ImpactEpisode, ...]) -> Stray | None:
    """How far failures or latency went for a moment of the impact; of targets every sample is told."""
    if series.spec.measure not in (Measure.ERRORS, Measure.LATENCY):
        return None
    sure = trusted(series, evidence)
    return strayed(sure, evidence, _counts(sure, evidence), _inside(series, told))


def _signal_episode(one: Departure, impact: bool, evidence: Evidence, raw: Raw) -> SignalEpisode:
    """A departure with its bounds on raw samples where it is impact: one time for one thing on a page."""
    alone = RawEpisode((one,), one.start_after, one.start_by, one.end_after, one.end_by, one.end_uncertain)
    half = timedelta(milliseconds=(one.start_by - one.start_after) // 2)
    begun = Moment(_middle(one.start_after, one.start_by), half, one.spec.query)
    if impact:
        begun = start_of(alone, evidence.grid, raw)
    start = begun.at
    end = None
    if one.end_by is not None and one.end_after is not None:
        placed = end_of(alone, evidence.grid, raw) if impact else None
        end = placed.at if placed else _middle(one.end_after, one.end_by)
        # Placed on raw samples a fault may be shorter than a step of the survey.
        end = end if placed and end > start else max(end, start + evidence.grid.step)
    return SignalEpisode(
        start=start,
        end=end,
        before=one.before,
        inside=one.inside,
        peak_at=instant(one.peak_ms) if end is None else min(instant(one.peak_ms), end),
        peak=one.peak,
        direction=one.direction,
        reason=one.reason,
        impact=impact,
        plus_minus=begun.plus_minus,
        capped=at_ceiling(one, evidence.counters),
    )


def _middle(after: int, by: int) -> datetime:
    return whole_second((after + by) / 2)


__all__ = ["Assessment", "Surveyed", "assess", "first_alert", "improving_from", "surveyed"]
