"""What a refresh displaces can be had again: kept, bounded, for its owner alone; `--restore` puts it back."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import MagicMock

import pytest

import report.pipeline.kept.history as history
import report.pipeline.publishing
import report.pipeline.studio
import report.write.swap
from collector.kept.replay import load
from report.charts import Chart
from report.pipeline.flow import judged
from report.pipeline.kept.saving import save
from report.pipeline.places import KEPT, place_at
from report.pipeline.publishing import publish
from report.write import sweep_stale
from report.write.exchange import exchange
from tests.flow.again.racing import raced
from tests.flow.command import ROOT, Ran, run_here
from tests.flow.tree import changed, tree

FIXTURE = ROOT / "fixtures" / "webstore" / "evidence.json.gz"
pytestmark = pytest.mark.usefixtures("here")

LATER = datetime(2100, 1, 1, tzinfo=UTC)
"""Temporary files are old by then."""

ASKED = "- [You: what did users see?]"


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing is most of a refresh's time, and not what this is about."""
    monkeypatch.setattr(report.pipeline.studio, "draw_here", lambda *_: ())


def _refresh(zone: str = "Asia/Tokyo") -> Ran:
    ran = run_here(["draft", "--replay", str(FIXTURE), "--timezone", zone])
    assert ran.code == 0, ran.stderr
    return ran


def _restore(path: Path) -> Ran:
    return run_here(["draft", "--restore", str(path)])


def _edit(draft: Path, words: str) -> str:
    path = draft / "postmortem.md"
    path.write_text(path.read_text("utf-8").replace(ASKED, f"- {words}"), "utf-8")
    return path.read_text("utf-8")


def _text(draft: Path) -> str:
    return (draft / "postmortem.md").read_text("utf-8")


def test_the_text_before_a_refresh_comes_back(draft: Path) -> None:
    """Byte for byte, in the page too; what was measured stays. The path is on stdout."""
    edited = _edit(draft, "Orders were lost.")
    _refresh()
    evidence = (draft / "evidence.json.gz").read_bytes()
    assert _text(draft) != edited
    ran = _restore(draft)
    assert (ran.code, ran.stdout) == (0, f"{draft}/postmortem.md\n")
    assert _text(draft) == edited
    assert "Orders were lost." in (draft / "postmortem.html").read_text("utf-8")
    assert "Times Europe/London" in (draft / "postmortem.html").read_text("utf-8")
    assert (draft / "evidence.json.gz").read_bytes() == evidence


def test_a_text_in_another_zone_than_the_charts_is_told(draft: Path) -> None:
    """The charts stay as the last refresh drew them: times of a table beside them would be read as theirs."""
    _refresh("Asia/Tokyo")

    back, again = _restore(draft), _restore(draft)

    assert "the text says its times in Europe/London, the charts beside it in Asia/Tokyo" in back.stderr
    assert "note:" not in again.stderr


def test_the_same_again_undoes_it(draft: Path) -> None:
    """What was put away by going back is the last text displaced."""
    edited = _edit(draft, "Orders were lost.")
    _refresh()
    refreshed = _text(draft)
    _restore(draft)
    _restore(draft)
    assert _text(draft) == refreshed
    _restore(draft)
    assert _text(draft) == edited


def test_an_older_text_is_named_by_its_file(draft: Path) -> None:
    """Each refresh keeps one, numbered."""
    first = _text(draft)
    _refresh()
    _edit(draft, "Orders were lost.")
    _refresh("Europe/Berlin")
    texts = sorted((draft / KEPT / "history").iterdir())
    assert [path.name[:5] for path in texts] == ["0001-", "0002-"]
    assert _restore(texts[0]).code == 0
    assert _text(draft) == first


def test_a_refresh_of_what_was_put_back_brings_the_news_and_keeps_the_words(draft: Path) -> None:
    """The text knows the generation it was made from, wherever it comes from."""
    _edit(draft, "Orders were lost.")
    _refresh()
    _restore(draft)
    _refresh("Europe/Berlin")
    assert "Orders were lost." in _text(draft)
    assert "Times Europe/Berlin" in _text(draft)


@pytest.mark.parametrize("what", ["draft", "nowhere", "file"])
def test_nothing_to_go_back_to_is_told(what: str, draft: Path) -> None:
    """Usage: one line, code 2, nothing changed."""
    before = tree(Path("reports"))
    path = {"draft": draft, "nowhere": Path("nowhere"), "file": draft / KEPT / "history" / "0009-x.md"}[what]
    ran = _restore(path)
    assert ran.code == 2
    assert len(ran.errors) == 1
    assert changed(before, tree(Path("reports"))) == set()


def test_going_back_goes_with_no_window(draft: Path) -> None:
    """Nothing is collected, so what would be asked is a mistake."""
    ran = run_here(["draft", "--restore", str(draft), "--last", "3h"])
    assert ran.code == 2
    assert "--last" in ran.errors[0]


def test_only_its_owner_reads_the_history(draft: Path) -> None:
    """What somebody took out of a draft is nobody else's business."""
    _edit(draft, "Ada did it.")
    _refresh()
    assert (draft / KEPT).stat().st_mode & 0o077 == 0


def test_a_text_saved_after_it_was_displaced_is_told_once(draft: Path) -> None:
    """An editor had it open; the next run says where the words are."""
    _edit(draft, "Orders were lost.")
    _refresh()
    (late,) = (draft / KEPT / "history").iterdir()
    late.write_text(late.read_text("utf-8") + "Bob called.\n", "utf-8")
    said = [line for line in _refresh("Europe/Berlin").stderr.splitlines() if line.startswith("history")]
    again = _refresh().stderr
    assert len(said) == 1
    named = Path(said[0].split()[1])
    assert "Bob called." in named.read_text("utf-8")
    assert "history " not in again


def test_the_history_is_bounded_and_forgets_no_line(draft: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old texts go when younger ones have all their lines; one with a line of its own stays."""
    monkeypatch.setattr(history, "_LATEST", 3)
    monkeypatch.setattr(history, "_BASES", 2)
    _edit(draft, "Only here.")
    for n in range(8):
        _refresh("Asia/Tokyo" if n % 2 == 0 else "Europe/Berlin")
        text = _text(draft).replace("- Only here.", "- Gone again.")
        (draft / "postmortem.md").write_text(text, "utf-8")
    kept = [path.read_text("utf-8") for path in (draft / KEPT / "history").iterdir()]
    assert 3 <= len(kept) <= 5
    assert any("Only here." in text for text in kept)
    assert len(list((draft / KEPT).glob("base-*.md"))) <= 5


# Killed, and raced


def test_no_saved_line_is_lost_in_a_race(draft: Path) -> None:
    """An editor saves, by rename and in place, while refreshes come one after the other."""
    base = _text(draft).partition("## Detection")[0]
    texts = (base, base.replace("gen=1", "gen=2").replace("Times UTC", "Times Asia/Tokyo"))
    race = raced(Path("raced"), texts, 150, seed=1)
    assert race.refreshes >= 1  # on a busy machine most are overtaken
    assert race.refreshes + race.overtaken > 5
    assert race.missing == ()


def _killed_at(at: int, work: Callable[[], object]) -> bool:
    """Whether a child process that does the work was killed before its file call number `at`."""
    child = os.fork()
    if child == 0:
        left = at

        def watched(call: Callable[..., object]) -> Callable[..., object]:
            def run(*arguments: object, **options: object) -> object:
                nonlocal left
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1
                return call(*arguments, **options)

            return run

        for name in CALLS:
            setattr(os, name, watched(getattr(os, name)))
        vars(report.write.swap)["exchange"] = watched(exchange)
        work()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


CALLS = (
    "open",
    "write",
    "fsync",
    "close",
    "link",
    "replace",
    "rename",
    "unlink",
    "mkdir",
    "ftruncate",
    "pwrite",
)


def _contents(output: Path) -> dict[str, bytes]:
    (draft,) = (path.parent for path in output.glob("*/postmortem.md"))
    return {str(path.relative_to(draft)): path.read_bytes() for path in draft.rglob("*") if path.is_file()}


def _charts(draft: Path) -> tuple[Chart, ...]:
    """One chart, drawn anew; its PNG is as it was."""
    png = (draft / "charts" / "summary.png").read_bytes()
    return (Chart("summary", "Summary", b"<svg/>", png, "Alt."),)


def test_a_kill_at_any_file_call_of_a_refresh_leaves_the_old_or_the_new_draft(draft: Path) -> None:
    """Whole, with the text it displaced kept; the next refresh then makes what it would have made.

    Everything a refresh writes of a draft, it writes in `save`.
    """
    edited = _edit(draft, "Orders were lost.")
    evidence = load(FIXTURE.read_bytes(), str(FIXTURE))
    shown = replace(evidence, presentation=replace(evidence.presentation, zone="Asia/Tokyo"))
    timeline, pictures = judged(shown, "0"), _charts(draft)
    shutil.copytree("reports", "whole")

    def refresh(output: str) -> None:
        place = place_at(Path(output, draft.name))
        publish(timeline, shown, place, draw=lambda *_: pictures, now=LATER, say=lambda _: None)

    with pytest.MonkeyPatch.context() as patch:
        saving = MagicMock(return_value=())
        patch.setattr(report.pipeline.publishing, "save", saving)
        refresh("whole")
    _, files, existing = saving.call_args.args
    refresh("whole")
    whole = _contents(Path("whole"))
    at = 0
    while True:
        shutil.copytree("reports", "killed")
        if not _killed_at(at, lambda: save(Path("killed", draft.name), files, existing)):
            break
        sweep_stale(Path("killed", draft.name), now=LATER)
        found = _contents(Path("killed"))
        text = found["postmortem.md"].decode()
        assert text in (edited, whole["postmortem.md"].decode()), at
        assert text == edited or edited.encode() in found.values(), at
        if at % 15 == 0:
            refresh("killed")
            assert _contents(Path("killed")) == whole, at
        shutil.rmtree("killed")
        at += 1
    assert at > 30
    assert _contents(Path("killed")) == whole


# A draft that lost a part of itself


@pytest.mark.parametrize("spoilt", [None, b"{"], ids=["deleted", "damaged"])
def test_a_draft_without_its_timeline_is_found_by_its_evidence(spoilt: bytes | None, draft: Path) -> None:
    """No second directory; the file is there again."""
    path = draft / "timeline.json"
    whole = path.read_bytes()
    path.unlink() if spoilt is None else path.write_bytes(spoilt)
    ran = run_here(["draft", "--replay", str(FIXTURE)])
    assert (ran.code, ran.draft) == (0, draft)
    assert path.read_bytes() == whole
    assert len(list(Path("reports").glob("*/"))) == 1


def test_an_output_that_leads_nowhere_is_told(here: Path) -> None:
    """A symbolic link whose target was not mounted, for example: nothing is made behind it. Exit 7."""
    Path("link").symlink_to(here / "gone")
    ran = run_here(["draft", "--replay", str(FIXTURE), "--output", "link"])
    assert ran.code == 7
    assert "symbolic link to" in ran.errors[0]
    assert not (here / "gone").exists()
