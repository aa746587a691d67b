"""Alert intervals against a rule evaluated step by step, for any course of its condition."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from collector.alerts.flaps import MOST_SINGLE
from collector.alerts.history import alert_history
from collector.signals.labels.home import Home
from incident.model.signals import Samples
from incident.model.spans import instant, ms
from tests.lab_fakes import FakeSource, at, samples, span, ticks

HOME = Home("shop", frozenset({"prod"}), frozenset(), frozenset(), frozenset())
WINDOW = span(0, 60)
TIMES = ticks(0, 60)
STEP = timedelta(seconds=15)


@dataclass
class Rule:
    """An alerting rule as Prometheus evaluates it, and the samples it writes on the way."""

    waits: int
    """Evaluations from the first true one to firing: the rule's `for`."""
    pending: list[int] = field(default_factory=list)
    firing: list[int] = field(default_factory=list)
    since: list[tuple[int, int]] = field(default_factory=list)
    told: list[tuple[datetime | None, datetime | None, datetime | None]] = field(default_factory=list)
    """(pending, firing, resolved) of each run, as it happened."""

    def run(self, course: list[bool]) -> None:
        began: int | None = None
        for number, (time, is_true) in enumerate(zip(TIMES, course, strict=True)):
            if is_true and began is None:
                began = number
            if is_true and began is not None:
                self._write(time, began, number)
            elif began is not None:
                self._tell(began, number)
                began = None
        if began is not None:
            self._tell(began, None)

    def _write(self, time: int, began: int, number: int) -> None:
        self.since.append((time, TIMES[began] // 1000))
        (self.firing if number - began >= self.waits else self.pending).append(time)

    def _tell(self, began: int, ended: int | None) -> None:
        fired = began + self.waits
        last = len(TIMES) if ended is None else ended
        self.told.append(
            (
                instant(TIMES[began]) if self.waits else None,
                instant(TIMES[fired]) if fired < last else None,
                None if ended is None else instant(TIMES[ended]),
            )
        )

    def series(self) -> list[Samples]:
        labels = {"alertname": "Errors", "service": "shop"}
        written = [
            samples("ALERTS", times, 1, alertstate=state, **labels)
            for state, times in (("pending", self.pending), ("firing", self.firing))
            if times
        ]
        values = [value for _, value in self.since]
        return [*written, samples("ALERTS_FOR_STATE", [t for t, _ in self.since], values, **labels)]


HEARTBEAT = samples("ALERTS", TIMES, 1, alertname="Watchdog", alertstate="firing")


@given(st.lists(st.booleans(), min_size=len(TIMES), max_size=len(TIMES)), st.integers(0, 4))
def test_intervals_are_what_the_rule_went_through(course: list[bool], waits: int) -> None:
    """Whatever the condition does, each run comes back with its exact times, and no other."""
    # A rule true at the first evaluation may have been so before; that is told by another test.
    course[0] = False
    rule = Rule(waits)
    rule.run(course)

    found = alert_history(FakeSource([HEARTBEAT, *rule.series()]), HOME, None, WINDOW).intervals

    if len(rule.told) > MOST_SINGLE:  # flapping that goes on and on is one interval, told by another test
        assert sum(one.count for one in found) <= len(rule.told)
        assert found[-1].resolved_at == rule.told[-1][2]
        return
    assert [(one.pending_at, one.firing_at, one.resolved_at) for one in found] == rule.told


@given(st.integers(1, 200), st.integers(8, 100), st.integers(0, 2))
def test_a_crash_of_the_server_never_splits_an_alert(last: int, dark: int, late: int) -> None:
    """Active before the dark and again right after it, the alert is one, however long the dark was."""
    before = [t for t in TIMES[:last] if t >= TIMES[max(0, last - 40)]]
    again = TIMES[last + dark + late :]
    watched = [t for k, t in enumerate(TIMES) if not last <= k < last + dark]
    if not again:
        return
    labels = {"alertname": "Errors", "service": "shop", "alertstate": "firing"}
    source = FakeSource(
        [
            samples("ALERTS", watched, 1, alertname="Watchdog", alertstate="firing"),
            samples("ALERTS", [*before, *again], 1, **labels),
        ]
    )

    (one,) = alert_history(source, HOME, None, WINDOW).intervals

    assert one.firing_at == instant(before[0])
    assert one.resolved_at is None
    assert one.evaluation_gap


def test_times_are_those_of_the_evaluations() -> None:
    """The simulation stands on whole seconds, so that ActiveAt loses nothing."""
    assert all(time % 1000 == 0 for time in TIMES)
    assert TIMES[0] == ms(at(0))
    assert timedelta(milliseconds=TIMES[1] - TIMES[0]) == STEP
