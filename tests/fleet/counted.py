"""A service's day as its counters show it: requests drawn by the second, scraped, and read as by a server.

The days are those of `services`; here the survey's signals are rates and quantiles of the scraped counters,
and the zoom reads the same counters raw, so that the bounds a draft prints can be held against the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from incident.impact import surveyed
from incident.model.evidence import Evidence
from incident.model.facts import AlertInterval
from incident.model.policy import Policy
from incident.model.signals import Counters, Samples
from incident.model.spans import Span, frozen_times, frozen_values, merged, ms
from tests.fleet.services import START, STEP, Fault, Floats, Shape, day_of, evidence_of_signals

Ints = NDArray[np.int64]

SCRAPE_S = 15
RANGE_S = 60
TARGETS = 2
_PHASES = (2.0, 9.0)
"""At which second of the scrape interval each target is scraped."""
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds of the histogram as client libraries set them."""
_LABELS = (*(f"{bound:g}" for bound in _BOUNDS), "+Inf")


@dataclass(frozen=True, slots=True, eq=False)
class _Scraped:
    """One target's counters at its scrapes: `counts` has shape (2 + buckets, n): all, failed, per bucket."""

    times: Floats
    counts: Floats


def counted(
    shape: Shape,
    seed: int,
    *,
    lead: timedelta,
    window: timedelta,
    fault: Fault,
    gone: bool = False,
    rise: float = 0.0,
    alerts: tuple[AlertInterval, ...] = (),
) -> Evidence:
    """What the survey reads of the service, and around its impact the raw counters of a zoom.

    With `gone` one of the two targets is not there during the fault, and with it half of the requests.
    With `rise` the fault is a ramp: it takes so many seconds from its start to its height, and back.
    """
    rng = np.random.default_rng(seed)
    seconds = np.arange((lead + window).total_seconds(), dtype=np.float64)
    curves = _by_second(shape, rng, seconds, fault, rise)
    hidden = (fault.start, fault.start + fault.length) if gone else None
    scraped = [
        _scraped(rng, shape.spread, seconds, curves, phase, hidden if target else None)
        for target, phase in enumerate(_PHASES)
    ]
    grid = np.arange(int((lead + window) / STEP), dtype=np.float64) * STEP.total_seconds()
    evidence = replace(evidence_of_signals(shape, _signals(scraped, grid), lead, window), alerts=alerts)
    return replace(evidence, counters=_zoomed(evidence, scraped))


def _by_second(
    shape: Shape, rng: np.random.Generator, seconds: Floats, fault: Fault, rise: float
) -> tuple[Floats, Floats, Floats]:
    """Rate, median latency and failing share of each second, the fault in them from its very second on."""
    coarse = np.arange(0.0, seconds[-1] + STEP.total_seconds(), STEP.total_seconds())
    rate, median, failing = (np.interp(seconds, coarse, row) for row in day_of(shape, rng, coarse))
    since, left = seconds - fault.start, fault.start + fault.length - seconds
    height = np.clip((np.minimum(since, left) + 1.0) / max(rise, 1.0), 0.0, 1.0) * ((since >= 0) & (left > 0))
    failing = np.maximum(failing, fault.failing * height)
    return rate, median * (1.0 + (fault.slower - 1.0) * height), failing


def _scraped(
    rng: np.random.Generator,
    spread: float,
    seconds: Floats,
    curves: tuple[Floats, Floats, Floats],
    phase: float,
    hidden: tuple[float, float] | None,
) -> _Scraped:
    rate, median, failing = curves
    away = np.zeros(seconds.size, bool)
    if hidden is not None:
        away = (seconds >= hidden[0]) & (seconds < hidden[1])
    total = rng.poisson(np.where(away, 0.0, rate / TARGETS))
    failed = rng.binomial(total, failing)
    rows = np.vstack([total, failed, *_buckets(rng, total, median, spread)])
    sums = np.concatenate([np.zeros((len(rows), 1)), np.cumsum(rows, axis=1)], axis=1)
    times = np.arange(phase, seconds[-1], SCRAPE_S)
    times = times[~away[times.astype(np.int64)]]
    return _Scraped(times, sums[:, times.astype(np.int64)])


def _buckets(rng: np.random.Generator, total: Ints, median: Floats, spread: float) -> list[Ints]:
    """How many requests of each second fell into each bucket, not yet cumulative over the bounds."""
    below = np.vstack([_normal((np.log(bound) - np.log(median)) / spread) for bound in _BOUNDS])
    left, mass, drawn = total.copy(), np.ones(total.size), []
    for share in np.diff(below, axis=0, prepend=0.0):
        part = rng.binomial(left, np.clip(share / np.maximum(mass, 1e-12), 0.0, 1.0))
        drawn.append(part)
        left, mass = left - part, mass - share
    return [*drawn, left]


def _normal(z: Floats) -> Floats:
    """The normal distribution function, to four digits: a logistic curve with a cubic term."""
    return 1.0 / (1.0 + np.exp(-np.clip(1.5976 * z + 0.070566 * z**3, -700, 700)))


def _signals(scraped: list[_Scraped], grid: Floats) -> dict[str, Floats]:
    rates = np.nansum([_rates(one, grid) for one in scraped], axis=0)
    seen = np.any([np.isfinite(_rates(one, grid)[0]) for one in scraped], axis=0)
    total, failed, buckets = rates[0], rates[1], np.cumsum(rates[2:], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = np.where(total > 0, failed / total, np.nan)
    return {
        "errors": errors,
        "p99": _quantile(buckets, 0.99),
        "p50": _quantile(buckets, 0.5),
        "traffic": np.where(seen, total, np.nan),
    }


def _rates(one: _Scraped, grid: Floats) -> Floats:
    """`rate(counter[1m])` at each grid time, as Prometheus computes it but for its care at the borders."""
    first = np.searchsorted(one.times, grid - RANGE_S, side="right")
    last = np.searchsorted(one.times, grid, side="right") - 1
    known = last > first
    a, b = np.where(known, first, 0), np.where(known, last, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = (one.counts[:, b] - one.counts[:, a]) / (one.times[b] - one.times[a])
    return np.where(known, rate, np.nan)


def _quantile(buckets: Floats, q: float) -> Floats:
    """`histogram_quantile` of cumulative bucket rates, shape (buckets, n); NaN where nothing was counted."""
    wanted = q * buckets[-1]
    place = (buckets < wanted).sum(axis=0)
    lower = np.concatenate([[0.0], _BOUNDS])[np.minimum(place, len(_BOUNDS) - 1)]
    upper = np.array(_BOUNDS)[np.minimum(place, len(_BOUNDS) - 1)]
    under = np.vstack([np.zeros(wanted.size), buckets])[place, np.arange(wanted.size)]
    inside = buckets[place, np.arange(wanted.size)] - under
    with np.errstate(invalid="ignore", divide="ignore"):
        value = lower + (upper - lower) * (wanted - under) / inside
    value = np.where(place >= len(_BOUNDS), _BOUNDS[-1], value)
    return np.where(buckets[-1] > 0, value, np.nan)


def _zoomed(evidence: Evidence, scraped: list[_Scraped]) -> Counters | None:
    """What the zoom would read: requests around the episodes, buckets around their edges."""
    seen = surveyed(evidence, Policy())
    edges = [e for one in seen.edges(evidence) if (e := one.clipped(evidence.covered)) is not None]
    spans = merged([*seen.stretches(evidence), *edges], timedelta(0))
    if not spans:
        return None
    near = merged(edges, timedelta(0))
    rows = [(i, j, code) for i in range(TARGETS) for j, code in ((0, "200"), (1, "500"))]
    requests = tuple(s for i, j, code in rows if (s := _requests(scraped[i], i, j, code, spans)) is not None)
    return Counters(
        spans=spans,
        requests=requests,
        is_failed=tuple(s.label("code") == "500" for s in requests),
        buckets=tuple(
            _read(scraped[i], i, np.cumsum(scraped[i].counts[2:], axis=0)[k], near, le=le)
            for i in range(TARGETS)
            for k, le in enumerate(_LABELS)
        ),
        bucket_spans=near,
        query="http_requests_total",
        failed_query='http_requests_total{code="500"}',
        left_out="",
    )


def _requests(one: _Scraped, target: int, row: int, code: str, spans: tuple[Span, ...]) -> Samples | None:
    """One code's counter, born with its first request; None where it never was."""
    values = one.counts[1] if row else one.counts[0] - one.counts[1]
    return (
        _read(one, target, np.where(values > 0, values, np.nan), spans, code=code) if values.any() else None
    )


def _read(one: _Scraped, target: int, values: Floats, spans: tuple[Span, ...], **labels: str) -> Samples:
    times = ms(START) + np.round(one.times * 1000).astype(np.int64)
    keep = np.zeros(times.size, bool)
    for span in spans:
        keep |= (times >= span.start_ms) & (times <= span.end_ms)
    keep &= np.isfinite(values)
    named = tuple(sorted({"job": "shop", "instance": f"{'ab'[target]}:1", **labels}.items()))
    return Samples(named, frozen_times(times[keep]), frozen_values(values[keep]))
