"""Timelines made by hand, for tests of the words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from incident.model.evidence import Origin, Scope
from incident.model.facts import AlertInterval, AlertRule, Nearness, Unknown
from incident.model.policy import Policy
from incident.model.signals import Kind, Measure, Role, SignalSpec, Worse
from incident.model.spans import Moment, Span
from incident.model.timeline import (
    Band,
    Duration,
    Event,
    EventOrigin,
    ImpactEpisode,
    Milestones,
    Phase,
    RequestFigures,
    SignalEpisode,
    SignalReport,
    State,
    Status,
    Timeline,
)

QUERY = (
    'sum(rate(http_requests_total{service="payments",code=~"5.."}[1m]))'
    ' / sum(rate(http_requests_total{service="payments"}[1m]))'
)
GRAPH = "http://prometheus.example:9090/graph?g0.expr=up&g0.tab=0&g0.range_input=4h&g0.end_input=2023-12-15%2017%3A00%3A00"


def at(clock: str, day: str = "2023-12-15") -> datetime:
    """A UTC instant of the day of the incident."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)


def moment(clock: str, seconds: float = 0, source: str = QUERY) -> Moment:
    """An instant with its uncertainty in seconds."""
    return Moment(at(clock), timedelta(seconds=seconds), source)


def event(number: int, clock: str, kind: str, origin: EventOrigin, title: str, **more: object) -> Event:
    """A row of the timeline; `number` makes its stable id."""
    made = Event(
        id=f"ev-{number:04x}c1d20b7e",
        at=at(clock),
        until=None,
        plus_minus=timedelta(seconds=8),
        kind=kind,
        origin=origin,
        subject="payments",
        title=title,
        value="",
        query=QUERY if origin is EventOrigin.MEASURED else "",
        link=GRAPH if origin is EventOrigin.MEASURED else "",
    )
    return replace(made, **more)  # type: ignore[arg-type]


def errors() -> SignalReport:
    """The share of failing requests."""
    return SignalReport(
        SignalSpec(
            "errors",
            Measure.ERRORS,
            Kind.RATIO,
            Worse.UP,
            Role.IMPACT,
            "ratio",
            QUERY,
            why="http_requests_total has the label code",
        ),
        Band(0.001, 0.0002, 0.0021),
        (
            SignalEpisode(
                start=at("14:04:00"),
                end=at("16:29:30"),
                before=0.001,
                inside=0.18,
                peak_at=at("15:48:00"),
                peak=0.41,
                direction="up",
                reason="18 times its reach above normal",
                impact=True,
            ),
        ),
        (),
    )


def latency() -> SignalReport:
    """The 99th percentile of the response time."""
    spec = SignalSpec(
        "p99", Measure.LATENCY, Kind.LATENCY, Worse.UP, Role.IMPACT, "s", "histogram_quantile(0.99, x)"
    )
    episode = SignalEpisode(
        start=at("14:06:00"),
        end=at("16:27:00"),
        before=0.42,
        inside=1.9,
        peak_at=at("15:44:00"),
        peak=3.8,
        direction="up",
        reason="9 times its reach above normal",
        impact=True,
    )
    return SignalReport(spec, Band(0.42, 0.38, 0.47), (episode,), ())


def traffic() -> SignalReport:
    """Requests answered."""
    spec = SignalSpec(
        "traffic", Measure.TRAFFIC, Kind.RATE, Worse.DOWN, Role.IMPACT, "req/s", "sum(rate(x[1m]))"
    )
    return SignalReport(spec, Band(98, 80, 120), (), ())


def alert(name: str, pending: str, firing: str, resolved: str | None) -> AlertInterval:
    """One firing interval of an alert of the service."""
    return AlertInterval(
        name,
        (("service", "payments"), ("severity", "page")),
        at(pending),
        at(firing),
        None if resolved is None else at(resolved),
        timedelta(seconds=15),
        Nearness.OWN,
        f'ALERTS{{alertname="{name}"}}',
    )


def phase(
    start: str, end: str | None, state: State, ratio: float | None, *, improving: bool = False
) -> Phase:
    """A stretch of an episode."""
    return Phase(at(start), None if end is None else at(end), state, improving, ratio)


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
        alert_rules=(
            AlertRule(
                "HighErrorRate",
                "job:errors:ratio5m > 0.05",
                timedelta(minutes=1),
                timedelta(seconds=15),
                (("severity", "page"),),
                "errors are high",
                "",
            ),
        ),
        rules_seen=2,
        signals=(errors(), latency(), traffic()),
        unknowns=(),
        signals_explained=("http_requests_total by service, health and metrics routes left out",),
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
