"""A timed note in a draft that people have edited: one row more, everything else as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.model.facts import Entered
from incident.model.timeline import EventOrigin
from report.merge import insert_row
from report.render import markdown
from tests import render_builder as build

NOTE = Entered("note", build.at("15:05:00"), "Restarted the pods by hand", "ev-aa11bb22cc33")


def _draft() -> str:
    return markdown(build.payments(), [], generation=1)


def _inserted(text: str, note: Entered = NOTE, zone: str = "UTC") -> str:
    made = insert_row(text, note, ZoneInfo(zone))
    assert made is not None
    return made


def _neighbours(text: str, words: str) -> tuple[str, str, str]:
    lines = text.splitlines()
    at = next(number for number, each in enumerate(lines) if words in each)
    return lines[at - 1], lines[at], lines[at + 1]


def test_a_note_stands_at_its_time_with_its_distance_and_id() -> None:
    """After the rows before it, before the rows after it, without a marker of the chart."""
    before, row, after = _neighbours(_inserted(_draft()), "Restarted")
    assert row == "| - | 15:05:00 | +1h1m | Restarted the pods by hand | entered e-aa11 |"
    assert before.startswith("| 5 | 14:33:00")
    assert after.startswith("| 6 | 15:30:00")


@given(st.integers(-600, 600), st.text(max_size=60))
def test_whatever_is_noted_whenever_no_other_line_changes(minutes: int, words: str) -> None:
    """The new text without its new line is the old text."""
    note = replace(NOTE, at=NOTE.at + timedelta(minutes=minutes), text=words)
    before, after = _draft().splitlines(keepends=True), _inserted(_draft(), note).splitlines(keepends=True)
    added = [number for number, each in enumerate(after) if "entered e-aa11" in each]
    assert len(added) == 1
    assert after[: added[0]] + after[added[0] + 1 :] == before


def test_a_note_entered_twice_stands_once() -> None:
    """Running the same command again changes nothing."""
    once = _inserted(_draft())
    assert _inserted(once) == once


def test_two_notes_whose_short_ids_agree_both_stand() -> None:
    """A short id grows before a note is taken for one that stands there already."""
    other = replace(NOTE, text="Then the cache", id="ev-aa11ffffffff")
    both = _inserted(_inserted(_draft()), other)
    assert "| Restarted the pods by hand | entered e-aa11 |" in both
    assert "| Then the cache | entered e-aa11f |" in both
    assert _inserted(both, other) == both


def test_earliest_and_latest_notes_stay_inside_the_table() -> None:
    """Before the first row, after the last timed one and before the questions."""
    early = replace(NOTE, at=build.at("13:00:00"))
    late = replace(NOTE, at=build.at("18:00:00"))
    assert _neighbours(_inserted(_draft(), early), "Restarted")[0] == "| --- | --- | --- | --- | --- |"
    before, _, after = _neighbours(_inserted(_draft(), late), "Restarted")
    assert before.startswith("| 10 |")
    assert after.startswith("| - | | | [You:")


def test_notes_of_one_time_keep_their_order() -> None:
    """The second note of a minute follows the first."""
    second = replace(NOTE, text="Then the cache", id="ev-dd11bb22cc33")
    both = _inserted(_inserted(_draft()), second)
    assert "Restarted" in _neighbours(both, "Then the cache")[0]


def test_rows_that_people_wrote_and_padded_are_read() -> None:
    """A formatter's padding and a human's own rows do not confuse the place."""
    edited = _draft().replace(
        "| 6 | 15:30:00 |",
        "| - | 15:04 |   +1h   | we called the network team | Ada |\n|   6   |   15:30:00   |",
    )
    before, _, after = _neighbours(_inserted(edited), "Restarted")
    assert "network team" in before
    assert "15:30:00" in after


def test_line_ends_are_those_of_the_file() -> None:
    """A file from Windows stays one."""
    text = _inserted(_draft().replace("\n", "\r\n"))
    assert text.count("\n") == text.count("\r\n")


def test_a_table_at_the_end_of_a_file_without_a_line_end() -> None:
    """The last row keeps its line, the note gets its own."""
    head = "# x, 2023-12-15\n\n| # | UTC | +start | What | Source |\n| --- | --- | --- | --- | --- |\n"
    text = f"{head}| 1 | 14:00:00 | 0 | a | b |"
    assert _inserted(text).endswith(
        "| a | b |\n| - | 15:05:00 | +1h5m | Restarted the pods by hand | entered e-aa11 |\n"
    )


def test_another_day_and_another_zone() -> None:
    """The time is shown in the draft's zone, with its date where the day is another."""
    tokyo = markdown(replace(build.payments(), zone="Asia/Tokyo"), [], generation=1)
    row = _neighbours(_inserted(tokyo, zone="Asia/Tokyo"), "Restarted")[1]
    assert row.startswith("| - | 2023-12-16 00:05:00 | +1h1m |")


def test_the_repeated_hour_is_told_apart() -> None:
    """In the night of a clock change 02:30 stands twice; the zone's abbreviation says which."""
    text = (
        "# x, 2023-10-29\n\n| # | Europe/Berlin | +start | What | Source |\n| --- | --- | --- | --- | --- |\n"
        "| 1 | 02:30:00 CEST | 0 | a | measured e-0001 |\n| 2 | 02:30:00 CET | +1h | b | measured e-0002 |\n"
    )
    note = replace(NOTE, at=datetime(2023, 10, 29, 1, 0, tzinfo=UTC))
    before, _, after = _neighbours(_inserted(text, note, "Europe/Berlin"), "Restarted")
    assert "| a |" in before
    assert "| b |" in after


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# payments: down, 2023-12-15\n\nno table here\n",
        "# 2023-12-15\n\n```\n| # | UTC | +start | What | Source |\n| - | - | - | - | - |\n```\n",
        "# no day\n\n| # | UTC | +start | What | Source |\n| --- | --- | --- | --- | --- |\n",
        "# x, 2023-12-15\n\n| What | Why |\n| --- | --- |\n| a | b |\n",
    ],
)
def test_without_the_table_nothing_is_guessed(text: str) -> None:
    """Where the timeline is gone, a human decides where the note belongs."""
    assert insert_row(text, NOTE, UTC) is None


def test_a_milestone_is_called_what_people_called_it() -> None:
    """An acknowledgement reads as one, in the edited draft as in a generated one."""
    note = replace(NOTE, kind="acknowledged", text="by the first on call")
    events = (build.event(1, "15:05:00", "acknowledged", EventOrigin.ENTERED, "by the first on call"),)
    words = "Acknowledged: by the first on call"
    assert words in _neighbours(_inserted(_draft(), note), "entered e-aa11")[1]
    assert words in markdown(replace(build.payments(), events=events), [], generation=1)


def test_hostile_words_stay_in_their_cell() -> None:
    """A note cannot break the table."""
    note = replace(NOTE, text="a | b\n| c | <script> `x`")
    row = _neighbours(_inserted(_draft(), note), "entered e-aa11")[1]
    assert row.count("|") == 6
