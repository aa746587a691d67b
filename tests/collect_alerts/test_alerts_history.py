"""Alert history from raw samples: what is one alert, when it began, and when it was over."""

from __future__ import annotations

import numpy as np
import pytest

from collector.alerts.history import alert_history
from incident.model.facts import Nearness
from incident.model.signals import Targets
from incident.model.spans import ms
from tests.collect_alerts.fired import HOME, LABELS, STEP, WINDOW, alert, history, joined, run, watchdog
from tests.lab_fakes import FakeSource, at, samples, span, ticks


def test_pending_firing_and_resolved_are_exact() -> None:
    """Pending is ActiveAt, firing its first sample, resolved one interval after the last."""
    (one,) = history(run("HighErrorRate", 100, 102, 130), watchdog((0, 240)))

    assert (one.pending_at, one.firing_at, one.resolved_at) == (at(100), at(102), at(130))
    assert one.plus_minus == STEP
    assert one.nearness is Nearness.OWN
    assert not one.began_before
    assert not one.evaluation_gap
    assert one.source == (
        'ALERTS{alertname="HighErrorRate",namespace="prod",service="payments",severity="page"}'
    )


def test_alert_without_for_was_never_pending() -> None:
    """A rule without `for` fires at the evaluation that finds its condition true."""
    (one,) = history(run("ErrorsNow", 100, 100, 110))

    assert (one.pending_at, one.firing_at) == (None, at(100))


def test_alert_that_never_fired_is_kept() -> None:
    """Pending that ended by itself has no firing time."""
    (one,) = history(run("Slow", 100, 103, 103))

    assert (one.pending_at, one.firing_at, one.resolved_at) == (at(100), None, at(103))


def test_without_active_at_the_first_pending_sample_tells() -> None:
    """Where ALERTS_FOR_STATE was never stored, samples alone make the interval."""
    (one,) = history(alert("Slow", ticks(100, 102), ticks(102, 110), None, **LABELS))

    assert (one.pending_at, one.firing_at, one.resolved_at) == (at(100), at(102), at(110))


def test_two_firings_are_two_alerts() -> None:
    """Resolved and firing again with another ActiveAt is a new interval."""
    first, second = history(run("Errors", 60, 61, 70), run("Errors", 120, 121, 130), watchdog((0, 240)))

    assert (first.resolved_at, second.pending_at) == (at(70), at(120))


def test_one_missed_evaluation_is_not_a_resolve() -> None:
    """A single sample missing, with nothing stored of the state, stays one alert."""
    times = [t for t in ticks(100, 110) if t != ms(at(105))]

    (one,) = history(alert("Errors", [], times, None, **LABELS))

    assert one.resolved_at == at(110)
    assert not one.evaluation_gap


def test_gone_for_one_evaluation_is_a_resolve_when_active_at_says_so() -> None:
    """A new ActiveAt after one evaluation without a sample is a new alert."""
    pending_again = alert("Errors", ticks(105.25, 106), [], 105.25, **LABELS)

    found = history(alert("Errors", [], ticks(100, 105), 100, **LABELS), pending_again)

    assert [(one.firing_at, one.resolved_at) for one in found] == [(at(100), at(105)), (None, at(106))]


def test_hole_with_the_same_active_at_is_one_alert() -> None:
    """Samples lost for half an hour, the condition true since the same second: one alert, with a gap."""
    times = [*ticks(100, 110), *ticks(140, 150)]

    (one,) = history(alert("Errors", [], times, 100, **LABELS), watchdog((0, 240)))

    assert (one.firing_at, one.resolved_at) == (at(100), at(150))
    assert one.evaluation_gap


def test_restart_of_prometheus_is_not_a_resolve() -> None:
    """All rules silent, then pending again with a new ActiveAt: the same alert, with a gap."""
    (one,) = history(
        run("Errors", 100, 101, 110), run("Errors", 130.5, 131.5, 150), watchdog((0, 110), (130, 240))
    )

    assert (one.pending_at, one.firing_at, one.resolved_at) == (at(100), at(101), at(150))
    assert one.evaluation_gap


def test_an_alert_that_is_gone_after_a_silence_ended_somewhere_in_it() -> None:
    """Active until nothing was evaluated any more is no resolve; it was seen gone when rules went on."""
    (one,) = history(run("Errors", 100, 101, 110), watchdog((0, 110), (130, 240)))

    assert one.resolved_at == at(130)
    assert one.ended_unseen


def test_an_alert_that_was_seen_to_end_before_a_silence_ended_there() -> None:
    """One evaluation without it is enough."""
    (one,) = history(run("Errors", 100, 101, 109.75), watchdog((0, 110.25), (130, 240)))

    assert one.resolved_at == at(109.75)
    assert not one.ended_unseen


def test_alert_long_after_a_silence_is_a_new_one() -> None:
    """What comes back a quarter of an hour after the rules did is another alert."""
    found = history(
        run("Errors", 100, 101, 110), run("Errors", 145, 146, 150), watchdog((0, 110), (130, 240))
    )

    assert len(found) == 2


def test_quiet_rules_alone_are_no_silence() -> None:
    """Without a heartbeat a hole is a resolve as long as targets were scraped in it."""
    up = samples("up", ticks(0, 240), 1, job="payments", instance="a:1")
    source = FakeSource(joined([*run("Errors", 60, 61, 70), *run("Errors", 90, 91, 100), up]))

    found = alert_history(source, HOME, Targets("up", (up,), STEP), WINDOW).intervals

    assert len(found) == 2


@pytest.mark.parametrize(("others", "expected"), [(False, 1), (True, 2)])
def test_silence_of_all_targets_joins_only_if_all_were_silent(others: bool, expected: int) -> None:
    """Without a heartbeat the targets' own silence counts, if nothing else was scraped meanwhile."""
    up = samples("up", [*ticks(0, 110), *ticks(130, 240)], 1, job="payments", instance="a:1")
    held = [*run("Errors", 100, 101, 110), *run("Errors", 131, 132, 150), up]
    if others:
        held.append(samples("up", ticks(0, 240), 1, job="other", instance="b:1"))

    found = alert_history(FakeSource(joined(held)), HOME, Targets("up", (up,), STEP), WINDOW).intervals

    assert len(found) == expected


def test_active_at_the_end_is_not_resolved() -> None:
    """An alert with a sample at the last evaluation read is still active."""
    (one,) = history(run("Errors", 100, 101, 240), watchdog((0, 240)))

    assert one.resolved_at is None


def test_active_when_the_data_end_is_not_resolved() -> None:
    """Where all rules fall silent with the alert active, nobody saw it resolve."""
    (one,) = history(run("Errors", 100, 101, 150), watchdog((0, 150)))

    assert one.resolved_at is None


def test_active_before_the_first_sample_is_said() -> None:
    """An alert active at the first evaluation read began earlier; its ActiveAt is known all the same."""
    (one,) = history(alert("Errors", [], ticks(0, 30), -20, **LABELS), watchdog((0, 240)))

    assert one.began_before
    assert one.pending_at == at(-20)


def test_grafana_alerts_take_the_same_path() -> None:
    """What Grafana writes under its own name is read as ALERTS is, without its mechanical labels."""
    series = samples(
        "GRAFANA_ALERTS",
        ticks(100, 110),
        1,
        alertname="Errors",
        alertstate="firing",
        grafana_alertstate="Alerting",
        **LABELS,
    )

    (one,) = history([series])

    assert one.source.startswith("GRAFANA_ALERTS{")
    assert dict(one.labels) == LABELS


def test_flaps_are_as_many_alerts() -> None:
    """Each firing of a flapping alert is its own interval, in order."""
    parts = [run("Errors", start, start + 1, start + 5) for start in range(60, 120, 10)]

    found = history(*parts, watchdog((0, 240)))

    assert [one.firing_at for one in found] == [at(start + 1) for start in range(60, 120, 10)]


def test_endless_flapping_is_one_interval_with_its_count() -> None:
    """Hundreds of firings with short pauses: first, last and how many, not a wall of rows."""
    parts = [run("Errors", start, start, start + 0.25) for start in np.arange(10.0, 230.0, 0.5).tolist()]

    (one,) = history(*parts, watchdog((0, 240)))

    assert (one.firing_at, one.resolved_at, one.count) == (at(10), at(229.75), 440)


def test_ten_thousand_flaps_are_one_interval() -> None:
    """On for one evaluation, off for the next, from morning to noon."""
    on = [at_ms + 2000 * k for k in range(10_000) for at_ms in (ms(at(10)),)]
    held = samples("ALERTS", on, 1, alertname="Errors", alertstate="firing", **LABELS)
    since = samples("ALERTS_FOR_STATE", on, [time // 1000 for time in on], alertname="Errors", **LABELS)
    beat = samples("ALERTS", ticks(0, 360, 1), 1, alertname="Watchdog", alertstate="firing")

    (one,) = alert_history(FakeSource([held, since, beat]), HOME, None, span(0, 360)).intervals

    assert (one.firing_at, one.count) == (at(10), 10_000)


def test_flapping_that_pauses_is_told_in_parts() -> None:
    """A quiet hour between two stretches of flapping ends the first one."""
    starts = [*np.arange(10.0, 40.0, 0.5).tolist(), *np.arange(120.0, 150.0, 0.5).tolist()]

    found = history(*(run("Errors", start, start, start + 0.25) for start in starts), watchdog((0, 240)))

    assert [(one.firing_at, one.count) for one in found] == [(at(10), 60), (at(120), 60)]


def test_kept_firing_after_the_condition_is_one_firing() -> None:
    """`keep_firing_for` adds firing samples with the same ActiveAt: no second alert, and a later end."""
    (one,) = history(alert("Errors", ticks(100, 102), ticks(102, 120), 100, **LABELS), watchdog((0, 240)))

    assert (one.pending_at, one.firing_at, one.resolved_at, one.count) == (at(100), at(102), at(120), 1)


def test_an_alert_of_two_servers_is_one() -> None:
    """A pair that evaluates the same rule tells one alert: from its first firing to its last end."""
    first = run("HighErrors", 60, 62, 90, **LABELS, prometheus_replica="a")
    second = run("HighErrors", 60.1, 62.1, 91.1, **LABELS, prometheus_replica="b")

    (only,) = history(first, second)

    assert dict(only.labels) == LABELS
    assert (only.pending_at, only.firing_at, only.resolved_at) == (at(60), at(62), at(91.1))


def test_what_one_server_missed_the_other_saw() -> None:
    """The first of a pair was away from the middle on: the alert lasted as the second tells it."""
    first = run("HighErrors", 60, 62, 70, **LABELS, prometheus_replica="a")
    second = run("HighErrors", 60.1, 62.1, 91.1, **LABELS, prometheus_replica="b")

    (only,) = history(first, second)

    assert (only.firing_at, only.resolved_at) == (at(62), at(91.1))


def test_two_firings_of_a_pair_stay_two() -> None:
    """What resolved and fired again later is two alerts, each told once."""
    both = [
        run("HighErrors", s, s + 2, s + 20, **LABELS, prometheus_replica=r) for r in "ab" for s in (30, 90)
    ]

    assert [one.firing_at for one in history(*both)] == [at(32), at(92)]
