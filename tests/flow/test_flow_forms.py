"""Forms and a team's own templates: named once, kept with the draft, and wrong ones told before any work."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from collector.kept.record import dump
from collector.kept.replay import load
from tests.flow.command import ROOT, Ran, run_here
from tests.flow.tree import changed, tree

FIXTURE = ROOT / "fixtures" / "webstore" / "evidence.json.gz"
EXAMPLE = ROOT / "docs" / "templates-example"

pytestmark = pytest.mark.usefixtures("here")


def _draft(*more: str, replay: Path = FIXTURE) -> Ran:
    return run_here(["draft", "--replay", str(replay), *more])


def _handover(*more: str) -> Ran:
    ran = _draft("--form", "handover", "--templates", "ours", *more)
    assert ran.code == 0, ran.stderr
    return ran


@pytest.fixture
def ours(here: Path) -> Path:
    """The worked example of the documentation, as a team's directory."""
    shutil.copytree(EXAMPLE, here / "ours")
    return Path("ours")


@pytest.mark.usefixtures("ours")
def test_the_worked_example_makes_a_draft() -> None:
    """The directory of the documentation, by its form's name."""
    text = (_handover().draft / "postmortem.md").read_text("utf-8")
    assert "## What to tell customers of webstore" in text
    assert "| Action | Owner | Ticket | Due |" in text


def test_a_replay_needs_no_templates_at_hand(ours: Path) -> None:
    """They are kept with the evidence: elsewhere, without the directory, the bytes are the same."""
    made = _handover().draft
    shutil.rmtree(ours)
    ran = _draft("--output", "elsewhere", replay=made)
    assert ran.code == 0, ran.stderr
    assert {n: kept.data for n, kept in tree(ran.draft).items()} == {
        n: kept.data for n, kept in tree(made).items()
    }


def _as_live(where: str) -> Path:
    """The evidence as a live source gives it: of a run that names no form."""
    evidence = load(FIXTURE.read_bytes(), str(FIXTURE))
    path = Path(where)
    path.write_bytes(dump(replace(evidence, presentation=replace(evidence.presentation, form=""))))
    return path


@pytest.mark.usefixtures("ours")
def test_a_refresh_that_names_no_form_keeps_the_drafts_own() -> None:
    """A cron job finds the draft that somebody made by hand, in the form it was made in."""
    live = _as_live("live.json.gz")
    made = _draft("--form", "handover", "--templates", "ours", replay=live).draft
    before = tree(made)
    ran = _draft(replay=live)
    assert (ran.code, ran.draft) == (0, made)
    assert changed(before, tree(made)) == set()
    assert "## What to tell customers" not in (_draft("--form", "full").draft / "postmortem.md").read_text()


def test_a_new_draft_has_the_full_form_where_none_is_named() -> None:
    """And says so in its evidence."""
    ran = _draft(replay=_as_live("live.json.gz"))
    kept = load((ran.draft / "evidence.json.gz").read_bytes(), "kept")
    assert (kept.presentation.form, kept.presentation.templates) == ("full", ())


def test_the_configuration_names_them_for_every_run(ours: Path) -> None:
    """Looked up from where the configuration lies; a flag wins."""
    Path("settings").mkdir()
    ours.rename("settings/ours")
    Path("settings/config.yaml").write_text("form: handover\ntemplates: ours\n")
    text = (_draft("--config", "settings/config.yaml").draft / "postmortem.md").read_text("utf-8")
    short = _draft("--config", "settings/config.yaml", "--form", "short", "--output", "other").draft
    assert "## What to tell customers" in text
    assert "## What to tell customers" not in (short / "postmortem.md").read_text("utf-8")


def _spoil(name: str, text: str | bytes) -> Callable[[Path], None]:
    data = text.encode() if isinstance(text, str) else text

    def spoil(ours: Path) -> None:
        (ours / name).write_bytes(data)

    return spoil


def _emptied(ours: Path) -> None:
    shutil.rmtree(ours)
    ours.mkdir()


WRONG: list[tuple[str, Callable[[Path], None], str]] = [
    ("a mistake in the language", _spoil("sections/actions.md.j2", "\n{% if %}"), "actions.md.j2, line 2"),
    ("a value misspelt", _spoil("handover.md.j2", '{% include "sections/banner.md.j2" %}\n{{ leed }}'),
     "handover.md.j2, line 2: 'leed' is undefined"),
    ("a mistake in a piece not used", _spoil("sections/unused.md.j2", "{% end %}"), "unused.md.j2, line 1"),
    ("not text", _spoil("handover.md.j2", b"a\nb\xff\n"), "handover.md.j2:2: not UTF-8"),
    ("a wrong name", _spoil("Mine.j2", "x"), "'Mine.j2': not a name for one"),
    ("far too long", _spoil("long.md.j2", "x" * 2_000_000), "long.md.j2: larger than"),
    ("another form", lambda ours: (ours / "handover.md.j2").unlink(), "form 'handover': not known"),
    ("no directory", lambda ours: shutil.rmtree(ours), "--templates ours: no such directory"),
    ("an empty one", _emptied, "no *.md.j2 file in it"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "said"), [one[1:] for one in WRONG], ids=[one[0] for one in WRONG])
def test_a_wrong_template_is_one_line_and_changes_nothing(
    spoil: Callable[[Path], None], said: str, ours: Path
) -> None:
    """Usage: code 2, the file and its line; a draft that is there stays as it is."""
    made = _draft("--form", "full").draft
    before = tree(made)
    spoil(ours)
    ran = _draft("--form", "handover", "--templates", "ours")
    assert ran.code == 2, ran.stderr
    assert len(ran.errors) == 1
    assert said in ran.errors[0]
    assert changed(before, tree(made)) == set()
