"""A 99th percentile that jumps into a wide bucket by a handful of slow requests, and one that rose."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from incident.impact import assess, surveyed
from incident.impact.departure import Departure
from incident.impact.ends.slow import more_than_chance, slow_counts
from incident.model.evidence import Evidence
from incident.model.policy import Policy
from incident.model.signals import Counters, Samples
from incident.model.spans import Millis, Values
from tests.reasoning_builders import (
    ERRORS,
    LATENCY,
    TRAFFIC,
    at_ms,
    departure,
    evidence,
    grid,
    noisy,
    samples,
    scrapes,
    series,
    span,
)

GRID = grid("08:00", "15:00", 30)
BOUNDS = (0.5, 1.0, 5.0, 10.0, 100.0)
"""As an ingress has them: from ten seconds on nothing is known up to a hundred."""
READ = span("12:30", "14:00")
JUMP = departure(LATENCY, "13:00", "13:01", over=GRID, before=0.48, inside=17.0)


def _buckets(rate: float, slow: tuple[tuple[str, int], ...], usually: float = 0.002) -> tuple[Samples, ...]:
    """Requests a second, of which `usually` take 10 to 100 s; so many more do after an instant."""
    rng, times = np.random.default_rng(4), scrapes("12:30", "14:00")
    total = rng.poisson(rate * 15, times.size)
    late = rng.binomial(total, usually)
    for clock, more in slow:
        late[int(np.searchsorted(times, at_ms(clock))) + 1] += more
    fast, every = np.cumsum(total).astype(float), np.cumsum(total + late).astype(float)
    return tuple(_bucket(f"{b:g}", times, every if b >= 100 else fast) for b in (*BOUNDS, np.inf))


def _bucket(le: str, times: Millis, values: Values) -> Samples:
    return samples(
        {"job": "shop", "instance": "a:1", "le": "+Inf" if le == "inf" else le}, times, list(values)
    )


def _counters(buckets: tuple[Samples, ...]) -> Counters:
    return Counters((READ,), (), (), buckets, (READ,), "requests", "", "")


def _kept(one: Departure, buckets: tuple[Samples, ...]) -> bool:
    counters = _counters(buckets)
    return more_than_chance((one,), counters, partial(slow_counts, counters, 15_000)) == (one,)


@pytest.mark.parametrize(
    ("rate", "slow", "kept"), [(10, 6, False), (10, 40, True), (100, 10, False), (100, 120, True)]
)
def test_a_quantile_that_jumps_needs_more_slow_requests_than_chance(
    rate: float, slow: int, kept: bool
) -> None:
    """Of 900 requests two are slow as always; eight may be chance, forty are not. So of ten times as many."""
    assert _kept(JUMP, _buckets(rate, (("13:00:00", slow),))) is kept


def test_requests_that_are_always_slow_in_bunches_are_no_departure() -> None:
    """Where twenty come at once every few minutes, twenty at once are as usual."""
    often = tuple(
        (f"{hour}:{minute:02}:15", 20)
        for hour in (12, 13)
        for minute in range(0, 60, 4)
        if (hour, minute) >= (12, 32)
    )

    assert not _kept(JUMP, _buckets(10, (("13:00:15", 20), *often)))
    assert _kept(JUMP, _buckets(10, (("13:00:15", 20),)))


def test_what_the_buckets_do_not_cover_stays() -> None:
    """Without buckets, or without anything beside it, nothing can be said against a departure."""
    early = departure(LATENCY, "09:00", "09:01", over=GRID, before=0.48, inside=17.0)
    whole = departure(LATENCY, "08:00", "14:30", over=GRID, before=0.48, inside=17.0)

    for counters in (None, _counters(())):
        assert more_than_chance((JUMP,), counters, partial(slow_counts, counters, 15_000)) == (JUMP,)
    assert _kept(early, _buckets(10, ()))
    assert _kept(whole, _buckets(10, ()))


def test_failures_are_not_weighed_by_slow_requests() -> None:
    """An error ratio has its own uncertainty."""
    failing = departure(ERRORS, "13:00", "13:01", over=GRID)

    assert _kept(failing, _buckets(10, ()))


def _jumping(*levels: float) -> Evidence:
    """Errors as ever, and a p99 that jumps to these samples at 13:00."""
    latency = noisy(np.full(GRID.count, 0.48))
    latency[GRID.index(at_ms("13:00")) :][: len(levels)] = levels
    calm = noisy(np.full(GRID.count, 0.001), 0.3)
    rows = [series(ERRORS, GRID, calm), series(LATENCY, GRID, latency), series(TRAFFIC, GRID, 10.0)]
    return evidence(rows, span("12:00", "15:00"), span("08:00", "15:00"))


def test_no_relapse_is_told_of_a_handful_of_slow_requests() -> None:
    """What the survey saw as three samples of 17 s is no impact when the buckets are read."""
    found = _jumping(17.0, 19.0, 16.0)
    few = replace(found, counters=_counters(_buckets(10, (("13:00:00", 6),))))
    many = replace(found, counters=_counters(_buckets(10, (("13:00:00", 60),))))

    assert len(surveyed(found, Policy()).episodes) == 1
    assert assess(few, Policy()).episodes == ()
    assert len(assess(many, Policy()).episodes) == 1


def test_a_single_sample_of_a_lone_latency_is_no_impact() -> None:
    """However far out: nothing else says so, and a minute of few requests has no 99th percentile."""
    assert surveyed(_jumping(60.0), Policy()).episodes == ()
