"""What a scan does when something goes wrong half-way: told, explained by its exit code, and nothing lost."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collector.errors import Unavailable
from report.pipeline import publishing
from report.pipeline.kept import saving
from report.write import OutputError
from tests.fleet.blocks import Member, Trouble, fleet_series
from tests.flow.tree import changed, tree
from tests.lab.prometheus import create_blocks, serve
from tests.scan.scene import START, Scanned, at, scan, timelines

pytestmark = pytest.mark.server

MORNING: dict[str, str | bool] = {"last": "75m"}
"""Two drafts at nine: payments and checkout."""


def _refusing(monkeypatch: pytest.MonkeyPatch, number: int, refused: Callable[[int], bool]) -> None:
    """The disk refuses the drafts for whose count from one `refused` is true."""
    written = []
    save = saving.save

    def save_or_not(directory: Path, *more: Any) -> tuple[str, ...]:
        written.append(directory)
        if refused(len(written)):
            raise OutputError(directory, f"cannot write {directory}: {os.strerror(number)}") from OSError(
                number, os.strerror(number)
            )
        return save(directory, *more)

    monkeypatch.setattr(publishing, "save", save_or_not)


def _scanned(url: str, output: Path, **flags: str | bool) -> tuple[Scanned, dict[str, Any]]:
    status = output.with_name("status.json")
    done = scan(url, output, at(9), status_file=str(status), **MORNING, **flags)
    return done, json.loads(status.read_text("utf-8"))


def test_a_disk_that_is_full_costs_what_was_not_written_yet(
    fleet_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was drafted before is told on stdout and to --exec: the next run has nothing new to say of it."""
    output = tmp_path / "reports"
    _refusing(monkeypatch, errno.ENOSPC, lambda count: count > 1)
    done, told = _scanned(fleet_url, output, execute="false")
    monkeypatch.undo()
    again, _ = _scanned(fleet_url, output)

    assert (done.code, len(done.lines), told["exit_code"]) == (7, 1, 7)
    assert [one["what"] for one in told["failed"]] == ["output", "--exec false"]
    assert "No space left" in done.stderr
    assert (again.code, len(again.lines)) == (0, 1)
    assert not {line.split("\t")[0] for line in again.lines} & {line.split("\t")[0] for line in done.lines}


def test_one_place_that_cannot_be_written_costs_its_own_draft(
    fleet_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's directory, say; the others of the night are there, and the index."""
    output = tmp_path / "reports"
    _refusing(monkeypatch, errno.EACCES, lambda count: count == 1)
    done, told = _scanned(fleet_url, output)

    assert (done.code, len(done.lines), len(timelines(output))) == (7, 1, 1)
    assert [one["what"] for one in told["failed"]] == ["payments"]
    assert (output / "index.md").is_file()


def test_notes_that_are_damaged_cost_their_own_draft(fleet_url: str, tmp_path: Path) -> None:
    """It is left for a person, with what to do; the others of the night are drafted."""
    output = tmp_path / "reports"
    scan(fleet_url, output, at(8.25), service="payments", last="1h")
    (draft,) = output.glob("*-payments-*")
    (draft / ".incident-timeline" / "notes.json").write_text("{", "utf-8")
    before = tree(draft)
    done, told = _scanned(fleet_url, output)

    assert (done.code, told["exit_code"], len(timelines(output))) == (8, 8, 2)
    assert "notes.json" in done.stderr
    assert done.stderr.count("\n") == 1
    assert changed(before, tree(draft)) == set()


def test_metrics_that_cannot_be_written_do_not_hide_that_the_source_is_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both are told; the status file is there and says 5."""
    status = tmp_path / "status.json"
    flags = {"status_file": str(status), "textfile": str(tmp_path / "none" / "scan.prom")}

    with pytest.raises(Unavailable):
        scan("http://127.0.0.1:9", tmp_path / "out", at(9), **flags)

    assert json.loads(status.read_text("utf-8"))["exit_code"] == 5
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("lost", ["status_file", "textfile"])
def test_a_run_that_cannot_tell_of_itself_ends_with_7(fleet_url: str, tmp_path: Path, lost: str) -> None:
    """Who watches the one file would not know; the other says so, and stdout has the draft."""
    flags = {"status_file": str(tmp_path / "status.json"), "textfile": str(tmp_path / "scan.prom")}
    flags[lost] = str(tmp_path / "none" / "file")
    done = scan(fleet_url, tmp_path / "out", at(8.5), service="payments", last="1h", **flags)

    assert (done.code, len(done.lines)) == (7, 1)
    assert done.stderr.endswith(f"choose another place with --{lost.replace('_', '-')}\n")
    if lost == "textfile":
        assert json.loads((tmp_path / "status.json").read_text("utf-8"))["exit_code"] == 7
    else:
        assert "incident_timeline_last_exit_code 7\n" in (tmp_path / "scan.prom").read_text("utf-8")


def test_a_clock_that_jumps_back_changes_no_draft(fleet_url: str, tmp_path: Path) -> None:
    """A run that ends before an open draft begins says nothing of it; the next one finds all as it was."""
    first = scan(fleet_url, tmp_path, at(9.75), service="search", last="1h")
    before = tree(tmp_path)
    back = scan(fleet_url, tmp_path, at(9.25), service="search", last="1h", form="json")
    again = scan(fleet_url, tmp_path, at(9.75), service="search", last="1h")
    told = json.loads(back.stdout)

    assert len(first.lines) == 1
    assert (back.code, back.stderr, told["drafts"], told["stood_out"]) == (0, "", [], [])
    assert (again.code, again.stdout, again.stderr) == (0, "", "")
    assert changed(before, tree(tmp_path)) == set()


@pytest.fixture(scope="module")
def renamed_url(prometheus_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service that fails and then bears another name; half an hour of it, and another that goes on."""
    assert prometheus_binary.is_file()
    data = tmp_path_factory.mktemp("renamed") / "data"
    failing = Member("old-name", 30, troubles=(Trouble(at(1.5), timedelta(hours=1), failing=0.4, slower=4),))
    create_blocks(
        [*fleet_series((failing,), START, at(2)), *fleet_series((Member("other"),), START, at(5))], data
    )
    with serve(data) as url:
        yield url


def test_a_service_that_bears_another_name_now_leaves_a_draft_that_does_not_grow(
    renamed_url: str, tmp_path: Path
) -> None:
    """No end of its impact was seen; but nothing came since, and no run has anything new to tell of it."""
    first = scan(renamed_url, tmp_path, at(3.6), last="3h")
    before = tree(tmp_path)
    later = scan(renamed_url, tmp_path, at(4.6), last="3h")
    (found,) = timelines(tmp_path).values()

    assert (first.code, len(first.lines)) == (0, 1)
    assert (found["status"], found["window"]["end"]) == ("ongoing", "2024-03-04T03:00:00Z")
    assert (later.code, later.lines) == (0, [])
    assert {name for name in changed(before, tree(tmp_path)) if not name.startswith(".")} == set()
