"""Drafts as people and their programs leave them, each with what must come of it when more is measured."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from report.merge import lost_lines
from report.pipeline.merging import Decision, KeptTexts, Outcome, decided

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
BASE = (FIXTURES / "payments" / "expected" / "postmortem.md").read_text("utf-8")
_FAILED = re.search(r"[\d,]+(?= of [\d,]+ requests failed)", BASE)
assert _FAILED is not None
MORE = "491,000"
"""What was found to have failed when it was measured again."""
NEW = BASE.replace(_FAILED[0], MORE).replace("<!-- itl:draft gen=1", "<!-- itl:draft gen=2", 1)
SEEN, CAUSE = "[You: what did users see?]", '[You: cause in one sentence, or "unknown"]'

Edit = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Case:
    """What somebody did to the draft, and what is to be found afterwards."""

    name: str
    edit: Edit
    words: tuple[str, ...] = ()
    """Of people; each stands there once."""
    gone: tuple[str, ...] = ()
    """What was taken out and stays out."""
    updates: int = 0
    """Lines in which the tool says what it measures now beside a person's."""
    human: str = ""
    """Why a person is asked instead."""


def _prettier(text: str) -> str:
    """Tables padded to one width, `*` for lists, underscores escaped, a blank line below each comment."""
    lines, fence = [], False
    for line in text.split("\n"):
        fence ^= line.startswith("```")
        if not fence and line.startswith("|"):
            cells = [
                cell.strip().ljust(24, "-" if set(cell.strip()) == {"-"} else " ")
                for cell in line.strip("|").split("|")
            ]
            line = f"| {' | '.join(cells)} |"
        elif not fence and not line.startswith(("<!--", "```", "[e-", "![")):
            line = re.sub(r"^- ", "* ", line.replace("_", "\\_"))
        lines.append(line)
    return re.sub(r"(?m)^(<!-- itl:.*-->)\n(?!\n)", r"\1\n\n", "\n".join(lines))


def _sections(text: str, order: Callable[[list[str]], list[str]]) -> str:
    """The sections in another order; the title and the links stay at their ends."""
    marks = r"(?m)^(?=<!-- itl:(?:summary|timeline|detection|impact|causes|lessons|actions|evidence) -->)"
    head, *parts = re.split(marks, text)
    parts = [part if part.endswith("\n\n") else part + "\n" for part in parts]
    return head + "".join(order(parts))


def _german(text: str) -> str:
    names = {"Issue summary": "Zusammenfassung", "Timeline": "Zeitleiste", "Detection": "Erkennung",
             "Impact": "Auswirkung", "Lessons": "Lehren", "Action items": "Massnahmen"}  # fmt: skip
    for ours, theirs in names.items():
        text = text.replace(f"## {ours}\n", f"## {theirs}\n")
    return text


def _typographic(text: str) -> str:
    """What a word processor makes of quotation marks and dashes in people's own lines."""
    return text.replace(SEEN, "Users saw “payment failed” – then … nothing")


def _slack(text: str) -> str:
    thread = "ada  2:21 PM\nwho is on call?\nbob  2:22 PM\n> rolling back?\nno, look at the pool :eyes:\n\n"
    return text.replace("<!-- itl:detection -->", f"{thread}<!-- itl:detection -->")


def _fenced(text: str) -> str:
    log = "```\n<!-- itl:impact -->\n14:21 pool exhausted\n| 1 | x | e-aaaa |\n```\n"
    return text.replace("<!-- itl:impact -->", f"{log}\n<!-- itl:impact -->", 1)


def _conflict(text: str) -> str:
    return text.replace("## Impact", "<<<<<<< HEAD\n## What it cost\n=======\n## Impact\n>>>>>>> main")


def _row(text: str) -> str:
    first = re.search(r"(?m)^\| 3 \|.*\n", text)
    assert first is not None
    return text.replace(first[0], first[0] + "| - | 14:19 | | Ada opened the dashboard | Ada |\n")


def _lines(pattern: str, by: str) -> Edit:
    return lambda text: re.sub(pattern, by, text, flags=re.MULTILINE)


def _answered(text: str) -> str:
    return text.replace(SEEN, "Blank pages at checkout.")


ASKED = re.findall(r"\[You: [^\]]*\]", BASE)


def _all_answered(text: str) -> str:
    for number, prompt in enumerate(ASKED):
        text = text.replace(prompt, f"answer number {number};", 1)
    return text


CASES = (
    Case("nothing", lambda text: text),
    Case("one answer", _answered, ("Blank pages at checkout.",), (SEEN,)),
    Case("every question answered", _all_answered, tuple(f"answer number {n};" for n in range(len(ASKED)))),
    Case(
        "a paragraph below the summary",
        _lines(r"^<!-- itl:summary-asks -->", r"It was payday.\n\n\g<0>"),
        ("It was payday.",),
    ),
    Case("a formatter", _prettier),
    Case(
        "a formatter after an answer", lambda text: _prettier(_answered(text)), ("Blank pages at checkout.",)
    ),
    Case("a wiki that drops comments", _lines(r"^<!-- itl:.*-->\n", ""), updates=0),
    Case(
        "an answer in such a wiki",
        lambda text: re.sub(r"(?m)^<!-- itl:.*-->\n", "", _answered(text)),
        ("Blank pages at checkout.",),
    ),
    Case("half of the comments dropped", _lines(r"^<!-- itl:(?:s|d|c).*-->\n", "")),
    Case("comments as escaped text", _lines(r"^<!-- (itl:.*) -->$", r"\\<!-- \1 --\\>")),
    Case("comments as entities", _lines(r"^<!-- (itl:.*) -->$", r"&lt;!-- \1 --&gt;")),
    Case("impact before the timeline", lambda text: _sections(text, lambda p: [p[0], p[3], *p[1:3], *p[4:]])),
    Case("all sections in reverse", lambda text: _sections(text, lambda p: p[::-1])),
    Case("headings translated", _german, ("## Zusammenfassung", "## Massnahmen"), ("## Issue summary",)),
    Case(
        "Windows line ends", lambda text: _answered(text).replace("\n", "\r\n"), ("Blank pages at checkout.",)
    ),
    Case(
        "Notepad",
        lambda text: "\ufeff" + _answered(text).replace("\n", "\r\n"),
        ("Blank pages at checkout.",),
    ),
    Case("no line end at the end", lambda text: _answered(text).rstrip("\n"), ("Blank pages at checkout.",)),
    Case("blanks at line ends", _lines(r"(?<=[a-z.])$", "  ")),
    Case("typographic quotes", _typographic, ("“payment failed” – then … nothing",)),
    Case(
        "blanks that do not break",
        lambda text: _answered(text).replace("of 2,", "of\u00a02,"),
        ("Blank pages at checkout.",),
    ),
    Case("stars for lists", _lines(r"^- ", "* ")),
    Case("a row taken out", _lines(r"^\| 4 \|.*HighErrorRate firing.*\n", "")),
    Case("a row by hand", _row, ("| - | 14:19 | | Ada opened the dashboard | Ada |",)),
    Case(
        "a row reworded",
        lambda text: text.replace("| HighErrorRate firing |", "| Ada's phone rang |", 1),
        ("Ada's phone rang",),
    ),
    Case(
        "the figures rewritten",
        _lines(r"^\*\*14:.*requests failed.*$", "**About half a million requests failed.**"),
        ("**About half a million requests failed.**",),
        updates=1,
    ),
    Case("lessons taken out", _lines(r"^<!-- itl:lessons -->\n(?:(?!<!--).*\n)*", ""), gone=("## Lessons",)),
    Case(
        "only the title left",
        lambda text: "".join(text.splitlines(keepends=True)[:2]),
        human="most of its blocks are gone",
    ),
    Case("a Slack thread pasted", _slack, ("who is on call?", "no, look at the pool :eyes:")),
    Case("a log pasted that looks like ours", _fenced, ("14:21 pool exhausted",)),
    Case("conflict markers", _conflict, human="conflict markers"),
    Case("a column more", _lines(r"^(\| (?:Kind|Prevent|Detect|Mitigate|Process) \|.*)$", r"\1 OPS-1 |")),
    Case(
        "actions filled in",
        _lines(r"^\| Detect \|.*$", "| Detect | alert on the pool | db team | 2024-01-15 |"),
        ("| Detect | alert on the pool | db team | 2024-01-15 |",),
    ),
    Case(
        "five thousand lines of log",
        lambda text: text + "".join(f"line {n} of the log\n" for n in range(5000)),
        ("line 4999 of the log",),
    ),
    Case("smaller headings", _lines(r"^## ", "### ")),
    Case(
        "front matter",
        lambda text: f"---\ntags: [postmortem]\nowner: ada\n---\n\n{text}",
        ("tags: [postmortem]", "owner: ada"),
    ),
    Case(
        "links of Obsidian",
        lambda text: text.replace(SEEN, "See [[Checkout]] #incident"),
        ("See [[Checkout]] #incident",),
    ),
    Case(
        "folded by hand",
        lambda text: text.replace(
            "## Lessons\n", "## Lessons\n\n<details>\n<summary>ours</summary>\nnone\n</details>\n"
        ),
        ("<summary>ours</summary>",),
    ),
    Case(
        "footnotes",
        lambda text: text.replace(SEEN, "Errors[^1].") + "\n[^1]: says support\n",
        ("Errors[^1].", "[^1]: says support"),
    ),
    Case("another encoding", lambda text: text.replace(SEEN, "caf\udce9 closed"), ("caf\udce9 closed",)),
)


def _decided(existing: str) -> Decision:
    return decided(KeptTexts(existing, ((1, BASE),)), NEW)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_what_people_leave_is_kept_and_what_is_measured_is_said(case: Case) -> None:
    """Their words once, what they took out stays out, the new figure is told; the same again is no change."""
    existing = case.edit(BASE)
    assert existing != BASE or case.name == "nothing"
    choice = _decided(existing)
    if case.human:
        assert (choice.outcome, case.human in choice.reason) == (Outcome.HUMAN_NEEDED, True)
        return
    text = choice.text
    assert choice.outcome is Outcome.WRITTEN, choice.reason
    assert [text.count(words) for words in case.words] == [existing.count(words) for words in case.words]
    assert [words for words in case.gone if words in text] == []
    assert MORE in text
    assert text.count("tool update:") == case.updates
    assert lost_lines(existing, BASE, text, new=NEW) == ()
    again = decided(KeptTexts(text, ((1, BASE), (2, NEW))), NEW)
    assert again.outcome is Outcome.UNCHANGED or text == NEW


def test_there_are_enough_of_them() -> None:
    """Each under a name of its own."""
    assert len({case.name for case in CASES}) == len(CASES) >= 30


def test_the_banner_counts_the_questions_that_are_left() -> None:
    """After a refresh; an answer alone moves nothing, and a count of ours is nobody's edit."""
    answered = _answered(BASE)
    text = _decided(answered).text
    assert f"{len(ASKED) - 1} questions open" in text
    third = NEW.replace("gen=2", "gen=3", 1).replace(MORE, "492,000")
    again = decided(KeptTexts(text, ((1, BASE), (2, NEW))), third)
    assert f"{len(ASKED) - 1} questions open" in again.text
    assert "tool update:" not in again.text
    assert decided(KeptTexts(answered, ((1, BASE),)), BASE).text == answered
