"""A draft is its incident's wherever it lies and whatever it is called; of two none is chosen by guess."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from collector.errors import ConfigError
from collector.kept.record import dump
from collector.kept.replay import load
from tests.flow.command import ROOT, Ran, run_all, run_here
from tests.flow.tree import Kept, tree

FIXTURE = ROOT / "fixtures" / "webstore" / "evidence.json.gz"
OTHER = "0123456789ab"
WORDS = "Ada looked at the queue first.\n"

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of one run, for copies."""
    output = tmp_path_factory.mktemp("identity") / "reports"
    (ran,) = run_all(output.parent, [["draft", "--replay", str(FIXTURE)]])
    assert ran.code == 0, ran.stderr
    return output


@pytest.fixture
def draft(pristine: Path, here: Path) -> Path:
    """A draft in which somebody has written, below `reports` of the working directory."""
    shutil.copytree(pristine, here / "reports")
    (directory,) = Path("reports").glob("*/")
    _edit(directory, lambda text: text + WORDS)
    return directory


def _edit(directory: Path, change: Callable[[str], str]) -> None:
    file = directory / "postmortem.md"
    file.write_text(change(file.read_text("utf-8")), "utf-8")


def _again(*more: str) -> Ran:
    """The incident once more, shown in another zone: there is something to refresh."""
    return run_here(["draft", "--replay", str(FIXTURE), "--timezone", "Asia/Tokyo", *more])


def _ids(directory: Path) -> set[str]:
    """The id as the text's first anchor, the timeline and the evidence say it."""
    line = (directory / "postmortem.md").read_text("utf-8").splitlines()[0]
    found = re.fullmatch(r"<!-- itl:draft gen=\d+ id=([0-9a-f]{12}) -->", line)
    evidence = load((directory / "evidence.json.gz").read_bytes(), "kept")
    document = json.loads((directory / "timeline.json").read_text("utf-8"))
    return {found[1] if found else "", document["id"], evidence.presentation.identity}


def _is_refreshed(directory: Path) -> bool:
    """Whether it is the only draft, with its news, its words and its charts."""
    text = (directory / "postmortem.md").read_text("utf-8")
    drafts = {path.parent for path in Path("reports").glob("**/timeline.json")}
    return drafts == {directory} and WORDS in text and "Times Asia/Tokyo" in text


def _left_alone(ran: Ran, before: dict[str, Kept], *says: str) -> bool:
    """One line that says which, code 8, and every file as it was."""
    assert all(word in ran.errors[0] for word in says), ran.stderr
    return (ran.code, ran.stdout, before) == (8, "", tree(Path()))


# One id


def test_the_text_the_timeline_and_the_evidence_say_the_same_id(draft: Path) -> None:
    """And a refresh keeps it."""
    (first,) = _ids(draft)
    assert first
    assert _again().code == 0

    assert _ids(draft) == {first}


def test_a_replay_elsewhere_keeps_it(draft: Path) -> None:
    """The evidence says which incident it is, not the directory."""
    run_here(["draft", "--replay", str(draft), "--output", "elsewhere"])
    (other,) = Path("elsewhere").glob("*/")

    assert _ids(other) == _ids(draft)


def test_evidence_with_something_else_for_an_id_is_refused() -> None:
    """What goes into a comment of the text is hex digits."""
    evidence = load(FIXTURE.read_bytes(), "fixture")
    shown = replace(evidence.presentation, identity="--> <script>")

    with pytest.raises(ConfigError, match="identity: not 12 hex digits"):
        load(dump(replace(evidence, presentation=shown)), "made up")


# Other names and places


@pytest.mark.parametrize("to", ["reports/The big one (Friday)", "reports/2022/webstore"])
def test_a_draft_that_was_renamed_or_moved_is_found(to: str, draft: Path) -> None:
    """The directory may be called anything, and lie in a folder of its year."""
    Path(to).parent.mkdir(exist_ok=True)
    draft.rename(to)
    ran = _again()

    assert (ran.code, ran.draft) == (0, Path(to))
    assert _is_refreshed(Path(to))


def test_of_a_draft_and_its_copy_none_is_touched(draft: Path) -> None:
    """Only people know which one they edit; both are named."""
    copy = draft.with_name("copy")
    shutil.copytree(draft, copy)
    before = tree(Path())

    assert _left_alone(_again(), before, str(draft), str(copy))
    shutil.move(copy, "kept-elsewhere")
    assert _again().code == 0
    assert _is_refreshed(draft)


@pytest.mark.parametrize(
    "arguments",
    [["draft", "--replay", str(FIXTURE)], ["note", "DRAFT", "10:00", "restarted"]],
    ids=lambda words: str(words[0]),
)
def test_a_draft_of_another_incident_in_its_place_is_not_touched(arguments: list[str], draft: Path) -> None:
    """Nor is anything else written there: the two were mixed up, and each has its words."""
    (mine,) = _ids(draft)
    _edit(draft, lambda text: text.replace(mine, OTHER, 1))
    before = tree(Path())
    ran = run_here([str(draft) if one == "DRAFT" else one for one in arguments])

    assert _left_alone(ran, before, str(draft / "postmortem.md"), OTHER, mine)


def test_a_draft_under_another_name_in_its_directory_is_not_passed_over(draft: Path) -> None:
    """A new text without the words of the old one beside it would be the one that people find."""
    (draft / "postmortem.md").rename(draft / "friday.md")
    before = tree(Path())

    assert _left_alone(_again(), before, "friday.md")


# Without an id


def test_a_draft_of_an_earlier_version_takes_the_news_and_gets_an_id(draft: Path) -> None:
    """Neither its text nor its base, timeline or evidence has one."""
    (mine,) = _ids(draft)
    for file in (draft / "postmortem.md", *draft.glob(".incident-timeline/base-*.md")):
        file.write_text(file.read_text("utf-8").replace(f" id={mine}", "", 1), "utf-8")
    document = json.loads((draft / "timeline.json").read_text("utf-8"))
    del document["id"]
    (draft / "timeline.json").write_text(json.dumps(document), "utf-8")
    evidence = load((draft / "evidence.json.gz").read_bytes(), "kept")
    shown = replace(evidence.presentation, identity="")
    (draft / "evidence.json.gz").write_bytes(dump(replace(evidence, presentation=shown)))

    assert _again().code == 0
    assert _is_refreshed(draft)
    assert _ids(draft) == {mine}


def test_a_draft_without_anchors_is_the_incidents(draft: Path) -> None:
    """A wiki drops comments; what lies in the directory is then taken for what belongs there."""
    _edit(draft, lambda text: re.sub(r"<!-- itl:.*? -->\n", "", text))

    assert _again().code == 0
    assert _is_refreshed(draft)
