"""A day of a cron job: `python -m tests.bench.cron_bench [--runs 288] [--share 0.15] [--no-cache]`.

Runs `scan` every five minutes of a day over a fleet of ten services with six incidents, through a proxy
that makes a random share of the runs fail, and prints how each kind of fault ended, what is left behind,
and whether the drafts are those of a single run at the end. Exits with 1 where something is unexplained.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from tests.fleet.blocks import Member, Trouble, fleet_series
from tests.lab.prometheus import create_blocks, serve
from tests.scan.cron import Run, judged, left_behind, runs
from tests.scan.scene import START

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


def fleet() -> tuple[Member, ...]:
    """Six services with an incident on the third day, four without."""
    day = START + 2 * _DAY
    shapes = (
        Trouble(day + timedelta(hours=3), 30 * _MINUTE, failing=0.4, slower=4, alert=True),
        Trouble(day + timedelta(hours=3, minutes=3), 28 * _MINUTE, failing=0.15, slower=2),
        Trouble(day + timedelta(hours=7.5), 20 * _MINUTE, slower=5, failing=0.02),
        Trouble(day + timedelta(hours=11), 12 * _MINUTE, down=True),
        Trouble(day + timedelta(hours=15), 90 * _MINUTE, failing=0.3, slower=3, alert=True),
        Trouble(day + timedelta(hours=20), 25 * _MINUTE, failing=0.6, alert=True),
    )
    hurt = (Member(f"hurt-{k}", 20 + 5 * k, troubles=(one,)) for k, one in enumerate(shapes))
    calm = (Member(f"calm-{k}", 5 + 9 * k, bursts=k % 3 * 6, deploys=k) for k in range(4))
    return (*hurt, *calm)


def tell(done: list[Run], output: Path) -> bool:
    """Prints all of it; whether everything is explained and equal."""
    codes = Counter((one.fault or "no fault", one.code) for one in done)
    for (fault, code), count in sorted(codes.items()):
        print(f"{count:5d} x {fault}: exit {code}")
    wrong = [one for one in done if not one.explained]
    for one in wrong:
        print(f"NOT EXPLAINED: {one}")
    good = [one for one in done[1:-1] if not one.fault]
    later = sum(one.samples for one in good) / len(good)
    print(
        f"samples received: first run {done[0].samples:,}, later ones without a fault {later:,.0f} on average"
    )
    print(f"samples received by all runs: {sum(one.samples for one in done[:-1]):,}")
    print(f"queries: first run {done[0].queries}, later ones {sum(r.queries for r in good) / len(good):.1f}")
    left = left_behind(output)
    print(f"left behind: {left or 'nothing, and no lock'}")
    often, once = judged(output), judged(output.with_name(output.name + "-once"))
    differing = sorted(name for name in often.keys() | once.keys() if often.get(name) != once.get(name))
    many = len(done) - 1
    print(f"drafts: {len(often)} by {many} runs, {len(once)} by one at the end, {len(differing)} differ")
    for name in differing:
        print(f"  {name}: {_difference(often.get(name), once.get(name))}")
    return not wrong and not left and not differing


def _difference(a: dict[str, object] | None, b: dict[str, object] | None) -> str:
    if a is None or b is None:
        return "only there" if b is None else "missing"
    return "; ".join(_apart(key, a[key], b[key]) for key in a if a[key] != b[key])


def _apart(key: str, a: object, b: object) -> str:
    """The first place in which two values differ, with a little of what is around it."""
    first, second = repr(a), repr(b)
    at = next((k for k, (x, y) in enumerate(zip(first, second, strict=False)) if x != y), 0)
    return f"{key}: ...{first[max(0, at - 80) : at + 80]} / ...{second[max(0, at - 80) : at + 80]}"


def main() -> bool:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=288)
    parser.add_argument("--share", type=float, default=0.15)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-cache", action="store_true")
    options = parser.parse_args()
    every = _DAY / options.runs
    times = [START + 2 * _DAY + every * (k + 1) for k in range(options.runs)]
    with tempfile.TemporaryDirectory(prefix="cron-bench-") as scratch:
        data, output = Path(scratch, "data"), Path(scratch, "reports")
        create_blocks(list(fleet_series(fleet(), START, START + 3 * _DAY + timedelta(hours=1))), data)
        with serve(data) as url:
            flags = {"last": "24h", "deadline": "60s", "no_cache": options.no_cache}
            done = []
            for one in runs(url, output, times, share=options.share, seed=options.seed, **flags):
                done.append(one)
                print(f"\r{len(done)} of {options.runs + 2} runs", end="", file=sys.stderr)
            return tell(done, output)


if __name__ == "__main__":
    sys.exit(not main())
