"""`scan` over a fleet in a real Prometheus: every incident found once, and no byte written twice."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from collector.errors import NoData
from report.pipeline.scan import LOCK
from report.write import LockHeld, locked
from tests.flow.tree import changed, tree
from tests.scan.scene import DRAFTED, END, Scanned, at, scan, timelines

pytestmark = pytest.mark.server

_NEAR = timedelta(seconds=30)


def test_each_incident_has_one_draft_at_its_onset(whole: tuple[Scanned, Path]) -> None:
    """Down, slow, failing, with and without an alert: each found, each bound as a draft's."""
    done, output = whole
    found = {one["service"]: one for one in timelines(output).values()}

    assert done.code == 0, done.stderr
    assert set(found) == set(DRAFTED)
    assert len(timelines(output)) == len(DRAFTED)
    for service, onset in DRAFTED.items():
        assert abs(datetime.fromisoformat(found[service]["impact"]["start"]) - onset) <= _NEAR, service


def test_what_lasts_is_ongoing_and_the_rest_has_recovered(whole: tuple[Scanned, Path]) -> None:
    """The period ends inside the last incident."""
    states = {one["service"]: one["status"] for one in timelines(whole[1]).values()}

    assert {name for name, state in states.items() if state == "ongoing"} == {"orders"}


def test_one_line_for_each_draft(whole: tuple[Scanned, Path]) -> None:
    """stdout has path and finding with a tab between, stderr nothing."""
    done, output = whole
    paths = {Path(line.split("\t")[0]).parent.name for line in done.lines}

    assert paths == set(timelines(output))
    assert all(line.count("\t") == 1 for line in done.lines)
    assert done.stderr == ""


def test_the_index_lists_drafts_and_what_was_not_drafted(whole: tuple[Scanned, Path]) -> None:
    """Newest first; what began together in its order; few errors alone as a line with its reason."""
    text = (whole[1] / "index.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| [")]

    assert [row.split(" | ")[1] for row in rows] == ["orders", "search", "checkout", "payments", "login"]
    assert "- 2024-03-04 08:00 [payments](2024-03-04-payments-0800/postmortem.md), then [checkout](" in text
    assert "/postmortem.md) +3m" in text
    assert "cart | errors 5." in text
    assert "a single signal, and no alert fired" in text
    assert b"payments" in (whole[1] / "index.html").read_bytes()


def test_the_same_data_again_change_no_byte_and_say_nothing(
    whole: tuple[Scanned, Path], fleet_url: str
) -> None:
    """A second run asks less, and leaves every file as it is, its time too."""
    _, output = whole
    before = tree(output)
    again = scan(fleet_url, output, END)

    assert (again.code, again.stdout, again.stderr) == (0, "", "")
    assert changed(before, tree(output)) == set()


def test_a_draft_and_its_copy_are_left_for_a_person(
    whole: tuple[Scanned, Path], fleet_url: str, tmp_path: Path
) -> None:
    """Both are named, neither is touched, the code is 8; the drafts of the others are there."""
    output = tmp_path / "reports"
    shutil.copytree(whole[1], output)
    (draft,) = output.glob("*-orders-*")
    copy = shutil.copytree(draft, output / "orders copied")
    before = tree(output)
    again = scan(fleet_url, output, END)

    assert (again.code, again.stdout) == (8, "")
    assert str(draft) in again.stderr
    assert str(copy) in again.stderr
    assert set(changed(before, tree(output))) <= {"index.md", "index.html"}


def test_a_quiet_period_leaves_nothing(fleet_url: str, tmp_path: Path) -> None:
    """No index, no directory, no word; the lock is gone, and what was made for it."""
    done = scan(fleet_url, tmp_path / "out", at(6.5), last="1h")

    assert (done.code, done.stdout, done.stderr) == (0, "", "")
    assert not (tmp_path / "out").exists()


def test_an_open_incident_is_closed_when_it_has_recovered(fleet_url: str, tmp_path: Path) -> None:
    """Found while it lasts, refreshed later in the same directory, and left alone from then on."""
    first = scan(fleet_url, tmp_path, at(8.25), service="payments", last="1h")
    (name,) = timelines(tmp_path)
    assert timelines(tmp_path)[name]["status"] == "ongoing"
    second = scan(fleet_url, tmp_path, at(9.6), service="payments", last="30m")
    third = scan(fleet_url, tmp_path, at(9.9), service="payments", last="2h")
    fourth = scan(fleet_url, tmp_path, at(10.2), service="payments", last="2h")

    assert [len(one.lines) for one in (first, second, third, fourth)] == [1, 1, 1, 0]
    assert list(timelines(tmp_path)) == [name]
    assert timelines(tmp_path)[name]["status"] == "recovered"


def test_what_people_wrote_into_an_open_draft_stays(fleet_url: str, tmp_path: Path) -> None:
    """The refreshed draft has the new end and their sentence."""
    scan(fleet_url, tmp_path, at(8.25), service="payments", last="1h")
    (path,) = tmp_path.glob("*/postmortem.md")
    path.write_text(path.read_text("utf-8") + "\nWe rolled back the config.\n", "utf-8")
    again = scan(fleet_url, tmp_path, at(9.25), service="payments", last="2h")

    assert again.code == 0, again.stderr
    assert "We rolled back the config." in path.read_text("utf-8")
    assert next(iter(timelines(tmp_path).values()))["status"] == "recovered"


def test_a_draft_that_waits_for_a_person_costs_a_run_nothing(fleet_url: str, tmp_path: Path) -> None:
    """Its incident is over, and the text beside it says so: later runs only screen, and say who is needed."""
    scan(fleet_url, tmp_path, at(8.25), service="payments", last="1h")
    (path,) = tmp_path.glob("*/postmortem.md")
    path.write_text(path.read_text("utf-8") + "\n<<<<<<< mine\na\n=======\nb\n>>>>>>> theirs\n", "utf-8")
    runs, trees = [], []
    for hours in (9.6, 9.7, 10.2):
        runs.append(scan(fleet_url, tmp_path, at(hours), service="payments", last="2h", form="json"))
        trees.append(tree(next(iter(tmp_path.glob("*-payments-*")))))
    asked = [json.loads(one.stdout)["queries"] for one in runs]
    path.write_text(path.read_text("utf-8").partition("<<<<<<<")[0] + "Mended.\n", "utf-8")
    mended = scan(fleet_url, tmp_path, at(10.3), service="payments", last="2h")

    assert [one.code for one in runs] == [8, 8, 8]
    assert all("conflict markers" in one.stderr for one in runs)
    assert asked[1] == asked[2] < asked[0] / 4
    assert changed(trees[0], trees[1]) | changed(trees[0], trees[2]) == set()
    assert (mended.code, len(mended.lines)) == (0, 1)
    assert "Mended." in path.read_text("utf-8")
    assert [one["status"] for one in timelines(tmp_path).values()] == ["recovered"]


def test_status_and_metrics_tell_of_the_run(whole: tuple[Scanned, Path], promtool_binary: Path) -> None:
    """The status names each draft; node_exporter's file passes promtool."""
    told = json.loads((whole[1].parent / "status.json").read_text("utf-8"))
    text = (whole[1].parent / "scan.prom").read_bytes()
    checked = subprocess.run(
        [promtool_binary, "check", "metrics"], input=text, capture_output=True, check=False
    )

    assert (told["exit_code"], told["sources_failed"], told["services"]) == (0, 0, 10)
    assert {one["service"] for one in told["drafts"]} == set(DRAFTED)
    assert checked.returncode == 0, checked.stderr
    assert f"incident_timeline_last_success_timestamp_seconds {int(END.timestamp())}\n".encode() in text


def test_json_has_the_same_as_the_status_file(fleet_url: str, tmp_path: Path) -> None:
    """`--format json` is one document, also where nothing happened."""
    done = scan(fleet_url, tmp_path, at(6.5), last="1h", form="json")

    assert json.loads(done.stdout)["drafts"] == []


def test_a_shard_sees_its_own_services_only(fleet_url: str, tmp_path: Path) -> None:
    """Two halves have together what the whole has, and no service twice."""
    halves = []
    for number in (1, 2):
        scan(fleet_url, tmp_path / str(number), at(9), shard=f"{number}/2", last="2h30m")
        halves.append({one["service"] for one in timelines(tmp_path / str(number)).values()})

    assert halves[0] | halves[1] == {"payments", "checkout", "login"}
    assert not halves[0] & halves[1]


def test_a_scan_that_meets_another_leaves_at_once(fleet_url: str, tmp_path: Path) -> None:
    """75 by LockHeld, or 0 where that was asked for; nothing is written."""
    with locked(tmp_path / LOCK):
        with pytest.raises(LockHeld):
            scan(fleet_url, tmp_path, END)
        skipped = scan(fleet_url, tmp_path, END, skip_if_locked=True, quiet=True)

    assert (skipped.code, skipped.stdout, skipped.stderr) == (0, "", "")
    assert timelines(tmp_path) == {}


def test_a_period_without_any_service_is_no_data(fleet_url: str, tmp_path: Path) -> None:
    """A silent "all is well" over an empty source would be a lie; the status file says so, too."""
    status = tmp_path / "status.json"
    with pytest.raises(NoData, match="no service"):
        scan(fleet_url, tmp_path / "out", at(-24), last="2h", status_file=str(status))

    assert json.loads(status.read_text("utf-8"))["exit_code"] == 4


def test_a_command_that_fails_is_told_and_costs_no_draft(fleet_url: str, tmp_path: Path) -> None:
    """`--exec` runs without a shell, once for each changed draft."""
    done = scan(fleet_url, tmp_path, at(9.25), service="payments", last="2h", execute="false '; true'")

    assert done.code == 7
    assert "--exec false: ended with 1" in done.stderr
    assert len(timelines(tmp_path)) == 1
