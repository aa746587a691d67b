"""Everything asked of one simulated incident: `python -m tests.flow.lab_runs NAME CACHE FOLDER`.

Builds it, serves it by a real Prometheus, and drafts by the command each window of its truth and the
bystander. What was said and the timelines made are printed as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.flow.command import PATIENCE_S, Ran, environment, run_here
from tests.lab.build import build
from tests.lab.catalogue import rules_of
from tests.lab.prometheus import serve
from tests.lab.truth import Truth, Window

BYSTANDER = "bystander"
"""Among the drafts of an incident: the healthy service beside it, over all of the data."""


@dataclass(frozen=True, slots=True, repr=False)
class LabDraft:
    """One draft: the window asked for, what the run said, and its timeline.json."""

    window: Window
    ran: Ran
    timeline: dict[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class LabRun:
    """One incident: what really happened, and its drafts by the window's name."""

    truth: Truth
    drafts: dict[str, LabDraft]


def run_lab(name: str, cache: Path, folder: Path) -> LabRun:
    """All drafts of an incident, made in a process of their own. Raises RuntimeError where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.flow.lab_runs", name, str(cache), str(folder)],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr}")
    truth = build(name, cache).truth
    windows = truth.windows | {BYSTANDER: truth.windows["whole"]}
    return LabRun(
        truth,
        {
            key: LabDraft(windows[key], Ran(**told["ran"]), told["timeline"])
            for key, told in json.loads(done.stdout).items()
        },
    )


def _all_drafts(name: str, cache: Path, folder: Path) -> dict[str, Any]:
    lab = build(name, cache)
    truth = lab.truth
    with serve(lab.data_dir, rules=rules_of(name)) as url:
        told = {
            key: _drafted(url, truth.service, window, folder / key) for key, window in truth.windows.items()
        }
        told[BYSTANDER] = _drafted(url, truth.bystander, truth.windows["whole"], folder / BYSTANDER)
    return told


def _drafted(url: str, service: str, window: Window, output: Path) -> dict[str, Any]:
    """One draft by the command, with nothing but address, service and window."""
    times = ("--from", window.start.isoformat(), "--to", window.end.isoformat())
    ran = run_here(["draft", "--prometheus", url, "--service", service, *times, "--output", str(output)])
    documents = [json.loads(path.read_text("utf-8")) for path in output.glob("*/timeline.json")]
    return {"ran": asdict(ran), "timeline": documents[0] if len(documents) == 1 else {}}


if __name__ == "__main__":
    json.dump(_all_drafts(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])), sys.stdout)
