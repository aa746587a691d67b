"""Counters and histogram buckets of one process, as each scrape reads them."""

from __future__ import annotations

import numpy as np

from tests.lab.curves import FloatArray, IntArray
from tests.lab.series import Labels
from tests.lab.spec import Route, Service
from tests.lab.traffic import CODES, Requests, pieces, routes_of

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The default buckets of the client libraries, in seconds."""
LE = (*(f"{bound:g}" for bound in BUCKETS), "+Inf")

PRIOR_SCRAPES = 40
"""A counter does not begin at 0: ten minutes are taken as typical of the time before the data."""
PRIOR_S = 600.0

Columns = dict[tuple[str, Labels], FloatArray]


def process_counters(service: Service, requests: Requests, times: IntArray, lived_before_s: float) -> Columns:
    """Every counter of one process at its scrape times (ms), by name and labels.

    `requests` are those this process answered; one that ended exactly at a scrape is seen by it.
    NaN means that the series has not been born.
    """
    routes = routes_of(service)
    prior = int(lived_before_s / PRIOR_S)
    answers = np.zeros((len(times), len(routes), len(CODES)))
    buckets = np.zeros((len(times), len(routes), len(LE)))
    sums = np.zeros((len(times), len(routes)))
    for piece in pieces(len(requests)):
        done = (requests.arrived[piece] + requests.latency[piece]) * 1000
        scrape = np.searchsorted(times, done)
        # What was done after the last scrape is seen by none.
        inside = scrape < len(times)
        seen, route = scrape[inside], requests.route[piece][inside]
        latency = requests.latency[piece][inside]
        np.add.at(answers, (seen, route, requests.code[piece][inside]), 1.0)
        np.add.at(buckets, (seen, route, np.searchsorted(BUCKETS, latency)), 1.0)
        np.add.at(sums, (seen, route), latency)
    columns = _request_counters(routes, cumulative(answers, prior))
    columns |= _histogram(routes, cumulative(buckets, prior), cumulative(sums, prior))
    return columns


def _request_counters(routes: tuple[Route, ...], answers: FloatArray) -> Columns:
    """Of the answers, shape (n_times, n_routes, n_codes)."""
    table = np.where(answers == 0, np.nan, answers)
    return {
        ("http_requests_total", (("code", code), *_route_labels(route))): table[:, row, column]
        for row, route in enumerate(routes)
        for column, code in enumerate(CODES)
    }


def _histogram(routes: tuple[Route, ...], buckets: FloatArray, sums: FloatArray) -> Columns:
    """Of the answers by latency, shape (n_times, n_routes, n_buckets), and of their sums in seconds."""
    metric = "http_request_duration_seconds"
    columns: Columns = {}
    for row, route in enumerate(routes):
        labels = _route_labels(route)
        counts = np.cumsum(buckets[:, row], axis=1)
        exists = counts[:, -1] > 0
        for column, le in enumerate(LE):
            # Every bucket is exposed from the first observation on, also at 0.
            columns[f"{metric}_bucket", (("le", le), *labels)] = np.where(exists, counts[:, column], np.nan)
        columns[f"{metric}_count", labels] = np.where(exists, counts[:, -1], np.nan)
        columns[f"{metric}_sum", labels] = np.where(exists, sums[:, row], np.nan)
    return columns


def _route_labels(route: Route) -> Labels:
    return (("method", route.method), ("route", route.path))


def cumulative(seen: FloatArray, prior: int) -> FloatArray:
    """Running totals of what each scrape sees for the first time, the scrapes along the first axis.

    `prior` is how often the first `PRIOR_SCRAPES` scrapes are taken to have happened before.
    """
    table = np.cumsum(seen, axis=0)
    if prior and len(table):
        table += prior * table[min(PRIOR_SCRAPES, len(table)) - 1]
    return table
