"""Whole windows of a small shop, simulated second by second: evidence as a collection would bring it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from incident.model.evidence import Evidence
from incident.model.facts import AlertInterval, Change, Entered
from incident.model.policy import Policy
from incident.model.signals import Measure, Samples, SignalSeries, SignalSpec, Targets
from incident.model.spans import Grid, Values, frozen_values
from incident.model.timeline import Event, Timeline
from incident.timeline import Display, assemble
from tests.impact.counting import Points, Service
from tests.reasoning_builders import (
    ERRORS,
    LATENCY,
    PROBE,
    SCRAPE,
    TARGETS,
    TRAFFIC,
    at_ms,
    evidence,
    grid,
    samples,
    scrapes,
    span,
)

DISPLAY = Display("UTC", "", "0.1.0")
LINKED = replace(DISPLAY, link_base="http://prometheus.example:9090")
Stretches = tuple[tuple[str, str], ...]

CALM = 0.001
RANGE_S = 60


def box(level: float, *parts: tuple[str, str, float]) -> Points:
    """A curve at `level`, at another in each part, with steps between them."""
    corners = [("00:00", level)]
    for start, end, other in parts:
        corners += [(start, level), (start, other), (end, other), (end, level)]
    return tuple(corners)


@dataclass(frozen=True)
class Scene:
    """What happens in one window; everything not named is calm."""

    failing: Points = (("00:00", CALM),)
    rate: Points = (("00:00", 20.0),)
    latency: Points = (("00:00", 0.2),)
    down: Stretches = ()
    """No target up: no requests, and no samples but `up` = 0."""
    holes: Stretches = ()
    """Nothing scraped at all."""
    probed: bool = False
    """A probe watches from outside; it fails while the targets are down."""
    alerts: tuple[AlertInterval, ...] = ()
    changes: tuple[Change, ...] = ()
    start: str = "08:00"
    asked: tuple[str, str] = ("12:00", "15:00")
    end: str = "15:00"
    zoomed: bool = True
    seed: int = 1

    def evidence(self) -> Evidence:
        """The evidence; the same object for the same scene."""
        return _evidence(self)

    def timeline(
        self, *entered: Entered, policy: Policy | None = None, display: Display = DISPLAY
    ) -> Timeline:
        return assemble(self.evidence(), policy or Policy(), display, entered)


@lru_cache(maxsize=64)
def _evidence(scene: Scene) -> Evidence:
    over = grid(scene.start, scene.end)
    service = _service(scene)
    states = (_states(scene, 0), _states(scene, 1))
    signals = (*_measured(scene, service, over), _on_grid(TARGETS, over, states))
    made = evidence(signals, span(*scene.asked), span(scene.start, scene.end))
    probes = Targets(PROBE.query, (_states(scene, 0),), SCRAPE) if scene.probed else None
    if probes is not None:
        made = replace(made, signals=(*signals, _on_grid(PROBE, over, probes.samples)))
    return replace(
        made,
        targets=Targets(TARGETS.query, states, SCRAPE),
        probes=probes,
        counters=service.counters(buckets=True) if scene.zoomed else None,
        alerts=scene.alerts,
        changes=scene.changes,
    )


def _service(scene: Scene) -> Service:
    slow = tuple((clock, min(0.9, 0.005 * (value / 0.2) ** 3)) for clock, value in scene.latency)
    return Service(
        scene.start, scene.end, scene.rate, scene.failing, slow, scene.seed, (*scene.down, *scene.holes)
    )


def _measured(scene: Scene, service: Service, over: Grid) -> tuple[SignalSeries, ...]:
    total, failed, _ = service.drawn
    answered, broken = (
        _over_range(total.sum(axis=0), over, scene),
        _over_range(failed.sum(axis=0), over, scene),
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(answered > 0, broken / answered, np.nan)
    smooth = np.convolve(service.curve(scene.latency), np.full(RANGE_S, 1 / RANGE_S))[: service.seconds.size]
    seconds = (over.times - at_ms(scene.start)) // 1000
    scatter = 1 + 0.02 * np.random.default_rng(scene.seed).standard_normal(over.count)
    latency = np.where(np.isfinite(answered), smooth[seconds] * scatter, np.nan)
    latency[:1] = np.nan
    return (
        SignalSeries(ERRORS, over, frozen_values(ratio)),
        SignalSeries(LATENCY, over, frozen_values(latency)),
        SignalSeries(TRAFFIC, over, frozen_values(answered / RANGE_S)),
    )


def _over_range(counted: Values, over: Grid, scene: Scene) -> Values:
    """Events in the minute before each grid time; NaN where the minute was not scraped."""
    sums = np.concatenate([[0.0], np.cumsum(counted, dtype=float)])
    stop = (over.times - at_ms(scene.start)) // 1000
    values: Values = sums[stop] - sums[np.maximum(stop - RANGE_S, 0)]
    values[0] = np.nan
    for start, end in (*scene.down, *scene.holes):
        values[(over.times >= at_ms(start) + 30_000) & (over.times < at_ms(end) + 30_000)] = np.nan
    return values


def _states(scene: Scene, target: int) -> Samples:
    times = scrapes(scene.start, scene.end, 15, (2_000, 9_000)[target])
    for start, end in scene.holes:
        times = times[(times < at_ms(start)) | (times >= at_ms(end))]
    up = np.ones(times.size)
    for start, end in scene.down:
        up[(times >= at_ms(start)) & (times < at_ms(end))] = 0.0
    return samples({"instance": f"{'ab'[target]}:1", "job": "shop"}, times, up.tolist())


def _on_grid(spec: SignalSpec, over: Grid, states: tuple[Samples, ...]) -> SignalSeries:
    """The share of passing targets at each grid time, NaN where none was scraped within a minute."""
    rows = np.full((len(states), over.count), np.nan)
    for row, one in zip(rows, states, strict=True):
        newest = np.searchsorted(one.times, over.times, side="right") - 1
        fresh = (newest >= 0) & (over.times - one.times[np.maximum(newest, 0)] <= 60_000)
        row[fresh] = one.values[newest[fresh]]
    seen = np.isfinite(rows).any(axis=0)
    values = np.full(over.count, np.nan)
    values[seen] = np.nanmean(rows[:, seen], axis=0)
    return SignalSeries(spec, over, frozen_values(values))


def without(found: Evidence, *measures: Measure) -> Evidence:
    """The evidence without the signals of these measures."""
    return replace(found, signals=tuple(s for s in found.signals if s.spec.measure not in measures))


def kinds(timeline: Timeline, *, main: bool | None = None) -> list[str]:
    """Kinds of the rows in order; only those of the first page, or only the others, where asked."""
    return [e.kind for e in timeline.events if main is None or e.main is main]


def row(timeline: Timeline, kind: str) -> Event:
    """The one row of a kind among the main ones."""
    (found,) = (e for e in timeline.events if e.kind == kind and e.main)
    return found


STEP = Scene(failing=box(CALM, ("13:00:20", "13:40:10", 0.4)))
"""Forty percent fail from 13:00:20 to 13:40:10."""
HEALTHY = Scene()
DOWN = Scene(down=(("13:00", "13:30"),), rate=box(20.0, ("13:00", "13:30", 0.0)))
"""No target up and no request served for half an hour."""
LASTING = Scene(failing=box(CALM, ("14:00", "15:00", 0.4)))
BLIND = Scene(holes=(("13:00", "13:30"),))
RELAPSE = Scene(failing=box(CALM, ("12:40", "13:00", 0.4), ("13:30", "13:50", 0.4)))
"""Half an hour of quiet between two stretches of twenty minutes."""
