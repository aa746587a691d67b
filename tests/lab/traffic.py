"""Requests, one by one: when they arrive, who answers them, how, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

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

HEALTH_EVERY_S = 10.0
HEALTH_LATENCY_S = 0.002


@dataclass(frozen=True, slots=True)
class Life:
    """One process of an instance, alive in `[start, stop)` epoch seconds."""

    start: float
    stop: float
    version: str


@dataclass(frozen=True, slots=True)
class Requests:
    """Answered requests in parallel arrays, ordered by arrival; `routes` index `routes_of`."""

    arrived: FloatArray
    done: FloatArray
    instance: IntArray
    route: IntArray
    code: IntArray
    latency: FloatArray


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
    """Simulate every request of the service in `[start, end)`."""
    arrivals = _arrivals(service, start, end, rng)
    count = len(arrivals)
    alive = [_alive(lives_of(service, index, start, end), arrivals) for index in (0, 1)]
    instance = rng.integers(0, 2, count)
    chosen = np.where(instance == 0, alive[0], alive[1])
    instance = np.where(chosen, instance, 1 - instance)
    reached = (alive[0] | alive[1]) & (rng.random(count) < service.reaching.at(arrivals))
    route = rng.choice(len(service.routes), count, p=[one.share for one in service.routes])
    running = [_running(lives_of(service, index, start, end), arrivals, service) for index in (0, 1)]
    affected = np.where(instance == 0, running[0], running[1]) & _on_route(service, route)
    code, faulty = _codes(service, arrivals, affected, rng)
    latency = _latencies(service, arrivals, route, faulty, rng)
    drawn = Requests(arrivals, arrivals + latency, instance, route, code, latency)
    answered = take(drawn, reached)
    answered = take(answered, _finished(service, answered, start, end))
    return Traffic(arrivals, _join(answered, _health_checks(service, start, end, rng)))


def _arrivals(service: Service, start: float, end: float, rng: np.random.Generator) -> FloatArray:
    seconds = np.arange(np.floor(start), end)
    mean = demand_mean(service, seconds + 0.5) * _wandering(len(seconds), rng)
    per_second = rng.poisson(mean)
    exact = np.repeat(seconds, per_second) + rng.random(int(per_second.sum()))
    return np.sort(exact)


def _wandering(count: int, rng: np.random.Generator) -> FloatArray:
    minutes = count // 60 + 2
    noise = np.empty(minutes)
    level = 0.0
    for index, shock in enumerate(rng.normal(0, DEMAND_SPREAD, minutes)):
        level = DEMAND_MEMORY * level + shock * np.sqrt(1 - DEMAND_MEMORY**2)
        noise[index] = level
    return np.exp(np.interp(np.arange(count) / 60, np.arange(minutes), noise))


def _alive(lives: list[Life], instants: FloatArray) -> npt.NDArray[np.bool_]:
    alive = np.zeros(len(instants), dtype=np.bool_)
    for life in lives:
        alive |= (instants >= life.start) & (instants < life.stop)
    return alive


def _running(lives: list[Life], instants: FloatArray, service: Service) -> npt.NDArray[np.bool_]:
    """Whether the instance runs a version that the fault befalls, at each instant."""
    if service.failing_version is None:
        return np.ones(len(instants), dtype=np.bool_)
    return _alive([life for life in lives if life.version == service.failing_version], instants)


def _on_route(service: Service, route: IntArray) -> npt.NDArray[np.bool_]:
    """Whether each request is on a route that the fault befalls."""
    befallen = [service.failing_route in (None, one.path) for one in service.routes]
    return np.array(befallen, dtype=np.bool_)[route]


def _codes(
    service: Service, arrivals: FloatArray, affected: npt.NDArray[np.bool_], rng: np.random.Generator
) -> tuple[IntArray, npt.NDArray[np.bool_]]:
    chance = rng.random(len(arrivals))
    usual = chance < NORMAL_ERROR_RATIO
    faulty = ~usual & affected & (chance < service.failing.at(arrivals))
    unavailable = faulty & (rng.random(len(arrivals)) < service.unavailable_share)
    missing = rng.random(len(arrivals)) < NOT_FOUND_SHARE
    code = np.where(missing, NOT_FOUND, OK)
    code = np.where(usual | faulty, ERROR, code)
    return np.where(unavailable, UNAVAILABLE, code).astype(np.int64), faulty


def _latencies(
    service: Service,
    arrivals: FloatArray,
    route: IntArray,
    faulty: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> FloatArray:
    slowness = np.array([one.slowness for one in service.routes])[route]
    daily = rhythm(arrivals, service.latency_swing, service.peak_hour_utc)
    median = service.median_s * slowness * daily * service.latency.at(arrivals)
    latency = median * rng.lognormal(0, service.sigma, len(arrivals))
    if service.failure_median_s is None:
        return latency
    quick = service.failure_median_s * rng.lognormal(0, FAILURE_SIGMA, len(arrivals))
    return np.where(faulty, quick, latency)


def _finished(service: Service, drawn: Requests, start: float, end: float) -> npt.NDArray[np.bool_]:
    """Whether the process that took the request still lived when it was done."""
    finished = np.zeros(len(drawn.done), dtype=np.bool_)
    for index in (0, 1):
        for life in lives_of(service, index, start, end):
            mine = (drawn.instance == index) & (drawn.arrived >= life.start)
            finished |= mine & (drawn.arrived < life.stop) & (drawn.done < life.stop)
    return finished


def _health_checks(service: Service, start: float, end: float, rng: np.random.Generator) -> Requests:
    beats = np.arange(start, end, HEALTH_EVERY_S)
    arrived = np.concatenate([beats + 1.7, beats + 6.2])
    instance = np.repeat([0, 1], len(beats))
    latency = HEALTH_LATENCY_S * rng.lognormal(0, FAILURE_SIGMA, len(arrived))
    count = len(arrived)
    route = np.full(count, len(service.routes))
    checks = Requests(arrived, arrived + latency, instance, route, np.full(count, OK), latency)
    return take(checks, _finished(service, checks, start, end))


def take(requests: Requests, chosen: npt.NDArray[np.bool_]) -> Requests:
    """Only the chosen requests."""
    return Requests(
        requests.arrived[chosen],
        requests.done[chosen],
        requests.instance[chosen],
        requests.route[chosen],
        requests.code[chosen],
        requests.latency[chosen],
    )


def _join(first: Requests, second: Requests) -> Requests:
    return Requests(
        np.concatenate([first.arrived, second.arrived]),
        np.concatenate([first.done, second.done]),
        np.concatenate([first.instance, second.instance]),
        np.concatenate([first.route, second.route]),
        np.concatenate([first.code, second.code]),
        np.concatenate([first.latency, second.latency]),
    )
