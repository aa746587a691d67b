"""A draft that is already what its evidence makes is left as it is by a scan, without drawing anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.kept.replay import load
from incident.model.evidence import Evidence
from incident.model.timeline import Timeline
from report.charts import Chart
from report.pipeline.flow import Draft, draft
from report.pipeline.merging import Outcome
from tests.flow.command import ROOT

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
