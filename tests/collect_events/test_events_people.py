"""What people and their tools recorded: pages, pinned messages, annotations, and what Kubernetes saw."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from incident.model.facts import Nearness
from tests.collect_events.telling import at, changes, epoch_ms, event, lines, problems, read, stamp, told

INCIDENT = {
    "id": "PT4KHLK",
    "type": "incident",
    "summary": "[#1234] payments is slow",
    "title": "payments is slow",
    "incident_number": 1234,
    "created_at": stamp(10),
    "status": "resolved",
    "acknowledgements": [{"at": stamp(14), "acknowledger": {"summary": "Jane"}}],
    "resolved_at": stamp(50),
    "last_status_change_at": stamp(50),
    "last_status_change_by": {"summary": "Jane"},
    "service": {"summary": "payments"},
}


def entry(what: str, minutes: float, **more: object) -> dict[str, object]:
    return {
        "id": f"R{minutes}",
        "type": f"{what}_log_entry",
        "summary": what,
        "created_at": stamp(minutes),
        "agent": {"summary": "Jane"},
        "incident": {"id": "PT4KHLK", "type": "incident_reference", "summary": "[#1234] payments is slow"},
        **more,
    }


NAME = "PagerDuty [#1234] payments is slow"
MILESTONES = [
    ("reported", at(10), f"{NAME}: triggered"),
    ("acknowledged", at(14), f"{NAME}: acknowledged by Jane"),
    ("resolved", at(50), f"{NAME}: resolved by Jane"),
]


@pytest.mark.parametrize("wrap", ["incidents", "incident", None])
def test_pagerduty_incident_fills_the_milestones(tmp_path: Path, wrap: str | None) -> None:
    """Triggered, acknowledged and resolved are milestones, in an answer of the API as alone."""
    held: object = INCIDENT if wrap != "incidents" else [INCIDENT]

    assert told(read(tmp_path, json.dumps({wrap: held} if wrap else INCIDENT))) == MILESTONES


def test_pagerduty_log_entries(tmp_path: Path) -> None:
    """Each entry is its milestone, with who; assignments are PagerDuty's own."""
    entries = [
        entry("trigger", 10),
        entry("assign", 10),
        entry(
            "notify", 11, user={"summary": "Jane"}, channel={"type": "auto", "notification": {"type": "sms"}}
        ),
        entry("acknowledge", 14),
        entry("escalate", 20, assignees=[{"summary": "Ops"}]),
        entry("annotate", 30, channel={"type": "note", "summary": "rolled back"}),
        entry("resolve", 50),
    ]
    imported = read(tmp_path, json.dumps({"log_entries": entries, "limit": 25, "more": False}))

    assert told(imported) == [
        MILESTONES[0],
        ("notified", at(11), f"{NAME}: notified Jane (sms)"),
        MILESTONES[1],
        ("escalated", at(20), f"{NAME}: escalated to Ops"),
        ("note", at(30), f"{NAME}: rolled back"),
        MILESTONES[2],
    ]
    assert dict(imported.files[0].left_out) == {"of PagerDuty's own (assign)": 1}


def test_pagerduty_incident_and_its_log_are_told_once(tmp_path: Path) -> None:
    """The acknowledgement in both files is one row that names both."""
    imported = read(tmp_path, json.dumps(INCIDENT), json.dumps([entry("acknowledge", 14)]))

    assert told(imported) == MILESTONES
    assert imported.entered[1].source == "file given-0 line 1 and given-1 line 1"
    assert imported.merged == 1


def test_pagerduty_notes(tmp_path: Path) -> None:
    """A note on an incident is a note of its author."""
    note = {"id": "P1", "user": {"summary": "Jane"}, "content": "failover done", "created_at": stamp(22)}

    assert told(read(tmp_path, json.dumps({"notes": [note]}))) == [
        ("note", at(22), "PagerDuty: Jane: failover done")
    ]


def message(minutes: float, text: str, **more: object) -> dict[str, object]:
    return {"type": "message", "user": "U07", "text": text, "ts": f"{at(minutes).timestamp():.6f}", **more}


def test_slack_takes_pinned_messages_only(tmp_path: Path) -> None:
    """The pin is the choice; references, links and escapes read as they were shown."""
    pin = [{"name": "eyes"}, {"name": "pushpin", "users": ["U1"], "count": 1}]
    day = [
        message(10, "lunch?"),
        message(11, "hm", reactions=[{"name": "eyes"}]),
        message(
            12,
            "<@U08> rolled back, see <https://ci.example/1|build 1> in <#C1|ops> &lt;done&gt; <!here>",
            reactions=pin,
            user_profile={"display_name": "jane", "real_name": "Jane Doe"},
        ),
    ]
    imported = read(tmp_path, json.dumps(day, indent=2))

    assert told(imported) == [
        ("note", at(12), "jane: @U08 rolled back, see build 1 (https://ci.example/1) in #ops <done> @here")
    ]
    assert dict(imported.files[0].left_out) == {"without :pushpin:": 2}


def test_grafana_annotations_with_a_deploy_tag_are_deploys(tmp_path: Path) -> None:
    """Markers that CI writes are changes; whose is told by text and tags. Other annotations are notes."""
    base = {"dashboardUID": "x", "panelId": 2, "newState": "", "prevState": ""}
    marks = [
        {
            **base,
            "time": epoch_ms(5),
            "timeEnd": epoch_ms(7),
            "text": "payments 2.7.1",
            "tags": ["deploy", "prod"],
        },
        {**base, "time": epoch_ms(6), "timeEnd": epoch_ms(6), "text": "release 9", "tags": ["type:release"]},
        {**base, "time": epoch_ms(30), "text": "looked at the pool", "tags": []},
    ]
    imported = read(tmp_path, json.dumps(marks))

    assert changes(imported) == [("deploy", at(5), "payments 2.7.1"), ("deploy", at(6), "release 9")]
    assert [c.nearness for c in imported.changes] == [Nearness.OWN, Nearness.NEARBY]
    assert [c.until for c in imported.changes] == [at(7), None]
    assert told(imported) == [("note", at(30), "looked at the pool")]


def test_graphite_style_event(tmp_path: Path) -> None:
    """`what`, `when`, `tags` and `data` are read as Grafana takes them, tags in one text too."""
    marks = {
        "what": "payments deployed",
        "tags": "deploy prod",
        "when": round(at(5).timestamp()),
        "data": "x",
    }

    assert changes(read(tmp_path, json.dumps(marks))) == [("deploy", at(5), "payments deployed")]


def test_kubernetes_events_by_kind_and_time(tmp_path: Path) -> None:
    """Each reason has its kind; the time is the first that is told; routine is left out."""
    elsewhere = {"kind": "Pod", "namespace": "shop", "name": "checkout-7d9f8b6c5-abcde"}
    items = [
        event("OOMKilled", "Memory limit reached", "payments-7d9f8b6c5-abcde", lastTimestamp=stamp(9)),
        event("Pulled", "Container image pulled", "payments-7d9f8b6c5-abcde", lastTimestamp=stamp(9)),
        event(
            "Killing",
            "Stopping container app",
            "payments-7d9f8b6c5-abcde",
            eventTime="2026-11-20T14:12:00.000000Z",
        ),
        event("Failed", "Error: ErrImagePull", "payments-7d9f8b6c5-abcde"),
        dict(event("Killing", "Stopping", "checkout-7d9f8b6c5-abcde")) | {"involvedObject": elsewhere},
    ]
    imported = read(tmp_path, json.dumps({"kind": "List", "items": items}, indent=1))

    assert changes(imported) == [
        ("target_down", at(1), "Failed: Error: ErrImagePull"),
        ("oom_kill", at(9), "OOMKilled: Memory limit reached"),
        ("restart", at(12), "Killing: Stopping container app"),
    ]
    assert {c.subject for c in imported.changes} == {"Pod/payments-7d9f8b6c5-abcde"}
    assert dict(imported.files[0].left_out) == {"of a kind without a row (Pulled)": 1, "of other services": 1}


def test_kubernetes_series_is_one_row(tmp_path: Path) -> None:
    """The same reason on the pods of one workload is one row with count and span."""
    items = [
        event("Unhealthy", "probe failed: 503", f"payments-7d9f8b6c5-abcd{n}", count=10,
              firstTimestamp=stamp(10 + n), lastTimestamp=stamp(20 + n))
        for n in range(3)
    ]  # fmt: skip
    (one,) = read(tmp_path, lines(*items)).changes

    assert (one.at, one.until, one.count, one.subject) == (at(10), at(22), 30, "payments")
    assert one.title == "Unhealthy: probe failed: 503 (30 times)"


def test_kubernetes_event_from_before_the_window_keeps_its_last_sight(tmp_path: Path) -> None:
    """What recurs since long ago is dated in the window, and says since when."""
    old = event("BackOff", "restarting", "payments-7d9f8b6c5-abcde", count=400,
                firstTimestamp=stamp(-3000), lastTimestamp=stamp(15))  # fmt: skip
    (one,) = read(tmp_path, json.dumps(old)).changes

    assert (one.at, one.until) == (at(15), None)
    assert one.title == f"BackOff: restarting (400 times), since {stamp(-3000)}"


def test_kubernetes_scalings_stay_apart_and_two_dumps_are_one(tmp_path: Path) -> None:
    """Each scaling is a fact of its own; a later dump of the same event only says more of it."""
    about = {"kind": "Deployment", "namespace": "prod", "name": "payments"}

    def scaled(minutes: float, words: str, uid: str) -> dict[str, object]:
        times = {"firstTimestamp": stamp(minutes), "lastTimestamp": stamp(minutes)}
        made = dict(event("ScalingReplicaSet", words, "x", **times))
        return made | {"involvedObject": about, "metadata": {"namespace": "prod", "uid": uid}}

    up, down = scaled(10, "Scaled up to 12 from 4", "u1"), scaled(12, "Scaled down to 4 from 12", "u2")
    imported = read(tmp_path, lines(up, down), lines(up))

    assert changes(imported) == [
        ("scale", at(10), "ScalingReplicaSet: Scaled up to 12 from 4"),
        ("scale", at(12), "ScalingReplicaSet: Scaled down to 4 from 12"),
    ]
    assert [c.nearness for c in imported.changes] == [Nearness.OWN] * 2


def test_events_of_the_newer_group(tmp_path: Path) -> None:
    """events.k8s.io says note, regarding and series where the core group says message and count."""
    newer = {
        "kind": "Event",
        "regarding": {"kind": "Node", "name": "node-3"},
        "reason": "NodeNotReady",
        "note": "Node node-3 status is now: NodeNotReady",
        "eventTime": stamp(10),
        "deprecatedCount": 1,
        "series": {"count": 3, "lastObservedTime": stamp(12)},
        "metadata": {"name": "node-3.1"},
    }
    (one,) = read(tmp_path, json.dumps(newer)).changes

    assert (one.kind.value, one.at, one.until, one.count) == ("node", at(10), at(12), 3)
    assert one.nearness is Nearness.NEARBY


def test_unreadable_time_of_one_record_keeps_the_others(tmp_path: Path) -> None:
    """A PagerDuty entry with a broken time is named, its neighbours are taken."""
    imported = read(
        tmp_path, lines(entry("trigger", 10), {**entry("resolve", 50), "created_at": "yesterday"})
    )

    assert told(imported) == MILESTONES[:1]
    assert len(problems(imported)) == 1
    assert problems(imported)[0].startswith("events file given-0 line 2: time 'yesterday'")
