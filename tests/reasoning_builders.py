"""Hand-made values for the tests of the reasoning: clock times, signals, counters, evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from incident.impact.departure import Departure
from incident.impact.ends.counts import Increments
from incident.model.evidence import Evidence, Origin, Scope
from incident.model.facts import AlertInterval, Change, ChangeKind, Nearness
from incident.model.signals import (
    Kind,
    Labels,
    Measure,
    Role,
    Samples,
    SignalSeries,
    SignalSpec,
    Targets,
    Worse,
)
from incident.model.spans import Grid, Millis, Moment, Span, Values, frozen_times, frozen_values, ms
from incident.model.timeline import ImpactEpisode, Phase, State

DAY = datetime(2024, 3, 5, tzinfo=UTC)
SCRAPE = timedelta(seconds=15)
SCRAPE_MS = 15_000
MINUTE_MS = 60_000

ERRORS = SignalSpec(
    name="errors",
    measure=Measure.ERRORS,
    kind=Kind.RATIO,
    worse=Worse.UP,
    role=Role.IMPACT,
    unit="ratio",
    query='sum(rate(http_requests_total{code=~"5.."}[1m])) / sum(rate(http_requests_total[1m]))',
)
LATENCY = SignalSpec(
    name="p99",
    measure=Measure.LATENCY,
    kind=Kind.LATENCY,
    worse=Worse.UP,
    role=Role.IMPACT,
    unit="s",
    query="histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[1m])))",
)
MEDIAN = SignalSpec(
    name="p50",
    measure=Measure.LATENCY,
    kind=Kind.LATENCY,
    worse=Worse.UP,
    role=Role.IMPACT,
    unit="s",
    query="histogram_quantile(0.5, sum by (le) (rate(http_request_duration_seconds_bucket[1m])))",
)
TRAFFIC = SignalSpec(
    name="traffic",
    measure=Measure.TRAFFIC,
    kind=Kind.RATE,
    worse=Worse.DOWN,
    role=Role.IMPACT,
    unit="req/s",
    query="sum(rate(http_requests_total[1m]))",
)
TARGETS = SignalSpec(
    name="targets up",
    measure=Measure.AVAILABILITY,
    kind=Kind.RATIO,
    worse=Worse.DOWN,
    role=Role.IMPACT,
    unit="ratio",
    query='up{job="shop"}',
)
PROBE = SignalSpec(
    name="probe",
    measure=Measure.PROBE,
    kind=Kind.RATIO,
    worse=Worse.DOWN,
    role=Role.IMPACT,
    unit="ratio",
    query='probe_success{job="blackbox"}',
)
MEMORY = SignalSpec(
    name="memory",
    measure=Measure.OTHER,
    kind=Kind.GAUGE,
    worse=Worse.UP,
    role=Role.CONTEXT,
    unit="MB",
    query="process_resident_memory_bytes / 1e6",
)


def at(clock: str) -> datetime:
    """`at("14:20:45")`: that time of the test day, UTC."""
    hours, minutes, seconds = (*map(int, clock.split(":")), 0)[:3]
    return DAY + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def at_ms(clock: str) -> int:
    return ms(at(clock))


def span(start: str, end: str) -> Span:
    return Span(at(start), at(end))


def grid(start: str, end: str, step_s: int = 60) -> Grid:
    """Evaluation times from `start` on, the last one before `end`."""
    return Grid(at_ms(start), step_s * 1000, (at_ms(end) - at_ms(start)) // (step_s * 1000))


def series(spec: SignalSpec, over: Grid, values: float | Sequence[float] | Values) -> SignalSeries:
    """The signal on the grid: one value for all points, or one each."""
    return SignalSeries(spec, over, frozen_values(np.broadcast_to(np.asarray(values, float), over.count)))


def stepped(over: Grid, level: float, *changes: tuple[str, str, float]) -> Values:
    """`level` everywhere but from each start (inclusive) to its end (exclusive); all shape (count,)."""
    values = np.full(over.count, level)
    for start, end, other in changes:
        values[(over.times >= at_ms(start)) & (over.times < at_ms(end))] = other
    return values


def noisy(values: Values, relative: float = 0.02, seed: int = 1) -> Values:
    """The values with the small scatter that real signals have."""
    return values * (1.0 + relative * np.random.default_rng(seed).standard_normal(values.size))


def labelled(**labels: str) -> Labels:
    return tuple(sorted(labels.items()))


def samples(labels: Mapping[str, str], times: Sequence[int] | Millis, values: Sequence[float]) -> Samples:
    """One raw series; `times` in epoch ms."""
    return Samples(labelled(**labels), frozen_times(times), frozen_values(values))


def scrapes(start: str, end: str, every_s: int = 15, offset_ms: int = 0) -> Millis:
    """Scrape times in epoch ms."""
    return np.arange(at_ms(start) + offset_ms, at_ms(end), every_s * 1000, dtype=np.int64)


def targets(*ups: Samples, spec: SignalSpec = TARGETS) -> Targets:
    return Targets(spec.query, ups, SCRAPE)


def increments_at(start: str, end: str, *parts: tuple[str, str, float, float]) -> Increments:
    """One target scraped every 15 s; each part (from, to, requests a second, failing share)."""
    times = scrapes(start, end)
    lo, hi = times[:-1], times[1:]
    total, part = np.zeros(lo.size), np.zeros(lo.size)
    for a, b, rate, share in parts:
        inside = (np.minimum(hi, at_ms(b)) - np.maximum(lo, at_ms(a))).clip(0) / 1000.0
        total += inside * rate
        part += inside * rate * share
    none = np.zeros(lo.size, bool)
    return Increments(lo, hi, total, part, none, none)


def departure(
    spec: SignalSpec,
    start: str,
    end: str | None,
    *,
    over: Grid,
    before: float = 0.0,
    inside: float = 0.5,
    end_uncertain: bool = False,
    began_before: bool = False,
) -> Departure:
    """A departure seen at `start` and good again at `end`, each known to one step of the grid."""
    stop = None if end is None else at_ms(end)
    return Departure(
        spec=spec,
        onset=over.index(at_ms(start)),
        end=None if stop is None else over.index(stop),
        start_after=at_ms(start) - over.step_ms,
        start_by=at_ms(start),
        end_after=None if stop is None else stop - over.step_ms,
        end_by=stop,
        before=before,
        inside=inside,
        peak=inside,
        peak_ms=at_ms(start) + over.step_ms,
        direction="up" if inside > before else "down",
        reason="by hand",
        began_before=began_before,
        end_uncertain=end_uncertain,
    )


def episode(start: str, end: str | None, state: State = State.DEGRADED) -> ImpactEpisode:
    """An episode of one phase, carried by the errors."""
    stop = None if end is None else at(end)
    return ImpactEpisode(
        start=Moment(at(start), timedelta(seconds=8), ERRORS.query),
        end=None if stop is None else Moment(stop, timedelta(seconds=8), ERRORS.query),
        state=state,
        signals=("errors",),
        phases=(Phase(at(start), stop, state, False, None),),
    )


def alert(
    name: str,
    firing: str | None,
    resolved: str | None,
    *,
    pending: str | None = None,
    nearness: Nearness = Nearness.OWN,
    **labels: str,
) -> AlertInterval:
    return AlertInterval(
        name=name,
        labels=labelled(**(labels or {"service": "shop"})),
        pending_at=None if pending is None else at(pending),
        firing_at=None if firing is None else at(firing),
        resolved_at=None if resolved is None else at(resolved),
        plus_minus=timedelta(seconds=15),
        nearness=nearness,
        source=f'ALERTS{{alertname="{name}"}}',
    )


def change(
    kind: ChangeKind,
    when: str,
    *,
    until: str | None = None,
    value: str = "1.0 -> 1.1",
    nearness: Nearness = Nearness.OWN,
    count: int = 1,
) -> Change:
    return Change(
        kind=kind,
        at=at(when),
        until=None if until is None else at(until),
        plus_minus=SCRAPE,
        subject="shop",
        title=f"{kind.value} of shop",
        value=value,
        query="shop_build_info",
        nearness=nearness,
        count=count,
    )


def evidence(signals: Sequence[SignalSeries], asked: Span, covered: Span | None = None) -> Evidence:
    """Evidence with these signals and nothing else; bend it with `dataclasses.replace`."""
    over = signals[0].grid if signals else Grid(ms(asked.start), MINUTE_MS, 1)
    return Evidence(
        origin=Origin("http://prometheus.example:9090", "Prometheus 2.42.0", "", at("23:00")),
        scope=Scope("shop", (), "service"),
        asked=asked,
        covered=covered or asked,
        scrape_interval=SCRAPE,
        grid=over,
        signals=tuple(signals),
        targets=None,
        probes=None,
        counters=None,
        alerts=(),
        alerts_elsewhere=0,
        alerts_readable=True,
        alert_rules=(),
        rules_seen=0,
        changes=(),
        unknowns=(),
        signals_explained=(),
    )
