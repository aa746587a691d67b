"""What a rule compares with what, and one alert's share of it; what is not certain is left whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.model.signals import Worse
from incident.rules.comparison import comparison
from incident.rules.narrow import metric_names, narrowed
from incident.rules.tokens import tokens
from incident.text.promql import quote

LABELS = {"topic": "orders"}


@pytest.mark.parametrize(
    ("expression", "measured", "op", "limit"),
    [
        ("lag > 10000", "lag", ">", 10_000),
        ("(lag) >= 1e4", "lag", ">=", 10_000),
        ("((lag > 10 * 1024))", "lag", ">", 10_240),
        ("10 < lag", "lag", ">", 10),
        ("temperature < -1", "temperature", "<", -1),
        ("sum by (a) (x{b='> 3'}) # > 5\n == 0", "sum by (a) (x{b='> 3'})", "==", 0),
        ("time() - stamp > 2 * 60 * 60", "time() - stamp", ">", 7_200),
        ("rate(x[5m]) / rate(y[5m]) > 0.05", "rate(x[5m]) / rate(y[5m])", ">", 0.05),
        ("up == (0)", "up", "==", 0),
    ],
)
def test_a_comparison_with_a_number_is_cut_apart(
    expression: str, measured: str, op: str, limit: float
) -> None:
    """The measured side as written, the operator as seen from it, the number worked out."""
    found = comparison(expression)

    assert found is not None
    assert (found.measured, found.op, found.limit, found.guarded) == (measured, op, limit, False)


@pytest.mark.parametrize("joint", ["and", "unless", "and on (instance)", "AND"])
def test_of_joined_conditions_the_first_is_taken_and_said_so(joint: str) -> None:
    """What else the rule asks is not timed."""
    found = comparison(f"(free < 5 {joint} readonly == 0)")

    assert found is not None
    assert (found.measured, found.limit, found.guarded) == ("free", 5, True)


def test_a_measured_threshold_becomes_a_share_of_it() -> None:
    """Used against what may be used: 1 is the threshold, matched as the rule matches."""
    found = comparison("sum by (i) (used) > on (i) group_left (x) limit_now * 0.8")

    assert found is not None
    assert found.measured == "(sum by (i) (used)) / on (i) group_left (x) (limit_now * 0.8)"
    assert (found.limit, found.of_threshold) == (1, True)


@pytest.mark.parametrize(
    "expression",
    [
        "absent(up)",
        "vector(1)",
        "a > bool 1",
        "a > 1 or b > 1",
        "a > 1 < 5",
        "a == b",
        "a > 5m",
        "a > 1 / 0",
        "a > ",
        "(a > 1",
        "a ! > 1",
        "a > time()",
        "",
    ],
)
def test_what_cannot_be_cut_with_certainty_is_left(expression: str) -> None:
    """No comparison is better than a wrong one."""
    assert comparison(expression) is None


@pytest.mark.parametrize(
    ("expression", "worse"),
    [("a > 1", Worse.UP), ("a <= 1", Worse.DOWN), ("up == 0", Worse.DOWN), ("stuck == 1", Worse.UP)],
)
def test_the_condition_lies_in_the_direction_of_the_comparison(expression: str, worse: Worse) -> None:
    """Equal to nothing is down, equal to something is up."""
    found = comparison(expression)

    assert found is not None
    assert found.worse is worse


def test_a_missing_sample_meets_no_condition() -> None:
    """Unknown is not true, not even of `!=`."""
    found = comparison("a != 1")

    assert found is not None
    assert found.holds(np.array([np.nan, 1.0, 2.0])).tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("expression", "narrow"),
    [
        ("lag", 'lag{topic="orders"}'),
        ('lag{job="k"}', 'lag{topic="orders",job="k"}'),
        ("lag{}", 'lag{topic="orders"}'),
        ('lag{topic="orders"}', 'lag{topic="orders"}'),
        ("sum by (topic) (rate(lag[5m]))", 'sum by (topic) (rate(lag{topic="orders"}[5m]))'),
        ("sum(a) by (topic) / b", 'sum(a{topic="orders"}) by (topic) / b{topic="orders"}'),
    ],
)
def test_a_selector_takes_the_labels_of_the_alert(expression: str, narrow: str) -> None:
    """Where labels pass through unchanged, a matcher on the selector asks for less."""
    assert narrowed(expression, LABELS) == narrow


@pytest.mark.parametrize(
    "expression", ["topk(3, lag)", "a * on (i) group_left b", '{__name__="a"}', "a offset 5m"]
)
def test_anything_else_is_narrowed_from_outside(expression: str) -> None:
    """Joined with a series that has just these labels: right whatever the expression does to labels."""
    assert narrowed(expression, LABELS) == (
        f'({expression}) and on (topic) label_replace(vector(1), "topic", "orders", "", "")'
    )


def test_without_labels_nothing_is_narrowed() -> None:
    """An alert that names nothing watches all there is."""
    assert narrowed("sum(lag)", {}) == "sum(lag)"


def test_metrics_are_told_from_labels_and_functions() -> None:
    """Only what is selected counts."""
    assert metric_names('sum by (lag) (rate(a{b="c"}[5m:1m])) / on (x) count without (y) (d)') == ("a", "d")


@given(st.text(max_size=60))
def test_no_text_is_too_strange(text: str) -> None:
    """Whatever a server gives as an expression, it is read or left, and never an error."""
    found = comparison(text)

    assert found is None or found.measured.strip()
    narrowed(text, LABELS)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30))
def test_values_stay_values(value: str) -> None:
    """Nothing in a label's value ends its literal: the query has the same tokens around it."""
    plain, odd = (tokens(narrowed("topk(3, lag)", {"topic": v})) for v in ("x", value))

    assert plain is not None
    assert odd is not None
    assert [t.kind for t in plain] == [t.kind for t in odd]
    assert quote(value.replace("$", "$$")) in {t.text for t in odd}
