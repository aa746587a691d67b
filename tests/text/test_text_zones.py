"""Time zones: by their IANA names only, and shown so that nobody mistakes them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from incident.text.errors import TextError
from incident.text.instants import clock, rfc3339, stamp, zone, zone_label

WINTER = datetime(2023, 12, 15, 22, 20, 45, 900_000, tzinfo=UTC)
SUMMER = datetime(2023, 7, 1, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", ["UTC", "America/New_York", "Etc/GMT+5"])
def test_zones_are_found_by_name(name: str) -> None:
    """An IANA name gives its zone."""
    assert zone(name) == ZoneInfo(name)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("Europe/Lodnon", "did you mean Europe/London"),
        ("america/new_york", "did you mean America/New_York?"),
        ("London", "did you mean Europe/London?"),
        ("New York", "did you mean America/New_York?"),
        ("America", "not an IANA zone name"),
        ("xyzzyx", "write e.g. Europe/London or UTC"),
        ("", "not an IANA zone name"),
        ("../../etc/passwd", "not an IANA zone name"),
        ("/etc/localtime", "not an IANA zone name"),
        ("\0", "not an IANA zone name"),
        ("localtime", "not an IANA zone name"),
        ("right/Europe/London", "not an IANA zone name"),
        ("+01:00", "not an IANA zone name"),
    ],
)
def test_a_slip_in_a_zone_name_is_told_with_the_nearest(name: str, advice: str) -> None:
    """Typing errors, cities, paths and names with leap seconds are refused, with the names that are near."""
    with pytest.raises(TextError) as caught:
        zone(name)

    assert advice in str(caught.value)


@pytest.mark.parametrize(
    ("at", "name", "label"),
    [
        (SUMMER, "America/Los_Angeles", "PDT (UTC-07:00)"),
        (WINTER, "America/Los_Angeles", "PST (UTC-08:00)"),
        (WINTER, "Europe/London", "GMT (UTC+00:00)"),
        (WINTER, "Asia/Kathmandu", "UTC+05:45"),
        (WINTER, "Etc/GMT+5", "UTC-05:00"),
        (WINTER, "UTC", "UTC"),
        (WINTER, "Etc/UTC", "UTC"),
    ],
)
def test_labels_carry_the_offset(at: datetime, name: str, label: str) -> None:
    """An abbreviation alone may be several zones, so the offset stands beside it."""
    assert zone_label(at, zone(name)) == label


def test_times_are_shown_in_the_zone() -> None:
    """Clock and stamp are local, and cut off what is finer than they show."""
    kathmandu = zone("Asia/Kathmandu")

    assert clock(WINTER, kathmandu) == "04:05:45"
    assert clock(WINTER, kathmandu, seconds=False) == "04:05"
    assert stamp(WINTER, kathmandu) == "2023-12-16 04:05:45"
    assert stamp(WINTER, UTC, seconds=False) == "2023-12-15 22:20"
    assert rfc3339(WINTER) == "2023-12-15T22:20:45.900Z"


def test_naive_times_are_not_shown() -> None:
    """A time without zone is refused where it would be shown."""
    with pytest.raises(TextError, match="has no zone"):
        clock(datetime(2023, 12, 15, 14, 20), UTC)  # noqa: DTZ001 (the case)
    with pytest.raises(TextError, match="has no zone"):
        stamp(datetime(2023, 12, 15, 14, 20), UTC)  # noqa: DTZ001 (the case)
    with pytest.raises(TextError, match="has no zone"):
        zone_label(datetime(2023, 12, 15, 14, 20), UTC)  # noqa: DTZ001 (the case)
