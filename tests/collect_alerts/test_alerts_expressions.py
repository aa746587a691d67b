"""Specification of what is charted of an alert's rule: measured side, unit, threshold, rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from collector.alerts.conditions import with_conditions
from incident.model.conditions import Condition
from incident.model.evidence import Evidence
from incident.model.facts import AlertRule
from incident.model.policy import Policy
from incident.model.timeline import Timeline
from incident.rules.said import named, threshold_words
from incident.timeline.assemble import assemble
from tests.lab_fakes import FakeSource, by_time
from tests.reasoning_builders import alert, at_ms
from tests.timeline.scenes import DISPLAY, HEALTHY, STEP, Scene

PAGE = alert("TooMuch", "13:03", "13:42", pending="13:01")
QUANTILE = 'histogram_quantile(0.99, sum by (le) (rate(duration_seconds_bucket{path!="/up"}[5m])))'
RATIO = 'sum(rate(http_requests_total{code="500",path!="/up"}[1m])) / sum(rate(http_requests_total[1m]))'


def _read(expression: str, scene: Scene = STEP, worst: float = 1e9) -> Evidence:
    """The evidence with this rule's condition, which is true from 13:01 to 13:42."""
    rule = AlertRule("TooMuch", expression, timedelta(minutes=2), timedelta(seconds=15), (), "", "")
    held = by_time(lambda t: worst if at_ms("13:01") <= t < at_ms("13:42") else -worst)
    evidence = replace(scene, alerts=(PAGE,)).evidence()
    source = FakeSource(ranges={"": held}, alerting=(rule,))
    return with_conditions(source, replace(evidence, alert_rules=(rule,)), lambda _: None)


def _told(evidence: Evidence) -> Timeline:
    return assemble(evidence, Policy(), DISPLAY)


def _condition(expression: str) -> Condition:
    (one,) = _read(expression).conditions
    return one


@pytest.mark.parametrize(
    ("expression", "what", "words"),
    [
        (f"{QUANTILE} > 1", "TooMuch", "over 1 s"),
        (f"{RATIO} > 0.05", "TooMuch", "over 5 %"),
        ("sum by (topic) (kafka_lag) > 10000", "kafka_lag (TooMuch)", "over 10,000"),
        ("rate(restarts_total[5m]) > 3", "TooMuch", "over 3"),
        ("time() - max(backup_done_seconds) > 86400", "time since backup_done_seconds (TooMuch)", "over 1 d"),
        ("free_bytes < 1073741824", "free_bytes (TooMuch)", "under 1 GiB"),
        ("used_bytes / size_bytes >= 0.9", "TooMuch", "at least 90 %"),
        ("lag > on (topic) allowed_lag", "TooMuch", "over its threshold"),
    ],
)
def test_a_threshold_is_told_with_the_unit_of_what_is_measured(
    expression: str, what: str, words: str
) -> None:
    """A slash in a label's value makes no ratio, and a rate or a quotient is not called by its metric."""
    one = _condition(expression)

    assert (named(one), threshold_words(one)) == (what, words)


def test_beside_measured_impact_the_alert_s_own_row_tells_the_threshold() -> None:
    """Crossing, peak and return of what the rule compares would tell the same times again."""
    told = _told(_read(f"{RATIO} > 0.05", worst=0.5))
    rows = [e.title for e in told.events if e.subject == "TooMuch"]

    assert told.episodes
    assert rows == ["TooMuch condition true (over 5 %)", "TooMuch firing", "TooMuch resolved"]


def test_without_measured_impact_the_condition_has_rows_of_its_own() -> None:
    """Then it is what the reader came for."""
    told = _told(_read("sum by (topic) (kafka_lag) > 10000", HEALTHY))

    assert not told.episodes
    assert [e.kind for e in told.events if e.subject == "TooMuch" and e.main and e.origin == "measured"] == [
        "condition",
        "condition_over",
    ]


def test_a_condition_that_its_alert_did_not_follow_is_told_beside_impact_too() -> None:
    """The rule may have changed since: the times differ, and both are facts."""
    evidence = _read(f"{RATIO} > 0.05", worst=0.5)
    late = replace(evidence, alerts=(alert("TooMuch", "13:23", "13:42", pending="13:21"),))

    assert [e.kind for e in _told(late).events if e.kind.startswith("condition")] == [
        "condition",
        "condition_over",
    ]
