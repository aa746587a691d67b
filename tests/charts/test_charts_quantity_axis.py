"""The axis of quantities: from zero where zero is meant, round ticks, human units."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.model.signals import Kind, Measure, Role, SignalSpec, Worse
from report.charts.axes.quantity import quantity_axis
from tests.charts_builder import ERRORS, LATENCY, TRAFFIC

GAUGE = SignalSpec("lag", Measure.OTHER, Kind.GAUGE, Worse.UP, Role.CONTEXT, "", "lag")
SPECS = (ERRORS, LATENCY, TRAFFIC, GAUGE)

values = st.lists(st.floats(-1e12, 1e12, allow_subnormal=False), max_size=20)


@given(st.sampled_from(SPECS), values, values)
def test_the_axis_holds_every_value(spec: SignalSpec, seen: list[float], wanted: list[float]) -> None:
    """Ends are finite and apart, ticks lie between them and rise, and no value is beside the axis."""
    axis = quantity_axis(spec, seen, wanted)

    places = [place for place, _ in axis.ticks]
    assert math.isfinite(axis.low)
    assert math.isfinite(axis.high)
    assert axis.low < axis.high
    assert all(axis.low <= value <= axis.high for value in seen)
    assert places == sorted(set(places))
    assert len(places) <= 7


@given(st.sampled_from((ERRORS, LATENCY, TRAFFIC)), st.lists(st.floats(0, 1e9), min_size=1))
def test_ratios_times_and_rates_start_at_zero(spec: SignalSpec, seen: list[float]) -> None:
    """Zero is on the axis and labelled `0`, so that a height can be read as an amount."""
    axis = quantity_axis(spec, seen, [])

    assert axis.low <= 0
    assert axis.ticks[0][0] == 0
    assert axis.ticks[0][1] in ("0", "0 %")


def test_a_ratio_is_labelled_in_per_cent() -> None:
    """Forty-one per cent of failures is read on an axis of `%`."""
    axis = quantity_axis(ERRORS, [0.001, 0.41], [])

    assert axis.ticks == ((0.0, "0 %"), (0.1, "10 %"), (0.2, "20 %"), (0.3, "30 %"), (0.4, "40 %"))


def test_a_small_ratio_gets_decimals() -> None:
    """All labels of an axis have the decimals its step needs."""
    axis = quantity_axis(ERRORS, [0.0012], [])

    assert [label for _, label in axis.ticks][:2] == ["0 %", "0.05 %"] or all(
        len(label) <= 7 for _, label in axis.ticks
    )
    assert len({label for _, label in axis.ticks}) == len(axis.ticks)


@pytest.mark.parametrize(("top", "unit"), [(0.08, "ms"), (3.8, "s")])
def test_times_are_shown_in_the_unit_people_would_say(top: float, unit: str) -> None:
    """Below a tenth of a second in milliseconds, above in seconds."""
    assert quantity_axis(LATENCY, [top], []).unit == unit


def test_a_gauge_far_from_zero_is_shown_where_it_moves() -> None:
    """Degrees between 890 and 905 would be a flat line on an axis from zero."""
    axis = quantity_axis(GAUGE, [890.0, 905.0], [])

    assert axis.low > 800


def test_a_limit_nearby_widens_the_axis_and_one_far_off_does_not() -> None:
    """25 % is shown above a peak of 18 %, and not above one of 1 %, which it would flatten."""
    assert quantity_axis(ERRORS, [0.18], [0.25]).high > 0.25
    assert quantity_axis(ERRORS, [0.01], [0.25]).high < 0.02


@pytest.mark.parametrize("spec", SPECS)
def test_nothing_measured_still_makes_an_axis(spec: SignalSpec) -> None:
    """An empty signal has a panel like any other."""
    axis = quantity_axis(spec, [], [])

    assert axis.low <= 0 < axis.high


def test_a_strange_unit_is_left_as_it_is() -> None:
    """What people call a unit is their business."""
    assert quantity_axis(replace(GAUGE, unit="messages"), [5.0], []).unit == "messages"
