"""Whose an alert is: the service's own, one near by, or one that is only counted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from collector.alerts.history import alert_history
from collector.errors import QueryRejected
from collector.signals.labels.home import Home
from incident.model.facts import AlertRule, Nearness
from tests.collect_alerts.fired import HOME, LABELS, STEP, WINDOW, alert, history, joined, run, watchdog
from tests.lab_fakes import FakeSource, at, ticks


def test_always_firing_alerts_are_left_out() -> None:
    """Heartbeats and alerts that fire all the time are not about this incident."""
    forever = run("CertificateExpiresSoon", 0, 0, 240)

    assert history(forever, watchdog((0, 240))) == ()


def test_an_alert_of_the_service_that_always_fires_is_named_among_what_was_left_out() -> None:
    """Nobody wonders where it went; heartbeats and what fires elsewhere are not missed."""
    forever = run("CertificateExpiresSoon", 0, 0, 240)
    beside = run("DiskFull", 0, 0, 240, service="search", namespace="batch")
    held = joined(one for many in (forever, beside, watchdog((0, 240))) for one in many)

    assert alert_history(FakeSource(held), HOME, None, WINDOW).always == ("CertificateExpiresSoon",)


def test_value_in_a_label_does_not_make_many_alerts() -> None:
    """A templated `{{ $value }}` changes the series, not the alert."""
    first = run("Errors", 100, 101, 110, value="0.57", **LABELS)
    second = alert("Errors", [], ticks(110, 120), 110, value="0.61", **LABELS)

    (one,) = history(first, second, watchdog((0, 240)))

    assert (one.firing_at, one.resolved_at) == (at(101), at(120))
    assert "value" not in dict(one.labels)


def test_numbers_that_tell_alerts_apart_stay() -> None:
    """Two partitions in trouble at once are two alerts, whatever their labels look like."""
    found = history(
        run("Lag", 100, 101, 120, topic_id="1", **LABELS), run("Lag", 100, 101, 120, topic_id="2", **LABELS)
    )

    assert sorted(dict(one.labels)["topic_id"] for one in found) == ["1", "2"]


def test_alerts_elsewhere_are_counted_only() -> None:
    """Own and near by are kept, elsewhere is a number; what names no place at all may be ours."""
    source = FakeSource(
        [
            *run("Own", 100, 101, 110),
            *run("Near", 100, 101, 110, service="search", namespace="prod"),
            *run("Far", 100, 101, 110, service="batch", namespace="batch"),
            *run("Unnamed", 100, 101, 110, severity="page"),
        ]
    )

    found = alert_history(source, HOME, None, WINDOW)

    assert {one.name: one.nearness for one in found.intervals} == {
        "Own": Nearness.OWN,
        "Near": Nearness.NEARBY,
        "Unnamed": Nearness.NEARBY,
    }
    assert found.elsewhere == 1


def test_alert_named_after_the_service_is_its_own() -> None:
    """Without any label to tell, the name of the alert does."""
    (one,) = history(run("PaymentsErrorRatioHigh", 100, 101, 110, severity="page"))

    assert one.nearness is Nearness.OWN


def rule(name: str, query: str, **labels: str) -> AlertRule:
    return AlertRule(name, query, timedelta(minutes=1), STEP, tuple(sorted(labels.items())), "", "")


def test_rule_that_names_the_service_makes_the_alert_its_own() -> None:
    """An aggregated alert without labels is told by its rule's query; only rules that fired are kept."""
    rules = (
        rule("Burn", 'sum(rate(errors{service="payments"}[5m])) > 1'),
        rule("Other", 'sum(rate(errors{service="search"}[5m])) > 1'),
        rule("Any", "up == 0"),
        rule("Elsewhere", 'up{namespace="batch"} == 0'),
    )
    source = FakeSource(run("Burn", 100, 101, 110, severity="page"), alerting=rules)

    found = alert_history(source, HOME, None, WINDOW)

    assert [one.nearness for one in found.intervals] == [Nearness.OWN]
    assert found.rules == (rules[0],)
    assert found.rules_seen == 2


def test_rules_that_do_not_exist_are_not_zero_rules() -> None:
    """A server without the rules page leaves their number unknown."""
    found = alert_history(FakeSource(alerting=None), HOME, None, WINDOW)

    assert found.readable
    assert (found.rules, found.rules_seen) == (None, None)


def test_refused_query_is_not_an_empty_history() -> None:
    """A history that cannot be read says so."""
    refused = QueryRejected("no", status=422, error_type="execution", server_text="no", query="ALERTS")

    found = alert_history(FakeSource(raws={"ALERTS": refused}), HOME, None, WINDOW)

    assert not found.readable
    assert [unknown.failed for unknown in found.unknowns] == [True]


KUBERNETES = {
    "job": "kube-state-metrics",
    "instance": "10.0.0.5:8080",
    "service": "kube-prometheus-stack-kube-state-metrics",
    "container": "kube-state-metrics",
    "endpoint": "http",
}
"""What the stack's own scraping adds to every alert on a Kubernetes object."""


@pytest.mark.parametrize(
    ("labels", "nearness"),
    [
        ({"namespace": "prod", "pod": "payments-7d9f8b6c5d-x7vkq"}, Nearness.OWN),
        ({"namespace": "prod", "deployment": "payments"}, Nearness.OWN),
        ({"namespace": "prod", "exported_pod": "payments-0", "pod": "ksm-1"}, Nearness.OWN),
        ({"namespace": "staging", "deployment": "payments"}, Nearness.ELSEWHERE),
        ({"namespace": "prod", "deployment": "search"}, Nearness.NEARBY),
        ({"namespace": "batch", "job_name": "nightly-28377"}, Nearness.ELSEWHERE),
    ],
)
def test_alerts_on_kubernetes_objects_are_told_by_the_object(
    labels: dict[str, str], nearness: Nearness
) -> None:
    """Not by kube-state-metrics, whose name stands in the labels of the service."""
    found = alert_history(FakeSource(run("Kube", 100, 101, 110, **KUBERNETES | labels)), HOME, None, WINDOW)

    assert [one.nearness for one in found.intervals] == [nearness] * (nearness is not Nearness.ELSEWHERE)
    assert found.elsewhere == (nearness is Nearness.ELSEWHERE)


def test_fifteen_unrelated_alerts_are_only_counted() -> None:
    """A cluster in trouble elsewhere adds a number to the draft, not rows."""
    others = [run(f"Other{n}", 90, 91, 130, namespace=f"team-{n}", pod=f"job-{n}") for n in range(15)]

    found = alert_history(
        FakeSource(joined(s for part in (*others, run("Own", 100, 101, 110)) for s in part)),
        HOME,
        None,
        WINDOW,
    )

    assert [one.name for one in found.intervals] == ["Own"]
    assert found.elsewhere == 15


def test_the_alert_that_was_asked_for_is_its_own() -> None:
    """Measured by an exporter and asked for by name, it is what the draft is about."""
    labels = {"job": "kafka-exporter", "instance": "k:1", "topic": "orders"}
    home = Home("shop", frozenset(), frozenset(), frozenset(), frozenset(), alert="LagHigh")

    (one,) = alert_history(FakeSource(run("LagHigh", 100, 101, 110, **labels)), home, None, WINDOW).intervals

    assert one.nearness is Nearness.OWN
