"""Drafts made where nothing was wrong: `python -m tests.bench.false_drafts_bench [--services 150]`.

Draws healthy fleets of every kind of day for a week and a day each, serves them from a real Prometheus and
scans day after day, each with the day before as its lead-in. Prints the drafts made of it and what
carried them, by kind of service, and how many that are per 400 service-days (target: at most one). An alert
fires nowhere. Exits with 1 above the target.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from tests.bench.scan_bench import START, fleet
from tests.fleet.blocks import Member, fleet_series
from tests.lab.prometheus import create_blocks, serve
from tests.scan.scene import scan, timelines

_DAY = timedelta(days=1)
_LATE = timedelta(minutes=2)
_AT_ONCE = 20
"""Services drawn and written together: their samples of a week fit into memory."""
_PER = 400


def healthy(count: int, days: int, seed: int) -> tuple[Member, ...]:
    """Half of them as in the other benches, half of nastier kinds; the seed is part of their names."""
    plain = fleet(count // 2, {})
    named = [Member(f"s{seed}-{one.name}", one.rate, one.day, one.bursts, one.deploys) for one in plain]
    return (*named, *(_nasty(number, days, seed) for number in range(count - len(named))))


def _nasty(number: int, days: int, seed: int) -> Member:
    rate = (2.0, 10.0, 30.0)[number // 5 % 3]
    name = f"s{seed}-{{}}-{number:03d}"
    born = START + _DAY + timedelta(hours=(7 * number + 3 * seed) % (24 * days))
    kinds = (
        Member(name.format("noisy"), rate, 2.0, deploys=2, noise=0.15),
        Member(name.format("hourly"), rate, 2.0, hourly=3.0),
        Member(name.format("born"), rate, 2.5, bursts=4, born=born),
        Member(name.format("nights-off"), rate, 3.0, nights_off=True),
        Member(name.format("rare"), 0.05 * (1 + number % 4), 4.0, bursts=2, base_failing=0.01),
    )
    return kinds[number % len(kinds)]


def drafts(url: str, output: Path, days: int) -> Iterator[tuple[str, str]]:
    """Service and finding of each draft of so many days, scanned one by one; a directory of drafts each."""
    for number in range(1, days + 1):
        ends = START + _DAY * (number + 1)
        done = scan(url, output / str(number), ends + _LATE, last="24h", deadline="10m", no_cache=True)
        if done.stderr:
            print(done.stderr, file=sys.stderr)
        findings = dict(line.split("\t", 1) for line in done.lines)
        for name, document in timelines(output / str(number)).items():
            path = str(output / str(number) / name / "postmortem.md")
            yield document["service"], findings.get(path, name)


def main(argv: Sequence[str]) -> bool:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--services", type=int, default=150)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--keep", type=Path, help="where blocks and drafts are kept")
    options = parser.parse_args(argv)
    found: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory(prefix="false-drafts-") as scratch:
        home = options.keep or Path(scratch)
        for seed in options.seeds:
            began = time.perf_counter()
            data = _blocks(healthy(options.services, options.days, seed), options.days, seed, home)
            print(f"seed {seed}: blocks in {time.perf_counter() - began:.0f} s", flush=True)
            reports = home / f"reports-{seed}"
            shutil.rmtree(reports, ignore_errors=True)
            with serve(data) as url:
                for service, finding in drafts(url, reports, options.days):
                    found.append((service, finding))
                    print(f"  {service}: {finding}", flush=True)
    return _tell(found, options.services * options.days * len(options.seeds))


def _blocks(members: Sequence[Member], days: int, seed: int, home: Path) -> Path:
    data = home / f"healthy-{len(members)}-{days}-{seed}"
    if not data.exists():
        partial = data.with_name(data.name + ".part")
        shutil.rmtree(partial, ignore_errors=True)
        for first in range(0, len(members), _AT_ONCE):
            part = members[first : first + _AT_ONCE]
            create_blocks(list(fleet_series(part, START, START + _DAY * (days + 1), seed)), partial)
        partial.rename(data)
    return data


def _tell(found: Sequence[tuple[str, str]], days: int) -> bool:
    kinds = Counter(service.split("-")[1] for service, _ in found)
    share = _PER * len(found) / days
    print(f"{len(found)} drafts on {days:,} healthy service-days: {share:.2f} per {_PER} {dict(kinds) or ''}")
    return share <= 1.0


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1:]))
