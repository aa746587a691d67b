"""What lies around a call of the command, and is no business of it, changes nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.flow.command import ROOT, environment

SCRIPT = "import sys\nfrom report.entry import main\nsys.exit(main())\n"
"""As an installed command has it."""


def _demo(home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    script = home / "bin" / "command"
    script.parent.mkdir()
    script.write_text(SCRIPT)
    return subprocess.run(
        [sys.executable, str(script), "demo"],
        cwd=home,
        env=environment(**more),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["report/__init__.py", "report.py", "calendar.py", "numpy.py"])
def test_a_module_where_the_command_is_called_is_not_loaded(tmp_path: Path, name: str) -> None:
    """Neither by the command nor by the processes that draw for it: it is somebody's own."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("raise SystemExit('loaded')")
    done = _demo(tmp_path)

    assert (done.returncode, "loaded" in done.stderr, "Traceback" in done.stderr) == (0, False, False)
    assert list((tmp_path / "reports").glob("*/charts/summary.png"))


def test_where_workers_cannot_begin_the_command_draws_by_itself(tmp_path: Path) -> None:
    """The way to them is a socket among the temporary files, whose path may be too long for one."""
    long = tmp_path / ("b" * 120)
    long.mkdir()
    done = _demo(tmp_path, TMPDIR=str(long))

    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert list((tmp_path / "reports").glob("*/charts/summary.png"))


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_while_the_command_line_is_loading_leaves_no_lock(
    tmp_path: Path, name: str, code: int
) -> None:
    """A scan has its lock by then: it goes, and what was made for it."""
    told = (
        "import os, signal, sys, types\n"
        "import report.entry\n"
        "class Loading(types.ModuleType):\n"
        "    def __getattr__(self, name):\n"
        "        print(sorted(os.listdir('out')), flush=True)\n"
        f"        os.kill(os.getpid(), signal.{name})\n"
        "        signal.pause()\n"
        "sys.modules['report.cli'] = Loading('report.cli')\n"
        "report.entry.main()\n"
    )
    words = ["scan", "--prometheus", "http://127.0.0.1:9", "--output", "out"]
    done = subprocess.run(
        [sys.executable, "-c", told, *words],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (code, "['.incident-timeline-scan.lock']\n")
    assert done.stderr.endswith("every earlier file is as it was\n")
    assert not (tmp_path / "out").exists()


def test_an_output_that_cannot_be_is_told_in_one_line(tmp_path: Path) -> None:
    """By a scan, which looks there before its command line is loaded; nothing is left of the way to it."""
    words = ["scan", "--prometheus", "http://127.0.0.1:9", "--output", f"a/b/{'c' * 300}"]
    done = subprocess.run(
        [sys.executable, "-m", "report", *words],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, len(done.stderr.splitlines())) == (7, 1)
    assert "File name too long" in done.stderr
    assert list(tmp_path.iterdir()) == []
