"""What travels when the program is installed: the three packages with templates and the demo's evidence."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[2]
META = "incident_timeline-"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of this checkout."""
    target = tmp_path_factory.mktemp("wheel")
    return zipfile.ZipFile(next(WheelBuilder(str(ROOT)).build(directory=str(target), versions=["standard"])))


@pytest.fixture(scope="module")
def unpacked(wheel: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content as an installer would lay it out."""
    target = tmp_path_factory.mktemp("site")
    wheel.extractall(target)
    return target


def test_the_top_level_is_the_three_packages(wheel: zipfile.ZipFile) -> None:
    """Installing adds collector, incident and report to an environment and nothing beside them."""
    top = {name.split("/")[0] for name in wheel.namelist() if not name.startswith(META)}

    assert top == {"collector", "incident", "report"}


def test_every_module_and_template_travels(wheel: zipfile.ZipFile) -> None:
    """What the packages hold in the checkout is in the wheel, file for file."""
    here = {
        path.relative_to(ROOT).as_posix()
        for package in ("collector", "incident", "report")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert here == {name for name in wheel.namelist() if not name.startswith((META, "report/demo/"))}
    assert any(name.startswith("report/templates/") for name in here)


def test_the_demo_evidence_travels_as_it_is(wheel: zipfile.ZipFile) -> None:
    """The recorded outage in the wheel is the fixture that the tests read."""
    recorded = (ROOT / "fixtures" / "payments" / "evidence.json.gz").read_bytes()

    assert wheel.read("report/demo/evidence.json.gz") == recorded


def test_the_command_is_the_only_script(wheel: zipfile.ZipFile) -> None:
    """One console script, named as the distribution."""
    points = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))

    assert wheel.read(points).decode().split() == [
        "[console_scripts]",
        "incident-timeline",
        "=",
        "report.entry:main",
    ]


def test_the_demo_runs_from_the_wheel_alone(unpacked: Path, tmp_path: Path) -> None:
    """Installed without the checkout, `incident-timeline demo` drafts its outage offline."""
    code = "import report.entry, sys; sys.argv = ['incident-timeline', 'demo']; sys.exit(report.entry.main())"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(unpacked)}
    run = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stderr.count("Traceback")) == (0, 0), run.stderr
    pages = list(tmp_path.glob("reports/*/postmortem.html"))
    assert [page.parent.name.rpartition("-")[0] for page in pages] == ["2023-12-15-payments"]
