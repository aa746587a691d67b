"""Which signals the rules watch, read from their expressions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.alerting.watch import metrics_in, rules_on, watching
from incident.model.detection import Detection
from incident.model.evidence import Evidence
from incident.model.facts import AlertRule
from incident.model.policy import Policy
from incident.timeline import Display, assemble
from tests.reasoning_builders import (
    ERRORS,
    LATENCY,
    TRAFFIC,
    alert,
    evidence,
    grid,
    noisy,
    series,
    span,
    stepped,
)


def _rule(name: str, query: str) -> AlertRule:
    return AlertRule(name, query, timedelta(minutes=1), timedelta(seconds=15), (), "", "")


FAILING = _rule(
    "HighErrorRate",
    'sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.05',
)
NO_TRAFFIC = _rule("NoTraffic", 'sum by (service) (rate(http_requests_total{service="shop"}[5m])) == 0')
SLOW = _rule(
    "Slow", "histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 1"
)
RECORDED = _rule("Burn", "job:errors:ratio5m > 0.1")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (FAILING.query, {"http_requests_total"}),
        ('up{job="a_b"} == 0 # not_me', {"up"}),
        ("sum by (pod, le) (rate(x_total[5m] offset 1h)) > on (a) group_left (b) y", {"x_total", "y"}),
        ("max_over_time(job:errors:ratio5m[1h:30s]) > 1e3", {"job:errors:ratio5m"}),
        ('{__name__="spelled.otherwise"}', set()),
    ],
)
def test_the_metrics_of_a_query_are_its_names_and_not_its_labels_or_functions(
    query: str, names: set[str]
) -> None:
    """Labels, literals, comments, functions, ranges and keywords are none."""
    assert metrics_in(query) == names


@given(st.text(max_size=80))
def test_any_text_is_read_without_a_complaint(query: str) -> None:
    """Rules of other systems have other grammars."""
    assert all(isinstance(name, str) for name in metrics_in(query))


def test_a_rule_on_failures_watches_the_errors_and_one_on_all_requests_does_not() -> None:
    """The label by which the signal tells failures apart says which is which."""
    assert watching((FAILING, NO_TRAFFIC, SLOW), ERRORS) == ("HighErrorRate",)
    assert watching((FAILING, NO_TRAFFIC, SLOW), LATENCY) == ("Slow",)
    assert watching((SLOW,), ERRORS) == ()


def test_what_a_recorded_series_holds_is_not_known() -> None:
    """A rule on a recording rule may watch anything: unknown is not unwatched."""
    assert watching((RECORDED,), ERRORS) is None
    assert watching((RECORDED, FAILING), ERRORS) == ("HighErrorRate",)


def test_only_rules_on_what_the_signals_read_are_kept() -> None:
    """Of two hundred rules of a cluster most say nothing of this service."""
    other = _rule("DiskFull", "node_filesystem_avail_bytes < 1")

    assert rules_on((FAILING, other, RECORDED), [ERRORS]) == (FAILING, RECORDED)


LEAD, WINDOW, COVERED = grid("06:00", "15:00"), span("11:00", "15:00"), span("06:00", "15:00")


def _found(rules: tuple[AlertRule, ...] | None, *fired: str) -> Detection:
    """Errors and latency hurt from noon to one; the named alerts fire five minutes later."""
    errors = noisy(stepped(LEAD, 0.001, ("12:00", "13:00", 0.3)), 0.1)
    p99 = noisy(stepped(LEAD, 0.4, ("12:00", "13:00", 3.0)))
    both = [series(ERRORS, LEAD, errors), series(LATENCY, LEAD, p99)]
    seen: Evidence = replace(
        evidence(both, WINDOW, COVERED),
        watching=rules,
        alerts=tuple(alert(name, "12:05", "13:00") for name in fired),
    )
    return assemble(seen, Policy(), Display("UTC", "", "0")).detection


def test_signals_that_hurt_and_that_no_rule_watches_are_named() -> None:
    """Errors are watched, latency is not."""
    found = _found((FAILING,), "HighErrorRate")

    assert (found.unwatched, found.silent) == (("p99",), ())


def test_a_rule_that_watches_and_did_not_fire_is_named() -> None:
    """Its threshold was too high, or its `for` too long: people want to know."""
    found = _found((FAILING, SLOW), "HighErrorRate")

    assert (found.unwatched, found.silent) == ((), (("Slow", "p99"),))


def test_rules_that_are_not_known_leave_nothing_said() -> None:
    """Neither where they could not be read, nor where those that fired are gone since."""
    assert _found(None).unwatched is None
    assert _found((), "HighErrorRate").unwatched is None


def test_traffic_is_watched_by_any_rule_on_its_counter() -> None:
    """A rule on failing requests divides by all of them: it may see their loss."""
    assert watching((NO_TRAFFIC,), TRAFFIC) == ("NoTraffic",)
