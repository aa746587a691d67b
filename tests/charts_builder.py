"""Hand-made timelines and evidence for the tests of the charts: small, complete, easy to bend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from incident.model.evidence import Evidence, Origin, Scope
from incident.model.facts import AlertInterval, Nearness
from incident.model.policy import Policy
from incident.model.signals import Gap, Kind, Measure, Role, SignalSeries, SignalSpec, Worse
from incident.model.spans import Grid, Moment, Span, Values, aligned, frozen_values
from incident.model.timeline import (
    Band,
    Event,
    EventOrigin,
    ImpactEpisode,
    Milestones,
    Phase,
    SignalEpisode,
    SignalReport,
    State,
    Status,
    Timeline,
)

DAY = datetime(2023, 12, 15, tzinfo=UTC)
STEP = timedelta(seconds=30)

ERRORS = SignalSpec(
    "errors", Measure.ERRORS, Kind.RATIO, Worse.UP, Role.IMPACT, "ratio", 'sum(rate(x{code=~"5.."}[2m]))'
)
LATENCY = SignalSpec("p99", Measure.LATENCY, Kind.LATENCY, Worse.UP, Role.IMPACT, "s", "histogram_quantile()")
TRAFFIC = SignalSpec(
    "traffic", Measure.TRAFFIC, Kind.RATE, Worse.DOWN, Role.IMPACT, "req/s", "sum(rate(x[2m]))"
)


def at(clock: str, day: datetime = DAY) -> datetime:
    """`at("14:20:45")`: that time of the test day, UTC."""
    parts = [int(part) for part in clock.split(":")]
    hours, minutes, seconds = (*parts, 0)[:3]
    return day + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def moment(clock: str, plus_minus: timedelta = timedelta(0)) -> Moment:
    return Moment(at(clock), plus_minus, "test")


def event(clock: str, title: str, origin: EventOrigin = EventOrigin.MEASURED, *, main: bool = True) -> Event:
    return Event(
        id=f"ev-{clock}-{title}",
        at=at(clock),
        until=None,
        plus_minus=timedelta(0),
        kind="note",
        origin=origin,
        subject="",
        title=title,
        value="",
        query="",
        link="",
        main=main,
    )


def alert(
    name: str,
    pending: str | None,
    firing: str | None,
    resolved: str | None,
    nearness: Nearness = Nearness.OWN,
) -> AlertInterval:
    return AlertInterval(
        name=name,
        labels=(("severity", "page"),),
        pending_at=None if pending is None else at(pending),
        firing_at=None if firing is None else at(firing),
        resolved_at=None if resolved is None else at(resolved),
        plus_minus=timedelta(seconds=15),
        nearness=nearness,
        source="ALERTS",
    )


WINDOW = Span(at("12:30"), at("17:00"))
NO_MILESTONES = Milestones()


@dataclass(frozen=True)
class Case:
    """The values that differ between tests; `built` makes the two that `draw` takes."""

    window: Span = WINDOW
    lead: timedelta = timedelta(hours=4)
    step: timedelta = STEP
    zone: str = "UTC"
    service: str = "payments"
    status: Status = Status.NO_IMPACT
    episodes: tuple[ImpactEpisode, ...] = ()
    milestones: Milestones = NO_MILESTONES
    events: tuple[Event, ...] = ()
    alerts: tuple[AlertInterval, ...] = ()
    alerts_readable: bool = True
    signals: tuple[tuple[SignalReport, Callable[[Values], Values]], ...] = field(default=())
    """Each signal with its values as a function of hours since the day began."""

    def built(self) -> tuple[Timeline, Evidence]:
        covered = self.window.widened(self.lead, timedelta(0)) if self.lead else self.window
        grid = aligned(covered, self.step)
        return self._timeline(), self._evidence(covered, grid)

    def _evidence(self, covered: Span, grid: Grid) -> Evidence:
        hours = (grid.times - grid.times[0]) / 3.6e6 + (covered.start - DAY) / timedelta(hours=1)
        return Evidence(
            origin=_origin(),
            scope=Scope(self.service, (), "service"),
            asked=self.window,
            covered=covered,
            scrape_interval=timedelta(seconds=15),
            grid=grid,
            signals=tuple(
                SignalSeries(report.spec, grid, frozen_values(values(hours)))
                for report, values in self.signals
            ),
            targets=None,
            probes=None,
            counters=None,
            alerts=self.alerts,
            alerts_elsewhere=0,
            alerts_readable=self.alerts_readable,
            alert_rules=None,
            rules_seen=None,
            changes=(),
            unknowns=(),
            signals_explained=(),
        )

    def _timeline(self) -> Timeline:
        return Timeline(
            tool_version="0",
            origin=_origin(),
            scope=Scope(self.service, (), "service"),
            zone=self.zone,
            asked=self.window,
            window=self.window,
            extended_because="",
            step=self.step,
            scrape_interval=timedelta(seconds=15),
            baseline_span=None,
            baseline_note="",
            policy=Policy(),
            status=self.status,
            episodes=self.episodes,
            requests=None,
            milestones=self.milestones,
            durations=(),
            events=self.events,
            alerts=self.alerts,
            alerts_elsewhere=0,
            alerts_readable=self.alerts_readable,
            alert_rules=None,
            rules_seen=None,
            signals=tuple(report for report, _ in self.signals),
            unknowns=(),
            signals_explained=(),
        )


def _origin() -> Origin:
    return Origin("http://localhost:9090", "Prometheus 2.42.0", "", at("17:00"))


def report(
    spec: SignalSpec,
    band: Band | None,
    episodes: Sequence[SignalEpisode] = (),
    gaps: Sequence[Gap] = (),
) -> SignalReport:
    return SignalReport(spec, band, tuple(episodes), tuple(gaps))


def departure(
    start: str, end: str | None, before: float, peak: float, peak_at: str, direction: str = "up"
) -> SignalEpisode:
    return SignalEpisode(
        start=at(start),
        end=None if end is None else at(end),
        before=before,
        inside=peak / 2,
        peak_at=at(peak_at),
        peak=peak,
        direction=direction,
        reason="test",
        impact=True,
    )


def episode(
    start: str, end: str | None, state: State, *steps: tuple[str, State], improving_from: str | None = None
) -> ImpactEpisode:
    """An episode whose phases begin at `steps`; from `improving_from` on it is the way back."""
    edges = [(start, state, False)] if not steps else [(clock, state, False) for clock, state in steps]
    if improving_from is not None:
        edges.append((improving_from, State.DEGRADED, True))
    ends = [at(clock) for clock, _, _ in edges[1:]] + [None if end is None else at(end)]
    return ImpactEpisode(
        start=moment(start),
        end=None if end is None else moment(end),
        state=state,
        signals=("errors",),
        phases=tuple(
            Phase(at(clock), until, phase_state, improving, None)
            for (clock, phase_state, improving), until in zip(edges, ends, strict=True)
        ),
    )


def wave(seed: int, level: float, noise: float) -> Callable[[Values], Values]:
    """A calm signal: a level with noise."""

    def values(hours: Values) -> Values:
        generator = np.random.default_rng(seed)
        return np.maximum(level + noise * generator.standard_normal(hours.size), 0.0)

    return values


def piecewise(seed: int, noise: float, *corners: tuple[float, float]) -> Callable[[Values], Values]:
    """A signal through the corners (hour, value), with noise in proportion to its height."""

    def values(hours: Values) -> Values:
        generator = np.random.default_rng(seed)
        line = np.interp(hours, [hour for hour, _ in corners], [value for _, value in corners])
        return np.asarray(np.maximum(line * (1 + noise * generator.standard_normal(hours.size)), 0.0))

    return values


AVAILABILITY = SignalSpec(
    "availability", Measure.AVAILABILITY, Kind.RATIO, Worse.DOWN, Role.IMPACT, "ratio", "up"
)
HOSTILE = (
    "A$\\foo$ $$",
    "_x",
    '<b onload="x">&</b>',
    "\u202eevil\u0000\ud800\uffff",
    "kube" * 400,
    "日本語アラート🔥",
    "line\nbreak\r\ttab",
    "{}%s%d\\",
    "",
)
"""Texts as labels may hold them: markup, mathematics, controls, surrogates, too long, empty."""


def blanked(values: Callable[[Values], Values], *holes: tuple[float, float]) -> Callable[[Values], Values]:
    """The same signal without samples in the holes, given in hours."""

    def with_holes(hours: Values) -> Values:
        seen = values(hours)
        for first, last in holes:
            seen = np.where((hours >= first) & (hours < last), np.nan, seen)
        return seen

    return with_holes
