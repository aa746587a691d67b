"""Kept evidence makes the kept draft: every fixture, in two processes that have little in common."""

from __future__ import annotations

import difflib
import gzip
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.flow.command import Ran, run, run_all
from tests.flow.record_fixtures import FIXTURES, without_version

NAMES = sorted(path.parent.name for path in FIXTURES.glob("*/evidence.json.gz"))

MOST_BYTES = 400_000
"""A clone of the repository stays small."""

# What numpy may use here beyond the oldest processor: sums come out otherwise in the last digit.
VECTOR_UNITS = " ".join(np.show_config(mode="dicts")["SIMD Extensions"].get("found", []))
# Two surroundings that a draft must not depend on: order of sets, zone, language and processor.
SURROUNDINGS = (
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8", "COLUMNS": "40"},
    {"PYTHONHASHSEED": "4242", "TZ": "America/St_Johns", "LC_ALL": "POSIX", "PYTHONUTF8": "1"}
    | {"NPY_DISABLE_CPU_FEATURES": VECTOR_UNITS},
)


@dataclass(frozen=True, slots=True, repr=False)
class Replayed:
    """One fixture drafted in both surroundings: what the runs said, and every file below the output."""

    runs: tuple[Ran, Ran]
    files: tuple[dict[str, bytes], dict[str, bytes]]

    @property
    def draft(self) -> dict[str, bytes]:
        """The files of the draft by their names in its directory."""
        return {name.partition("/")[2]: data for name, data in self.files[0].items() if "/" in name}


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Replayed]:
    """All fixtures, forwards in the one process and backwards in the other."""
    homes = [tmp_path_factory.mktemp(f"replay{number}") for number in range(2)]
    with ThreadPoolExecutor() as pool:
        forwards = pool.submit(_drafted, homes[0], NAMES, SURROUNDINGS[0])
        backwards = pool.submit(_drafted, homes[1], NAMES[::-1], SURROUNDINGS[1])
        runs = forwards.result(), backwards.result()
    return {
        name: Replayed((runs[0][name], runs[1][name]), (_files(homes[0] / name), _files(homes[1] / name)))
        for name in NAMES
    }


def _drafted(home: Path, names: list[str], surroundings: dict[str, str]) -> dict[str, Ran]:
    lines = [["draft", "--replay", str(FIXTURES / name), "--output", name] for name in names]
    return dict(zip(names, run_all(home, lines, surroundings), strict=True))


def _files(home: Path) -> dict[str, bytes]:
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


def _difference(expected: str, made: str) -> str:
    lines = difflib.unified_diff(
        expected.splitlines(), made.splitlines(), "expected", "made", n=1, lineterm=""
    )
    return "\n".join(list(lines)[:60])


def test_the_five_incidents_and_the_healthy_day_are_kept() -> None:
    """The fixtures are those that the project promises."""
    assert {"payments", "portal", "store", "store_probe", "checkout", "webstore", "healthy"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_draft_is_the_expected_one(name: str, replayed: dict[str, Replayed]) -> None:
    """The text that people see, line for line.

    Where it is meant to change: `python -m tests.flow.record_fixtures --redraft`, then read the difference.
    """
    made = replayed[name].draft["postmortem.md"].decode()
    expected = (FIXTURES / name / "expected" / "postmortem.md").read_text(encoding="utf-8")

    assert _difference(expected, made) == ""


@pytest.mark.parametrize("name", NAMES)
def test_the_timeline_is_the_expected_one(name: str, replayed: dict[str, Replayed]) -> None:
    """The contract with programs, byte for byte but for the version of the tool."""
    made = replayed[name].draft["timeline.json"].decode()
    expected = (FIXTURES / name / "expected" / "timeline.json").read_text(encoding="utf-8")

    assert _difference(expected, without_version(made)) == ""


@pytest.mark.parametrize("name", NAMES)
def test_two_processes_make_the_same_bytes(name: str, replayed: dict[str, Replayed]) -> None:
    """Text, page, timeline, charts, evidence, base: nothing depends on where and after what it is made."""
    one, other = replayed[name].files

    assert sorted(one) == sorted(other)
    assert [path for path in one if one[path] != other[path]] == []


def test_workers_draw_what_one_process_draws(replayed: dict[str, Replayed], tmp_path: Path) -> None:
    """The command alone starts workers for the charts; within a test it does not. The same bytes."""
    ran = run(tmp_path, "draft", "--replay", str(FIXTURES / "payments"), "--output", "payments")

    assert (ran.code, ran.errors) == (0, [])
    assert _files(tmp_path / "payments") == replayed["payments"].files[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_draft_is_complete(name: str, replayed: dict[str, Replayed]) -> None:
    """A run that ends with 0 leaves every file of a draft, each chart in both forms, and nothing else."""
    made = replayed[name]
    charts = {path.removesuffix(".svg") for path in made.draft if path.endswith(".svg")}

    assert [one.code for one in made.runs] == [0, 0]
    assert "charts/summary" in charts
    assert set(made.draft) == {
        "postmortem.md",
        "postmortem.html",
        "postmortem.paste.html",
        "timeline.json",
        "evidence.json.gz",
        ".incident-timeline/base-0001.md",
        *(f"{chart}.{form}" for chart in charts for form in ("svg", "png")),
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_evidence_of_a_replay_is_the_evidence_it_was_made_from(
    name: str, replayed: dict[str, Replayed]
) -> None:
    """Replaying a draft's own evidence is a fixed point."""
    assert replayed[name].draft["evidence.json.gz"] == (FIXTURES / name / "evidence.json.gz").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_fixture_is_small_and_names_no_machine(name: str) -> None:
    """Recorded at a neutral address; no port and no path of the machine it was recorded on."""
    packed = (FIXTURES / name / "evidence.json.gz").read_bytes()
    texts = [gzip.decompress(packed), *(p.read_bytes() for p in (FIXTURES / name).rglob("*.[mjy]*"))]

    assert len(packed) < MOST_BYTES
    assert b"http://prometheus.example:9090" in texts[0]
    assert [
        text[:80] for text in texts if re.search(rb"127\.0\.0\.1|localhost:(?!9090)|/tmp/|/home/", text)
    ] == []
