"""Instants that people give: exact, or refused with what to write instead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from incident.text.errors import TextError
from incident.text.instants import from_ms, parse_time, rfc3339, to_ms

NOW = datetime(2023, 12, 15, 18, 30, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (bounds)


def read(text: str, zone: ZoneInfo | None = None) -> datetime:
    return parse_time(text, now=NOW, zone=zone)


@given(INSTANTS, OFFSETS)
@settings(max_examples=300, deadline=None)
def test_an_offset_names_one_instant(at: datetime, offset: timezone) -> None:
    """A stamp with any offset is read as its instant, in UTC, whatever the zone for display."""
    text = at.astimezone(offset).isoformat()

    assert read(text) == at
    assert read(text, NEW_YORK).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-12-15T14:20:45Z", "2023-12-15T14:20:45Z"),
        ("2023-12-15t14:20:45z", "2023-12-15T14:20:45Z"),
        ("2023-12-15 14:20Z", "2023-12-15T14:20:00Z"),
        ("2023-12-15T14:20:45.5+05:30", "2023-12-15T08:50:45.500Z"),
        ("2023-12-15T14:20:45.123000000Z", "2023-12-15T14:20:45.123Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("1702650045", "2023-12-15T14:20:45Z"),
        ("1702650045.25", "2023-12-15T14:20:45.250Z"),
        ("1702650045250", "2023-12-15T14:20:45.250Z"),
        ("946684800", "2000-01-01T00:00:00Z"),
        ("4102444799", "2099-12-31T23:59:59Z"),
        ("946684800000", "2000-01-01T00:00:00Z"),
        ("4102444799999", "2099-12-31T23:59:59.999Z"),
        ("2023-12-15T14:20:45.123456Z", "2023-12-15T14:20:45.123Z"),
        ("2023-12-15T14:20:45+23:59", "2023-12-14T14:21:45Z"),
        ("now", "2023-12-15T18:30:00Z"),
        ("now-2h", "2023-12-15T16:30:00Z"),
        ("now+1h30m", "2023-12-15T20:00:00Z"),
    ],
)
def test_all_forms_of_time_are_read(text: str, expected: str) -> None:
    """RFC 3339, unix seconds and milliseconds, and times relative to now."""
    assert rfc3339(read(text)) == expected


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("2023-12-15 14:20", "no zone; write 2023-12-15T14:20:00Z if it is UTC"),
        ("25:10", "no such time of day"),
        ("9:60", "no such time of day"),
        ("14:20", "which day? write e.g. 2023-12-15T14:20Z"),
        ("9:05:30", "which day? write e.g. 2023-12-15T09:05:30Z"),
        ("23:59:60", "which day? write e.g. 2023-12-15T23:59:60Z"),
        ("2023-12-15", "a date is not an instant"),
        ("2023-12-15T24:00:00Z", "no such time: hour must be in 0..23"),
        ("2023-12-15T14:20:60Z", "no such time: second must be in 0..59"),
        ("2023-02-29T14:20:00Z", "no such time: day "),
        ("2023-12-15T14:20:45.123456789Z", "finer than a microsecond"),
        ("2023-12-15T14:20:45+24:00", "no such offset as"),
        ("2023-12-15T14:20:45+0100", "not understood"),
        ("2023-W50-5T14:20:45Z", "not understood"),
        ("20231215T142045Z", "not understood"),
        ("20231215", "neither unix seconds nor milliseconds"),
        ("202312151420", "neither unix seconds nor milliseconds"),
        ("20231215142045", "neither unix seconds nor milliseconds"),
        ("1702650045250000", "neither unix seconds nor milliseconds"),
        ("946684799", "neither unix seconds nor milliseconds"),
        ("4102444800", "neither unix seconds nor milliseconds"),
        ("946684799999", "neither unix seconds nor milliseconds"),
        ("4102444800000", "neither unix seconds nor milliseconds"),
        ("1702650045250.5", "neither unix seconds nor milliseconds"),
        ("2023-12-15T14:20:45.1234567Z", "finer than a microsecond"),
        ("2023-12-15T14:20:45+00:60", "no such offset as"),
        ("0", "neither unix seconds nor milliseconds"),
        ("-1", "not understood"),
        ("1e9", "not understood"),
        ("0001-01-01T00:00:00+01:00", "outside the years 1 to 9999"),
        ("now-2000y", "292 years"),
        ("now - 2h", "not understood"),
        ("now-1.5h", "duration '1.5h': not understood"),
        ("now-1d/d", "rounding with '/'"),
        ("now-", "not understood"),
        ("NOW", "not understood"),
        ("yesterday", "not understood"),
        ("", "not understood"),
        (" now", "not understood"),
        ("２０２３-12-15T14:20:45Z", "not understood"),
    ],
)
def test_what_is_unclear_is_refused(text: str, advice: str) -> None:
    """Nothing is guessed, and the message says what to write."""
    with pytest.raises(TextError) as caught:
        read(text)

    assert advice in str(caught.value)


def test_a_naive_stamp_is_a_time_of_the_zone() -> None:
    """With a zone, a stamp without offset is what its clocks showed."""
    assert rfc3339(read("2023-03-01 14:00", NEW_YORK)) == "2023-03-01T19:00:00Z"


def test_a_repeated_time_is_refused_with_both_instants() -> None:
    """When clocks are set back, the hour happens twice; both instants are named."""
    with pytest.raises(TextError) as caught:
        read("2023-11-05 01:30", NEW_YORK)

    message = str(caught.value)
    assert "twice in America/New_York" in message
    assert "2023-11-05T05:30:00Z (2023-11-05 01:30:00 EDT (UTC-04:00))" in message
    assert "2023-11-05T06:30:00Z (2023-11-05 01:30:00 EST (UTC-05:00))" in message


def test_a_skipped_time_is_refused_with_both_neighbours() -> None:
    """When clocks are set forward, the hour does not happen; what may be meant is named."""
    with pytest.raises(TextError) as caught:
        read("2023-03-12 02:30", NEW_YORK)

    message = str(caught.value)
    assert "skip this time in America/New_York" in message
    assert "2023-03-12T06:30:00Z (2023-03-12 01:30:00 EST (UTC-05:00))" in message
    assert "2023-03-12T07:30:00Z (2023-03-12 03:30:00 EDT (UTC-04:00))" in message


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2031, 1, 1)),  # noqa: DTZ001 (wall time)
    st.sampled_from(
        ["America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo"]
    ),
)
@example(datetime(2023, 3, 26, 1, 30), "Europe/London")  # noqa: DTZ001
@example(datetime(2023, 4, 2, 1, 45), "Australia/Lord_Howe")  # noqa: DTZ001
@settings(max_examples=300, deadline=None)
def test_a_wall_time_is_read_only_where_it_happened_once(wall: datetime, name: str) -> None:
    """A naive stamp is read exactly if one instant shows it, and to that instant."""
    zone = ZoneInfo(name)
    # Independent of fold: every offset the zone has around that day is tried.
    nearby = [wall.replace(tzinfo=UTC) + timedelta(hours=hours) for hours in range(-36, 37, 6)]
    shifts = {at.astimezone(zone).utcoffset() or timedelta(0) for at in nearby}
    instants = {wall.replace(tzinfo=UTC) - shift for shift in shifts}
    shown = {at for at in instants if at.astimezone(zone).replace(tzinfo=None) == wall}
    try:
        answer = {read(wall.isoformat(" "), zone)}
    except TextError:
        answer = set()

    assert answer == (shown if len(shown) == 1 else set())


@given(st.text(st.sampled_from("0123456789-:.TZ+ nowhms/"), max_size=24))
@settings(max_examples=500, deadline=None)
def test_any_text_is_an_aware_instant_or_refused(text: str) -> None:
    """Nothing but TextError comes out of strange texts."""
    try:
        at = read(text, NEW_YORK)
    except TextError:
        return

    assert at.utcoffset() == timedelta(0)


@given(st.integers(to_ms(datetime(1, 1, 1, tzinfo=UTC)), to_ms(datetime(9999, 12, 31, tzinfo=UTC))))
@settings(max_examples=300, deadline=None)
def test_milliseconds_survive(epoch_ms: int) -> None:
    """Epoch milliseconds, instants and their texts stand for each other."""
    assert to_ms(from_ms(epoch_ms)) == epoch_ms
    assert to_ms(read(rfc3339(from_ms(epoch_ms)))) == epoch_ms


def test_finer_than_milliseconds_is_cut_off_downwards() -> None:
    """Also before 1970, an instant is never moved forward."""
    assert to_ms(datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)) == -1
    assert rfc3339(datetime(2023, 1, 1, 0, 0, 0, 999, tzinfo=UTC)) == "2023-01-01T00:00:00Z"


@pytest.mark.parametrize("epoch_ms", [10**18, -(10**18), 10**30])
def test_milliseconds_out_of_range_are_refused(epoch_ms: int) -> None:
    """What no calendar holds is refused, not wrapped."""
    with pytest.raises(TextError, match="outside the years"):
        from_ms(epoch_ms)


def test_naive_times_are_refused() -> None:
    """A time without zone never becomes a number or a text by accident."""
    with pytest.raises(TextError, match="has no zone"):
        to_ms(datetime(2023, 12, 15, 14, 20))  # noqa: DTZ001 (the case)
