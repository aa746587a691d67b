"""Thresholds of suggested rules: beyond normal, within the impact, and round."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.alerting.thresholds import rounded, thresholds
from incident.model.timeline import Band
from tests.reasoning_builders import ERRORS, LATENCY, PROBE, TARGETS, TRAFFIC

ALL_UP = Band(1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("value", "up", "chosen"),
    [(0.00313, True, 0.004), (0.00313, False, 0.003), (4321.0, True, 5000.0), (0.95, True, 1.0)],
)
def test_a_threshold_has_the_figures_that_people_would_choose(value: float, up: bool, chosen: float) -> None:
    """Away from normal to the next of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8."""
    assert rounded(value, up=up) == chosen


@given(st.floats(1e-9, 1e9), st.booleans())
def test_rounding_goes_away_from_normal_and_never_far(value: float, up: bool) -> None:
    """At most a third further out, and rounding again changes nothing."""
    chosen = rounded(value, up=up)

    assert chosen >= value * (1 - 1e-8) if up else chosen <= value * (1 + 1e-8)
    assert 0.7 <= chosen / value <= 1.4
    assert rounded(chosen, up=up) == chosen


def test_every_threshold_lies_between_normal_and_the_impact() -> None:
    """Multiples of the least reach, a quarter of a percentage point, the farthest first; half way is last."""
    found = thresholds(ERRORS, Band(0.001, 0.0002, 0.002), 0.1, up=True)

    assert found == (0.015, 0.01, 0.006, 0.005, 0.06)


def test_a_range_widened_by_blips_leaves_half_way() -> None:
    """The longest `for` may tell a blip from an impact of the same height."""
    assert thresholds(ERRORS, Band(0.001, 0.0005, 0.2), 0.3, up=True) == (0.2,)


def test_an_impact_at_the_normal_level_leaves_no_threshold() -> None:
    """Nothing lies between the same and the same."""
    assert thresholds(ERRORS, Band(0.001, 0.0005, 0.002), 0.001, up=True) == ()


def test_lost_traffic_is_looked_for_above_nothing() -> None:
    """A threshold at or below zero could never be crossed."""
    found = thresholds(TRAFFIC, Band(100.0, 90.0, 110.0), 0.0, up=False)

    assert found
    assert all(0 < t < 90 for t in found)


def test_the_limit_that_people_set_is_the_threshold() -> None:
    """They know better than a lead-in of a few hours."""
    assert thresholds(replace(LATENCY, limit=1.5), Band(0.4, 0.3, 0.5), 4.0, up=True) == (1.5,)


def test_one_target_of_several_that_restarts_is_below_no_threshold() -> None:
    """Half of the targets, or of the probes, where the impact takes more than half away."""
    assert thresholds(TARGETS, ALL_UP, 0.0, up=False) == (0.5,)
    assert thresholds(PROBE, ALL_UP, 0.75, up=False) == (0.875,)
    assert thresholds(TARGETS, ALL_UP, 1.0, up=False) == ()


def test_what_is_not_finite_is_no_threshold() -> None:
    """Levels near the end of the floating range overflow; that is no number to write into a rule."""
    assert thresholds(LATENCY, Band(1e308, 1e307, 1.5e308), math.inf, up=True) == ()
