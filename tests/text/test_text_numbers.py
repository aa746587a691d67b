"""Numbers in sentences and tables."""

from __future__ import annotations

import math
import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.text.numbers import count, digits, percent, quantity

FINITE = st.floats(allow_nan=False, allow_infinity=False)
UNITS = st.sampled_from(["s", "ms", "req/s", "ratio", "%", "B", "", "connections"])


@pytest.mark.parametrize(
    ("number", "expected"),
    [(439559, "439,559"), (0, "0"), (999.6, "1,000"), (-0.2, "0"), (math.nan, "unknown")],
)
def test_counts_have_their_thousands_separated(number: float, expected: str) -> None:
    """A count is whole, and NaN is not called zero."""
    assert count(number) == expected


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (0.18004, "18.0 %"),
        (0.399, "39.9 %"),
        (0.0011, "0.1 %"),
        (0.0004, "<0.1 %"),
        (1e-9, "<0.1 %"),
        (0.0, "0 %"),
        (-0.0, "0 %"),
        (1.0, "100 %"),
        (0.99999, ">99.9 %"),
        (1.5, "150.0 %"),
        (-0.25, "-25.0 %"),
        (-0.00001, ">-0.1 %"),
        (math.nan, "unknown"),
    ],
)
def test_percentages_never_round_to_none_or_all(ratio: float, expected: str) -> None:
    """Some failed is never shown as none, and nearly all never as all."""
    assert percent(ratio) == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.4213, "s", "0.42 s"),
        (3.8, "s", "3.8 s"),
        (0.085, "s", "85 ms"),
        (0.00042, "s", "420 µs"),
        (12.53, "s", "12.5 s"),
        (0.0, "s", "0 s"),
        (-0.0, "s", "0 s"),
        (420, "ms", "0.42 s"),
        (287.4, "req/s", "287 req/s"),
        (98.3, "req/s", "98 req/s"),
        (1234.5, "req/s", "1,230 req/s"),
        (0.123, "ratio", "12.3 %"),
        (12.3, "%", "12.3 %"),
        (0.001, "s", "1 ms"),
        (1536, "bytes", "1.5 KiB"),
        (1023, "B", "1,020 B"),
        (1024, "B", "1 KiB"),
        (5 * 1024**3, "B", "5 GiB"),
        (10482, "", "10,482"),
        (10482.5, "", "10,500"),
        (math.nan, "s", "unknown"),
        (math.inf, "s", "infinite"),
        (-math.inf, "", "-infinite"),
        (1e300, "req/s", "1e+300 req/s"),
        (3e-9, "", "3e-09"),
    ],
)
def test_quantities_have_few_digits_and_a_unit(value: float, unit: str, expected: str) -> None:
    """Two to three digits and the unit that fits, as a person would say it."""
    assert quantity(value, unit) == expected


@given(FINITE, UNITS)
@settings(max_examples=500, deadline=None)
def test_no_quantity_is_minus_zero(value: float, unit: str) -> None:
    """A minus stands only before something that is not zero."""
    assert not re.match(r"-0(\.0*)?( |$)", quantity(value, unit))


@given(st.floats(min_value=1e-6, max_value=1e14))
@settings(max_examples=500, deadline=None)
def test_rounding_stays_small(value: float) -> None:
    """What is shown is within 2.5 per cent of what was measured."""
    shown = Decimal(digits(value).replace(",", ""))

    assert abs(shown - Decimal(value)) <= Decimal(value) * Decimal("0.0250001")
