"""Timelines made by hand, for tests of the words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from incident.model.evidence import Origin, Scope
from incident.model.facts import AlertRule, Unknown
from incident.model.policy import Policy
from incident.model.signals import Kind, Measure, Role, SignalSpec, Worse
from incident.model.spans import Span
from incident.model.timeline import (
    Band,
    Duration,
    Event,
    EventOrigin,
    ImpactEpisode,
    Milestones,
    RequestFigures,
    SignalReport,
    State,
    Status,
    Timeline,
)
from tests.render_parts import GRAPH, QUERY, alert, at, errors, event, latency, moment, phase, traffic

__all__ = [
    "GRAPH",
    "QUERY",
    "alert",
    "at",
    "durations",
    "errors",
    "event",
    "events",
    "figures",
    "healthy",
    "latency",
    "moment",
    "ongoing",
    "payments",
    "phase",
    "rule",
    "store",
    "traffic",
    "unknown",
    "unmeasured",
]


def payments() -> Timeline:
    """The payments incident: degraded, then a partial outage, then improving."""
    episode = ImpactEpisode(
        start=moment("14:04:00", 120),
        end=moment("16:29:30"),
        state=State.PARTIAL_OUTAGE,
        signals=("errors", "p99"),
        phases=(
            phase("14:04:00", "15:30:00", State.DEGRADED, 0.089),
            phase("15:30:00", "16:00:00", State.PARTIAL_OUTAGE, 0.399),
            phase("16:00:00", "16:29:30", State.PARTIAL_OUTAGE, 0.203, improving=True),
        ),
    )
    return Timeline(
        tool_version="0.1.0",
        origin=Origin(
            "http://prometheus.example:9090", "Prometheus 2.42.0", "", at("09:00:00", "2023-12-16")
        ),
        scope=Scope("payments", ('namespace="prod"',), "service"),
        zone="UTC",
        asked=Span(at("12:30:00"), at("16:30:00")),
        window=Span(at("12:30:00"), at("17:00:00")),
        extended_because="recovery was not yet held at 16:30",
        step=timedelta(seconds=30),
        scrape_interval=timedelta(seconds=15),
        baseline_span=Span(at("08:30:00"), at("12:30:00")),
        baseline_note="",
        policy=Policy(),
        status=Status.RECOVERED,
        episodes=(episode,),
        requests=figures(),
        milestones=Milestones(
            impact_start=episode.start,
            first_alert_pending=moment("14:19:45", 15),
            first_alert_firing=moment("14:20:45", 15),
            improving=moment("16:01:00", 60),
            recovered=episode.end,
        ),
        durations=durations(),
        events=events(),
        alerts=(
            alert("HighErrorRate", "14:19:45", "14:20:45", "16:27:15"),
            alert("HighLatency", "14:31:00", "14:33:00", "16:25:00"),
        ),
        alerts_elsewhere=3,
        alerts_readable=True,
        alert_rules=(rule(),),
        rules_seen=2,
        signals=(errors(), latency(), traffic()),
        unknowns=(),
        signals_explained=("http_requests_total by service, health and metrics routes left out",),
    )


def rule() -> AlertRule:
    """The rule of the first alert."""
    page = (("severity", "page"),)
    minute, interval = timedelta(minutes=1), timedelta(seconds=15)
    return AlertRule(
        "HighErrorRate", "job:errors:ratio5m > 0.05", minute, interval, page, "errors are high", ""
    )


def figures() -> RequestFigures:
    """What failed of what was asked."""
    return RequestFigures(
        total=2_441_352,
        failed=439_559,
        failed_ratio=439_559 / 2_441_352,
        failed_before_alert=6_415,
        expected_low=None,
        expected_high=None,
        lost=None,
        formula="failed / total = 439,559 / 2,441,352 = 18.0 %",
        query='http_requests_total{service="payments",namespace="prod"}',
    )


def durations() -> tuple[Duration, ...]:
    """The durations every draft prints."""
    return (
        Duration("time to alert", "impact_start", "first_alert_firing", timedelta(minutes=16, seconds=45)),
        Duration("time to acknowledge", "first_alert_firing", "acknowledged", None, "nobody entered it"),
        Duration("time to recover", "impact_start", "recovered", timedelta(hours=2, minutes=25, seconds=30)),
    )


def events() -> tuple[Event, ...]:
    """The ten rows of the first page and one that is only supporting."""
    measured, alerted, changed = EventOrigin.MEASURED, EventOrigin.ALERT, EventOrigin.CHANGE
    minutes = timedelta(minutes=2)
    return (
        event(
            1,
            "14:01:00",
            "traffic_surge",
            measured,
            "Traffic rising, 98 -> 287 req/s",
            until=at("14:30:00"),
            plus_minus=minutes,
        ),
        event(2, "14:04:00", "degraded", measured, "Degraded: errors 0.1 -> 0.9 %", plus_minus=minutes),
        event(3, "14:19:45", "alert_pending", alerted, "HighErrorRate condition true"),
        event(4, "14:20:45", "alert_firing", alerted, "HighErrorRate firing"),
        event(5, "14:33:00", "alert_firing", alerted, "HighLatency firing"),
        event(6, "15:30:00", "worsened", measured, "Partial outage: errors 12 -> 40 %"),
        event(7, "15:48:00", "peak", measured, "Errors at their peak, 41 %", main=False),
        event(8, "16:00:00", "scale", changed, "Scaled 4 -> 12 replicas"),
        event(9, "16:01:00", "improved", measured, "Improving (inferred)", plus_minus=timedelta(minutes=1)),
        event(10, "16:27:15", "alert_resolved", alerted, "Last alert resolved"),
        event(11, "16:29:30", "recovered", measured, "Recovered, held 10 min"),
    )


def unknown() -> Unknown:
    """A query that failed."""
    return Unknown("availability", "the query timed out", at("14:00:00"), at("14:10:00"), failed=True)


def store() -> Timeline:
    """Down twice: targets gone, requests lost, no alert rule, shown in the zone of Los Angeles."""
    episodes = (
        ImpactEpisode(
            start=moment("10:00:00"),
            end=moment("10:30:00"),
            state=State.DOWN,
            signals=("availability",),
            phases=(phase("10:00:00", "10:30:00", State.DOWN, None),),
        ),
        ImpactEpisode(
            start=moment("11:00:00"),
            end=moment("12:00:00"),
            state=State.DOWN,
            signals=("availability",),
            phases=(phase("11:00:00", "12:00:00", State.DOWN, None),),
        ),
    )
    return replace(
        payments(),
        scope=Scope("store", (), "service"),
        zone="America/Los_Angeles",
        window=Span(at("09:00:00"), at("13:00:00")),
        asked=Span(at("09:00:00"), at("13:00:00")),
        extended_because="",
        episodes=episodes,
        requests=RequestFigures(
            total=None,
            failed=None,
            failed_ratio=None,
            failed_before_alert=None,
            expected_low=167_466,
            expected_high=186_379,
            lost=179_316,
            formula="lost = expected - served",
            query="",
        ),
        milestones=Milestones(impact_start=episodes[0].start, recovered=episodes[1].end),
        durations=(
            Duration("time to detect", "impact_start", "first_alert_firing", None, "no alert fired"),
            Duration("time to acknowledge", "first_alert_firing", "acknowledged", None, "no alert fired"),
        ),
        events=(
            event(1, "10:00:00", "degraded", EventOrigin.MEASURED, "Down: no target up (2 known)"),
            event(2, "10:30:00", "recovered", EventOrigin.MEASURED, "Recovered, held 10 min"),
            event(3, "11:00:00", "relapse", EventOrigin.MEASURED, "Relapse, down: no target up (2 known)"),
            event(4, "12:00:00", "recovered", EventOrigin.MEASURED, "Recovered, held 10 min"),
        ),
        alerts=(),
        alerts_elsewhere=0,
        alert_rules=(),
        rules_seen=0,
        signals=(),
    )


def healthy() -> Timeline:
    """A window in which nothing happened but a deploy."""
    calm = (replace(errors(), episodes=()), replace(latency(), episodes=()), traffic())
    return replace(
        payments(),
        status=Status.NO_IMPACT,
        episodes=(),
        requests=None,
        milestones=Milestones(),
        durations=(),
        events=(event(1, "13:00:00", "deploy", EventOrigin.CHANGE, "Version 2.7.0 -> 2.7.1"),),
        alerts=(),
        signals=calm,
        asked=payments().window,
        extended_because="",
    )


def unmeasured() -> Timeline:
    """Nothing user-facing was measured, but an alert fired and a queue grew."""
    lag = SignalReport(
        SignalSpec("consumer lag", Measure.OTHER, Kind.GAUGE, Worse.UP, Role.CONTEXT, "messages", "lag"),
        Band(10, 0, 100),
        (replace(errors().episodes[0], before=10.0, peak=12_000.0, impact=False),),
        (),
    )
    return replace(
        healthy(),
        status=Status.UNKNOWN,
        signals=(lag,),
        alerts=payments().alerts[:1],
        unknowns=(Unknown("impact on users", "no user-facing signal has samples in the window"),),
    )


def ongoing() -> Timeline:
    """The payments incident as it looks while it lasts."""
    episode = payments().episodes[0]
    lasting = replace(
        episode,
        end=None,
        phases=(*episode.phases[:1], phase("15:30:00", None, State.PARTIAL_OUTAGE, 0.399)),
    )
    return replace(
        payments(),
        status=Status.ONGOING,
        episodes=(lasting,),
        milestones=replace(payments().milestones, recovered=None, improving=None),
        events=payments().events[:8],
    )
