"""One service's day as its survey would see it: counts are drawn, and signals are made from the counts.

Requests arrive by a rate curve (Poisson), fail with a probability (binomial), and their latencies are
lognormal with a median and a spread that follow load, bursts and deploys. Quantiles are drawn with the
error a sample of that many requests has, which is what makes a quiet night noisy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from incident.model.evidence import Evidence, Origin, Scope
from incident.model.signals import Kind, Measure, Role, SignalSeries, SignalSpec, Worse
from incident.model.spans import Grid, Span, frozen_values, instant, ms

Floats = NDArray[np.float64]

START = datetime(2024, 3, 4, tzinfo=UTC)
"""A Monday at midnight."""
STEP = timedelta(seconds=30)
RANGE_STEPS = 2
"""The signals are rates over a minute: two steps."""
_DAY = 86_400.0
_Z99 = 2.326
_TAIL = 0.01


@dataclass(frozen=True, slots=True)
class Fault:
    """A step fault: from `start` (seconds after START) for `length` seconds."""

    start: float
    length: float
    failing: float
    slower: float


@dataclass(frozen=True, slots=True)
class Shape:
    """What makes a healthy service's day: factors over time, all about 1."""

    name: str
    rate: float
    """Requests per second on average."""
    day: float
    """Peak over trough of the daily rhythm."""
    load_latency: float
    """How much the median grows from trough to peak."""
    latency_noise: float
    """Standard deviation of the log median, slowly wandering."""
    bursts: int
    """Batch bumps a day."""
    deploys: int
    base_failing: float
    spread: float = 0.6
    """Standard deviation of a request's log latency."""


SHAPES = (
    Shape("rhythm", 60, 5.0, 0.3, 0.02, 0, 0, 0.001),
    Shape("bursts", 40, 3.0, 0.2, 0.03, 24, 0, 0.001),
    Shape("deploys", 30, 2.0, 0.1, 0.03, 0, 4, 0.0005),
    Shape("low traffic", 0.1, 2.0, 0.1, 0.05, 0, 1, 0.01),
    Shape("few requests", 1.0, 3.0, 0.1, 0.05, 2, 1, 0.005),
    Shape("noisy latency", 20, 2.0, 0.4, 0.15, 6, 0, 0.002, 0.9),
    Shape("no errors", 80, 4.0, 0.2, 0.03, 0, 1, 0.0),
)


def evidence_of(
    shape: Shape, seed: int, *, lead: timedelta, window: timedelta, faults: tuple[Fault, ...] = ()
) -> Evidence:
    """The survey's evidence of one service over lead-in and window."""
    rng = np.random.default_rng(seed)
    count = int((lead + window) / STEP)
    seconds = np.arange(count, dtype=np.float64) * STEP.total_seconds()
    rate, median, failing = day_of(shape, rng, seconds)
    for fault in faults:
        inside = (seconds >= fault.start) & (seconds < fault.start + fault.length)
        failing = np.where(inside, np.maximum(failing, fault.failing), failing)
        median = np.where(inside, median * fault.slower, median)
    return evidence_of_signals(shape, _signals(shape, rng, rate, median, failing), lead, window)


def day_of(shape: Shape, rng: np.random.Generator, seconds: Floats) -> tuple[Floats, Floats, Floats]:
    """A healthy day: rate, median latency and failing share at each of the seconds, shape (n,) each."""
    phase = rng.uniform(0, 2 * np.pi)
    depth = (shape.day - 1) / (shape.day + 1)
    load = 1 + depth * np.sin(2 * np.pi * seconds / _DAY + phase)
    load = load * np.exp(_wander(rng, seconds.size, 0.03))
    noise = np.exp(_wander(rng, seconds.size, shape.latency_noise))
    median = 0.08 * (1 + shape.load_latency * (load - 1)) * noise
    rate = shape.rate * load
    failing = np.full(seconds.size, shape.base_failing) * np.exp(_wander(rng, seconds.size, 0.2))
    for at in _times(rng, shape.bursts, seconds):
        bump = (seconds >= at) & (seconds < at + 180)
        rate, median = np.where(bump, rate * 1.6, rate), np.where(bump, median * 1.2, median)
    for at in _times(rng, shape.deploys, seconds):
        warm = (seconds >= at) & (seconds < at + 60)
        median = np.where(warm, median * 1.3, median)
    return rate, median, failing


def _times(rng: np.random.Generator, per_day: int, seconds: Floats) -> Floats:
    """Moments of bursts (on the hour where there are many) or deploys (any time)."""
    days = seconds[-1] / _DAY
    if per_day >= 24:
        hourly: Floats = np.arange(0, seconds[-1], _DAY / per_day, dtype=np.float64) + rng.uniform(0, 600)
        return hourly
    spread: Floats = rng.uniform(0, seconds[-1], round(per_day * days))
    return spread


def _wander(rng: np.random.Generator, count: int, deviation: float) -> Floats:
    """Slow noise: a moving average over a quarter of an hour, scaled to the deviation."""
    width = 30
    white = rng.normal(size=count + width - 1)
    smooth: Floats = np.convolve(white, np.full(width, 1 / width), mode="valid")
    scaled: Floats = deviation * np.sqrt(width) * smooth
    return scaled


def _signals(
    shape: Shape, rng: np.random.Generator, rate: Floats, median: Floats, failing: Floats
) -> dict[str, Floats]:
    total = rng.poisson(rate * STEP.total_seconds()).astype(float)
    failed = rng.binomial(total.astype(int), np.clip(failing, 0, 1)).astype(float)
    ranged, bad = _over_range(total), _over_range(failed)
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = np.where(ranged > 0, bad / ranged, np.nan)
    smooth = _over_range(median * total) / np.maximum(ranged, 1e-9)
    return {
        "errors": errors,
        "p99": _quantile(rng, smooth, shape.spread, ranged, _Z99, _TAIL),
        "p50": _quantile(rng, smooth, shape.spread, ranged, 0.0, 0.5),
        "traffic": ranged / (RANGE_STEPS * STEP.total_seconds()),
    }


def _over_range(values: Floats) -> Floats:
    summed: Floats = np.convolve(values, np.ones(RANGE_STEPS))
    return summed[: values.size]


def _quantile(
    rng: np.random.Generator, median: Floats, spread: float, count: Floats, z: float, tail: float
) -> Floats:
    """A sample quantile with its own error: that of the order statistic of a lognormal sample."""
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    error = spread * np.sqrt(tail * (1 - tail) / np.maximum(count, 1)) / density
    drawn = median * np.exp(spread * z + error * rng.normal(size=median.size))
    return np.where(count > 0, drawn, np.nan)


_SPECS: dict[str, Callable[[], SignalSpec]] = {
    "errors": lambda: _spec("errors", Measure.ERRORS, Kind.RATIO, Worse.UP, Role.IMPACT, "ratio"),
    "p99": lambda: _spec("p99", Measure.LATENCY, Kind.LATENCY, Worse.UP, Role.IMPACT, "s"),
    "p50": lambda: _spec("p50", Measure.LATENCY, Kind.LATENCY, Worse.UP, Role.IMPACT, "s"),
    "traffic": lambda: _spec("traffic", Measure.TRAFFIC, Kind.RATE, Worse.DOWN, Role.IMPACT, "req/s"),
}


def _spec(name: str, measure: Measure, kind: Kind, worse: Worse, role: Role, unit: str) -> SignalSpec:
    return SignalSpec(name, measure, kind, worse, role, unit, query=f"rate({name}[1m])")


def evidence_of_signals(
    shape: Shape, values: dict[str, Floats], lead: timedelta, window: timedelta
) -> Evidence:
    """The evidence of a survey that brought these values, on a grid of `STEP` from `START` on."""
    start = START
    grid = Grid(ms(start), STEP // timedelta(milliseconds=1), next(iter(values.values())).size)
    return Evidence(
        origin=Origin("http://prometheus.example:9090", "", "", start + lead + window),
        scope=Scope(shape.name, (), "service"),
        asked=Span(start + lead, start + lead + window),
        covered=Span(start, instant(grid.end_ms)),
        scrape_interval=timedelta(seconds=15),
        grid=grid,
        signals=tuple(SignalSeries(_SPECS[n](), grid, frozen_values(v)) for n, v in values.items()),
        targets=None,
        probes=None,
        counters=None,
        alerts=(),
        alerts_elsewhere=0,
        alerts_readable=True,
        alert_rules=None,
        rules_seen=None,
        changes=(),
        unknowns=(),
        signals_explained=(),
    )
