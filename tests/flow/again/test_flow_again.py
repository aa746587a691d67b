"""A draft made again: nothing changes without a reason, people's words stay, richer evidence wins."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from collector.kept.record import dump
from collector.kept.replay import load
from incident.model.evidence import Evidence
from incident.model.signals import EarlierPeriod, EarlierSignal
from incident.model.spans import Grid, frozen_values
from tests.flow.again.drafted import FIXTURE, missing, run_draft
from tests.flow.drawn import draw_anew
from tests.flow.tree import changed, tree

pytestmark = pytest.mark.usefixtures("here")


def _evidence() -> Evidence:
    return load(FIXTURE.read_bytes(), str(FIXTURE))


def _poorer(evidence: Evidence) -> Evidence:
    """The same window after half of its samples have expired."""
    signals = []
    for signal in evidence.signals:
        values = signal.values.copy()
        values[: values.size * 3 // 4] = np.nan
        signals.append(replace(signal, values=frozen_values(values)))
    return replace(evidence, signals=tuple(signals))


def _kept_as(name: str, evidence: Evidence) -> Path:
    path = Path(name).absolute()
    path.write_bytes(dump(evidence))
    return path


# What is printed


def test_stdout_has_the_path_of_the_draft_and_nothing_else() -> None:
    """So that a script can take it; what people read goes to stderr."""
    ran = run_draft()

    assert ran.code == 0
    assert ran.stdout == f"{ran.draft}/postmortem.md\n"
    assert ran.draft.parent == Path("reports")
    assert [line.split()[0] for line in ran.stderr.splitlines()] == ["scope", "signals", "found"]


def test_quiet_leaves_stderr_empty() -> None:
    """Cron mails nothing when all is well."""
    ran = run_draft("--quiet")

    assert (ran.code, ran.stderr) == (0, "")
    assert Path(ran.stdout.strip()).is_file()


def test_format_json_prints_the_timeline() -> None:
    """Byte for byte the file that lies in the draft."""
    ran = run_draft("--format", "json")
    (kept,) = Path("reports").glob("*/timeline.json")

    assert ran.code == 0
    assert ran.stdout.encode() == kept.read_bytes()
    assert json.loads(ran.stdout)["schema"] == "incident-timeline/1"


def test_the_directory_is_named_after_day_service_and_start() -> None:
    """In UTC, below the output that was asked for."""
    ran = run_draft("--output", "kept/here")

    assert ran.draft == Path("kept/here/2022-02-05-webstore-0900")


# The same again


def test_the_same_draft_again_changes_nothing(draft: Path) -> None:
    """No byte and no time of any file; the run says so."""
    before = tree(Path("reports"))
    again = run_draft()

    assert (again.code, again.draft) == (0, draft)
    assert "files    unchanged" in again.stderr.splitlines()
    assert changed(before, tree(Path("reports"))) == set()


def test_a_draft_replays_from_its_own_directory(draft: Path) -> None:
    """The evidence beside a draft is enough; the directory stands for it."""
    before = tree(Path("reports"))
    again = run_draft(replay=draft)

    assert again.code == 0
    assert changed(before, tree(Path("reports"))) == set()


def test_another_zone_shows_the_same_draft_in_it(draft: Path) -> None:
    """The incident is found again; its text is made anew, as its next generation."""
    again = run_draft("--timezone", "Asia/Tokyo")
    timeline = json.loads((again.draft / "timeline.json").read_text("utf-8"))

    assert (again.code, again.draft) == (0, draft)
    assert timeline["timezone"] == "Asia/Tokyo"
    assert timeline["impact"]["start"].endswith("Z")
    assert (again.draft / ".incident-timeline" / "base-0002.md").is_file()


def test_two_outputs_have_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a draft depends on where it lies."""
    draw_anew(monkeypatch)
    run_draft("--output", "one")
    run_draft("--output", "another/place")
    one, other = tree(Path("one")), tree(Path("another/place"))

    assert {name: kept.data for name, kept in one.items()} == {
        name: kept.data for name, kept in other.items()
    }


def test_an_edited_draft_takes_the_news_and_keeps_every_word(draft: Path) -> None:
    """The answer to a prompt, a paragraph and a changed heading stay where they were; the zone is new."""
    path = draft / "postmortem.md"
    text = path.read_text("utf-8")
    asked = "- [You: what did users see?]"
    assert asked in text
    edited = text.replace(asked, "- Orders were lost at the till.", 1).replace(
        "## Impact", "## What it cost", 1
    )
    path.write_text(f"{edited}\nWe know why.\n", "utf-8")
    ran = run_draft("--timezone", "Asia/Tokyo")
    merged = path.read_text("utf-8")

    assert ran.code == 0, ran.stderr
    assert [merged.count(words) for words in ("Orders were lost at the till.", "## What it cost")] == [1, 1]
    assert merged.rstrip().endswith("We know why.")
    assert asked not in merged
    assert "Times Asia/Tokyo" in merged
    assert "Orders were lost at the till." in (draft / "postmortem.html").read_text("utf-8")


def test_the_draft_as_it_was_edited_is_kept_in_the_history(draft: Path) -> None:
    """Whatever a merge does, what a person saved can be had again."""
    path = draft / "postmortem.md"
    edited = path.read_bytes() + b"\nWe know why.\n"
    path.write_bytes(edited)
    run_draft("--timezone", "Asia/Tokyo")

    assert edited in [kept.read_bytes() for kept in (draft / ".incident-timeline" / "history").iterdir()]


def test_an_edited_draft_without_news_stays_byte_for_byte(draft: Path) -> None:
    """Cron runs again and again; the text that a person saved does not move."""
    path = draft / "postmortem.md"
    path.write_bytes(path.read_bytes() + b"\nWe know why.\n")
    edited = path.read_bytes()
    first = run_draft()
    before = tree(draft)
    again = run_draft()

    assert (first.code, again.code) == (0, 0)
    assert path.read_bytes() == edited
    assert changed(before, tree(draft)) == set()


CONFLICT = b"<<<<<<< mine\n## What it cost\n=======\n## Impact\n>>>>>>> theirs"

EDITS: list[tuple[str, Callable[[bytes], bytes], int]] = [
    ("line ends", lambda text: text.replace(b"\n", b"\r\n"), 0),
    ("anchors taken out by a wiki", lambda text: re.sub(rb"<!--.*?-->\n", b"", text) + b"\nOurs.\n", 0),
    ("the second half gone", lambda text: text[: len(text) // 2], 0),
    ("another encoding", lambda text: text + b"\xff\xfe not UTF-8\n", 0),
    ("a word into a row", lambda text: text.replace(b"firing |", b"firing, Ada paged |", 1), 0),
    ("conflict markers", lambda text: text.replace(b"## Impact", CONFLICT, 1), 8),
    ("emptied", lambda text: text[:0], 8),
]


@pytest.mark.parametrize(("edit", "code"), [one[1:] for one in EDITS], ids=[one[0] for one in EDITS])
def test_no_word_is_lost_by_any_edit(edit: Callable[[bytes], bytes], code: int, draft: Path) -> None:
    """Merged where that is certain; left alone, with the new text beside it, where it is not."""
    path = draft / "postmortem.md"
    generated = path.read_bytes()
    path.write_bytes(edit(generated))
    edited, before = path.read_bytes(), tree(draft)
    ran = run_draft("--timezone", "Asia/Tokyo")

    assert ran.code == code, ran.stderr
    assert missing(edited, generated, path.read_bytes()) == []
    if code == 8:
        assert changed(before, tree(draft)) == {"postmortem.new.md", ".incident-timeline/left.json"}
        assert "Times Asia/Tokyo" in (draft / "postmortem.new.md").read_text("utf-8")
        assert len(ran.errors) == 1
        assert "postmortem.new.md" in ran.errors[0]


def test_a_draft_whose_base_is_gone_is_left_alone(draft: Path) -> None:
    """Without the text it was made from nobody can say whether it was edited."""
    for base in (draft / ".incident-timeline").glob("base-*.md"):
        base.unlink()
    before = (draft / "postmortem.md").read_bytes()
    again = run_draft("--timezone", "Asia/Tokyo")

    assert again.code == 8
    assert (draft / "postmortem.md").read_bytes() == before


def test_a_dry_run_shows_and_writes_nothing(draft: Path) -> None:
    """The difference that a run would make, on stdout."""
    before = tree(Path("reports"))
    assert f"{draft.name}/postmortem.md" in before
    ran = run_draft("--timezone", "Asia/Tokyo", "--dry-run")

    assert ran.code == 0
    assert any(line.startswith("+") and "Asia/Tokyo" in line for line in ran.stdout.splitlines())
    assert changed(before, tree(Path("reports"))) == set()


# Richer and poorer evidence


def test_poorer_evidence_never_replaces_richer(draft: Path) -> None:
    """Metrics expire; the draft made while they were there stays. Exit 4."""
    before = tree(draft)
    ran = run_draft(replay=_kept_as("poorer.json.gz", _poorer(_evidence())))

    assert ran.code == 4
    assert len(ran.errors) == 1
    assert changed(before, tree(draft)) == set()


def test_richer_evidence_replaces_poorer() -> None:
    """In the same directory, as the next generation; the text of each generation is kept."""
    poorer = run_draft(replay=_kept_as("poorer.json.gz", _poorer(_evidence())))
    ran = run_draft()
    bases = sorted(path.name for path in (ran.draft / ".incident-timeline").glob("base-*.md"))

    assert (poorer.code, ran.code, ran.draft) == (0, 0, poorer.draft)
    kept = load((ran.draft / "evidence.json.gz").read_bytes(), "kept")
    assert dump(replace(kept, presentation=_evidence().presentation)) == FIXTURE.read_bytes()
    assert bases == ["base-0001.md", "base-0002.md"]


def test_an_earlier_day_that_has_expired_is_kept() -> None:
    """A week ago goes first; the judgement that rests on it stays, and so does every file."""
    evidence = _evidence()
    ago = timedelta(days=7)
    grid = Grid(evidence.grid.start_ms - ago // timedelta(milliseconds=1), 300_000, 120)
    traffic = EarlierSignal("traffic", frozen_values(np.full(120, 9.0)))
    known, gone = EarlierPeriod(ago, grid, (traffic,)), EarlierPeriod(ago, grid, (), "no samples")
    first = run_draft(replay=_kept_as("known.json.gz", replace(evidence, earlier=(known,))))
    before = tree(first.draft)
    ran = run_draft(replay=_kept_as("gone.json.gz", replace(evidence, earlier=(gone,))))

    assert (first.code, ran.code) == (0, 0)
    assert changed(before, tree(ran.draft)) == set()


def test_the_same_evidence_collected_later_changes_nothing(draft: Path) -> None:
    """A cron job that asks every hour writes once."""
    before = tree(draft)
    evidence = _evidence()
    later = replace(
        evidence,
        origin=replace(evidence.origin, collected_at=evidence.origin.collected_at.replace(year=2030)),
    )
    ran = run_draft(replay=_kept_as("later.json.gz", later))

    assert ran.code == 0
    assert changed(before, tree(draft)) == set()


def test_an_incident_of_another_source_has_a_directory_of_its_own(draft: Path) -> None:
    """Same name, same hour, another cluster: two incidents."""
    evidence = _evidence()
    elsewhere = replace(evidence, origin=replace(evidence.origin, url="http://other.example:9090"))
    second = run_draft(replay=_kept_as("elsewhere.json.gz", elsewhere))

    assert second.code == 0
    assert second.draft != draft
    assert second.draft.name.startswith(draft.name)
