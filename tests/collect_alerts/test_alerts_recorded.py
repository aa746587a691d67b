"""What a real Prometheus left behind, killed in mid-incident: the alerts that people would tell of.

The samples were recorded by `record_alerts.py`, with the log of what was done and when.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.alerts.history import alert_history
from collector.signals.labels.home import Home
from incident.model.facts import AlertInterval
from incident.model.signals import Samples, Targets
from incident.model.spans import Span, frozen_times, frozen_values
from tests.lab_fakes import FakeSource

KEPT = Path(__file__).with_name("samples") / "restart.json"
EVALUATION = timedelta(seconds=1)
NEAR = 2 * EVALUATION
"""The next scrape, and the evaluation after it."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The intervals that were read, and the truth."""

    found: tuple[AlertInterval, ...]
    log: Mapping[str, datetime]

    def named(self, name: str) -> tuple[AlertInterval, ...]:
        return tuple(one for one in self.found if one.name == name)


@pytest.fixture(scope="module", params=["with a heartbeat", "without one"])
def recorded(request: pytest.FixtureRequest) -> Recorded:
    """The same samples, once as they are and once without the alert that always fires."""
    document = json.loads(KEPT.read_text("utf-8"))
    log = {what: datetime.fromtimestamp(time, UTC) for what, time in document["log"].items()}
    series = [_samples(one["metric"], one["values"]) for one in document["series"]]
    if request.param == "without one":
        series = [one for one in series if one.label("alertname") != "Watchdog"]
    up = tuple(one for one in series if one.label("__name__") == "up")
    home = Home("shop", frozenset(), frozenset({"shop"}), frozenset(), frozenset())
    span = Span(log["failing"] - timedelta(seconds=5), log["end"] + timedelta(seconds=3))
    history = alert_history(FakeSource(series), home, Targets("up", up, timedelta(seconds=0.5)), span)
    return Recorded(history.intervals, log)


def _samples(labels: Mapping[str, str], values: list[tuple[float, str]]) -> Samples:
    times = frozen_times([round(1000 * time) for time, _ in values])
    return Samples(tuple(sorted(labels.items())), times, frozen_values([float(v) for _, v in values]))


def test_a_restart_in_mid_incident_yields_one_firing_alert(recorded: Recorded) -> None:
    """Pending again with another ActiveAt after the restart, and yet the same alert, with a gap in it."""
    (one,) = recorded.named("Failing")

    assert one.pending_at is not None
    assert one.firing_at is not None
    assert one.resolved_at is not None
    assert abs(one.pending_at - recorded.log["failing"]) <= NEAR
    assert abs(one.firing_at - recorded.log["failing"] - timedelta(seconds=3)) <= NEAR
    assert abs(one.resolved_at - recorded.log["failing no more"]) <= NEAR
    assert one.evaluation_gap


def test_kept_firing_ends_with_the_last_sample_not_with_the_condition(recorded: Recorded) -> None:
    """`keep_firing_for` of eight seconds after a spike of four: one alert that fired twelve."""
    (one,) = recorded.named("Kept")

    assert one.pending_at is None
    assert one.firing_at is not None
    assert one.resolved_at is not None
    assert abs(one.resolved_at - recorded.log["spike over"] - timedelta(seconds=8)) <= NEAR


def test_a_printed_value_does_not_make_nine_alerts(recorded: Recorded) -> None:
    """`{{ $value }}` in a label made a new series at each evaluation."""
    (one,) = recorded.named("Printed")

    assert "depth" not in dict(one.labels)


def test_flaps_of_each_second_are_one_row_with_their_number(recorded: Recorded) -> None:
    """A second on and a second off: every firing is counted, none is told alone."""
    (one,) = recorded.named("Flapping")

    assert one.count == 25


def test_the_heartbeat_is_no_alert(recorded: Recorded) -> None:
    """It fires as long as rules are evaluated."""
    assert recorded.named("Watchdog") == ()
