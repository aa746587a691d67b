"""Which rule is offered, when none is, and what it is said to have done."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from incident.model.detection import SuggestedRule
from incident.model.evidence import Evidence
from incident.model.policy import Policy
from incident.model.timeline import Timeline
from incident.timeline import Display, assemble
from tests.reasoning_builders import (
    ERRORS,
    LATENCY,
    alert,
    at,
    evidence,
    grid,
    noisy,
    series,
    span,
    stepped,
)

LEAD = grid("06:00", "15:00")
WINDOW, COVERED = span("11:00", "15:00"), span("06:00", "15:00")


def _seen(*bursts: tuple[str, str, float], late: tuple[str, str] | None = None) -> Evidence:
    """Errors at 0.1 % that fail as the bursts say; an alert that fired from `late[0]` to `late[1]`."""
    errors = noisy(stepped(LEAD, 0.001, *bursts), 0.1)
    found = evidence([series(ERRORS, LEAD, errors)], WINDOW, COVERED)
    return replace(found, alerts=(alert("HighErrorRate", *late),)) if late else found


def _timeline(found: Evidence) -> Timeline:
    return assemble(found, Policy(), Display("UTC", "", "0"))


def _rule(found: Evidence) -> SuggestedRule:
    rule = _timeline(found).detection.rule
    assert rule is not None
    return rule


INCIDENT = ("12:00", "13:00", 0.3)


def test_an_incident_that_nothing_paged_is_offered_a_rule_that_would_have() -> None:
    """Condition true with the first bad sample, firing when `for` has passed; calm hours looked at."""
    rule = _rule(_seen(INCIDENT))

    assert rule.signal == "errors"
    assert rule.condition_at == at("12:00")
    assert rule.would_fire_at == at("12:02")
    assert rule.earlier is None
    assert rule.false_firings == 0
    assert timedelta(hours=5, minutes=55) <= rule.looked_at <= timedelta(hours=6)
    assert rule.expr == f"({ERRORS.query}) > {rule.threshold:g}"


def test_an_alert_that_came_late_is_measured_against_the_rule() -> None:
    """Twenty minutes in: the rule would have been 18 minutes earlier."""
    assert _rule(_seen(INCIDENT, late=("12:20", "13:05"))).earlier == timedelta(minutes=18)


def test_a_prompt_alert_needs_no_rule() -> None:
    """Nobody is told to add a rule that gains nothing."""
    found = _timeline(_seen(INCIDENT, late=("12:03", "13:05"))).detection

    assert found.rule is None
    assert found.why_no_rule == ""


def test_where_alerts_could_not_be_read_nothing_is_said_of_missing_ones() -> None:
    """Unknown is not none."""
    found = replace(_seen(INCIDENT), alerts_readable=False)

    assert _timeline(found).detection.rule is None


def test_blips_before_the_impact_make_for_longer() -> None:
    """Three blips of three minutes each: with `for: 2m` it would have fired thrice, so it is 10 minutes."""
    blips = [(f"0{hour}:10", f"0{hour}:13", 0.2) for hour in (7, 8, 9)]
    rule = _rule(_seen(*blips, INCIDENT))

    assert rule.false_firings == 0
    assert rule.hold >= timedelta(minutes=5)
    assert rule.would_fire_at == at("12:00") + rule.hold


def test_a_signal_too_restless_for_any_rule_says_how_often_it_would_have_fired() -> None:
    """Twelve minutes of the same height every hour and a quarter: no threshold or `for` tells them apart."""
    blips = [("06:40", "06:52", 0.25), ("07:55", "08:07", 0.25), ("09:10", "09:22", 0.25)]
    found = _timeline(_seen(*blips, ("12:00", "13:00", 0.3))).detection

    assert found.rule is None or found.rule.false_firings > 0 or found.rule.threshold > 0.25


def test_the_signal_whose_rule_fires_first_is_taken() -> None:
    """Latency rises half an hour before requests fail."""
    p99 = noisy(stepped(LEAD, 0.4, ("11:30", "13:00", 3.0)))
    errors = noisy(stepped(LEAD, 0.001, INCIDENT), 0.1)
    found = evidence([series(ERRORS, LEAD, errors), series(LATENCY, LEAD, p99)], WINDOW, COVERED)

    assert _rule(found).signal == "p99"
    assert [one.signal for one in _timeline(found).detection.seen] == ["p99", "errors"]


def test_samples_that_are_missing_are_no_condition_and_no_calm_time() -> None:
    """An hour without samples before the impact was not looked at."""
    errors = noisy(stepped(LEAD, 0.001, INCIDENT, ("08:00", "09:00", np.nan)), 0.1)
    rule = _rule(evidence([series(ERRORS, LEAD, errors)], WINDOW, COVERED))

    assert timedelta(hours=4, minutes=55) <= rule.looked_at <= timedelta(hours=5)


def test_a_quiet_window_says_nothing() -> None:
    """Without impact there is nothing that should have paged."""
    found = _timeline(_seen()).detection

    assert (found.rule, found.seen, found.why_no_rule) == (None, (), "")
