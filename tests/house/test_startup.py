"""The command answers at once: what is heavy is loaded when it is needed, not when help is asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = "jinja2 markdown_it matplotlib msgspec nh3 numpy pandas prometheus_api_client requests yaml".split()

_ASK = """
import sys
from report.entry import main
sys.argv = ["incident-timeline", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    code = end.code
print("loaded:", *sorted(set({heavy!r}) & set(sys.modules)))
sys.exit(code)
"""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["draft", "--help"]], ids=" ".join)
def test_help_loads_no_heavy_library(arguments: list[str]) -> None:
    """Asking for help or the version costs an interpreter and the command line, no array and no chart."""
    code = _ASK.format(heavy=HEAVY)
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert run.stdout.splitlines()[-1] == "loaded:"


def test_a_draft_whose_charts_come_from_drawers_loads_no_plotting_library() -> None:
    """The flow and the charts it gets back cost the drafting process no second loading of what draws them."""
    code = "import sys, report.pipeline.drafting, report.charts; print('matplotlib' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert run.stdout == "False\n"


_INTERRUPT = """
import os, signal, sys
class Early:
    def find_spec(self, name, *_):
        if name == "report.cli":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Early())
from report.entry import main
main()
"""


def test_an_interrupt_while_loading_is_one_line() -> None:
    """Somebody who sees the mistake at once and presses Ctrl-C gets a line, not Python's inside."""
    run = subprocess.run([sys.executable, "-c", _INTERRUPT], cwd=ROOT, capture_output=True, text=True)

    assert run.returncode == 130
    assert run.stderr == "incident-timeline: interrupted; every earlier file is as it was\n"
