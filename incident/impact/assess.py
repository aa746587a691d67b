"""The whole judgement of one service's window: signals, impact, ends, phases, figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from incident.impact.departure import Departure
from incident.impact.ends.refine import Raw, end_of, start_of
from incident.impact.figures import request_figures
from incident.impact.fusion import RawEpisode
from incident.impact.phases import phases, reading, returned, worst
from incident.impact.reports import signal_report
from incident.impact.signals.rhythm import usual
from incident.impact.signals.trust import trusted
from incident.impact.survey import Surveyed, raw_samples, surveyed_with
from incident.impact.window import data_end, has_samples, inside_impact
from incident.model.evidence import Evidence
from incident.model.facts import AlertInterval, Nearness, names_nothing
from incident.model.policy import Policy
from incident.model.signals import Measure, Role, SignalSeries
from incident.model.spans import Moment, Values
from incident.model.timeline import ImpactEpisode, RequestFigures, SignalReport, Status


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


def assess(evidence: Evidence, policy: Policy) -> Assessment:
    """The judgement on all evidence, raw samples included."""
    raw = raw_samples(evidence)
    survey = surveyed_with(raw, evidence, policy)
    told = tuple(_episode(e, evidence, raw, policy) for e in survey.episodes)
    alerts = tuple(_claimed(a, told) for a in evidence.alerts)
    alert, last = first_alert(alerts, told), data_end(evidence)
    traffic = evidence.measuring(Measure.TRAFFIC)
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
        signals=tuple(signal_report(s, evidence, survey, raw, told) for s in evidence.signals),
        departures=survey.departures,
        impact=survey.impact,
        alerts=alerts,
        first_alert=alert,
        data_end=last,
    )


def _claimed(alert: AlertInterval, told: tuple[ImpactEpisode, ...]) -> AlertInterval:
    """An alert without labels of place may be anybody's; firing in this impact makes it this service's."""
    if alert.nearness is not Nearness.NEARBY or not names_nothing(alert.labels):
        return alert
    return replace(alert, nearness=Nearness.OWN) if in_impact(alert, told) else alert


def first_alert(alerts: tuple[AlertInterval, ...], told: tuple[ImpactEpisode, ...]) -> AlertInterval | None:
    """The first firing interval of this service's alerts that overlaps impact."""
    own = (a for a in alerts if a.nearness is Nearness.OWN)
    firing = [(a.firing_at, a.name, a) for a in own if a.firing_at is not None and in_impact(a, told)]
    return min(firing, key=lambda found: found[:2])[2] if firing else None


def in_impact(alert: AlertInterval, told: tuple[ImpactEpisode, ...]) -> bool:
    """Whether the alert fired while impact was measured."""
    return any(alert.fires_in(one.start.at, one.end.at if one.end else None) for one in told)


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
    return replace(series, values=np.where(inside_impact(series, told), np.nan, series.values))


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
    own = (alert for alert in evidence.alerts if alert.nearness is Nearness.OWN)
    return any(alert.fires_in(evidence.asked.start, evidence.asked.end) for alert in own)
