"""Requests, one by one: when they arrive, who answers them, how, and how long it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from tests.lab.curves import FloatArray, IntArray, rhythm
from tests.lab.spec import HEALTH_ROUTE, NORMAL_ERROR_RATIO, Route, Service

CODES = ("200", "404", "500", "503")
OK, NOT_FOUND, ERROR, UNAVAILABLE = range(4)
NOT_FOUND_SHARE = 0.005

FAILURE_SIGMA = 0.4
"""Spread of quick failures, narrower than that of work that is really done."""

DEMAND_SPREAD = 0.02
"""Slow wandering of the demand, minute by minute, beyond Poisson noise."""
DEMAND_MEMORY = 0.8

PIECE = 1 << 18
"""Requests looked at at once: two megabytes for each property that is made of them."""

Kind = TypeVar("Kind", bound=np.generic)
Column: TypeAlias = npt.NDArray[Kind]
SmallArray = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]

HEALTH_EVERY_S = 10.0
HEALTH_LATENCY_S = 0.002


@dataclass(frozen=True, slots=True)
class Life:
    """One process of an instance, alive in `[start, stop)` epoch seconds."""

    start: float
    stop: float
    version: str


Lives: TypeAlias = Sequence[Sequence[Life]]
"""The processes of either instance."""


@dataclass(frozen=True, slots=True)
class Requests:
    """Answered requests in parallel arrays, ordered by arrival; `routes` index `routes_of`.

    Of millions of requests, so nothing is kept that follows from the rest, and small numbers are kept small.
    """

    arrived: FloatArray
    instance: SmallArray
    route: SmallArray
    code: SmallArray
    latency: FloatArray

    def __len__(self) -> int:
        return len(self.arrived)

    @property
    def done(self) -> FloatArray:
        """When each was answered; made anew at each call."""
        return self.arrived + self.latency


@dataclass(frozen=True, slots=True)
class Traffic:
    """The demand on a service (every arrival, epoch seconds) and what of it was answered."""

    arrivals: FloatArray
    answered: Requests


def routes_of(service: Service) -> tuple[Route, ...]:
    """The routes requests can have, the health check last."""
    return (*service.routes, Route("GET", HEALTH_ROUTE, 0.0))


def lives_of(service: Service, instance: int, start: float, end: float) -> list[Life]:
    """The processes of an instance; the first one started days before the data."""
    uptime = timedelta(days=3, hours=5 + 7 * instance)
    began = float(round(start)) - uptime.total_seconds()
    version, lives = service.version, []
    for restart in sorted(service.restarts, key=lambda restart: restart.at):
        if restart.instance == instance:
            at = restart.at.timestamp()
            lives.append(Life(began, at - restart.down.total_seconds(), version))
            began, version = at, restart.version or version
    return [*lives, Life(began, end + 1, version)]


def demand_mean(service: Service, seconds: FloatArray) -> FloatArray:
    """Arrivals per second to be expected at each instant."""
    daily = rhythm(seconds, service.swing, service.peak_hour_utc)
    return service.requests_per_s * daily * service.surge.at(seconds)


def draw_traffic(service: Service, start: float, end: float, rng: np.random.Generator) -> Traffic:
    """Simulate every request of the service in `[start, end)`.

    Property by property, as the generator is asked, and each piece by piece.
    """
    arrivals = _arrivals(service, start, end, rng)
    lives = [lives_of(service, index, start, end) for index in (0, 1)]
    instance = _instances(lives, arrivals, rng)
    reached = _column(
        arrivals, np.bool_, lambda at, _: _taken(lives, at) & (rng.random(len(at)) < service.reaching.at(at))
    )
    shares = [one.share for one in service.routes]
    route = _column(arrivals, np.int8, lambda at, _: rng.choice(len(shares), len(at), p=shares))
    code, faulty = _codes(service, lives, arrivals, instance, route, rng)
    latency = _latencies(service, arrivals, route, faulty, rng)
    drawn = Requests(arrivals, instance, route, code, latency)
    kept = reached & _finished(lives, drawn)
    del drawn, reached, faulty
    checks = _health_checks(service, lives, start, end, rng)
    # One after the other: each goes as its shorter one is made.
    latency = np.concatenate([latency[kept], checks.latency])
    instance = np.concatenate([instance[kept], checks.instance])
    route = np.concatenate([route[kept], checks.route])
    code = np.concatenate([code[kept], checks.code])
    arrived = np.concatenate([arrivals[kept], checks.arrived])
    return Traffic(arrivals, Requests(arrived, instance, route, code, latency))


def pieces(count: int) -> Iterator[slice]:
    """Requests `[0, count)` in order, so many at once that what is made of them is small."""
    return (slice(first, first + PIECE) for first in range(0, count, PIECE))


def _column(arrivals: FloatArray, kind: type[Kind], make: Callable[[FloatArray, slice], Any]) -> Column[Kind]:
    """A value for each arrival, made of the arrivals of one piece after the other and their places."""
    column = np.empty(len(arrivals), dtype=kind)
    for piece in pieces(len(arrivals)):
        column[piece] = make(arrivals[piece], piece)
    return column


def _arrivals(service: Service, start: float, end: float, rng: np.random.Generator) -> FloatArray:
    seconds = np.arange(np.floor(start), end)
    mean = demand_mean(service, seconds + 0.5) * _wandering(len(seconds), rng)
    per_second = rng.poisson(mean)
    exact = np.repeat(seconds, per_second)
    exact += rng.random(len(exact))
    exact.sort()
    return exact


def _wandering(count: int, rng: np.random.Generator) -> FloatArray:
    minutes = count // 60 + 2
    noise = np.empty(minutes)
    level = 0.0
    for index, shock in enumerate(rng.normal(0, DEMAND_SPREAD, minutes)):
        level = DEMAND_MEMORY * level + shock * np.sqrt(1 - DEMAND_MEMORY**2)
        noise[index] = level
    return np.exp(np.interp(np.arange(count) / 60, np.arange(minutes), noise))


def _instances(lives: Lives, arrivals: FloatArray, rng: np.random.Generator) -> SmallArray:
    """Who is asked: either alike, and the other one while one is not there."""

    def chosen(at: FloatArray, _: slice) -> IntArray:
        first = rng.integers(0, 2, len(at))
        there = np.where(first == 0, _alive(lives[0], at), _alive(lives[1], at))
        return np.where(there, first, 1 - first)

    return _column(arrivals, np.int8, chosen)


def _alive(lives: Sequence[Life], instants: FloatArray) -> Flags:
    alive = np.zeros(len(instants), dtype=np.bool_)
    for life in lives:
        alive |= (instants >= life.start) & (instants < life.stop)
    return alive


def _taken(lives: Lives, instants: FloatArray) -> Flags:
    """Whether any instance is there to take a request."""
    return _alive(lives[0], instants) | _alive(lives[1], instants)


def _running(lives: Sequence[Life], instants: FloatArray, service: Service) -> Flags:
    """Whether the instance runs a version that the fault befalls, at each instant."""
    if service.failing_version is None:
        return np.ones(len(instants), dtype=np.bool_)
    return _alive([life for life in lives if life.version == service.failing_version], instants)


def _on_route(service: Service, route: SmallArray) -> Flags:
    """Whether each request is on a route that the fault befalls."""
    befallen = [service.failing_route in (None, one.path) for one in service.routes]
    return np.array(befallen, dtype=np.bool_)[route]


def _codes(
    service: Service,
    lives: Lives,
    arrivals: FloatArray,
    instance: SmallArray,
    route: SmallArray,
    rng: np.random.Generator,
) -> tuple[SmallArray, Flags]:
    """The code of each answer, and whether it is one of the fault."""
    faulty = np.zeros(len(arrivals), dtype=np.bool_)

    def failed(at: FloatArray, piece: slice) -> IntArray:
        chance = rng.random(len(at))
        usual = chance < NORMAL_ERROR_RATIO
        first = instance[piece] == 0
        running = np.where(first, _running(lives[0], at, service), _running(lives[1], at, service))
        affected = running & _on_route(service, route[piece])
        faulty[piece] = ~usual & affected & (chance < service.failing.at(at))
        return np.where(usual | faulty[piece], ERROR, OK)

    def unavailable(at: FloatArray, piece: slice) -> IntArray:
        chosen = faulty[piece] & (rng.random(len(at)) < service.unavailable_share)
        return np.where(chosen, UNAVAILABLE, code[piece])

    def missing(at: FloatArray, piece: slice) -> IntArray:
        chosen = (rng.random(len(at)) < NOT_FOUND_SHARE) & (code[piece] == OK)
        return np.where(chosen, NOT_FOUND, code[piece])

    code = _column(arrivals, np.int8, failed)
    code = _column(arrivals, np.int8, unavailable)
    return _column(arrivals, np.int8, missing), faulty


def _latencies(
    service: Service, arrivals: FloatArray, route: SmallArray, faulty: Flags, rng: np.random.Generator
) -> FloatArray:
    slowness = np.array([one.slowness for one in service.routes])
    quick_s = service.failure_median_s

    def usual(at: FloatArray, piece: slice) -> FloatArray:
        daily = rhythm(at, service.latency_swing, service.peak_hour_utc)
        median = service.median_s * slowness[route[piece]] * daily * service.latency.at(at)
        return median * rng.lognormal(0, service.sigma, len(at))

    latency = _column(arrivals, np.float64, usual)
    if quick_s is None:
        return latency

    def with_quick(at: FloatArray, piece: slice) -> FloatArray:
        return np.where(faulty[piece], quick_s * rng.lognormal(0, FAILURE_SIGMA, len(at)), latency[piece])

    return _column(arrivals, np.float64, with_quick)


def _finished(lives: Lives, drawn: Requests) -> Flags:
    """Whether the process that took the request still lived when it was done."""

    def lived(at: FloatArray, piece: slice) -> Flags:
        done = at + drawn.latency[piece]
        finished = np.zeros(len(at), dtype=np.bool_)
        for index in (0, 1):
            mine = drawn.instance[piece] == index
            for life in lives[index]:
                finished |= mine & (at >= life.start) & (at < life.stop) & (done < life.stop)
        return finished

    return _column(drawn.arrived, np.bool_, lived)


def _health_checks(
    service: Service, lives: Lives, start: float, end: float, rng: np.random.Generator
) -> Requests:
    beats = np.arange(start, end, HEALTH_EVERY_S)
    arrived = np.concatenate([beats + 1.7, beats + 6.2])
    instance = np.repeat(np.array([0, 1], dtype=np.int8), len(beats))
    latency = HEALTH_LATENCY_S * rng.lognormal(0, FAILURE_SIGMA, len(arrived))
    count = len(arrived)
    route = np.full(count, len(service.routes), dtype=np.int8)
    checks = Requests(arrived, instance, route, np.full(count, OK, dtype=np.int8), latency)
    return take(checks, _finished(lives, checks))


def take(requests: Requests, chosen: Flags) -> Requests:
    """Only the chosen requests."""
    return Requests(
        requests.arrived[chosen],
        requests.instance[chosen],
        requests.route[chosen],
        requests.code[chosen],
        requests.latency[chosen],
    )
