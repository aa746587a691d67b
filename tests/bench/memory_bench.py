"""What a draft of a long window holds in memory: `python -m tests.bench.memory_bench [--pods N] [--hours N]`.

A day scraped every 15 s, eight signals, a service of many pods with one fault of so many hours. Prints the
peak of the draft with its drawers, and the peaks of the drafting process alone by stage. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench.flow_bench import measured, peak_memory
from tests.fleet.blocks import Member, Trouble, fleet_series
from tests.flow.command import command
from tests.lab.prometheus import create_blocks, serve
from tests.lab.series import Series, make_series

START = datetime(2024, 3, 4, tzinfo=UTC)
DAY = timedelta(days=1)
LEAD = DAY
"""As much as a draft of a day reads before it."""
FAULT_AT = START + timedelta(hours=9)
SERVICE = "shop"
_BUCKETS = 'sum by (le) (rate(http_request_duration_seconds_bucket{service="shop"}[5m]))'
SIGNALS = {f"p{share}": f"histogram_quantile(0.{share}, {_BUCKETS})" for share in (75, 90, 95)}
"""Beside errors, p99, p50, traffic and availability, which are found without asking."""


def pods(count: int, fault: Trouble) -> Iterator[Series]:
    """A service of so many pods, each scraped by itself."""
    for number in range(count):
        member = Member(f"pod-{number}", troubles=(fault,))
        for one in fleet_series([member], START - LEAD, START + DAY + timedelta(hours=1)):
            labels = dict(one.labels) | {"service": SERVICE, "job": SERVICE, "pod": f"{SERVICE}-{number:04x}"}
            yield make_series(one.name, labels.items(), one.times, one.values)


def draft(url: str, output: str) -> list[str]:
    """The command line of a draft of the whole day."""
    times = ("--from", START.isoformat(), "--to", (START + DAY).isoformat())
    named = (word for name, query in SIGNALS.items() for word in ("--signal", f"{name}={query}"))
    return command(
        "draft", "--prometheus", url, "--service", SERVICE, *times, *named, "--output", output, "--quiet"
    )


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pods", type=int, default=50)
    parser.add_argument("--hours", type=float, default=6.0)
    parser.add_argument("--data", type=Path, default=None, help="where blocks are kept between runs")
    asked = parser.parse_args()
    fault = Trouble(FAULT_AT, timedelta(hours=asked.hours), failing=0.3, slower=3.0)
    with tempfile.TemporaryDirectory(prefix="memory-bench-") as scratch:
        data = (asked.data or Path(scratch)) / f"pods-{asked.pods}-{asked.hours:g}"
        if not data.exists():
            create_blocks(list(pods(asked.pods, fault)), data)
        with serve(data) as url:
            cost = measured(draft(url, "draft-0"), Path(scratch))
            peak = peak_memory(draft(url, "draft-1"), Path(scratch))
    print(f"{asked.pods} pods, {asked.hours:g} h of impact in a day at 15 s, {len(SIGNALS) + 5} signals")
    print(f"{cost.wall:.1f} s, {cost.cpu:.1f} s of processor; {peak:.0f} MiB at the peak, drawers included")


if __name__ == "__main__":
    main()
