"""Durations, as Prometheus writes them and as people read them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.text.durations import (
    as_known,
    bound,
    compact,
    format_duration,
    parse_duration,
    promql_duration,
)
from incident.text.errors import TextError

UNITS = {
    "y": timedelta(days=365),
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
MILLISECONDS = st.integers(1, 10**12)


def between(**ends: timedelta) -> st.SearchStrategy[timedelta]:
    return st.timedeltas(min_value=ends["low"], max_value=ends["high"])


@given(
    st.lists(
        st.tuples(st.sampled_from(list(UNITS)), st.integers(0, 40)), min_size=1, unique_by=lambda p: p[0]
    )
)
@settings(max_examples=300, deadline=None)
def test_a_duration_is_the_sum_of_its_units(parts: list[tuple[str, int]]) -> None:
    """Every selection of units in the grammar's order is read, zero and leading parts included."""
    ordered = sorted(parts, key=lambda part: list(UNITS).index(part[0]))
    text = "".join(f"{number}{unit}" for unit, number in ordered)

    assert parse_duration(text) == sum((number * UNITS[unit] for unit, number in parts), timedelta(0))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "1.5h",
        "1h 30m",
        "30m1h",
        "-1h",
        "+1h",
        "1M",
        "1H",
        "h",
        " 1h",
        "1h\n",
        "1m1m",
        "١h",
        "1hour",
        "P1D",
    ],
)
def test_what_prometheus_does_not_take_is_refused(text: str) -> None:
    """Fractions, signs, blanks, another order or unit are refused, with the form that is taken."""
    with pytest.raises(TextError, match=r"e\.g\. 90s or 1h30m"):
        parse_duration(text)


@pytest.mark.parametrize(
    "text", ["293y", "999999999999999999999y", "9" * 5000 + "s", "106752d", "9223372036855ms"]
)
def test_a_duration_beyond_prometheus_is_refused(text: str) -> None:
    """What Prometheus cannot hold is refused, however many digits it has."""
    with pytest.raises(TextError, match="292 years"):
        parse_duration(text)


def test_the_longest_duration_is_read() -> None:
    """The limit itself is still a duration."""
    assert parse_duration("9223372036854ms") == timedelta(milliseconds=9223372036854)


def test_zero_needs_no_unit() -> None:
    """As in Prometheus, zero is the one number without a unit."""
    assert parse_duration("0") == parse_duration("0s") == timedelta(0)


@given(MILLISECONDS)
@settings(deadline=None)
def test_promql_durations_are_exact(milliseconds: int) -> None:
    """The duration in a query is read back as exactly the same one."""
    duration = timedelta(milliseconds=milliseconds)

    assert parse_duration(promql_duration(duration)) == duration


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(90, "90s"), (300, "5m"), (5400, "90m"), (7200, "2h"), (604800, "7d"), (0.25, "250ms")],
)
def test_promql_durations_are_one_number_and_one_unit(seconds: float, expected: str) -> None:
    """The largest unit that divides the duration is used, as people write ranges."""
    assert promql_duration(timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize("duration", [timedelta(0), timedelta(seconds=-5), timedelta(microseconds=1500)])
def test_a_duration_that_promql_lacks_is_refused(duration: timedelta) -> None:
    """Zero, negative and sub-millisecond ranges do not exist in PromQL."""
    with pytest.raises(TextError, match="whole milliseconds above zero"):
        promql_duration(duration)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (8730, "2 h 25 min 30 s"),
        (1005, "16 min 45 s"),
        (45, "45 s"),
        (7.5, "7.5 s"),
        (0.25, "250 ms"),
        (0, "0 s"),
        (3600, "1 h"),
        (3601, "1 h 1 s"),
        (90000, "1 d 1 h"),
        (0.001, "1 ms"),
        (59.94, "59.9 s"),
        (59.95, "1 min"),
        (3599.7, "1 h"),
        (-1005, "-16 min 45 s"),
        (0.0001, "0 s"),
        (0.9999, "1 s"),
    ],
)
def test_durations_in_words(seconds: float, expected: str) -> None:
    """A sentence names each unit that is not zero."""
    assert format_duration(timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (1005, "16m45s"),
        (8730, "2h25m"),
        (5160, "1h26m"),
        (1740, "29m"),
        (-180, "-3m"),
        (0, "0"),
        (7.5, "7.5s"),
        (0.25, "250ms"),
        (3600, "1h"),
        (7199, "1h59m"),
        (93600, "1d2h"),
        (172799, "1d23h"),
        (-8730, "-2h25m"),
    ],
)
def test_durations_in_tables(seconds: float, expected: str) -> None:
    """A row has the two largest units at most, and does not run ahead of the clock."""
    assert compact(timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(1005, "+16m45s"), (-180, "-3m"), (0, "0"), (0.0001, "0")])
def test_signed_durations(seconds: float, expected: str) -> None:
    """A time since the start carries its sign, and the start itself is plain zero."""
    assert compact(timedelta(seconds=seconds), signed=True) == expected


@given(between(low=timedelta(0), high=timedelta(days=1000)))
@settings(max_examples=300, deadline=None)
def test_words_are_within_half_a_unit(duration: timedelta) -> None:
    """Reading the words back gives the duration within half of the finest unit shown."""
    read = parse_words(format_duration(duration))
    finest = timedelta(milliseconds=1) if duration < timedelta(seconds=1) else timedelta(milliseconds=100)
    finest = timedelta(seconds=1) if duration >= timedelta(minutes=1) else finest

    assert abs(read - duration) <= finest / 2


def parse_words(text: str) -> timedelta:
    """The duration that the words say."""
    names = {"d": "d", "h": "h", "min": "m", "s": "s", "ms": "ms"}
    words = text.split(" ")
    return sum(
        (float(number) * UNITS[names[name]] for number, name in zip(words[::2], words[1::2], strict=True)),
        timedelta(0),
    )


@pytest.mark.parametrize(
    ("seconds", "off_s", "words"),
    [
        (3681, 0, "1 h 1 min 21 s"),
        (3681, 299, "1 h 1 min 21 s"),
        (3681, 1500, "1 h 1 min"),
        (40, 600, "40 s"),
    ],
)
def test_a_duration_is_told_as_exactly_as_it_is_known(seconds: int, off_s: int, words: str) -> None:
    """In minutes where its ends may be off by five minutes together; below a minute as it is."""
    assert format_duration(as_known(timedelta(seconds=seconds), timedelta(seconds=off_s))) == words


@given(off=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=2)))
def test_an_uncertainty_is_rounded_up_and_never_down(off: timedelta) -> None:
    """To seconds, from two minutes on to minutes."""
    assert timedelta(0) <= bound(off) - off < timedelta(minutes=1)
