"""Alert logs of Alertmanager and Grafana: when an alert fired, when it ended, and who was told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.events.joining import with_known
from collector.events.read import read_events
from collector.signals.labels.home import Home
from incident.model.facts import AlertInterval, Nearness
from incident.model.spans import Span
from tests.collect_events.telling import (
    NOW,
    OWN,
    SAMPLES,
    at,
    body,
    body_of,
    epoch_ms,
    lines,
    problems,
    read,
    stamp,
    told,
)

PAIRS = [{"key": "alertname", "value": "HighErrorRate"}, *({"key": k, "value": v} for k, v in OWN.items())]


def test_captured_webhook_bodies_are_one_alert_and_its_notifications() -> None:
    """Two bodies that a real Alertmanager sent tell one alert, its end, and when the receiver was told."""
    window = Span(datetime(2026, 11, 20, 23, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
    home = Home("demo", frozenset(), frozenset({"demo"}), frozenset(), frozenset())
    imported = read_events([SAMPLES / "am_webhook_v4.jsonl"], window=window, home=home, now=NOW, zone=None)
    (one,) = imported.alerts

    assert (one.name, one.nearness) == ("DemoFor10", Nearness.OWN)
    assert one.firing_at == datetime(2026, 11, 20, 23, 25, 7, 632000, UTC)
    assert one.resolved_at == datetime(2026, 11, 20, 23, 25, 23, 632000, UTC)
    assert one.source == "file am_webhook_v4.jsonl line 1 item 1 and am_webhook_v4.jsonl line 2 item 1"
    assert [(e.kind, e.text.split(" (file")[0]) for e in imported.entered] == [
        ("notified", "hook notified: DemoFor10 firing"),
        ("notified", "hook notified: DemoFor10 resolved"),
    ]


def test_captured_answer_of_the_api_has_no_end() -> None:
    """The end that the API gives for an alert that is active or silenced is a guess, and not read."""
    window = Span(datetime(2026, 11, 20, 23, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
    imported = read_events([SAMPLES / "am_alerts.json"], window=window, home=None, now=NOW, zone=None)

    assert [(a.name, a.resolved_at, a.nearness) for a in imported.alerts] == [
        ("DemoFor0", None, Nearness.NEARBY),
        ("DemoFor10", None, Nearness.NEARBY),
    ]


@pytest.mark.parametrize("indent", [None, 2])
def test_firing_alert_has_no_end(tmp_path: Path, indent: int | None) -> None:
    """The year 1 as the end is "still firing", in a body on one line as in one on many."""
    (one,) = read(tmp_path, json.dumps(body("HighErrorRate", 10), indent=indent)).alerts

    assert (one.pending_at, one.firing_at, one.resolved_at) == (None, at(10), None)
    assert dict(one.labels) == OWN
    assert one.plus_minus == timedelta(0)


def test_bodies_one_after_the_other_over_many_lines(tmp_path: Path) -> None:
    """What `jq .` makes of a log, objects over many lines, is read like one object a line."""
    text = "\n".join(json.dumps(one, indent=2) for one in (body("A", 10), body("B", 20)))

    assert [a.name for a in read(tmp_path, text).alerts] == ["A", "B"]


def test_repeated_notifications_are_told_once(tmp_path: Path) -> None:
    """Alertmanager's reminders of what still fires are no news."""
    imported = read(
        tmp_path, lines(*(body("A", 10, received=11 + 5 * n) for n in range(4)), body("A", 10, 40))
    )

    assert told(imported) == [("notified", at(11), "oncall notified: A firing")]
    assert [(a.firing_at, a.resolved_at) for a in imported.alerts] == [(at(10), at(40))]


def test_alert_that_fires_again_is_a_second_one(tmp_path: Path) -> None:
    """A run that ended and one that began within the minute are two."""
    imported = read(tmp_path, lines(body("A", 10, 10.2), body("A", 10.5, 12)))

    assert [(a.firing_at, a.resolved_at) for a in imported.alerts] == [(at(10), at(10.2)), (at(10.5), at(12))]


def test_flat_lines_of_a_webhook_logger(tmp_path: Path) -> None:
    """Labels stand beside the alert's fields; annotations and addresses are no labels."""
    flat = {
        "timestamp": stamp(12),
        "alertname": "HighErrorRate",
        **OWN,
        "summary": "5xx above 1 %",
        "runbook_url": "https://wiki.example/r",
        "description": "many errors",
        "status": "firing",
        "startsAt": stamp(11),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://p.example/graph",
        "externalURL": "http://am.example",
        "receiver": "oncall",
        "fingerprint": "aa",
    }
    imported = read(
        tmp_path, lines(flat, {**flat, "status": "resolved", "endsAt": stamp(30), "timestamp": stamp(31)})
    )
    (one,) = imported.alerts

    assert (one.firing_at, one.resolved_at, dict(one.labels)) == (at(11), at(30), OWN)
    assert [text for _, _, text in told(imported)] == [
        "oncall notified: HighErrorRate firing",
        "oncall notified: HighErrorRate resolved",
    ]


def test_table_of_alerts_from_a_database(tmp_path: Path) -> None:
    """An export of alerts as CSV is an alert log too; its stamps without offset need the zone."""
    row = "A,payments,resolved,2026-11-20 14:10:00,2026-11-20 14:20:00"
    text = f"alertname,service,status,startsAt,endsAt\n{row}\n"
    (one,) = read(tmp_path, text, zone=UTC).alerts

    assert (one.name, one.firing_at, one.resolved_at) == ("A", at(10), at(20))


def recorded(minutes: float, **data: object) -> dict[str, object]:
    return {"@timestamp": f"2026-11-20T14:{minutes:02.0f}:00.123456789Z", "instance": "am-0", "data": data}


@pytest.mark.parametrize("schema", [1, 2])
def test_event_recorder(tmp_path: Path, schema: int) -> None:
    """Both schemas tell the alert, its end and who was notified; the guess of the end is not read."""
    plain = {"alertname": "HighErrorRate", **OWN}
    labels = {"labels": PAIRS} if schema == 1 else plain
    alert = {"fingerprint": "1821", "name": "HighErrorRate", "labels": labels, "startsAt": stamp(10)}
    firing, over = {**alert, "endsAt": stamp(14)}, {**alert, "endsAt": stamp(30), "resolved": True}
    grouped = {"hash": "17", "details": firing} if schema == 1 else firing
    resolved = {"hash": "17", "details": over} if schema == 1 else over
    sent = {
        "alerts": [grouped],
        "groupInfo": {"receiverName": "team-a"},
        "integration": {"name": "pagerduty"},
        "reason": "NOTIFY_REASON_FIRST_NOTIFICATION",
        "flushId": "1",
    }
    again = {**sent, "reason": "NOTIFY_REASON_REPEAT_INTERVAL_ELAPSED"}
    created = recorded(10, alertCreated={"alert": firing})
    only = read(tmp_path, lines(created)).alerts
    imported = read(
        tmp_path,
        lines(
            recorded(0, alertmanagerStartupEvent={"version": "0.33.0"}),
            created,
            recorded(11, notification=sent),
            {**recorded(11, notification=sent), "instance": "am-1", "clusterPosition": 1},
            recorded(25, notification=again),
            recorded(31, alertResolved={"alert": resolved}),
        ),
    )
    (one,) = imported.alerts

    assert [a.resolved_at for a in only] == [None]
    assert (one.firing_at, one.resolved_at, dict(one.labels)) == (at(10), at(30), OWN)
    assert [(kind, text) for kind, _, text in told(imported)] == [
        ("notified", "team-a notified by pagerduty: HighErrorRate firing"),
    ]
    assert dict(imported.files[0].left_out) == {
        "of Alertmanager's own (alertmanagerStartupEvent)": 1,
        "of a notification repeated": 2,
    }


def test_silence_in_the_event_recorder(tmp_path: Path) -> None:
    """A silence is told with who, why, what and until when."""
    silence = {
        "id": "f8",
        "matchers": [{"name": "alertname", "pattern": "A", "rendered": 'alertname="A"'}],
        "startsAt": stamp(5),
        "endsAt": stamp(65),
        "createdBy": "jane",
        "comment": "known, INC-1",
    }
    imported = read(tmp_path, lines(recorded(5, silenceCreated={"silence": silence})))

    assert told(imported) == [
        ("silence", at(5), f'silence on alertname="A" until {stamp(65)} by jane: known, INC-1'),
    ]


def frame(**columns: list[object]) -> dict[str, object]:
    """A data frame as Grafana's API gives it."""
    return {
        "schema": {"fields": [{"name": name} for name in columns]},
        "data": {"values": list(columns.values())},
    }


def loki_line(before: str, state: str) -> dict[str, object]:
    return {
        "schemaVersion": 1,
        "previous": before,
        "current": state,
        "ruleTitle": "High errors",
        "labels": OWN,
    }


def test_grafana_history_of_loki(tmp_path: Path) -> None:
    """Steps of a rule become one run; while there is no data the run goes on, with a gap."""
    steps = [
        loki_line("Normal", "Pending"),
        loki_line("Pending", "Alerting"),
        loki_line("Alerting", "NoData"),
        loki_line("NoData", "Alerting"),
        loki_line("Alerting", "Normal (MissingSeries)"),
    ]
    times: list[object] = [epoch_ms(m) for m in (8, 10, 12, 14, 20)]
    (one,) = read(tmp_path, json.dumps(frame(time=times, line=list(steps), labels=[{}] * 5))).alerts

    assert (one.name, one.pending_at, one.firing_at, one.resolved_at) == (
        "High errors",
        at(8),
        at(10),
        at(20),
    )
    assert one.evaluation_gap
    assert one.nearness is Nearness.OWN


def test_grafana_history_of_annotations(tmp_path: Path) -> None:
    """The other shape has name and labels in its text; its times may be a thousand times too large."""
    text = "High errors {alertname=HighErrors, service=payments} - B=0.310000"
    times: list[object] = [epoch_ms(10), epoch_ms(20) * 1000]
    columns = frame(
        time=times, text=[text] * 2, prev=["Normal", "Alerting"], next=["Alerting", "Normal"], data=["{}"] * 2
    )
    (one,) = read(tmp_path, json.dumps({"results": columns})).alerts

    assert (one.name, one.labels, one.firing_at, one.resolved_at) == (
        "HighErrors",
        (("service", "payments"),),
        at(10),
        at(20),
    )


def test_grafana_end_without_beginning_is_named(tmp_path: Path) -> None:
    """A run whose start the file does not have is no run from a made-up time."""
    imported = read(tmp_path, json.dumps(frame(time=[epoch_ms(10)], line=[loki_line("Alerting", "Normal")])))

    assert imported.alerts == ()
    assert problems(imported) == [
        "events file given-0 line 1 item 1: "
        "High errors is resolved here; when it began to fire is not in the file"
    ]


def test_grafana_annotations_of_alerts(tmp_path: Path) -> None:
    """Annotations with a state are the alert's steps."""
    base = {"id": 1, "alertId": 7, "dashboardUID": "x", "panelId": 2, "tags": []}
    text = "HighErrors {service=payments} - B=1"
    steps = [
        {**base, "time": epoch_ms(20), "newState": "Normal", "prevState": "Alerting", "text": text},
        {**base, "time": epoch_ms(10), "newState": "Alerting", "prevState": "Normal", "text": text},
    ]
    (one,) = read(tmp_path, json.dumps(steps)).alerts

    assert (one.name, one.firing_at, one.resolved_at) == ("HighErrors", at(10), at(20))


def test_nearness_is_told_by_labels_then_by_name(tmp_path: Path) -> None:
    """Own, near by and others' alerts are told apart; others' are only counted."""
    imported = read(
        tmp_path,
        lines(
            body("A", 10, 20),
            body("B", 10, 20, namespace="prod"),
            body("C", 10, 20, service="checkout", namespace="shop"),
            body("PaymentsDown", 10, 20, severity="page"),
            body("Watchdog", 10, 20, severity="none"),
        ),
    )

    assert [(a.name, a.nearness.name) for a in imported.alerts] == [
        ("A", "OWN"),
        ("B", "NEARBY"),
        ("PaymentsDown", "OWN"),
    ]
    assert imported.alerts_elsewhere == 1
    assert str(imported.files[0]) == (
        "given-0: 5 rows (5 Alertmanager webhook), 1 of alerts that always fire, 1 of other services"
    )


def test_start_in_the_future_is_a_bad_row(tmp_path: Path) -> None:
    """No alert can have fired after now; the others of the same body stay."""
    two = body("A", 10, 20)
    alerts = two["alerts"]
    assert isinstance(alerts, list)
    alerts.append({**alerts[0], "startsAt": "9999-01-01T00:00:00Z"})
    imported = read(tmp_path, json.dumps(two))

    assert len(imported.alerts) == 1
    assert problems(imported) == [
        "events file given-0 line 1 item 2: A starts at 9999-01-01T00:00:00Z, in the future; a clock is wrong"
    ]


def test_open_end_of_long_ago_is_not_read_as_firing(tmp_path: Path) -> None:
    """An alert that began well before the lead-in and never ended in the log is named and left out."""
    imported = read(tmp_path, lines(body("Old", -600), body("Recent", -60)))

    assert [a.name for a in imported.alerts] == ["Recent"]
    assert problems(imported) == [
        "events file given-0 line 1 item 1: Old began 2026-11-20T04:00:00Z and the file does not "
        "say when it ended; left out"
    ]


def interval(name: str, firing: float, end: float | None, **labels: str) -> AlertInterval:
    ends = None if end is None else at(end)
    held = tuple(sorted(labels.items()))
    return AlertInterval(
        name, held, at(firing - 1), at(firing), ends, timedelta(seconds=15), Nearness.OWN, "ALERTS{}"
    )


def test_alert_of_metrics_and_of_a_file_is_one(tmp_path: Path) -> None:
    """What was measured keeps its times and gains the file's name; what only the file tells is added."""
    found = read(tmp_path, lines(body_of("A", {**OWN, "cluster": "lab"}, 10.3, 30), body("B", 50, 55))).alerts
    known = (interval("A", 10, None, **OWN), interval("A", 40, 45, **OWN))
    first, again, other = with_known(known, found)

    assert (first.firing_at, first.resolved_at, first.labels) == (at(10), at(30), tuple(sorted(OWN.items())))
    assert first.source == "ALERTS{} and file given-0 line 1 item 1"
    assert again == known[1]
    assert other.name == "B"
