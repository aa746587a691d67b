"""The README against the program: every command and option shown exists, and every verb is shown."""

from __future__ import annotations

import json
import re
import shlex
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from report.cli import main
from report.exits import Exit

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")

_OPTION = re.compile(r"(?<![\w/-])(--[a-z][a-z.-]*[a-z])")


@cache
def _help(*verb: str) -> str:
    result = CliRunner().invoke(main, [*verb, "--help"], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def _verbs() -> list[str]:
    listed = _help().split("Commands:")[1].split("\n\n")[0]
    return re.findall(r"^  ([a-z]+)", listed, re.MULTILINE)


def _shown() -> list[list[str]]:
    """The commands of the README's code blocks, with lines that end in a backslash joined."""
    blocks = "\n".join(re.findall(r"^```(?:sh|console|text)?\n(.*?)^```", README, re.MULTILINE | re.DOTALL))
    lines = blocks.replace("\\\n", " ").splitlines()
    commands = [line.lstrip("$ ").split("#")[0] for line in lines]
    return [shlex.split(line) for line in commands if re.match(r"incident-timeline [a-z]", line)]


@pytest.mark.parametrize("words", _shown(), ids=" ".join)
def test_every_command_shown_exists(words: list[str]) -> None:
    """The verb is one of the program's and takes each option it is shown with."""
    verb, options = words[1], [word.split("=")[0] for word in words if word.startswith("--")]

    assert verb in _verbs()
    assert [option for option in options if option not in _help(verb)] == []


def test_commands_are_shown_at_all() -> None:
    """The README's code blocks are read: the draft and the demo are among them."""
    assert {"draft", "demo"} <= {words[1] for words in _shown()}


def test_every_option_named_in_the_text_exists() -> None:
    """An option in the prose belongs to at least one verb, or to pip, pipx and make."""
    known = "".join(_help(verb) for verb in _verbs()) + _help()

    assert sorted({option for option in _OPTION.findall(README) if option not in known}) == []


def test_every_verb_is_shown() -> None:
    """What the program can do is in the README."""
    assert [verb for verb in _verbs() if f"`{verb}`" not in README] == []


def test_every_option_of_draft_is_in_the_readme() -> None:
    """The main command has no option that only its help knows."""
    assert (
        sorted({option for option in _OPTION.findall(_help("draft")) if option not in README} - {"--help"})
        == []
    )


def test_the_first_screen_has_the_two_commands() -> None:
    """Whoever sees only the top of the README can run the demo and a draft."""
    first = "\n".join(README.splitlines()[:24])

    assert "make demo" in first
    assert "incident-timeline draft --prometheus" in first


def test_the_directory_named_is_the_one_that_the_demo_makes() -> None:
    """Whoever copies a line finds the draft of the bundled outage there."""
    expected = (ROOT / "fixtures/payments/expected/timeline.json").read_text(encoding="utf-8")
    start = datetime.fromisoformat(json.loads(expected)["impact"]["start"])

    assert set(re.findall(r"reports/([\w-]+)", README)) == {f"{start:%Y-%m-%d}-payments-{start:%H%M}"}


def test_relative_links_lead_somewhere() -> None:
    """No link or picture of the README points at a file that is not there."""
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)

    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_exit_codes_are_those_of_the_program() -> None:
    """The table of exit codes has each code of the program once, and no other."""
    table = README.split("## Exit codes")[1].split("\n## ")[0]
    codes = [
        int(code)
        for cells in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE)
        for code in cells.split(",")
    ]

    assert sorted(codes) == sorted(code.value for code in Exit)
