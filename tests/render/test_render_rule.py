"""The suggested alert rule: one sentence where people read how it was noticed, the rule in the evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from incident.model.detection import SuggestedRule
from report.render import markdown
from tests import render_builder as build

_PAYMENTS = build.payments()
_RULE = SuggestedRule(
    name="PaymentsErrorsHigh",
    signal="errors",
    expr="errors > 0.01",
    threshold=0.01,
    hold=timedelta(minutes=2),
    interval=timedelta(seconds=30),
    labels=(("severity", "page"),),
    summary="payments: errors above 1 %",
    condition_at=_PAYMENTS.episodes[0].start.at + timedelta(minutes=2),
    would_fire_at=_PAYMENTS.episodes[0].start.at + timedelta(minutes=4),
    plus_minus=timedelta(seconds=30),
    earlier=timedelta(minutes=12),
    episodes_seen=1,
    false_firings=0,
    looked_at=timedelta(hours=4),
)


def _draft(rule: SuggestedRule | None) -> str:
    detection = replace(_PAYMENTS.detection, rule=rule)
    return markdown(replace(_PAYMENTS, detection=detection), [], generation=1)


def _sections(text: str) -> tuple[str, str]:
    """What stands before the evidence, and the evidence."""
    before, found, after = text.partition("<!-- itl:evidence -->")
    assert found
    return before, after


def test_the_sentence_is_read_and_the_rule_is_looked_up() -> None:
    """Whoever presents the draft says what a rule would have changed; nobody reads YAML aloud."""
    before, evidence = _sections(_draft(_RULE))
    told = (
        "- An alert rule on errors, suggested in the evidence, would have fired at 14:08:00, 12 min earlier."
    )
    assert f"{told}\n" in before.partition("## Detection")[2].partition("## Impact")[0]
    assert "```yaml" not in before
    assert "alert: PaymentsErrorsHigh" in evidence


@pytest.mark.parametrize(("times", "told"), [(1, "1 time"), (3, "3 times")])
def test_a_restless_rule_is_not_praised(times: int, told: str) -> None:
    """How often it would have fired for nothing stands in the same sentence."""
    before, _ = _sections(_draft(replace(_RULE, false_firings=times)))
    assert f"12 min earlier, but also {told} for nothing before that." in before


def test_where_no_rule_is_suggested_nothing_is_said_of_one() -> None:
    """No sentence and no heading."""
    text = _draft(None)
    assert "An alert rule on" not in text
    assert "Suggested alert rule" not in text


def test_how_a_departure_was_judged_is_in_the_evidence_alone() -> None:
    """The impact's table has what people ask first; the evidence has every departure and its reason."""
    before, evidence = _sections(_draft(None))
    reason = next(one.reason for signal in _PAYMENTS.signals for one in signal.episodes)
    assert reason
    assert "Judged by" not in before
    assert "| errors | impact | " in evidence
    assert "Judged by" in evidence
