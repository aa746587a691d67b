"""The real command, run in a process of its own: once as a user would, or several drafts in a row."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 240.0
"""A run that takes longer than this hangs."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run left behind: its exit code and what it said where."""

    code: int
    stdout: str
    stderr: str

    @property
    def errors(self) -> list[str]:
        """The lines of stderr that tell of a failure."""
        return [line for line in self.stderr.splitlines() if line.startswith("incident-timeline:")]

    @property
    def draft(self) -> Path:
        """The directory of the draft whose path was printed."""
        return Path(self.stdout.strip()).parent


def environment(**more: str) -> dict[str, str]:
    """This process' environment without anything that would steer the command, and with `more`.

    Python keeps what it compiled, as an installed command has it: a third of a start is compiling ours.
    """
    steers = ("PROMETHEUS_URL", "PYTHONDONTWRITEBYTECODE")
    kept = {k: v for k, v in os.environ.items() if k not in steers and not k.lower().endswith("_proxy")}
    return kept | {"PYTHONPATH": str(ROOT)} | more


def command(*arguments: str) -> list[str]:
    """The command line of a run."""
    return [sys.executable, "-m", "report", *arguments]


def run(cwd: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Ran:
    """Run the command as a user does. It works in `cwd`, where its configuration would lie."""
    done = subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=environment(**(env or {})),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def run_all(cwd: Path, many: Sequence[Sequence[str]], env: Mapping[str, str] | None = None) -> list[Ran]:
    """Several runs, one after the other in one process, which spares starting Python for each."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.flow.command"],
        cwd=cwd,
        env=environment(**(env or {})),
        input=json.dumps([list(arguments) for arguments in many]),
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    return [Ran(*one) for one in json.loads(done.stdout)]


def run_here(arguments: Sequence[str]) -> Ran:
    """One run within this process."""
    from report.cli import main

    done = CliRunner().invoke(main, list(arguments), catch_exceptions=False)
    return Ran(done.exit_code, done.stdout, done.stderr)


if __name__ == "__main__":
    told = [run_here(arguments) for arguments in json.load(sys.stdin)]
    json.dump([[one.code, one.stdout, one.stderr] for one in told], sys.stdout)
