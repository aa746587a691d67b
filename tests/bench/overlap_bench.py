"""Many scans started at once: `python -m tests.bench.overlap_bench [--starts 50] [--rounds 5]`.

Prints how long they took from their start to exit code 75, while another one is at work, and where all are
started at once and one of them goes to work; and what starting as many Pythons that do nothing, and as many
that only load the command line, takes here.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from report.pipeline.scan import LOCK
from report.write import locked
from tests.flow.command import command, environment


def at_once(words: Sequence[str], count: int, cwd: Path, stay: int = 0) -> tuple[list[float], Counter[int]]:
    """Seconds from start to end of each of so many processes, and their exit codes.

    The last `stay` of them do not end by themselves; they are not counted.
    """
    began: dict[int, float] = {}
    for _ in range(count):
        started = time.perf_counter()
        process = subprocess.Popen(
            words, cwd=cwd, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        process.returncode = 0  # waited for below
        began[process.pid] = started
    took, codes = [], Counter[int]()
    for _ in range(count - stay):
        pid, status, _ = os.wait4(-1, 0)
        took.append(time.perf_counter() - began.pop(pid))
        codes[os.waitstatus_to_exitcode(status)] += 1
    for pid in began:
        os.kill(pid, signal.SIGTERM)
        os.wait4(pid, 0)
    return took, codes


def tell(name: str, words: Sequence[str], count: int, rounds: int, cwd: Path) -> None:
    """The round whose slowest was quickest: the others met somebody else's work."""
    show(name, [at_once(words, count, cwd) for _ in range(rounds)])


def fresh(scratch: str) -> Path:
    """A directory in which nobody has been at work."""
    return Path(tempfile.mkdtemp(dir=scratch))


def show(name: str, done: Sequence[tuple[list[float], Counter[int]]]) -> None:
    """Of several rounds the best."""
    took, codes = min(done, key=lambda one: max(one[0]))
    print(f"{name}: median {statistics.median(took):.2f} s, slowest {max(took):.2f} s, exits {dict(codes)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--starts", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"{options.starts} at once on {os.cpu_count()} cores, best of {options.rounds} rounds")
    with tempfile.TemporaryDirectory() as scratch, locked(Path(scratch, "out", LOCK)):
        cwd = Path(scratch)
        tell(
            "a Python that does nothing", [sys.executable, "-c", "pass"], options.starts, options.rounds, cwd
        )
        loads = [sys.executable, "-c", "import report.cli"]
        tell("the command line loaded", loads, options.starts, options.rounds, cwd)
        words = command("scan", "--prometheus", "http://127.0.0.1:9", "--output", "out")
        tell("one scan that meets another", words, 1, options.rounds, cwd)
        tell("scans that meet another", words, options.starts, options.rounds, cwd)
    with tempfile.TemporaryDirectory() as scratch, socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        words = command("scan", "--prometheus", url, "--output", "new")
        done = [at_once(words, options.starts, fresh(scratch), stay=1) for _ in range(options.rounds)]
        show("scans of which one goes to work", done)


if __name__ == "__main__":
    main()
