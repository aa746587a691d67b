"""What a draft of a 4 h window with 6 signals costs: `python -m tests.bench.flow_bench`.

The floor is what the work cannot do without: the same answers fetched with curl, pandas and matplotlib
imported, and as many empty figures drawn. Prints the ratio of the wall times (target: at most 2.5), the
peak memory, the samples that the server loaded, and where the time goes. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.flow_stages import Stages
from tests.faults.proxy import Asked, FaultProxy
from tests.flow.command import ROOT, command, environment
from tests.lab.build import build
from tests.lab.prometheus import serve

INCIDENT = "payments"
BUCKETS = 'rate(http_request_duration_seconds_bucket{service="payments"}[5m])'
SIXTH = f"p90=histogram_quantile(0.9, sum by (le) ({BUCKETS}))"
"""Beside errors, p99, p50, traffic and availability, which are found without asking."""
DRAFT = (
    "draft", "--service", "payments", "--from", "2023-12-15T13:00Z", "--to", "2023-12-15T17:00Z",
    "--signal", SIXTH,
)  # fmt: skip
TARGET = 2.5
_SET_CHILD_SUBREAPER = 36
"""Of prctl(2)."""
LOOK_S = 0.02
"""Between two looks at the memory: short against the second that a draft takes to draw."""

EMPTY = """
import sys
import pandas
import matplotlib
matplotlib.use("agg")
from matplotlib.figure import Figure
for number in range(int(sys.argv[1])):
    figure = Figure()
    figure.subplots()
    for form in sys.argv[2:]:
        figure.savefig(f"empty-{number}.{form}")
"""
"""Figures of matplotlib's own size; ours are larger and more than empty."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process and those it waited for used: seconds on the wall, seconds of processor."""

    wall: float
    cpu: float


def measured(arguments: Sequence[str], cwd: Path) -> Cost:
    """Run a program to its end. Raises RuntimeError with what it said where it fails."""
    others = _children()
    with tempfile.TemporaryFile("w+") as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            arguments, cwd=cwd, env=_installed(), stdout=subprocess.DEVNULL, stderr=said
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{arguments[0]} ended with {process.returncode}: {said.read()}")
    left = [os.wait4(pid, 0)[2] for pid in sorted(_children() - others)]
    return Cost(wall, sum(one.ru_utime + one.ru_stime for one in (used, *left)))


def _installed() -> dict[str, str]:
    """The environment of a run, which finds our modules compiled as those of an installed command are."""
    return environment(PYTHONDONTWRITEBYTECODE="")


def _children() -> set[int]:
    """Our child processes, adopted ones too (Linux; none elsewhere)."""
    lists = Path("/proc/self/task").glob("*/children")
    return {int(pid) for one in lists for pid in one.read_text("ascii").split()}


def _adopt() -> None:
    """What a draft leaves running for a moment becomes ours to wait for, so that its work is counted."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def peak_memory(arguments: Sequence[str], cwd: Path) -> float:
    """MiB at the peak of a run of its own, for looking at the memory holds it up."""
    process = subprocess.Popen(
        arguments, cwd=cwd, env=_installed(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, _memory(process.pid))
        time.sleep(LOOK_S)
    return peak


def _memory(pid: int) -> float:
    """MiB of a process and all below it; pages that they share are counted once (Linux; 0 elsewhere)."""
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
        threads = Path(f"/proc/{pid}/task").glob("*/children")
        children = [child for each in threads for child in each.read_text("ascii").split()]
    except OSError:
        return 0.0
    own = next((int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:")), 0)
    return own / 1024 + sum(_memory(int(child)) for child in children)


def asked_by_a_draft(url: str, folder: Path) -> tuple[list[Asked], int]:
    """Every request that a draft sends, and how many figures it draws."""
    with FaultProxy(lambda _: None, url) as proxy:
        measured(command(*DRAFT, "--prometheus", proxy.url, "--output", "asked"), folder)
        asked = list(proxy.asked)
    return asked, len(list(folder.glob("asked/*/charts/*.svg")))


def curl_script(url: str, asked: Sequence[Asked], folder: Path) -> Path:
    """A configuration with which one curl fetches all of it over one connection."""
    parts = []
    for number, one in enumerate(asked):
        (folder / f"form-{number}").write_text(one.sent, "utf-8")
        lines = [f'url = "{url}{one.path}"', f'data = "@form-{number}"', 'output = "answer"']
        parts.append("\n".join([*lines, *([] if one.posted else ["get"])]))
    path = folder / "curl.txt"
    path.write_text("silent\nfail\n" + "\nnext\nsilent\nfail\n".join(parts) + "\n", "utf-8")
    return path


def stages(url: str, folder: Path) -> Stages:
    """Where the time of one draft goes, told by the process that makes it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.flow_stages", url, *DRAFT],
        cwd=folder,
        env=_installed(),
        capture_output=True,
        text=True,
        check=True,
    )
    return Stages(**json.loads(done.stdout.splitlines()[-1]))


def compare(url: str, folder: Path, rounds: int) -> None:
    """Draft and floor in turn, so that both see the same weather; then the stages."""
    asked, figures = asked_by_a_draft(url, folder)
    script = curl_script(url, asked, folder)
    drafts, fetched, plain, both = [], [], [], []
    for number in range(rounds):
        arguments = command(*DRAFT, "--prometheus", url, "--output", f"draft-{number}")
        drafts.append(measured(arguments, folder))
        fetched.append(measured(["curl", "--config", str(script)], folder))
        plain.append(measured([sys.executable, "-c", EMPTY, str(figures), "png"], folder))
        both.append(measured([sys.executable, "-c", EMPTY, str(figures), "png", "svg"], folder))
    print(f"{rounds} rounds in turn, shortest of each; {len(asked)} requests, {figures} figures")
    _tell("draft", drafts)
    _tell("  curl, the same requests", fetched)
    _tell("  imports, empty figures as PNG", plain)
    _tell("  imports, empty figures as PNG and SVG", both)
    for name, floor in (("PNG", plain), ("PNG and SVG, as the draft has them", both)):
        print(f"ratio, empty figures as {name}: {_ratio(drafts, fetched, floor)} (target {TARGET})")
    arguments = command(*DRAFT, "--prometheus", url, "--output", "draft-watched")
    print(f"memory of the draft with its workers: {peak_memory(arguments, folder):.0f} MiB at the peak")


def _tell(name: str, costs: list[Cost]) -> None:
    best = min(costs, key=lambda cost: cost.wall)
    middle = statistics.median(cost.wall for cost in costs)
    print(f"{name:<40} {best.wall:6.2f} s wall (median {middle:.2f}), {min(c.cpu for c in costs):5.2f} s CPU")


def _ratio(drafts: list[Cost], fetched: list[Cost], floor: list[Cost]) -> str:
    def ratio(which: str) -> float:
        draft, curl, rest = (
            min(getattr(cost, which) for cost in costs) for costs in (drafts, fetched, floor)
        )
        return float(draft / (curl + rest))

    return f"{ratio('wall'):.2f} of wall time, {ratio('cpu'):.2f} of CPU time"


def main() -> None:
    """Prints the comparison, then the stages."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    _adopt()
    lab = build(INCIDENT, ROOT / ".cache" / "lab")
    with serve(lab.data_dir) as url, tempfile.TemporaryDirectory() as folder:
        compare(url, Path(folder), asked.rounds)
        stages(url, Path(folder)).tell()


if __name__ == "__main__":
    main()
