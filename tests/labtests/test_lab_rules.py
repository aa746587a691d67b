"""The alert state machine against what Prometheus was seen to write."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.lab.rules import (
    INTERVAL_MS,
    AlertRun,
    alert_series,
    alert_truth,
    evaluation_grid,
    runs_of,
    without,
)

LABELS = (("alertname", "DemoFor10"), ("severity", "page"))


def test_pending_lasts_as_long_as_for_says_as_a_real_server_wrote_it() -> None:
    """Prometheus 2.42, `for: 10s` at 2 s: five pending samples, then firing from ActiveAt + 10 s."""
    seen = np.arange(1795217097632, 1795217113633, 2000)
    (run,) = runs_of(LABELS, seen, np.ones(len(seen), dtype=np.bool_), 10)
    assert run.pending_ms == tuple(seen[:5])
    assert run.firing_ms == tuple(seen[5:])
    assert run.active_at_ms == seen[0]


def test_a_rule_without_for_is_never_pending() -> None:
    """`for: 0` goes from nothing to firing within one evaluation."""
    grid = evaluation_grid(0, 60_000, 1_000)
    (run,) = runs_of(LABELS, grid, np.array([False, True, True, False]), 0)
    assert run.pending_ms == ()
    assert run.firing_ms == (16_000, 31_000)
    assert alert_truth(run, 46_000).pending_at is None


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 90))
def test_every_evaluation_is_as_the_state_machine_says(active: list[bool], for_s: int) -> None:
    """A step-by-step reading of the rule manager gives the same samples."""
    grid = evaluation_grid(0, len(active) * INTERVAL_MS, 0)
    pending: list[tuple[int, int]] = []
    firing: list[tuple[int, int]] = []
    since: int | None = None
    for at, holds in zip(grid.tolist(), active, strict=True):
        if not holds:
            since = None
            continue
        since = at if since is None else since
        (firing if at - since >= for_s * 1000 else pending).append((at, since))
    runs = runs_of(LABELS, grid, np.array(active, dtype=np.bool_), for_s)
    assert [(at, run.active_at_ms) for run in runs for at in run.pending_ms] == pending
    assert [(at, run.active_at_ms) for run in runs for at in run.firing_ms] == firing


def test_alerts_for_state_holds_active_at_in_whole_seconds_in_both_states() -> None:
    """One series with the time of the first true evaluation, cut to the second."""
    run = AlertRun(LABELS, 7_381, (7_381, 22_381), (37_381,))
    pending, firing, since = alert_series([run])
    assert (pending.name, dict(pending.labels)["alertstate"]) == ("ALERTS", "pending")
    assert dict(firing.labels)["alertstate"] == "firing"
    assert since.name == "ALERTS_FOR_STATE"
    assert "alertstate" not in dict(since.labels)
    assert since.times.tolist() == [7_381, 22_381, 37_381]
    assert since.values.tolist() == [7.0, 7.0, 7.0]


def test_an_alert_that_comes_back_is_the_same_series_with_a_new_active_at() -> None:
    """Two runs of one alert share their series; the value tells them apart."""
    runs = [AlertRun(LABELS, at, (), (at,)) for at in (45_000, 15_000)]
    _, since = alert_series(runs)
    assert since.times.tolist() == [15_000, 45_000]
    assert since.values.tolist() == [15.0, 45.0]


def test_resolved_is_one_interval_after_the_last_firing_sample() -> None:
    """The end of an alert is the first evaluation that no longer saw it."""
    told = alert_truth(AlertRun(LABELS, 0, (0,), (15_000,)), last_evaluation_ms=60_000)
    assert (told.firing_at, told.resolved_at) == (_at(15), _at(30))


def test_an_alert_firing_at_the_last_evaluation_is_not_resolved() -> None:
    """What the data do not show is not claimed."""
    told = alert_truth(AlertRun(LABELS, 0, (0,), (15_000,)), last_evaluation_ms=15_000)
    assert told.resolved_at is None


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_what_was_not_written_is_left_out() -> None:
    """After a start Prometheus evaluates twice before it writes ALERTS again."""
    run = AlertRun(LABELS, 0, (0, 15_000), (30_000,))
    assert without(run, frozenset({0, 15_000})) == AlertRun(LABELS, 0, (), (30_000,))
