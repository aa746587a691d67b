"""Every simulated incident through the whole command, its `timeline.json` held against what happened.

Each is asked for in up to three windows: all of the data (so that nothing lies before it), tight around
the impact, and beginning ten minutes into it. Nothing is configured but address, service and window.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.flow.conftest import LabRuns
from tests.flow.lab_runs import BYSTANDER, LabDraft
from tests.lab.catalogue import INCIDENTS
from tests.lab.truth import Impact, Truth
from tests.timeline.schema import faults

pytestmark = pytest.mark.server

ALERT_S = 15.0
"""Rules are evaluated every 15 s; ALERTS knows a moment no better."""
CHANGE_S = 60.0
RATIO = 0.03
LOST = 0.10
FEW = 10
"""Requests by which a count may be off where few are counted: those of a scrape or two."""
STEP_S = 60.0
"""A change of state within an episode is seen in a rate over a minute or more."""
TARGET_S = 30.0

CHANGES = {"restart", "deploy", "rollback", "scale", "config_reload", "oom_kill", "failover", "node"}
CONCENTRATED = {"bad_canary": [("route", ["/pay"]), ("version", ["2.7.1"])]}
"""On what the failures really concentrate; in all other incidents they befall requests alike."""
TARGETS = {"target_down", "target_up"}
LATE = timedelta(minutes=10)


def _windows(name: str) -> list[str]:
    """The windows in which an incident is asked for, as its truth will name them."""
    impacts = INCIDENTS[name]().impacts
    if not impacts:
        return ["whole"]
    first, last = impacts[0].start, impacts[-1].end
    return ["whole", "tight", "late"] if last is None or last - first > LATE else ["whole", "tight"]


CASES = [(name, window) for name in INCIDENTS for window in _windows(name)]
every_draft = pytest.mark.parametrize(("incident", "window"), CASES)
each_incident = pytest.mark.parametrize("incident", list(INCIDENTS))


def _told(runs: LabRuns, incident: str, window: str) -> tuple[Truth, dict[str, Any]]:
    run = runs[incident]
    return run.truth, run.drafts[window].timeline


def _at(text: str | None) -> datetime:
    assert text is not None, "an instant is missing"
    return datetime.fromisoformat(text)


def _apart(text: str | None, at: datetime | None) -> float:
    """Seconds between a told instant and the true one; infinite where only one of them is there."""
    if text is None or at is None:
        return 0.0 if text is None and at is None else float("inf")
    return abs((_at(text) - at).total_seconds())


def _of(timeline: dict[str, Any], kinds: set[str]) -> list[dict[str, Any]]:
    return [event for event in timeline["events"] if event["kind"] in kinds]


@every_draft
def test_a_complete_draft_is_written(incident: str, window: str, lab_runs: LabRuns) -> None:
    """Nothing failed: the code is 0, no error is on stderr, and the schema describes the document."""
    draft = lab_runs[incident].drafts[window]

    assert (draft.ran.code, draft.ran.errors) == (0, [])
    assert list(faults(draft.timeline)) == []


@every_draft
def test_the_status_is_true(incident: str, window: str, lab_runs: LabRuns) -> None:
    """Recovered, ongoing, or no impact."""
    truth, timeline = _told(lab_runs, incident, window)

    assert timeline["status"] == truth.status


@every_draft
def test_each_episode_is_found_and_none_is_made_up(incident: str, window: str, lab_runs: LabRuns) -> None:
    """As many episodes as there were, each bound as near as the incident lets one see it."""
    truth, timeline = _told(lab_runs, incident, window)
    episodes = timeline["impact"]["episodes"]

    assert len(episodes) == len(truth.episodes)
    for told, true in zip(episodes, truth.episodes, strict=True):
        assert _apart(told["start"], true.start) <= truth.start_tolerance_s
        assert _apart(told["end"], true.end) <= truth.end_tolerance_s


@every_draft
def test_the_impact_spans_its_episodes(incident: str, window: str, lab_runs: LabRuns) -> None:
    """First start to last end, null while it lasts; the sum of the episodes beside it."""
    truth, timeline = _told(lab_runs, incident, window)
    impact = timeline["impact"]
    episodes = impact["episodes"]

    assert impact["start"] == (episodes[0]["start"] if episodes else None)
    assert impact["end"] == (episodes[-1]["end"] if episodes else None)
    if truth.status == "recovered":
        lengths = [(_at(one["end"]) - _at(one["start"])).total_seconds() for one in episodes]
        assert impact["impacted_s"] == pytest.approx(sum(lengths))
        assert impact["elapsed_s"] == pytest.approx(
            (_at(impact["end"]) - _at(impact["start"])).total_seconds()
        )
    else:
        assert (impact["elapsed_s"], impact["impacted_s"]) == (None, None)


@every_draft
def test_only_what_held_and_came_back_is_a_relapse(incident: str, window: str, lab_runs: LabRuns) -> None:
    """One for the store, none elsewhere, also none after a gap in the data."""
    truth, timeline = _told(lab_runs, incident, window)

    assert len(_of(timeline, {"relapse"})) == truth.relapses


@every_draft
def test_states_are_right(incident: str, window: str, lab_runs: LabRuns) -> None:
    """The worst of each episode, and the worst of all."""
    truth, timeline = _told(lab_runs, incident, window)

    assert [one["state"] for one in timeline["impact"]["episodes"]] == [one.state for one in truth.episodes]
    assert timeline["impact"]["state"] == (truth.episodes[0].state if truth.episodes else None)


@every_draft
def test_an_episode_worsens_when_it_did(incident: str, window: str, lab_runs: LabRuns) -> None:
    """Each step to a worse state within an episode is an event at its time; there is none else."""
    truth, timeline = _told(lab_runs, incident, window)
    steps = [at for episode in truth.episodes for at in _worsened(episode)]
    told = _of(timeline, {"worsened"})

    assert len(told) == len(steps)
    assert all(_apart(event["at"], at) <= STEP_S for event, at in zip(told, steps, strict=True))


def _worsened(episode: Impact) -> list[datetime]:
    order = ["degraded", "partial_outage", "down"]
    pairs = zip(episode.phases, episode.phases[1:], strict=False)
    return [b.start for a, b in pairs if a.end == b.start and order.index(b.state) > order.index(a.state)]


@every_draft
def test_no_alert_is_invented_or_lost(incident: str, window: str, lab_runs: LabRuns) -> None:
    """Every firing of the service's alerts, exact to an evaluation, and no other service's."""
    truth, timeline = _told(lab_runs, incident, window)
    true = sorted((a for a in truth.alerts if a.firing_at), key=lambda a: (a.name, a.firing_at))
    told = sorted(
        (a for a in timeline["alerts"] if a["firing_at"]), key=lambda a: (a["name"], a["firing_at"])
    )

    assert [alert["name"] for alert in told] == [alert.name for alert in true]
    for one, alert in zip(told, true, strict=True):
        assert alert.labels.items() <= one["labels"].items()
        assert _apart(one["pending_at"], alert.pending_at) <= ALERT_S
        assert _apart(one["firing_at"], alert.firing_at) <= ALERT_S
        assert _apart(one["resolved_at"], alert.resolved_at) <= ALERT_S


@every_draft
def test_what_was_only_pending_is_not_told_as_fired(incident: str, window: str, lab_runs: LabRuns) -> None:
    """An alert without a firing was pending at a time when it truly was."""
    truth, timeline = _told(lab_runs, incident, window)
    pending = [alert for alert in truth.alerts if alert.firing_at is None]

    for one in (alert for alert in timeline["alerts"] if alert["firing_at"] is None):
        assert any(
            one["name"] == true.name and _apart(one["pending_at"], true.pending_at) <= ALERT_S
            for true in pending
        )


@every_draft
def test_the_first_alert_is_the_first_that_fired_in_the_impact(
    incident: str, window: str, lab_runs: LabRuns
) -> None:
    """The clock of alerting starts with it; null where none fired."""
    truth, timeline = _told(lab_runs, incident, window)
    first = min((a.firing_at for a in truth.alerts if a.firing_at), default=None)
    told = timeline["milestones"]["first_alert_firing"]

    assert _apart(told and told["at"], first) <= ALERT_S


@every_draft
def test_every_change_is_told_and_no_other(incident: str, window: str, lab_runs: LabRuns) -> None:
    """Restarts, deploys and scalings within a minute, a rolling one once."""
    truth, timeline = _told(lab_runs, incident, window)
    true = sorted(truth.changes, key=lambda change: (change.kind, change.at))
    told = sorted(_of(timeline, CHANGES), key=lambda event: (event["kind"], event["at"]))

    assert [event["kind"] for event in told] == [change.kind for change in true]
    for event, change in zip(told, true, strict=True):
        assert _apart(event["at"], change.at) <= CHANGE_S


@every_draft
def test_targets_go_and_come_only_with_an_outage(incident: str, window: str, lab_runs: LabRuns) -> None:
    """A target is told as down or up again where the service was truly down, nowhere else."""
    truth, timeline = _told(lab_runs, incident, window)
    bounds = [at for one in truth.episodes if one.state == "down" for at in (one.start, one.end)]

    for event in _of(timeline, TARGETS):
        assert min(_apart(event["at"], at) for at in bounds) <= TARGET_S


@every_draft
def test_the_failed_ratio_is_near_the_true_one(incident: str, window: str, lab_runs: LabRuns) -> None:
    """Over exactly the episodes; null where nothing was there to count."""
    truth, timeline = _told(lab_runs, incident, window)
    told, true = timeline["impact"]["requests"], truth.requests

    if true is None:
        assert told is None
    elif true.failed_ratio is None:
        assert told["failed_ratio"] is None
    else:
        assert told["failed_ratio"] == pytest.approx(true.failed_ratio, abs=RATIO)
        assert told["total"] == pytest.approx(true.total, rel=0.05, abs=FEW)
        assert told["failed"] == pytest.approx(true.failed, rel=0.05, abs=FEW)


@every_draft
def test_failures_before_the_first_alert_are_counted(incident: str, window: str, lab_runs: LabRuns) -> None:
    """What users suffered before anyone was told; null where no alert fired."""
    truth, timeline = _told(lab_runs, incident, window)
    told, true = timeline["impact"]["requests"], truth.requests

    if true is None or true.failed_before_alert is None:
        assert told is None or told["failed_before_alert"] is None
    else:
        # Requests are counted at scrapes, and whole intervals lie to either side of the two bounds.
        assert told["failed_before_alert"] == pytest.approx(true.failed_before_alert, rel=0.10, abs=FEW)


@every_draft
def test_lost_requests_are_the_headline_where_nothing_answered(
    incident: str, window: str, lab_runs: LabRuns
) -> None:
    """Within a tenth of those that were really lost; next to none elsewhere."""
    truth, timeline = _told(lab_runs, incident, window)
    told, true = timeline["impact"]["requests"], truth.requests

    if true is None:
        assert told is None
    elif true.lost > true.arrived / 2:
        assert told["lost"] == pytest.approx(true.lost, rel=LOST)
        assert told["expected"]["low"] < true.expected < told["expected"]["high"]
    else:
        assert (told["lost"] or 0) < true.arrived / 20


@every_draft
def test_what_could_not_be_seen_is_told(incident: str, window: str, lab_runs: LabRuns) -> None:
    """A gap in the monitoring is an unknown of its own, as long as it was."""
    truth, timeline = _told(lab_runs, incident, window)

    for gap in truth.unknown:
        assert any(
            one["start"]
            and one["end"]
            and _apart(one["start"], gap.start) <= TARGET_S
            and _apart(one["end"], gap.end) <= TARGET_S
            for one in timeline["unknowns"]
        )


@every_draft
def test_nothing_of_the_bystander_comes_in(incident: str, window: str, lab_runs: LabRuns) -> None:
    """Neither its alerts, nor an event that names it."""
    truth, timeline = _told(lab_runs, incident, window)
    texts = [f"{event['subject']} {event['title']}" for event in timeline["events"]]

    assert [text for text in texts if truth.bystander in text] == []
    assert [a["name"] for a in timeline["alerts"] if a["labels"].get("service") != truth.service] == []


@each_incident
def test_the_bystander_is_well(incident: str, lab_runs: LabRuns) -> None:
    """The service beside an incident was measured, and nothing happened to it."""
    run = lab_runs[incident]
    draft: LabDraft = run.drafts[BYSTANDER]
    measured = [signal["name"] for signal in draft.timeline["signals"] if signal["role"] == "impact"]

    assert (draft.ran.code, draft.ran.errors) == (0, [])
    assert draft.timeline["status"] == "no_impact"
    assert draft.timeline["impact"]["episodes"] == []
    assert draft.timeline["alerts"] == []
    assert _of(draft.timeline, CHANGES | TARGETS) == []
    assert measured


@pytest.mark.parametrize("incident", ["healthy", "second_reset"])
def test_a_quiet_day_has_its_changes_and_nothing_else(incident: str, lab_runs: LabRuns) -> None:
    """A daily rhythm, hourly batches and restarts without effect are no rows of a timeline."""
    truth, timeline = _told(lab_runs, incident, "whole")
    rows = [event["kind"] for event in timeline["events"] if event["main"]]

    assert rows == [change.kind for change in truth.changes]


@pytest.mark.parametrize("window", ["whole", "tight", "late"])
@pytest.mark.parametrize("incident", ["ongoing"])
def test_an_outage_that_goes_on_has_no_end(incident: str, window: str, lab_runs: LabRuns) -> None:
    """Neither an end, nor a recovery, nor a time to recover."""
    _, timeline = _told(lab_runs, incident, window)
    recovery = [d for d in timeline["durations"] if d["to"] == "recovered"]

    assert timeline["impact"]["end"] is None
    assert timeline["milestones"]["recovered"] is None
    assert [d["seconds"] for d in recovery] == [None] * len(recovery)
    assert all(d["why_null"] for d in recovery)
    assert _of(timeline, {"recovered"}) == []


@every_draft
def test_where_it_hurt_is_true(incident: str, window: str, lab_runs: LabRuns) -> None:
    """What the failures concentrate on is named with its shares to within 1 %; what is even never is."""
    truth, timeline = _told(lab_runs, incident, window)
    told = [one for one in timeline["impact"]["breakdown"] if one["concentrated"]]

    assert [(one["label"], [v["value"] for v in one["values"]]) for one in told] == CONCENTRATED.get(
        incident, []
    )
    for one in told:
        (value,) = one["values"]
        (true,) = [p for p in truth.portions if (p.label, p.value) == (one["label"], value["value"])]
        same = [p for p in truth.portions if p.label == one["label"]]
        assert value["share"] == pytest.approx(true.failed / sum(p.failed for p in same), abs=0.01)
        assert value["share_of_requests"] == pytest.approx(true.total / sum(p.total for p in same), abs=0.01)


@each_incident
def test_a_healthy_service_hurts_nowhere(incident: str, lab_runs: LabRuns) -> None:
    """Of the service beside it nothing is broken down."""
    assert lab_runs[incident].drafts[BYSTANDER].timeline["impact"]["breakdown"] == []
