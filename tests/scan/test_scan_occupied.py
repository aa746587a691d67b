"""A scan that meets another one leaves before the command line is loaded, and says what that would say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from report import occupied
from report.cli import scan
from report.occupied import alone
from report.pipeline.scan import LOCK
from report.write import locked
from tests.flow.command import environment, run_here

URL = ("--prometheus", "http://127.0.0.1:9")
WAYS = (
    ("--output", "drafts"),
    ("--output=drafts", "--last=6h", "--no-cache"),
    ("--output", "elsewhere", "--output", "drafts", "--header", "A=b", "--match", 'a="--output"'),
    ("--output", "drafts", "--skip-if-locked", "--textfile", "told.prom", "--status-file", "told.json"),
    ("--quiet", "--skip-if-locked", "--output", "drafts"),
    ("--quiet", "--output", "drafts", "--format", "json"),
)
"""Every way to say which output it is; the last time counts."""
NOT_PLAIN = (
    (),
    ("--output",),
    ("--output", ""),
    ("--output", f"drafts/{LOCK}/below"),
    ("--output", "drafts", "--help"),
    ("--output", "drafts", "stray"),
    ("--output", "drafts", "--outptu", "x"),
    ("--output", "drafts", "--format", "xml"),
    ("--output", "drafts", "--quiet=yes"),
    ("--output", "drafts", "--"),
    ("--exec", "--output", "drafts"),
)
"""What only the command line can judge, and tell."""


@pytest.fixture(autouse=True)
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """A scan at work in `drafts`."""
    monkeypatch.chdir(tmp_path)
    with locked(Path("drafts", LOCK)):
        yield


@pytest.mark.parametrize("words", WAYS, ids=" ".join)
def test_it_leaves_with_the_words_and_the_code_of_the_command_line(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Also with those of --skip-if-locked, and nothing is written."""
    with pytest.raises(SystemExit) as left:
        alone((*URL, *words))
    said = capsys.readouterr()
    late = run_here(("scan", *URL, *words))

    assert (left.value.code, said.out, said.err) == (late.code, late.stdout, late.stderr)
    assert left.value.code == (0 if "--skip-if-locked" in words else 75)
    assert sorted(path.name for path in Path().iterdir()) == ["drafts"]


@pytest.mark.parametrize("words", NOT_PLAIN, ids=" ".join)
def test_what_is_not_plain_is_left_to_the_command_line(words: tuple[str, ...]) -> None:
    """A word that it does not know, one that is missing, help, an output that cannot be."""
    assert alone((*URL, *words)) is None
    assert sorted(path.name for path in Path().iterdir()) == ["drafts"]


def test_whoever_is_first_has_the_lock_before_it_loads_anything(capsys: pytest.CaptureFixture[str]) -> None:
    """And lets it go for the next; whoever comes meanwhile leaves."""
    words = (*URL, "--output", "free")
    first = alone(words)
    with pytest.raises(SystemExit):
        alone(words)
    assert first is not None
    first.close()
    again = alone(words)
    assert again is not None
    again.close()

    assert capsys.readouterr().err.count("has been at work here") == 1
    assert not Path("free").exists()


def test_the_options_are_those_of_the_command_line() -> None:
    """None is missing, and none takes a value here and is a flag there."""
    options = [one for one in scan.params if isinstance(one, click.Option)]
    flags = {name for one in options if one.is_flag for name in one.opts}
    values = {name for one in options if not one.is_flag for name in one.opts}
    forms = next(one.type for one in options if one.name == "form")

    assert flags == occupied.FLAGS
    assert values == occupied.VALUES
    assert isinstance(forms, click.Choice)
    assert tuple(forms.choices) == occupied.FORMS


def test_the_command_line_is_not_loaded_for_it() -> None:
    """It would be three quarters of the time."""
    code = "import sys, report.entry\ntry: report.entry.main()\nfinally: print('click' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code, "scan", *URL, "--output", "drafts"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stdout) == (75, "False\n")
    assert run.stderr.startswith("incident-timeline: another run (process ")
