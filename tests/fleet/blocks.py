"""A fleet of services as a Prometheus would have scraped it: counters, histograms, `up` and `ALERTS`.

Drawn per scrape and not per request, so that a day of two hundred services takes about a minute.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from tests.lab.series import Labels, Series, make_series

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SCRAPE_S = 15
BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_MIDDLES = np.array((0.03, 0.075, 0.17, 0.36, 0.72, 1.6, 4.0))
_SPREAD = 0.6
_DAY = 86_400.0
_BATCH_S = 300
_WAKES, _SLEEPS = 6, 22
_ALERT_AFTER = timedelta(minutes=3)
"""From the onset to the first firing evaluation, where a fault has an alert."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A step fault of one service; `down`: no target is up and nothing is counted."""

    start: datetime
    length: timedelta
    failing: float = 0.0
    slower: float = 1.0
    down: bool = False
    alert: bool = False

    @property
    def end(self) -> datetime:
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Member:
    """One service: its mean traffic, its daily rhythm (peak over trough), bursts and deploys a day."""

    name: str
    rate: float = 20.0
    day: float = 2.0
    bursts: int = 0
    deploys: int = 0
    base_failing: float = 0.001
    troubles: tuple[Trouble, ...] = ()
    noise: float = 0.03
    """Standard deviation of the log median latency, slowly wandering."""
    hourly: float = 1.0
    """By what a batch of five minutes at each full hour multiplies the traffic."""
    born: datetime | None = None
    """It is not there before."""
    nights_off: bool = False
    """Scaled to nothing from 22:00 to 06:00 UTC: no target, no series."""


def fleet_series(
    members: Sequence[Member], start: datetime, end: datetime, seed: int = 1
) -> Iterator[Series]:
    """Everything scraped of the services in `[start, end)`."""
    for member in members:
        rng = np.random.default_rng([seed, zlib.crc32(member.name.encode())])
        offset = rng.uniform(0, SCRAPE_S)
        first, last = start.timestamp(), end.timestamp()
        times = np.arange(np.ceil((first - offset) / SCRAPE_S), np.ceil((last - offset) / SCRAPE_S))
        millis: Ints = np.rint((times * SCRAPE_S + offset) * 1000).astype(np.int64)
        yield from _scraped(member, millis, rng)
        yield from _alerts(member, millis)


def _scraped(member: Member, times: Ints, rng: np.random.Generator) -> Iterator[Series]:
    seconds = times / 1000
    rate, median, failing = _day(member, seconds, rng)
    there = _there(member, seconds)
    alive = there.copy()
    for one in member.troubles:
        inside = (seconds >= one.start.timestamp()) & (seconds < one.end.timestamp())
        failing = np.where(inside, np.maximum(failing, one.failing), failing)
        median = np.where(inside, median * one.slower, median)
        alive &= ~(inside & one.down)
    total = rng.poisson(rate * SCRAPE_S)
    failed = rng.binomial(total, failing)
    counts = rng.multinomial(total, _shares(median))
    total, failed = total * alive, failed * alive
    counts = counts * alive[:, np.newaxis]
    home: Labels = (
        ("instance", f"{member.name}:8080"),
        ("job", member.name),
        ("namespace", "prod"),
        ("service", member.name),
    )
    yield make_series("up", home, times[there], alive[there])
    shown = times[alive]

    def counter(name: str, labels: Labels, per_scrape: NDArray[np.generic]) -> Series:
        grown = 1000 + np.cumsum(per_scrape.astype(np.float64))
        return make_series(name, (*labels, *home), shown, grown[alive])

    yield counter("http_requests_total", (("code", "200"),), total - failed)
    yield counter("http_requests_total", (("code", "500"),), failed)
    metric = "http_request_duration_seconds"
    cumulative = np.cumsum(counts, axis=1)
    for column, bound in enumerate((*map(str, BOUNDS), "+Inf")):
        yield counter(f"{metric}_bucket", (("le", bound),), cumulative[:, column])
    yield counter(f"{metric}_sum", (), counts @ _MIDDLES)
    yield counter(f"{metric}_count", (), total)


def _there(member: Member, seconds: Floats) -> NDArray[np.bool_]:
    """When the service has targets at all."""
    there = np.ones(seconds.size, dtype=bool)
    if member.born is not None:
        there &= seconds >= member.born.timestamp()
    if member.nights_off:
        hour = seconds % _DAY / 3600
        there &= (hour >= _WAKES) & (hour < _SLEEPS)
    return there


def _day(member: Member, seconds: Floats, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    depth = (member.day - 1) / (member.day + 1)
    load = 1 + depth * np.sin(2 * np.pi * seconds / _DAY + rng.uniform(0, 2 * np.pi))
    load *= np.exp(_wander(rng, seconds.size, 0.03))
    median = 0.08 * (1 + 0.2 * (load - 1)) * np.exp(_wander(rng, seconds.size, member.noise))
    rate = member.rate * load
    days = (seconds[-1] - seconds[0]) / _DAY
    for at in rng.uniform(seconds[0], seconds[-1], round(member.bursts * days)):
        inside = (seconds >= at) & (seconds < at + 180)
        rate, median = np.where(inside, rate * 1.6, rate), np.where(inside, median * 1.2, median)
    for at in rng.uniform(seconds[0], seconds[-1], round(member.deploys * days)):
        median = np.where((seconds >= at) & (seconds < at + 60), median * 1.3, median)
    rate = np.where(seconds % 3600 < _BATCH_S, rate * member.hourly, rate)
    failing = member.base_failing * np.exp(_wander(rng, seconds.size, 0.2))
    return rate, median, failing


def _wander(rng: np.random.Generator, count: int, deviation: float) -> Floats:
    """Slow noise: a moving average over a quarter of an hour, scaled to the deviation."""
    width = 60
    white = rng.normal(size=count + width - 1)
    smooth: Floats = np.convolve(white, np.full(width, 1 / width), mode="valid")
    scaled: Floats = deviation * np.sqrt(width) * smooth
    return scaled


_REACH = np.linspace(-6, 6, 2401)
_NORMAL = np.cumsum(np.exp(-(_REACH**2) / 2))
_NORMAL /= _NORMAL[-1]


def _shares(median: Floats) -> Floats:
    """The share of requests in each bucket, shape (n, len(BOUNDS) + 1), for lognormal latencies."""
    z = (np.log(np.array(BOUNDS))[np.newaxis, :] - np.log(median)[:, np.newaxis]) / _SPREAD
    below = np.interp(z, _REACH, _NORMAL)
    edges = np.concatenate([np.zeros((median.size, 1)), below, np.ones((median.size, 1))], axis=1)
    shares: Floats = np.diff(edges, axis=1)
    return shares


def _alerts(member: Member, times: Ints) -> Iterator[Series]:
    """`ALERTS` and `ALERTS_FOR_STATE` of a rule over the service, for its faults that have an alert."""
    fired = [one for one in member.troubles if one.alert]
    if not fired:
        return
    labels: Labels = (
        ("alertname", "HighErrorRate"),
        ("namespace", "prod"),
        ("service", member.name),
        ("severity", "page"),
    )
    seconds = times / 1000
    states: dict[str, list[NDArray[np.bool_]]] = {"pending": [], "firing": []}
    for one in fired:
        start, fires = one.start.timestamp() + 30, (one.start + _ALERT_AFTER).timestamp()
        ends = one.end.timestamp() + 60
        states["pending"].append((seconds >= start) & (seconds < fires))
        states["firing"].append((seconds >= fires) & (seconds < ends))
    for state, masks in states.items():
        on = np.logical_or.reduce(masks)
        if on.any():
            yield make_series("ALERTS", (*labels, ("alertstate", state)), times[on], np.ones(int(on.sum())))
    active = np.logical_or.reduce([*states["pending"], *states["firing"]])
    since = np.zeros(times.size)
    for one in fired:
        since[seconds >= one.start.timestamp() + 30] = round(one.start.timestamp() + 30)
    yield make_series("ALERTS_FOR_STATE", labels, times[active], since[active])
