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
from report.cli import main
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
