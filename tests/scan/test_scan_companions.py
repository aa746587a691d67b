"""Drafts of services that began together tell of each other: in order of onset, once, and for good."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from incident.model.spans import Span
from report.pipeline.scan.drafts.companions import begun, companions, groups, out_of_date
from report.pipeline.scan.sought.known import Known
from tests.faults.proxy import Answer, Asked, FaultProxy
from tests.flow.command import run_here
from tests.flow.tree import changed, tree
from tests.scan.scene import Scanned, at, scan, timelines

HEAD = "Began together, in order of onset, which names no cause: "
_NOON = datetime(2024, 3, 4, 12, tzinfo=UTC)


def _line(directory: Path) -> str:
    text = (directory / "postmortem.md").read_text("utf-8")
    return next((line.removeprefix(HEAD) for line in text.splitlines() if line.startswith(HEAD)), "")


def _told(output: Path) -> dict[str, list[tuple[str, str]]]:
    """Service and draft of the companions, by service."""
    found = timelines(output).values()
    return {one["service"]: [(c["service"], c["draft"]) for c in one["companions"]] for one in found}


@pytest.mark.server
def test_two_that_began_together_tell_of_each_other_and_nobody_else_does(whole: tuple[Scanned, Path]) -> None:
    """In the same order in both, itself in bold, with a link to the other's draft; written once."""
    output = whole[1]
    (first,), (second,) = output.glob("*-payments-*"), output.glob("*-checkout-*")

    assert _told(output) == {
        "payments": [("checkout", f"../{second.name}")],
        "checkout": [("payments", f"../{first.name}")],
        "search": [],
        "login": [],
        "orders": [],
    }
    assert re.sub(r"\d\d:\d\d:\d\d", "", _line(first)) == (
        f"**payments** , [checkout](../{second.name}/postmortem.md) ."
    )
    assert re.sub(r"\d\d:\d\d:\d\d", "", _line(second)) == (
        f"[payments](../{first.name}/postmortem.md) , **checkout** ."
    )
    assert f'href="../{second.name}/postmortem.html"' in (first / "postmortem.html").read_text("utf-8")
    assert [path.name for path in (first / ".incident-timeline").glob("base-*")] == ["base-0001.md"]


@pytest.mark.server
def test_a_companion_found_later_refreshes_a_draft_once(fleet_url: str, tmp_path: Path) -> None:
    """The draft that was there is told in the same run, and a third run changes no byte."""
    scan(fleet_url, tmp_path, at(9.2), service="payments", last="90m")
    assert _told(tmp_path) == {"payments": []}
    second = scan(fleet_url, tmp_path, at(9.2), last="90m")
    told = _told(tmp_path)
    before = tree(tmp_path)
    third = scan(fleet_url, tmp_path, at(9.2), last="90m")

    assert [name for name, _ in told["payments"]] == ["checkout"]
    assert [name for name, _ in told["checkout"]] == ["payments"]
    assert len([line for line in second.lines if "-payments-" in line]) == 1
    assert (third.code, third.lines) == (0, [])
    assert changed(before, tree(tmp_path)) == set()


@pytest.mark.server
def test_a_draft_made_again_by_hand_keeps_its_companions(
    whole: tuple[Scanned, Path], fleet_url: str, tmp_path: Path
) -> None:
    """`draft` looks at one service and does not know them; `--replay` makes the same text."""
    output = shutil.copytree(whole[1], tmp_path / "reports")
    (draft,) = output.glob("*-payments-*")
    line, text = _line(draft), (draft / "postmortem.md").read_bytes()
    again = ("draft", "--prometheus", fleet_url, "--service", "payments", "--around", at(8.4).isoformat())
    done = run_here((*again, "--output", str(output), "--quiet"))
    replayed = run_here(
        ("draft", "--replay", str(whole[1] / draft.name), "--output", str(tmp_path / "other"))
    )

    assert done.code == 0, done.stderr
    assert (done.draft, _line(draft)) == (draft, line)
    assert (replayed.draft / "postmortem.md").read_bytes() == text


@pytest.mark.server
def test_what_waits_for_a_companion_is_written_when_the_source_is_lost(
    fleet_url: str, tmp_path: Path
) -> None:
    """The look at the second of two is refused: the first is drafted, and the run says that it was cut."""

    def refused(asked: Asked) -> Answer | None:
        return Answer(status=401, body=b"no", kind="text/plain") if "checkout" in asked.sent else None

    config = tmp_path / "config.yaml"
    config.write_text("scan:\n  concurrency: 1\n", "utf-8")
    with FaultProxy(refused, fleet_url) as proxy:
        done = scan(proxy.url, tmp_path / "out", at(9.2), last="90m", config=str(config))

    assert (done.code, len(done.lines), done.stderr.count("\n")) == (3, 1, 1)
    assert _told(tmp_path / "out") == {"payments": []}


def _known(name: str, minute: float, lasts: float = 60.0, *, identity: str = "", **more: Any) -> Known:
    start = _NOON + timedelta(minutes=minute)
    document = {
        "id": identity or None,
        "scope": {"matchers": []},
        "impact": {"episodes": [{"plus_minus_s": 15}]},
        "companions": [],
        **more,
    }
    window = Span(start - timedelta(hours=1), start + timedelta(hours=3))
    end = start + timedelta(minutes=lasts)
    return Known(Path("out", name), document, name, (), window, start, end, ongoing=False)


def test_they_stand_in_order_of_onset_with_the_way_from_one_draft_to_the_other() -> None:
    """Also where people put a draft into a folder; what began 16 minutes later is another matter."""
    known = [_known("b", 5), _known("a", 0), _known("2024/c", 9), _known("late", 16)]
    found_by = groups(begun(known))
    found = companions(Path("out", "b"), found_by)

    assert [(one.service, one.draft) for one in found] == [("a", "../a"), ("2024/c", "../2024/c")]
    assert [one.draft for one in companions(Path("out", "2024", "c"), found_by)] == ["../../a", "../../b"]
    assert companions(Path("out", "late"), found_by) == ()


def test_a_copy_is_no_companion() -> None:
    """What lies there twice counts in neither place, until somebody has put one away."""
    known = [_known("a", 0, identity="0" * 12), _known("copy", 0, identity="0" * 12), _known("b", 1)]

    assert companions(Path("out", "b"), groups(begun(known))) == ()


@pytest.mark.parametrize(
    "damage",
    [{"plus_minus_s": "x"}, {"plus_minus_s": 1e300}, None, "text"],
    ids=["a word", "endless", "nothing", "no object"],
)
def test_a_draft_whose_file_is_damaged_is_no_companion(damage: object) -> None:
    """It is passed over, and costs the others nothing."""
    broken, whole = _known("broken", 0), _known("whole", 1)
    broken.document["impact"] = {"episodes": [damage]}
    broken.document["id"] = ["no", "text"]

    assert [one.service for one in begun([broken, whole])] == ["whole"]


def test_only_our_drafts_are_made_again() -> None:
    """A scan of one service, or of a part of the fleet, leaves the others' to those who ask for them."""
    mine, theirs = _known("mine", 0), _known("theirs", 1)
    for one in (mine, theirs):
        one.document["companions"] = []
    period = Span(_NOON, _NOON + timedelta(hours=6))

    assert [one.service for one, _ in out_of_date([mine], [mine, theirs], period)] == ["mine"]


def test_only_drafts_of_the_period_that_can_tell_are_made_again() -> None:
    """Not one that an earlier version made, and not one whose impact was over before."""
    old, able = _known("old", 0), _known("able", 1)
    del old.document["companions"]
    period = Span(_NOON, _NOON + timedelta(hours=6))
    later = Span(_NOON + timedelta(hours=2), _NOON + timedelta(hours=6))

    assert [
        (one.service, [c.service for c in told])
        for one, told in out_of_date([old, able], [old, able], period)
    ] == [("able", ["old"])]
    assert list(out_of_date([old, able], [old, able], later)) == []


def test_what_waits_for_a_person_is_not_made_again() -> None:
    """It would be left again, by every run that finds a companion."""
    mine, other = _known("mine", 0), _known("other", 1)
    period = Span(_NOON, _NOON + timedelta(hours=6))
    waiting = replace(mine, left="it holds conflict markers")

    assert list(out_of_date([waiting], [waiting, other], period)) == []


@pytest.mark.server
def test_a_draft_that_only_a_companion_would_change_is_left_without_a_word_once(
    fleet_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has been seen to its end and says all but that; what is found out is not found out again."""
    scan(fleet_url, tmp_path, at(9.9), service="payments", last="2h")
    (text,) = tmp_path.glob("*-payments-*/postmortem.md")
    text.write_text(text.read_text("utf-8") + "\n<<<<<<< mine\na\n=======\nb\n>>>>>>> theirs\n", "utf-8")
    first = scan(fleet_url, tmp_path, at(9.9), last="2h")
    before = tree(tmp_path)
    monkeypatch.setattr("report.pipeline.publishing.publish", _never)
    second = scan(fleet_url, tmp_path, at(9.9), last="2h")

    assert [(one.code, one.stderr) for one in (first, second)] == [(0, "")] * 2
    assert [line for line in first.lines if "-payments-" in line] == []
    assert [name for name, _ in _told(tmp_path)["checkout"]] == ["payments"]
    assert changed(before, tree(tmp_path)) == set()


def _never(*_arguments: object, **_named: object) -> None:
    raise AssertionError("published again")
