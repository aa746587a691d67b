"""Parts of timelines made by hand: instants, rows, signals, alerts, phases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from incident.model.facts import AlertInterval, Nearness
from incident.model.signals import Kind, Measure, Role, SignalSpec, Worse
from incident.model.spans import Moment
from incident.model.timeline import Band, Event, EventOrigin, Phase, SignalEpisode, SignalReport, State

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
