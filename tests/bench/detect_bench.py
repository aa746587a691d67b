"""How fast series are judged: `python -m tests.bench.detect_bench`. How well: `compare_bench`.

Prints ratios; nothing is asserted. The floor is what any robust method must at least do: median and
median absolute deviation of each row.
"""

from __future__ import annotations

import argparse
import statistics
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from incident.detect import detect_episodes
from incident.detect.episode import Floats


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
    """Prints the cost without and with incidents."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--points", type=int, default=5760)
    asked = parser.parse_args()
    print_speed(asked.series, asked.points)


if __name__ == "__main__":
    main()
