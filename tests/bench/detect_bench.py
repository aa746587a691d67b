"""How well and how fast series are judged, on generated data: `python -m tests.bench.detect_bench`.

Prints two tables and a few ratios. Nothing is asserted and no outside data are read. The floor of
the speed is what any robust method must at least do: median and median absolute deviation of each row.
"""

from __future__ import annotations

import argparse
import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from incident.detect import detect_episodes
from incident.detect.episode import Floats
from tests.detect.shapes import (
    Clock,
    Drawn,
    Generator,
    error_ratio,
    flat,
    gauge,
    latency_quantile,
    ramp,
    request_rate,
    rhythm,
    step,
)

HOUR = 3600.0
NEAR_S = 300.0
"""A found stretch belongs to a fault when it begins no farther than this from it, or overlaps it."""

Stretches = list[tuple[int, int]]
Method = Callable[[Drawn], Stretches]


@dataclass(frozen=True)
class Score:
    """What one method made of the drawn series."""

    faults: int
    found: int
    false: int
    days: float
    onset_s: list[float]
    end_s: list[float]


def kernel(drawn: Drawn) -> Stretches:
    """The product's detector."""
    counts = None if drawn.counts is None else drawn.counts[np.newaxis]
    (found,) = detect_episodes(
        drawn.values[np.newaxis],
        step_s=drawn.step_s,
        baseline=drawn.baseline,
        kind=drawn.kind,
        worse=drawn.worse,
        counts=counts,
    )
    return [(e.onset, len(drawn.values) if e.end is None else e.end) for e in found]


def static_for_5m(drawn: Drawn) -> Stretches:
    """An alert rule: five minutes beyond three times the baseline's median (a tenth for what falls)."""
    base = float(np.nanmedian(drawn.values[: drawn.baseline]))
    bad = drawn.values > max(3.0 * base, 0.01)
    if drawn.kind == "rate":
        bad |= drawn.values < 0.1 * base
    least = round(300.0 / drawn.step_s)
    return [(a + least, b) for a, b in _spans(bad) if b - a > least and b > drawn.baseline]


def rolling_z(drawn: Drawn) -> Stretches:
    """Three samples in a row more than four standard deviations off the last hour."""
    width = round(HOUR / drawn.step_s)
    y = np.nan_to_num(drawn.values, nan=float(np.nanmedian(drawn.values)))
    sums, squares = np.cumsum(np.pad(y, (1, 0))), np.cumsum(np.pad(y * y, (1, 0)))
    mean = (sums[width:-1] - sums[: -width - 1]) / width
    variance = np.maximum((squares[width:-1] - squares[: -width - 1]) / width - mean**2, 1e-12)
    z = np.zeros(len(y))
    z[width:] = (y[width:] - mean) / np.sqrt(variance)
    bad = np.abs(z) > 4.0 if drawn.worse == "both" else z > 4.0
    return [(a, b) for a, b in _spans(bad) if b - a >= 3 and b > drawn.baseline]


def _spans(mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Stretches:
    edges = np.flatnonzero(np.diff(np.pad(mask, 1).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def healthy(rng: Generator, clock: Clock) -> list[Drawn]:
    """The signals of one healthy service-day, shape and load drawn."""
    rps = float(rng.choice([0.2, 5.0, 100.0]))
    daily = rhythm(clock, float(rng.uniform(0.0, 0.7)))
    batch = float(rng.uniform(0.0, 1.5))

    def load(t: Floats) -> Floats:
        return daily(t) * np.where(t % HOUR < 300.0, 1.0 + batch, 1.0)

    return [
        error_ratio(rng, clock, rps, flat(float(rng.choice([0.0, 0.001, 0.01]))), daily),
        latency_quantile(rng, clock, rps, flat(1.0), typical_s=float(rng.uniform(0.02, 0.2))),
        request_rate(rng, clock, rps, load),
        gauge(rng, clock, 0.4, 0.05, rhythm(clock, float(rng.uniform(0.0, 0.3)))),
    ]


def faulty(rng: Generator, clock: Clock) -> list[tuple[Drawn, tuple[int, int]]]:
    """Step and ramp faults of a service with traffic, each with its truth."""
    start = float(rng.uniform(900.0, 3600.0))
    length = float(rng.choice([180.0, 600.0, 2400.0]))
    rps = float(rng.choice([5.0, 100.0]))
    failing = float(rng.choice([0.05, 0.2, 0.9]))
    slower = float(rng.choice([2.0, 4.0]))
    (span,) = clock.spans((start, start + length))
    (climb,) = clock.spans((start, start + 3000.0))
    corners = [(start, 0.0), (start + 1800.0, 1.0), (start + 2400.0, 1.0), (start + 3000.0, 0.0)]
    errors = ramp(clock, *[(t, 0.001 + failing * h) for t, h in corners])
    times = ramp(clock, *[(t, 1.0 + (slower - 1.0) * h) for t, h in corners])
    return [
        (error_ratio(rng, clock, rps, step(clock, start, start + length, failing, 0.001)), span),
        (latency_quantile(rng, clock, 50.0, step(clock, start, start + length, slower, 1.0)), span),
        (request_rate(rng, clock, rps, step(clock, start, start + length, 0.1, 1.0)), span),
        (error_ratio(rng, clock, rps, errors), climb),
        (latency_quantile(rng, clock, 50.0, times), climb),
    ]


def scored(method: Method, rounds: int) -> Score:
    """One method over the same draws as every other."""
    day, clock = Clock(step_s=60.0, window_s=24 * HOUR), Clock(step_s=15.0, window_s=2 * HOUR)
    found = false = faults = 0
    onset: list[float] = []
    end: list[float] = []
    for seed in range(rounds):
        false += sum(len(method(drawn)) for drawn in healthy(np.random.default_rng(seed), day))
        for drawn, (start, stop) in faulty(np.random.default_rng(seed), clock):
            faults += 1
            near = NEAR_S / drawn.step_s
            hits = [(a, b) for a, b in method(drawn) if a < stop + near and b > start - near]
            if hits:
                found += 1
                onset.append(abs(hits[0][0] - start) * drawn.step_s)
                end.append(abs(hits[-1][1] - stop) * drawn.step_s)
    return Score(faults, found, false, 4.0 * rounds, onset, end)


def print_quality(rounds: int) -> None:
    """One line per method: share found, false stretches per signal-day, errors of the bounds."""
    print(f"{'method':16} found  false/signal-day  onset error med/p90  end error med/p90")
    for method in (kernel, static_for_5m, rolling_z):
        s = scored(method, rounds)
        onset, end = (np.percentile(e or [np.nan], [50, 90]) for e in (s.onset_s, s.end_s))
        print(
            f"{method.__name__:16} {s.found / s.faults:5.0%}  {s.false / s.days:16.3f}"
            f"  {onset[0]:9.0f} s /{onset[1]:5.0f} s  {end[0]:7.0f} s /{end[1]:5.0f} s"
        )


def fleet(series: int, points: int, share: float) -> Floats:
    """Diurnal, noisy latencies with lost samples; `share` of them hold one incident."""
    rng = np.random.default_rng(7)
    t = np.arange(points) / points * 4 * np.pi
    noise = rng.normal(0.0, 0.08, (series, points))
    y = 0.1 * np.exp(0.2 * np.sin(t + rng.uniform(0, 6, (series, 1))) + noise)
    for row in rng.choice(series, round(series * share), replace=False):
        start = int(rng.integers(points // 2, points - points // 50))
        y[row, start : start + points // 100] *= rng.uniform(2, 8)
    y[rng.random(y.shape) < 0.002] = np.nan
    return y


def seconds(work: Callable[[], object], runs: int = 5) -> float:
    """Median processor time of a call."""
    spent = []
    for _ in range(runs):
        before = time.process_time()
        work()
        spent.append(time.process_time() - before)
    return statistics.median(spent)


def print_speed(series: int, points: int) -> None:
    """Ratios to the floor, and the peak memory in multiples of the matrix."""
    for share in (0.0, 0.02):
        y = fleet(series, points, share)

        def floor(y: Floats = y) -> None:
            middle = np.nanmedian(y, axis=1, keepdims=True)
            np.nanmedian(np.abs(y - middle), axis=1)

        def work(y: Floats = y) -> None:
            detect_episodes(y, step_s=15.0, baseline=points // 2, kind="latency", worse="up")

        tracemalloc.start()
        work()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(
            f"incidents in {share:.0%} of {series} x {points}: {seconds(work) / seconds(floor):.1f} x the"
            f" floor, peak memory {1 + peak / y.nbytes:.2f} x the matrix"
        )


def main() -> None:
    """Prints quality, then speed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=60, help="service-days and fault rounds drawn")
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--points", type=int, default=5760)
    asked = parser.parse_args()
    print_quality(asked.rounds)
    print_speed(asked.series, asked.points)


if __name__ == "__main__":
    main()
