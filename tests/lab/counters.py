"""Counters and histogram buckets of one process, as each scrape reads them."""

from __future__ import annotations

import numpy as np

from tests.lab.curves import FloatArray, IntArray
from tests.lab.series import Labels
from tests.lab.spec import Route, Service
from tests.lab.traffic import CODES, Requests, routes_of

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
    scrape = np.searchsorted(times, requests.done * 1000)
    prior = int(lived_before_s / PRIOR_S)
    columns = _request_counters(routes, requests, scrape, len(times), prior)
    columns |= _histogram(routes, requests, scrape, len(times), prior)
    return columns


def _request_counters(
    routes: tuple[Route, ...], requests: Requests, scrape: IntArray, n_times: int, prior: int
) -> Columns:
    key = requests.route * len(CODES) + requests.code
    table = cumulative(scrape, key, n_times, len(routes) * len(CODES), None, prior)
    table[table == 0] = np.nan
    return {
        ("http_requests_total", (("code", code), *_route_labels(route))): table[:, row * len(CODES) + column]
        for row, route in enumerate(routes)
        for column, code in enumerate(CODES)
    }


def _histogram(
    routes: tuple[Route, ...], requests: Requests, scrape: IntArray, n_times: int, prior: int
) -> Columns:
    bucket = np.searchsorted(BUCKETS, requests.latency)
    key = requests.route * len(LE) + bucket
    table = cumulative(scrape, key, n_times, len(routes) * len(LE), None, prior)
    sums = cumulative(scrape, requests.route, n_times, len(routes), requests.latency, prior)
    metric = "http_request_duration_seconds"
    columns: Columns = {}
    for row, route in enumerate(routes):
        labels = _route_labels(route)
        counts = np.cumsum(table[:, row * len(LE) : (row + 1) * len(LE)], axis=1)
        exists = counts[:, -1] > 0
        for column, le in enumerate(LE):
            # Every bucket is exposed from the first observation on, also at 0.
            columns[f"{metric}_bucket", (("le", le), *labels)] = np.where(exists, counts[:, column], np.nan)
        columns[f"{metric}_count", labels] = np.where(exists, counts[:, -1], np.nan)
        columns[f"{metric}_sum", labels] = np.where(exists, sums[:, row], np.nan)
    return columns


def _route_labels(route: Route) -> Labels:
    return (("method", route.method), ("route", route.path))


def cumulative(
    scrape: IntArray,
    key: IntArray,
    n_times: int,
    n_keys: int,
    weights: FloatArray | None,
    prior: int,
) -> FloatArray:
    """Running totals per key, shape (n_times, n_keys).

    `scrape` is the index of the first scrape that sees each event (n_times: none does); `prior`
    is how often the first `PRIOR_SCRAPES` scrapes are taken to have happened before.
    """
    inside = scrape < n_times
    flat = scrape[inside] * n_keys + key[inside]
    chosen = None if weights is None else weights[inside]
    counts = np.bincount(flat, chosen, minlength=n_times * n_keys).astype(np.float64)
    table = np.cumsum(counts.reshape(n_times, n_keys), axis=0)
    if prior and n_times:
        table += prior * table[min(PRIOR_SCRAPES, n_times) - 1]
    return table
