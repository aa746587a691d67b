"""The time axis: round ticks in the display zone, and the zone in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.model.spans import Span
from report.charts.axes.time import TimeAxis, axis_words, ticks

ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Kathmandu", "Etc/GMT+5")


def _axis(start: str, length: timedelta, zone: str = "UTC") -> TimeAxis:
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    return TimeAxis(Span(begin, begin + length), ZoneInfo(zone))


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1)),  # noqa: DTZ001 - made aware below
    st.timedeltas(timedelta(seconds=20), timedelta(days=400)),
    st.sampled_from(ZONES),
)
def test_ticks_are_few_in_order_and_on_the_axis(start: datetime, length: timedelta, zone: str) -> None:
    """Any window in any zone has between one and eleven ticks, left to right, none beside the axis."""
    axis = _axis(start.isoformat(), length, zone)

    places = [tick.x for tick in ticks(axis)]

    assert 1 <= len(places) <= 11
    assert places == sorted(places)
    assert 0 <= places[0] <= places[-1] <= axis.length


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1)),  # noqa: DTZ001 - made aware below
    st.timedeltas(timedelta(minutes=5), timedelta(hours=18)),
    st.sampled_from(ZONES),
)
def test_labels_are_what_clocks_show(start: datetime, length: timedelta, zone: str) -> None:
    """The first line of each label is the local time of the instant at which the tick stands."""
    axis = _axis(start.isoformat(), length, zone)

    for tick in ticks(axis):
        local = (axis.span.start + timedelta(seconds=tick.x)).astimezone(axis.zone)
        shown = tick.label.split("\n")[0]
        assert shown == f"{local:%H:%M:%S}"[: len(shown)]
        assert local.second == 0 or len(shown) == 8


def test_ticks_of_a_usual_incident() -> None:
    """Three and a half hours are ruled every half hour."""
    axis = _axis("2023-12-15T13:35", timedelta(hours=3, minutes=25))

    assert [tick.label for tick in ticks(axis)] == [
        "14:00", "14:30", "15:00", "15:30", "16:00", "16:30", "17:00",
    ]  # fmt: skip


def test_ticks_are_round_in_a_zone_with_a_half_hour() -> None:
    """In India, hours are hours of India: half past in UTC."""
    axis = _axis("2023-06-20T10:10", timedelta(hours=8), "Asia/Kolkata")

    assert [tick.label for tick in ticks(axis)][:2] == ["16:00", "17:00"]


def test_midnight_carries_its_date_where_there_are_two_days() -> None:
    """A night's axis says which side of midnight is which day."""
    axis = _axis("2023-12-15T22:00", timedelta(hours=4))

    assert "00:00\n2023-12-16" in [tick.label for tick in ticks(axis)]
    assert axis_words(axis) == "2023-12-15 to 2023-12-16, UTC"


def test_an_axis_that_ends_at_midnight_has_one_day() -> None:
    """The end is exclusive: a whole day is that day and not the next."""
    axis = _axis("2023-12-15T00:00", timedelta(days=1))

    assert axis_words(axis) == "2023-12-15, UTC"


@pytest.mark.parametrize(
    ("start", "zone", "words"),
    [
        ("2023-03-01T19:00", "America/New_York", "2023-03-01, America/New_York (EST, UTC-05:00)"),
        ("2023-02-08T13:30", "Etc/GMT+5", "2023-02-08, Etc/GMT+5 (UTC-05:00)"),
        ("2023-11-08T18:00", "America/Sao_Paulo", "2023-11-08, America/Sao_Paulo (UTC-03:00)"),
    ],
)
def test_the_zone_is_stated_with_its_offset(start: str, zone: str, words: str) -> None:
    """The axis names the day, the IANA zone, and what that zone was at the time."""
    assert axis_words(_axis(start, timedelta(hours=1), zone)) == words


def test_a_change_of_clocks_is_stated() -> None:
    """In the night the clocks go back, the axis says when, and each time says which of the two it is."""
    axis = _axis("2023-10-29T00:20", timedelta(minutes=90), "Europe/Berlin")

    assert axis_words(axis).endswith("(CEST, UTC+02:00 until 02:00, then CET, UTC+01:00)")
    assert [tick.label for tick in ticks(axis)] == [
        "02:20", "02:30", "02:40", "02:50", "02:00", "02:10", "02:20", "02:30", "02:40", "02:50",
    ]  # fmt: skip
    assert axis.clock(axis.span.start) == "02:20 CEST"
    assert axis.clock(axis.span.end) == "02:50 CET"


def test_times_carry_their_day_only_where_there_are_several() -> None:
    """`14:04` is enough on an axis of one day; another day's time says its day."""
    axis = _axis("2023-12-15T13:00", timedelta(hours=2))

    assert axis.stamp(axis.span.start) == "13:00"
    assert axis.stamp(axis.span.start + timedelta(days=1, seconds=5)) == "2023-12-16 13:00:05"


@pytest.mark.parametrize("years", [1, 30, 900])
def test_a_window_of_years_is_ruled_by_days(years: int) -> None:
    """Even an absurd window has ticks, as dates."""
    axis = _axis("1000-01-01T00:00", timedelta(days=365 * years))

    assert all(len(tick.label) == 10 for tick in ticks(axis))
    assert 1 <= len(ticks(axis)) <= 11
