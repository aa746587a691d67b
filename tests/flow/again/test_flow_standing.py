"""A draft that is already what its evidence makes is left as it is by a scan, without drawing anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.kept.replay import load
from incident.model.evidence import Evidence
from incident.model.timeline import Timeline
from report.charts import Chart
from report.pipeline.flow import Draft, draft
from report.pipeline.merging import Outcome
from tests.flow.command import ROOT
from tests.flow.tree import changed, tree

FIXTURE = ROOT / "fixtures" / "webstore" / "evidence.json.gz"
NOW = datetime(2024, 6, 1, tzinfo=UTC)


class _Pencil:
    """Draws one empty chart, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.drawn = 0

    def __call__(self, _timeline: Timeline, _evidence: Evidence) -> tuple[Chart, ...]:
        self.drawn += 1
        return (Chart("summary", "Summary", b"<svg/>", b"PNG", "Alt."),)


@pytest.fixture
def pencil() -> _Pencil:
    return _Pencil()


@pytest.fixture
def again(tmp_path: Path, pencil: _Pencil) -> Callable[[Evidence], Draft]:
    """Drafts evidence into the same output."""

    def make(evidence: Evidence) -> Draft:
        return draft(evidence, tmp_path, version="1", now=NOW, say=lambda _: None, draw=pencil, anew=False)

    return make


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return load(FIXTURE.read_bytes(), str(FIXTURE))


def test_the_same_evidence_is_not_drawn_again(
    again: Callable[[Evidence], Draft], pencil: _Pencil, evidence: Evidence
) -> None:
    """Neither as it is nor collected anew at another time."""
    again(evidence)
    later = replace(evidence, origin=replace(evidence.origin, collected_at=NOW))

    outcomes = {again(one).published.outcome for one in (evidence, later)}

    assert outcomes == {Outcome.UNCHANGED}
    assert pencil.drawn == 1


@pytest.mark.parametrize(
    "lost", ["timeline.json", "charts/summary.png", "postmortem.html", "evidence.json.gz"]
)
def test_a_file_that_is_gone_is_made_again(
    again: Callable[[Evidence], Draft], pencil: _Pencil, evidence: Evidence, lost: str
) -> None:
    """Whatever of the draft is missing: all of it is drawn."""
    path = again(evidence).published.draft.parent / lost
    path.unlink()

    again(evidence)

    assert path.is_file()
    assert pencil.drawn == 2


def test_who_asks_for_a_draft_gets_it_drawn(
    again: Callable[[Evidence], Draft], pencil: _Pencil, evidence: Evidence, tmp_path: Path
) -> None:
    """Only a scan spares itself what it thinks it knows."""
    again(evidence)

    made = draft(evidence, tmp_path, version="1", now=NOW, say=lambda _: None, draw=pencil)

    assert made.published.outcome is Outcome.UNCHANGED
    assert pencil.drawn == 2


def test_evidence_that_says_more_is_drawn(
    again: Callable[[Evidence], Draft], pencil: _Pencil, evidence: Evidence
) -> None:
    """The same incident in another zone is another draft to read."""
    again(evidence)
    elsewhere = replace(evidence, presentation=replace(evidence.presentation, zone="Asia/Tokyo"))

    assert again(elsewhere).published.outcome is Outcome.WRITTEN
    assert pencil.drawn == 2


def test_the_page_follows_a_text_that_somebody_edited(
    again: Callable[[Evidence], Draft], pencil: _Pencil, evidence: Evidence
) -> None:
    """Although nothing else is new."""
    text = again(evidence).published.draft
    text.write_text(text.read_text("utf-8") + "\nWe rolled back the config.\n", "utf-8")

    again(evidence)

    assert "We rolled back the config." in text.with_suffix(".html").read_text("utf-8")
    assert pencil.drawn == 2


def test_an_edited_text_whose_page_has_followed_is_not_drawn_again(
    again: Callable[[Evidence], Draft], pencil: _Pencil, evidence: Evidence
) -> None:
    """Most drafts of the night are being edited in the morning, while scans go on."""
    text = again(evidence).published.draft
    text.write_text(text.read_text("utf-8") + "\nWe rolled back the config.\n", "utf-8")

    outcomes = [again(evidence).published.outcome for _ in range(3)]

    assert outcomes == [Outcome.WRITTEN, Outcome.UNCHANGED, Outcome.UNCHANGED]
    assert pencil.drawn == 2


# Left for a person


MARKERS = "\n<<<<<<< mine\nold\n=======\nnew\n>>>>>>> theirs\n"


def _later(evidence: Evidence, hours: int) -> Evidence:
    """The same, collected hours later."""
    at = NOW + timedelta(hours=hours)
    return replace(evidence, origin=replace(evidence.origin, collected_at=at))


def _elsewhere(evidence: Evidence) -> Evidence:
    """What the draft does not say yet."""
    return replace(evidence, presentation=replace(evidence.presentation, zone="Asia/Tokyo"))


@pytest.fixture
def left(again: Callable[[Evidence], Draft], evidence: Evidence) -> Path:
    """A draft that was left for a person once."""
    text = again(evidence).published.draft
    text.write_text(text.read_text("utf-8") + MARKERS, "utf-8")
    assert again(_later(_elsewhere(evidence), 1)).published.outcome is Outcome.HUMAN_NEEDED
    return text


def test_what_is_left_for_a_person_is_found_out_once(
    again: Callable[[Evidence], Draft], pencil: _Pencil, evidence: Evidence, left: Path
) -> None:
    """Who is needed is said by every run; nothing is drawn for it, and no byte changes."""
    before = tree(left.parent)
    drawn = pencil.drawn

    told = [again(_later(_elsewhere(evidence), hours)).published for hours in (2, 3)]

    assert [(one.outcome, one.beside) for one in told] == [(Outcome.HUMAN_NEEDED, True)] * 2
    assert {one.reason for one in told} == {"it holds conflict markers"}
    assert changed(before, tree(left.parent)) == set()
    assert pencil.drawn == drawn


def test_more_to_say_is_laid_beside_what_was_left(
    again: Callable[[Evidence], Draft], evidence: Evidence, left: Path
) -> None:
    """The person who comes in the morning compares with the latest."""
    shown = replace(evidence.presentation, zone="Europe/Berlin")

    again(replace(evidence, presentation=shown))

    assert "Times Europe/Berlin" in left.with_name("postmortem.new.md").read_text("utf-8")


@pytest.mark.parametrize("lost", ["postmortem.new.md", ".incident-timeline/left.json"])
def test_what_lies_beside_is_laid_there_again(
    again: Callable[[Evidence], Draft], evidence: Evidence, left: Path, lost: str
) -> None:
    """Somebody removed it, and the draft is as it was."""
    (left.parent / lost).unlink()

    published = again(_elsewhere(evidence)).published

    assert published.outcome is Outcome.HUMAN_NEEDED
    assert left.with_name("postmortem.new.md").is_file()


@pytest.mark.parametrize(
    "record",
    [b"", b"[]", b"{}", b'{"timeline": {}}', b"\xff", b'{"draft": 1, "timeline": {}}', b"[" * 100_000],
    ids=["empty", "no object", "nothing in it", "half", "no text", "a number", "deep"],
)
def test_a_record_that_is_rubbish_costs_a_drawing(
    again: Callable[[Evidence], Draft], evidence: Evidence, left: Path, record: bytes
) -> None:
    """As if there were none."""
    (left.parent / ".incident-timeline" / "left.json").write_bytes(record)

    assert again(_elsewhere(evidence)).published.outcome is Outcome.HUMAN_NEEDED


@pytest.mark.parametrize("theirs", [True, False], ids=["they wrote into it", "as it was laid"])
def test_what_lay_beside_goes_when_the_draft_is_mended(
    again: Callable[[Evidence], Draft], evidence: Evidence, left: Path, theirs: bool
) -> None:
    """It would be taken for something still to do; a text that somebody changed is theirs and stays."""
    new = left.with_name("postmortem.new.md")
    if theirs:
        new.write_text(new.read_text("utf-8") + "Kept from mine.\n", "utf-8")
    left.write_text(left.read_text("utf-8").replace(MARKERS, "\nOurs.\n"), "utf-8")

    published = again(_elsewhere(evidence)).published

    assert published.outcome is Outcome.WRITTEN
    assert "Ours." in left.read_text("utf-8")
    assert "Times Asia/Tokyo" in left.read_text("utf-8")
    assert new.exists() is theirs
    assert not (left.parent / ".incident-timeline" / "left.json").exists()
