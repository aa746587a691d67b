"""A shop that opens at eight: the same hours of today, yesterday and a week ago, counter by counter.

Eight days request by request would take minutes; here each scrape draws what was counted since the one
before, of the hours that a draft of today can ask for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from tests.lab.counters import BUCKETS, LE
from tests.lab.curves import FloatArray, IntArray
from tests.lab.series import Labels, Series, make_series
from tests.lab.spec import NAMESPACE

SERVICE = "shop"
SCRAPE_MS = 30_000
DAYS_AGO = (7, 1, 0)
FIRST_HOUR, LAST_HOUR = 2.5, 12.0
"""Hours of the day that are scraped."""
OPENS, OPEN_BY = 8.0, 8.6
"""From night to day in half an hour: too fast to be taken for a rhythm by its slope."""
NIGHT_RPS, DAY_FACTOR = 12.0, 5.0
SLOWER_BY_DAY = 2.2
"""The median response time by day, in that of the night."""
MEDIAN_S, SIGMA = 0.06, 0.6
USUALLY_FAILING = 0.001
INSTANCES = ("10.2.0.4:8080", "10.2.0.5:8080")


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong on one of the days, in hours of that day."""

    days_ago: int
    start: float
    end: float
    failing: float = USUALLY_FAILING
    slower: float = 1.0
    served: float = 1.0
    """The share of the requests that arrive at all."""


def opening(hours: FloatArray) -> FloatArray:
    """How far the shop has opened, from 0 to 1."""
    return np.clip((hours - OPENS) / (OPEN_BY - OPENS), 0.0, 1.0)


def demand(hours: FloatArray) -> FloatArray:
    """Requests a second to be expected at each hour of any day."""
    return NIGHT_RPS * np.power(DAY_FACTOR, opening(hours))


def mornings(midnight: datetime, *faults: Fault, seed: int = 1) -> list[Series]:
    """Everything scraped of the shop on the three days; `midnight` (UTC) begins today."""
    rng = np.random.default_rng(seed)
    made: list[Series] = []
    for ago in DAYS_AGO:
        start = midnight - timedelta(days=ago)
        for index, instance in enumerate(INSTANCES):
            times = _scrapes(start, 4_000 + 11_000 * index)
            hours = (times / 1000.0 - start.timestamp()) / 3600.0
            today = [fault for fault in faults if fault.days_ago == ago]
            made += _instance(instance, times, hours, today, rng)
    return _joined(made)


def _scrapes(midnight: datetime, offset_ms: int) -> IntArray:
    begins = round(midnight.timestamp() * 1000)
    first, last = (begins + round(hour * 3_600_000) for hour in (FIRST_HOUR, LAST_HOUR))
    return np.arange(first + offset_ms, last, SCRAPE_MS, dtype=np.int64)


def _instance(
    instance: str, times: IntArray, hours: FloatArray, faults: list[Fault], rng: np.random.Generator
) -> list[Series]:
    """One target's day: what each scrape sees was counted in the half minute before it."""
    rps, failing = demand(hours) / len(INSTANCES), np.full(len(hours), USUALLY_FAILING)
    median = MEDIAN_S * np.power(SLOWER_BY_DAY, opening(hours))
    for fault in faults:
        inside = (hours >= fault.start) & (hours < fault.end)
        rps = np.where(inside, fault.served * rps, rps)
        failing = np.where(inside, np.maximum(failing, fault.failing), failing)
        median = np.where(inside, fault.slower * median, median)
    total = rng.poisson(rps * (SCRAPE_MS / 1000.0))
    failed = rng.binomial(total, failing)
    own: Labels = (("instance", instance), ("job", SERVICE), ("namespace", NAMESPACE), ("service", SERVICE))
    ones = np.ones(len(times))
    route = (("method", "GET"), ("route", "/"))
    counted = [("200", total - failed), ("500", failed)]
    return [
        make_series("up", own, times, ones),
        make_series("process_start_time_seconds", own, times, ones * 1_700_000_000.0),
        *(
            make_series(
                "http_requests_total", (*own, *route, ("code", code)), times, 1e6 + np.cumsum(requests)
            )
            for code, requests in counted
        ),
        *_buckets((*own, *route), times, total, median, rng),
    ]


def _buckets(
    labels: Labels, times: IntArray, total: IntArray, median: FloatArray, rng: np.random.Generator
) -> list[Series]:
    """The latency histogram of log-normal response times, drawn scrape by scrape."""
    below = np.array([_normal_share(np.log(bound / median) / SIGMA) for bound in BUCKETS]).T
    edges = np.concatenate((np.zeros((len(times), 1)), below, np.ones((len(times), 1))), axis=1)
    drawn = rng.multinomial(total, np.diff(edges, axis=1))
    cumulative = 1e6 + np.cumsum(np.cumsum(drawn, axis=1), axis=0)
    metric = "http_request_duration_seconds"
    made = [
        make_series(f"{metric}_bucket", (*labels, ("le", le)), times, cumulative[:, k])
        for k, le in enumerate(LE)
    ]
    return [*made, make_series(f"{metric}_count", labels, times, cumulative[:, -1])]


def _normal_share(z: FloatArray) -> FloatArray:
    # Logistic approximation of the normal distribution, exact to 0.01.
    return 1.0 / (1.0 + np.exp(-1.702 * z))


def _joined(made: list[Series]) -> list[Series]:
    """One series for each name and label set; each day goes on from where the day before ended."""
    days: dict[tuple[str, Labels], list[Series]] = {}
    for one in made:
        days.setdefault((one.name, one.labels), []).append(one)
    return [_one(name, labels, parts) for (name, labels), parts in days.items()]


def _one(name: str, labels: Labels, parts: list[Series]) -> Series:
    values, reached = [], 0.0
    for part in parts:
        grown = name.endswith(("_total", "_bucket", "_count"))
        values.append(part.values + (reached if grown else 0.0))
        reached = float(values[-1][-1])
    return make_series(name, labels, np.concatenate([p.times for p in parts]), np.concatenate(values))
