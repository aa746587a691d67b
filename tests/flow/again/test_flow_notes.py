"""Notes in a draft: a row at its time, kept by every later generation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.flow.again.drafted import missing, run_draft
from tests.flow.command import Ran, run_here
from tests.flow.tree import changed, tree

pytestmark = pytest.mark.usefixtures("here")

NOTED = ("2022-02-05T09:12:30Z", "Ada saw the orders stop | and called Bob")


def _note(draft: Path, *more: str, at: str = NOTED[0], text: str = NOTED[1]) -> Ran:
    return run_here(["note", str(draft), at, text, *more])


def test_a_note_is_a_row_at_its_time(draft: Path) -> None:
    """In the text, in the page and in timeline.json, entered by people and so told."""
    ran = _note(draft, "--kind", "acknowledged")
    timeline = json.loads((draft / "timeline.json").read_text("utf-8"))
    (event,) = [event for event in timeline["events"] if event["origin"] == "entered"]
    text = (draft / "postmortem.md").read_text("utf-8")
    rows = [line for line in text.partition("## Detection")[0].splitlines() if "Ada saw" in line]

    assert (ran.code, ran.errors) == (0, [])
    assert (event["at"], event["kind"]) == (NOTED[0], "acknowledged")
    assert timeline["milestones"]["acknowledged"]["at"] == NOTED[0]
    assert len(rows) == 1
    assert "Ada saw the orders stop" in (draft / "postmortem.html").read_text("utf-8")


def test_the_same_note_twice_is_one(draft: Path) -> None:
    """A command repeated from the shell's history does no harm."""
    _note(draft)
    before = tree(draft)
    ran = _note(draft)

    assert ran.code == 0
    assert changed(before, tree(draft)) == set()


def test_a_draft_made_again_keeps_its_notes(draft: Path) -> None:
    """Nothing was edited by hand, so the draft is refreshed, and the note is in it."""
    _note(draft)
    before = tree(draft)
    again = run_draft()

    assert again.code == 0
    assert changed(before, tree(draft)) == set()
    assert "Ada saw" in (draft / "postmortem.md").read_text("utf-8")


def test_a_note_in_an_edited_draft_loses_nothing(draft: Path) -> None:
    """The row comes in at its time, what people wrote stays, and page and timeline have both."""
    path = draft / "postmortem.md"
    generated = path.read_bytes()
    path.write_bytes(generated.replace(b"- [You: what did users see?]", b"- Orders failed.") + b"\nOurs.\n")
    edited = path.read_bytes()
    ran = _note(draft)
    text, page = ((draft / name).read_text("utf-8") for name in ("postmortem.md", "postmortem.html"))
    timeline = json.loads((draft / "timeline.json").read_text("utf-8"))

    assert ran.code == 0, ran.stderr
    assert missing(edited, generated, path.read_bytes()) == []
    assert len([line for line in text.partition("## Detection")[0].splitlines() if "Ada saw" in line]) == 1
    assert [event["at"] for event in timeline["events"] if event["origin"] == "entered"] == [NOTED[0]]
    assert all(words in page for words in ("Orders failed.", "Ada saw"))


def test_a_time_without_an_offset_is_one_of_the_draft() -> None:
    """People note what their clock showed, in the zone that the draft shows."""
    draft = run_draft("--timezone", "Asia/Tokyo").draft
    ran = _note(draft, at="2022-02-05T18:12:30")
    timeline = json.loads((draft / "timeline.json").read_text("utf-8"))

    assert ran.code == 0
    assert [e["at"] for e in timeline["events"] if e["origin"] == "entered"] == [NOTED[0]]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere", "2022-02-05T09:12:30Z", "text"], "nowhere"),
        (["DRAFT", "9 o'clock", "text"], "9 o'clock"),
        (["DRAFT", "2022-02-05T09:12:30Z", "  "], "no text"),
    ],
    ids=["no draft", "no time", "no text"],
)
def test_a_note_that_cannot_be_taken_changes_nothing(arguments: list[str], says: str, draft: Path) -> None:
    """Usage: one line, code 2."""
    before = tree(draft)
    ran = run_here(["note", *(str(draft) if one == "DRAFT" else one for one in arguments)])

    assert ran.code == 2
    assert len(ran.errors) == 1
    assert says in ran.errors[0]
    assert changed(before, tree(draft)) == set()
