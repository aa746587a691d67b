"""The review of a draft: what people still have to do, and what cannot be as they wrote it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.model.timeline import EventOrigin, Timeline
from incident.timeline import timeline_json
from report.render import markdown, review
from tests import render_builder as build
from tests.render_hostile import hostile

_NO_DAY = "action without a due date"
_ROW = re.compile(r"^\| 10 \| 16:29:30.*$", re.MULTILINE)


def _document(timeline: Timeline) -> dict[str, Any]:
    read = json.loads(timeline_json(timeline))
    assert isinstance(read, dict)
    return read


def _answered(timeline: Timeline | None = None) -> str:
    """A draft whose questions are answered and whose mark is taken off."""
    text = markdown(timeline or build.payments(), [], generation=1)
    text = re.sub(
        r"\| Prevent \| \[You: [^\]]+\] \| \| \|", "| Prevent | Add a limit | api | 2024-01-15 |", text
    )
    return re.sub(r"\[You: [^\]]+\]", "answered", text).replace("DRAFT, not reviewed", "Reviewed by the team")


def _with_row(row: str) -> str:
    """The answered draft with a row that a person typed, as the last of the table."""
    return _ROW.sub(lambda found: f"{found[0]}\n{row}", _answered())


def _said(text: str, timeline: Timeline | None = None) -> list[str]:
    return [str(one) for one in review(text, _document(timeline or build.payments())).findings]


@pytest.mark.parametrize(
    "timeline", [build.payments(), build.store(), build.ongoing(), build.healthy(), build.unmeasured()]
)
def test_a_new_draft_has_its_questions_open_and_contradicts_nothing(timeline: Timeline) -> None:
    """What was just measured agrees with itself; only people's part is missing."""
    found = review(markdown(timeline, [], generation=1), _document(timeline))
    assert not found.ready
    assert found.open_prompts
    assert found.contradictions == found.orders == ()
    assert [one.says.partition(",")[0] for one in found.unfinished] == ["still marked DRAFT"]


def test_an_answered_and_reviewed_draft_is_ready() -> None:
    """Nothing open, nothing contradicted."""
    assert _said(_answered()) == []
    assert review(_answered(), _document(build.payments())).ready


def test_an_open_question_is_told_with_its_line_and_section() -> None:
    """Whoever is asked finds the place."""
    text = markdown(build.payments(), [], generation=1)
    line = next(n for n, one in enumerate(text.splitlines(), 1) if "[You: what helped?]" in one)
    assert f"line {line}, Lessons: open: what helped?" in _said(text)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("| - | 13:58 | | Acknowledged by the on-call | |", "before impact began (14:04)"),
        ("| - | 13:50 | | Detected: a customer wrote | |", "detected at 13:50, before impact began (14:04)"),
        ("| - | 14:10 | | Acknowledged | |", "before the first alert fired (14:20:45)"),
        ("| - | 16:10 | | Resolved, says the team | |", "before recovery was measured (16:29:30)"),
    ],
)
def test_a_time_that_people_entered_is_held_against_the_measured_one(row: str, said: str) -> None:
    """Acknowledged before anything told of it, resolved while it still hurt: one of the two is wrong."""
    assert any(said in one for one in _said(_with_row(row)))


@pytest.mark.parametrize(
    "row",
    [
        "| - | 14:20 | | Acknowledged by the on-call | |",  # the alert fired at 14:20:45
        "| - | 14:03 | | Detected on the dashboard | |",  # impact began at 14:04, two minutes more or less
        "| - | 16:29 | | Resolved | |",
        "| - | 16:40 UTC | | Resolved | |",
    ],
)
def test_a_time_is_taken_as_exactly_as_it_was_written(row: str) -> None:
    """A minute may be any second of it, and a measured time has its own uncertainty."""
    found = review(_with_row(row), _document(build.payments()))
    assert found.contradictions == ()


def test_a_measured_row_that_was_changed_is_told_with_what_was_measured() -> None:
    """An edit of a time is kept, and said."""
    text = _answered().replace("| 6 | 15:30:00 |", "| 6 | 15:10:00 |")
    assert any("the row says 15:10:00, measured at 15:30: Partial outage" in one for one in _said(text))


def test_resolved_while_impact_is_still_measured_is_a_contradiction() -> None:
    """The end of the data is no recovery."""
    timeline = build.ongoing()
    text = _answered(timeline).replace("| - | | | answered | |", "| - | 16:50 | | Resolved | |", 1)
    assert any("impact was still measured at the end of the data" in one for one in _said(text, timeline))


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("16:50 | | Mitigated", "16:40 | | Resolved", "mitigated at 16:50, after resolved at 16:40"),
        ("15:00 | | Detected", "14:40 | | Acknowledged", "detected at 15:00, after acknowledged at 14:40"),
    ],
)
def test_orders_that_cannot_have_been_are_told(first: str, second: str, said: str) -> None:
    """What people entered is also compared with itself."""
    assert any(said in one for one in _said(_with_row(f"| - | {first} | |\n| - | {second} | |")))


def test_a_row_in_the_wrong_place_is_told() -> None:
    """The table is read from top to bottom."""
    assert any(
        "14:45 stands below 16:29:30: Called" in one for one in _said(_with_row("| - | 14:45 | | Called | |"))
    )


def test_a_time_hours_from_the_incident_is_asked_about() -> None:
    """Another day or another zone is the usual reason."""
    said = _said(_with_row("| - | 21:00 | | Rolled back | |"))
    assert any(
        "21:00 is 4 h 30 min 30 s after the incident: another day or zone? Rolled back" in one for one in said
    )


def test_what_was_noted_counts_as_what_was_typed() -> None:
    """A note is an event of timeline.json; its row is recognised by its id and compared once."""
    note = build.event(77, "14:10:00", "acknowledged", EventOrigin.ENTERED, "Ada took the page", main=True)
    noted = replace(
        build.payments(),
        events=tuple(sorted((*build.events(), note), key=lambda one: one.at)),
        milestones=replace(build.payments().milestones, acknowledged=build.moment("14:10:00")),
    )
    said = _said(_answered(noted), noted)
    assert len([one for one in said if "before the first alert fired" in one]) == 1
    assert len([one for one in said if one.startswith("line ")]) == len(said)


def test_a_milestone_without_a_row_is_compared_too() -> None:
    """A person took the row out, the milestone is still what the durations are made of."""
    early = replace(build.payments().milestones, acknowledged=build.moment("14:10:00"))
    said = _said(_answered(), replace(build.payments(), milestones=early))
    assert said == ["timeline.json: acknowledged at 14:10, before the first alert fired (14:20:45)"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("| Detect | Alert on lag | | 2024-01-15 |", ["action without an owner: Alert on lag"]),
        ("| Detect | Alert on lag | api | TBD |", [f"{_NO_DAY}: Alert on lag"]),
        (
            "| Detect | Alert on lag | ? | - |",
            ["action without an owner: Alert on lag", f"{_NO_DAY}: Alert on lag"],
        ),
        (
            "| Detect | Alert on lag | api | 2022-01-15 |",
            ["action due 2022-01-15, before the incident: Alert on lag"],
        ),
        ("| Detect | | | |", []),
    ],
)
def test_an_action_has_an_owner_and_a_due_date(row: str, said: list[str]) -> None:
    """An action that somebody wrote is somebody's, by a day; an empty row asks for nothing."""
    found = review(_answered().replace("| Detect | | | |", row), _document(build.payments()))
    assert [one.says for one in found.unfinished] == said


def test_a_time_that_is_none_is_told() -> None:
    """It could not be compared with anything."""
    assert any(
        "time 'half past two' cannot be read" in one
        for one in _said(_with_row("| - | half past two | | Called | |"))
    )


def test_times_are_read_in_the_zone_of_the_draft() -> None:
    """`05:10` in Los Angeles is ten past one in London, and before the impact of 02:00 it is not."""
    row = "| - | 02:10 | | Detected by a customer | |"
    text = _answered(build.store()).replace("| - | | | answered | |", row, 1)
    assert review(text, _document(build.store())).contradictions == ()


def test_findings_quote_nothing_that_a_terminal_obeys() -> None:
    """What people pasted is shown without its escape sequences."""
    said = _said(_with_row("| - | 21:00 | | \x1b[2J\u202egone | |"))
    assert said
    assert not any("\x1b" in one or "\u202e" in one for one in said)


def test_a_draft_without_its_tables_is_reviewed_all_the_same() -> None:
    """People may restructure the text; what is left is read."""
    assert [one.says for one in review("# x\n\n[You: who?]\n", {}).findings] == ["open: who?"]


@given(text=hostile, seconds=st.integers(-90_000, 90_000))
@settings(max_examples=60)
def test_any_row_and_any_document_is_reviewed(text: str, seconds: int) -> None:
    """Whatever is typed or damaged, a review ends, and tells each finding on one line."""
    at = (build.at("14:04:00") + timedelta(seconds=seconds)).strftime("%H:%M:%S")
    damaged = {
        "events": [{"id": None, "at": text}, 3],
        "milestones": text,
        "impact": [text],
        "timezone": text,
    }
    for document in (_document(build.payments()), damaged):
        for found in review(_with_row(f"| - | {at} | | {text} | |") + text, document).findings:
            assert len(str(found).splitlines()) == 1
