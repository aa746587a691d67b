"""Series of alerts, and the history that is read of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from collector.alerts.history import alert_history
from collector.signals.labels.home import Home
from incident.model.facts import AlertInterval
from incident.model.signals import Samples
from incident.model.spans import ms
from tests.lab_fakes import FakeSource, at, samples, span, ticks

WINDOW = span(0, 240)
STEP = timedelta(seconds=15)
HOME = Home("payments", frozenset({"prod"}), frozenset({"payments"}), frozenset({"a:1"}), frozenset())
LABELS = {"service": "payments", "namespace": "prod", "severity": "page"}


def alert(
    name: str, pending: Sequence[int], firing: Sequence[int], since: float | None, **labels: str
) -> list[Samples]:
    """An alert as rules write it: pending and firing series, and ActiveAt (minutes) beside both."""
    made = []
    for state, times in (("pending", pending), ("firing", firing)):
        if times:
            made.append(samples("ALERTS", times, 1, alertname=name, alertstate=state, **labels))
    if since is not None:
        active = sorted([*pending, *firing])
        made.append(samples("ALERTS_FOR_STATE", active, ms(at(since)) // 1000, alertname=name, **labels))
    return made


def run(name: str, start: float, fired: float, end: float, **labels: str) -> list[Samples]:
    """An alert pending from `start`, firing from `fired`, with its last sample before `end` (minutes)."""
    return alert(name, ticks(start, fired), ticks(fired, end), start, **(labels or LABELS))


def watchdog(*parts: tuple[float, float]) -> list[Samples]:
    """The heartbeat over these stretches of minutes."""
    times = [t for start, end in parts for t in ticks(start, end)]
    return [samples("ALERTS", times, 1, alertname="Watchdog", alertstate="firing")]


def history(*series: list[Samples]) -> tuple[AlertInterval, ...]:
    held = joined(one for many in series for one in many)
    return alert_history(FakeSource(held), HOME, None, WINDOW).intervals


def joined(series: object) -> list[Samples]:
    """Series of the same labels as one, as a server would hold them."""
    from collector.signals.samples.raw import joined as join

    return list(join(series))  # type: ignore[arg-type]
