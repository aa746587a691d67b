"""A condition in words: what it measures, its threshold, its values."""

from __future__ import annotations

from datetime import timedelta

from incident.model.conditions import Condition
from incident.text.durations import format_duration
from incident.text.numbers import digits, quantity

_WORDS = {">": "over", ">=": "at least", "<": "under", "<=": "at most", "==": "at", "!=": "other than"}
_LONG, _ENDLESS = 120.0, 1e9
"""Seconds that are read as a duration: from two minutes on, and less than a unix stamp."""


def threshold_words(condition: Condition) -> str:
    """`over 10,000`, in the unit of the signal; of a share of its threshold `over its threshold`."""
    if condition.of_threshold:
        return f"{_WORDS[condition.op]} its threshold"
    # Without the decimals of a measurement: people set it.
    share = f"{digits(condition.limit * 100)} %" if condition.unit == "ratio" else ""
    return f"{_WORDS[condition.op]} {share or amount(condition.limit, condition)}"


def amount(value: float, condition: Condition) -> str:
    """A value of the condition for people: seconds by the minute and hour, shares of what they are."""
    if condition.unit == "s" and _LONG <= abs(value) < _ENDLESS:
        return format_duration(timedelta(seconds=round(value)))
    shown = quantity(value, condition.unit)
    return f"{shown} of its threshold" if condition.of_threshold else shown


def named(condition: Condition) -> str:
    """`kafka_consumergroup_lag (KafkaLagHigh)`."""
    alert = condition.alert
    return f"{condition.what} ({alert})" if alert and alert != condition.what else condition.what
