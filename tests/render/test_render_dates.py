"""The words for times: with the offset where it is not plain, and with the day where there are several."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from incident.model.spans import Moment, Span
from incident.model.timeline import State, Timeline
from report.render import markdown
from tests import render_builder as build


def test_times_name_the_offset_where_the_clocks_change() -> None:
    """In the night of a clock change each time says which of two it is, and the zone both offsets."""
    night = _moved_to_the_night_of_the_clock_change()
    text = markdown(night, [], generation=1)
    assert "Times Europe/Berlin, CEST (UTC+02:00), then CET (UTC+01:00)." in text
    assert "**02:30 CEST to 02:45 CET: 1 h 15 min.**" in text


def _moved_to_the_night_of_the_clock_change() -> Timeline:
    start, end = build.at("00:30:00", "2023-10-29"), build.at("01:45:00", "2023-10-29")
    hour, none = timedelta(hours=1), timedelta(0)
    episode = replace(
        build.payments().episodes[0],
        start=Moment(start, none, "q"),
        end=Moment(end, none, "q"),
        phases=(),
        state=State.DEGRADED,
    )
    return replace(
        build.payments(),
        zone="Europe/Berlin",
        window=Span(start - hour, end + hour),
        episodes=(episode,),
        events=(),
    )


def test_a_window_of_many_days_dates_both_ends() -> None:
    """An end on the day of the title has its date beside a start of another day."""
    page = build.payments()
    asked = Span(page.asked.start - timedelta(days=30), page.asked.end)
    text = markdown(replace(page, asked=asked, extended_because="narrowed to the impact"), [], generation=1)

    assert "- Window: 2023-11-15 12:30 to 2023-12-15 16:30 asked," in text


def test_another_day_is_dated() -> None:
    """A time without a date is on the day of the title; every other time has its date."""
    late = replace(build.payments(), zone="Asia/Tokyo")
    text = markdown(late, [], generation=1)
    assert "# payments: partial outage, 2023-12-15" in text
    assert "| 10 | 2023-12-16 01:29:30 | +2h25m |" in text
