"""A suggested rule where every morning is slower than the night: it must not page each day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from incident.alerting.rhythm import on_earlier_days, whole_day
from incident.model.detection import SuggestedRule
from incident.model.evidence import Evidence
from incident.model.policy import Policy
from incident.model.signals import EarlierPeriod, EarlierSignal
from incident.model.spans import Grid, Values, frozen_values
from incident.model.timeline import Band, Timeline
from incident.timeline import Display, assemble
from report.render.sections.suggestion import suggestion
from tests.reasoning_builders import LATENCY, evidence, grid, noisy, series, span, stepped

GRID = grid("04:00", "14:00")
HOURS = 4.0 + np.arange(GRID.count) / 60.0
DAYS = (timedelta(days=7), timedelta(days=1))
MORNING: Values = 0.4 + 0.8 * np.clip((HOURS - 8.0) / 0.5, 0.0, 1.0)
"""The 99th percentile triples from 8:00 to 8:30, every day, while the lead-in ends at 9:00."""


def _earlier(ago: timedelta, values: Values) -> EarlierPeriod:
    start = GRID.start_ms - round(ago.total_seconds() * 1000)
    read = frozen_values(values[::5])
    return EarlierPeriod(ago, Grid(start, 5 * GRID.step_ms, read.size), (EarlierSignal("p99", read),))


def _seen(fault: float) -> Evidence:
    """Slow from 7:30 to 7:50, before the shop opens; yesterday and a week ago as every day."""
    p99 = np.where(stepped(GRID, 0.0, ("07:30", "07:50", 1.0)) > 0, fault, MORNING)
    signal = series(LATENCY, GRID, noisy(p99, 0.03))
    found = evidence([signal], span("07:00", "14:00"), span("04:00", "14:00"))
    return replace(found, earlier=tuple(_earlier(ago, noisy(MORNING, 0.03, 5)) for ago in DAYS))


def _timeline(found: Evidence) -> Timeline:
    return assemble(found, Policy(), Display("UTC", "", "0"))


def _rule(found: Evidence) -> SuggestedRule:
    rule = _timeline(found).detection.rule
    assert rule is not None
    return rule


def test_the_threshold_lies_beyond_what_every_morning_reaches() -> None:
    """The lead-in is a quiet night, and yet a rule on it would page each day at half past eight."""
    rule = _rule(_seen(4.0))

    assert 1.2 < rule.threshold < 4.0
    assert (rule.earlier_days, rule.earlier_firings) == (2, 0)


def test_a_fault_below_the_top_of_the_day_says_that_its_rule_would_fire_each_day() -> None:
    """Slow for the night, normal for the noon: no threshold tells them apart, and the draft says so."""
    found = _timeline(_seen(1.0))

    assert found.detection.rule is not None
    assert found.detection.rule.earlier_firings == 2
    assert "In the same hours of 2 earlier days it would have fired 2 times" in suggestion(found)


def test_the_words_name_the_days_and_the_reach_of_the_day() -> None:
    """What was tried, and that normal is that of the whole day."""
    told = suggestion(_timeline(_seen(4.0)))

    assert "In the same hours of 2 earlier days it would not have fired either." in told
    assert "daily rhythm included" in told
    assert "it was not tested on any other days" in told


def test_a_rule_is_tried_only_on_days_that_are_known() -> None:
    """A day of which the signal has no samples counts for nothing."""
    other = replace(_earlier(DAYS[0], MORNING), signals=())
    rule = replace(_rule(_seen(4.0)), threshold=1.0)

    assert on_earlier_days((other, _earlier(DAYS[1], MORNING)), rule, up=True) == (1, 1)
    assert whole_day(Band(1.0, 0.5, 2.0), None) == Band(1.0, 0.5, 2.0)
