"""What a scan of a fleet costs: `python -m tests.bench.scan_bench [--services 200] [--hours 24]`.

Draws a fleet with twelve incidents, two of them in three services each, and the same fleet without any.
Prints what was found, and the ratio of a scan's wall time to that of curl fetching the screening's own
queries (targets: 1.6 with the incidents, 1.3 without), the peak memory (600 MiB) and the samples that the
server touches, against the same PromQL at scrape resolution (a tenth). Nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench.flow_bench import Cost, curl_script, measured, peak_memory
from tests.faults.proxy import Asked, FaultProxy
from tests.fleet.blocks import SCRAPE_S, Member, Trouble, fleet_series
from tests.flow.command import command
from tests.lab.prometheus import create_blocks, serve

START = datetime(2024, 3, 4, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_AT_ONCE = 40
"""Services drawn and written together: their samples fit into memory."""


def troubles(start: datetime, window: timedelta) -> dict[str, tuple[Trouble, ...]]:
    """Twelve incidents spread over the window, by service; the first two are shared by three services."""
    step = window / 13
    at = [start + step * number + 11 * _MINUTE for number in range(12)]
    found: dict[str, tuple[Trouble, ...]] = {}
    for number, when in enumerate(at[:2]):
        for later in range(3):
            one = Trouble(when + later * 2 * _MINUTE, 25 * _MINUTE, 0.3, 3.0, alert=later == 0)
            found[f"shared-{number}-{later}"] = (one,)
    shapes = (
        Trouble(at[2], 20 * _MINUTE, failing=0.5, alert=True),
        Trouble(at[3], 15 * _MINUTE, failing=0.1, slower=2.0),
        Trouble(at[4], 30 * _MINUTE, slower=4.0),
        Trouble(at[5], 12 * _MINUTE, down=True),
        Trouble(at[6], 25 * _MINUTE, failing=0.05, alert=True),
        Trouble(at[7], 40 * _MINUTE, failing=0.2, slower=1.8),
        Trouble(at[8], 10 * _MINUTE, failing=0.6, slower=3.0),
        Trouble(at[9], 20 * _MINUTE, slower=2.5, alert=True),
        Trouble(at[10], 18 * _MINUTE, failing=0.4),
        Trouble(at[11], 30 * _MINUTE, failing=0.3, slower=5.0, alert=True),
    )
    return found | {f"trouble-{number}": (one,) for number, one in enumerate(shapes)}


def fleet(count: int, faulty: dict[str, tuple[Trouble, ...]]) -> list[Member]:
    """Services of every kind of day: rhythm, bursts, deploys, few requests."""
    members = [
        Member(name, 20.0 + 5 * number, troubles=one) for number, (name, one) in enumerate(faulty.items())
    ]
    for number in range(count - len(members)):
        rate = (0.5, 3.0, 15.0, 40.0, 80.0)[number % 5]
        members.append(
            Member(f"calm-{number:04d}", rate, 1.5 + number % 4, bursts=number % 3 * 8, deploys=number % 5)
        )
    return members


def built(members: Sequence[Member], start: datetime, end: datetime, folder: Path) -> Path:
    """The fleet's blocks, made unless they are there."""
    if not folder.exists():
        partial = folder.with_name(folder.name + ".part")
        for first in range(0, len(members), _AT_ONCE):
            create_blocks(list(fleet_series(members[first : first + _AT_ONCE], start, end)), partial)
        partial.rename(folder)
    return folder


def scan_words(url: str, output: str, start: datetime, end: datetime) -> list[str]:
    """The command line of a scan of the period."""
    times = ("--from", start.isoformat(), "--to", end.isoformat())
    return command("scan", "--prometheus", url, *times, "--output", output, "--deadline", "30m")


def screening(url: str, folder: Path, start: datetime, end: datetime) -> list[Asked]:
    """What a scan asks before its first close look."""
    with FaultProxy(lambda _: None, url) as proxy:
        measured(scan_words(proxy.url, "asked", start, end), folder)
        asked = list(proxy.asked)
    close = next((k for k, one in enumerate(asked) if one.path.startswith("/api/v1/series")), len(asked))
    print(f"queries: {len(asked)}, of which {close} are the screening's")
    return asked[:close]


def touched(url: str, asked: Sequence[Asked], step: int | None) -> int:
    """Samples that the server touches for the range queries, as asked or at another step."""
    total = 0
    for one in asked:
        form = dict(urllib.parse.parse_qsl(one.sent))
        if "step" not in form or "rate(" not in form.get("query", ""):
            continue
        form |= {"stats": "all"} | ({"step": str(step)} if step else {})
        first, last = float(form["start"]), float(form["end"])
        points = (last - first) / float(form["step"])
        # In pieces below the server's limit of points.
        pieces = max(1, int(points // 10_000) + 1)
        for piece in range(pieces):
            part = form | {
                "start": str(first + (last - first) * piece / pieces),
                "end": str(first + (last - first) * (piece + 1) / pieces - 0.001),
            }
            body = urllib.parse.urlencode(part).encode()
            with urllib.request.urlopen(f"{url}/api/v1/query_range", body, timeout=600) as answer:
                total += json.load(answer)["data"]["stats"]["samples"]["totalQueryableSamples"]
    return total


def report(
    name: str, url: str, folder: Path, start: datetime, end: datetime, repeats: int, deep: bool
) -> None:
    """One fleet's figures on stdout."""
    asked = screening(url, folder, start, end)
    drafts = sorted(path.parent.name for path in folder.glob("asked/*/timeline.json"))
    print(f"{name}: {len(drafts)} drafts: {', '.join(drafts)}")
    script = curl_script(url, asked, folder)
    curls, first, screened, again = [], [], [], []
    for number in range(repeats):
        curls.append(measured(["curl", "--config", str(script)], folder))
        words = scan_words(url, f"out-{number}", start, end)
        first.append(measured(words, folder))
        screened.append(measured([*words, "--no-cache"], folder))
        again.append(measured(words, folder))
    peak = peak_memory(scan_words(url, "peak", start, end), folder)
    floor = _tell(name, "curl, the screening's queries", curls, None)
    _tell(name, "a first scan, with its drafts", first, floor)
    _tell(name, "the screening alone: drafts there, nothing remembered", screened, floor)
    _tell(name, "the same scan again", again, floor)
    print(f"{name}: peak {peak:.0f} MiB")
    if deep:
        coarse, fine = touched(url, asked, None), touched(url, asked, SCRAPE_S)
        print(f"{name}: samples {coarse:,} of {fine:,} at scrape resolution, {coarse / fine:.3f}")


def _tell(name: str, what: str, costs: Sequence[Cost], floor: float | None) -> float:
    """The shortest, since all that others do here only adds to it."""
    best = min(one.wall for one in costs)
    middle = statistics.median(one.wall for one in costs)
    ratio = f", ratio {best / floor:.2f}" if floor else ""
    print(f"{name}: {what}: {best:.2f} s (median {middle:.2f}), CPU {min(c.cpu for c in costs):.2f} s{ratio}")
    return best


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=200)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--data", type=Path, default=None, help="where blocks are kept between runs")
    parser.add_argument("--deep", action="store_true", help="also count samples at scrape resolution")
    options = parser.parse_args(argv)
    window = timedelta(hours=options.hours)
    start, middle, end = START, START + window, START + 2 * window
    with tempfile.TemporaryDirectory(prefix="scan-bench-") as scratch:
        data = options.data or Path(scratch)
        data.mkdir(parents=True, exist_ok=True)
        for name, faulty in (("incidents", troubles(middle, window)), ("healthy", {})):
            began = time.perf_counter()
            members = fleet(options.services, faulty)
            blocks = built(members, start, end, data / f"{name}-{options.services}-{options.hours:g}")
            print(
                f"{name}: {len(members)} services, blocks in {time.perf_counter() - began:.0f} s", flush=True
            )
            folder = Path(scratch, f"run-{name}")
            folder.mkdir()
            with serve(blocks) as url:
                report(name, url, folder, middle, end, options.repeats, options.deep)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except subprocess.CalledProcessError as error:
        sys.exit(str(error))
