"""Specification of the rows that others recorded: alerts, changes, and what people entered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from incident.model.facts import AlertInterval, Change, ChangeKind, Entered, Nearness
from incident.model.timeline import EventOrigin, Timeline
from tests.reasoning_builders import alert, at, change
from tests.timeline.scenes import CALM, HEALTHY, STEP, Scene, box, kinds, row

PAGE = alert("HighErrors", "13:03", "13:42", pending="13:01")


def _alerted(*alerts: AlertInterval, scene: Scene = STEP) -> Timeline:
    return replace(scene, alerts=alerts).timeline()


def _changed(*changes: Change, scene: Scene = STEP) -> Timeline:
    return replace(scene, changes=changes).timeline()


def _main(timeline: Timeline, kind: str) -> list[str]:
    return [e.subject for e in timeline.events if e.kind == kind and e.main]


def test_an_alert_is_told_by_its_condition_its_firing_and_its_end() -> None:
    """Pending, firing, resolved: each at its own time, all of the same alert."""
    told = _alerted(PAGE)
    rows = [e for e in told.events if e.origin is EventOrigin.ALERT]

    assert [(e.kind, e.at) for e in rows] == [
        ("alert_pending", at("13:01")),
        ("alert_firing", at("13:03")),
        ("alert_resolved", at("13:42")),
    ]
    assert {e.subject for e in rows} == {"HighErrors"}
    assert all(e.main and e.query == PAGE.source for e in rows)
    assert [e.plus_minus for e in rows] == [timedelta(0), timedelta(seconds=15), timedelta(seconds=15)]


def test_an_alert_that_fired_often_is_not_told_as_one_long_firing() -> None:
    """On the first page stand its first firing and its last end; both say that there were others."""
    told = _alerted(*(alert("HighErrors", f"13:{m:02d}", f"13:{m + 5:02d}") for m in (3, 13, 23)))
    main = [e.title for e in told.events if e.origin is EventOrigin.ALERT and e.main]

    assert main == ["HighErrors firing, the first of 3 times", "HighErrors resolved for the last time"]


def test_an_alert_that_ended_unseen_is_not_said_to_have_resolved() -> None:
    """Nothing was evaluated from its last sample on; at this time it was seen to be gone."""
    told = _alerted(replace(PAGE, ended_unseen=True))

    assert row(told, "alert_resolved").title == "HighErrors gone when rules were evaluated again"


def test_an_alert_still_active_has_no_end() -> None:
    """No row of a resolve that was not seen."""
    assert "alert_resolved" not in kinds(_alerted(alert("HighErrors", "13:03", None)))


def test_an_alert_without_a_hold_has_no_pending_row() -> None:
    """Firing from the first evaluation on: pending and firing are one instant, told once."""
    told = _alerted(alert("HighErrors", "13:03", "13:42", pending="13:03"))

    assert "alert_pending" not in kinds(told)


def test_an_alert_that_only_was_pending_is_a_supporting_row() -> None:
    """Nobody was paged; it is not among the firing intervals."""
    told = _alerted(alert("HighErrors", None, None, pending="13:05"))

    assert kinds(told, main=False).count("alert_pending") == 1
    assert "alert_pending" not in kinds(told, main=True)
    assert told.alerts == ()


def test_only_the_first_firing_of_an_alert_is_on_the_first_page() -> None:
    """An alert that fires three times is told once; the others are supporting."""
    again = [alert("HighErrors", f"13:{m}", f"13:{m + 5}") for m in (3, 13, 23)]
    told = _alerted(*again)

    assert _main(told, "alert_firing") == ["HighErrors"]
    assert kinds(told).count("alert_firing") == 3
    assert len(told.alerts) == 3


def test_of_several_alerts_the_first_pending_and_the_last_end_are_told() -> None:
    """The first condition, each first firing, the last resolve."""
    slow = alert("SlowAnswers", "13:06", "13:55", pending="13:04")
    told = _alerted(PAGE, slow)

    assert _main(told, "alert_pending") == ["HighErrors"]
    assert _main(told, "alert_firing") == ["HighErrors", "SlowAnswers"]
    assert _main(told, "alert_resolved") == ["SlowAnswers"]


def test_the_alert_of_a_rule_that_fired_for_a_neighbour_before_is_on_the_first_page() -> None:
    """One rule watches many services: what it said of another does not stand for what it said of this one."""
    near = alert("HighErrors", "12:30", "12:45", pending="12:28", nearness=Nearness.NEARBY, service="cart")
    told = _alerted(near, PAGE)
    rows = [(e.title, e.main) for e in told.events if e.origin is EventOrigin.ALERT]

    assert rows == [
        ("HighErrors (nearby) condition true", False),
        ("HighErrors (nearby) firing", False),
        ("HighErrors (nearby) resolved", False),
        ("HighErrors condition true", True),
        ("HighErrors firing", True),
        ("HighErrors resolved", True),
    ]


def test_the_firing_that_told_of_the_impact_is_on_the_first_page_also_where_it_was_not_the_first() -> None:
    """It is the milestone that the summary names; an hour before, the same alert told of something else."""
    told = _alerted(alert("HighErrors", "12:20", "12:30"), PAGE)
    main = [(e.at, e.title) for e in told.events if e.kind == "alert_firing" and e.main]

    assert main == [
        (at("12:20"), "HighErrors firing, the first of 2 times"),
        (at("13:03"), "HighErrors firing"),
    ]
    assert told.milestones.first_alert_firing is not None
    assert told.milestones.first_alert_firing.at == at("13:03")


def test_alerts_of_the_neighbourhood_are_supporting() -> None:
    """They are listed apart, and never say when this service was detected."""
    near = replace(PAGE, name="NodePressure", nearness=Nearness.NEARBY)
    told = _alerted(near)

    assert "alert_firing" not in kinds(told, main=True)
    assert told.alerts == ()
    assert [a.name for a in told.alerts_nearby] == ["NodePressure"]
    assert told.milestones.first_alert_firing is None


def test_an_alert_that_names_nothing_is_this_services_where_it_fired_in_its_impact() -> None:
    """Aggregated over everything, and it fired while this service was bad."""
    anybody = alert("ErrorBudget", "13:03", "13:42", nearness=Nearness.NEARBY, severity="page")
    told = _alerted(anybody)

    assert [a.name for a in told.alerts] == ["ErrorBudget"]
    assert told.milestones.first_alert_firing is not None


def test_an_alert_that_names_nothing_stays_nobodys_without_impact() -> None:
    """Outside of the impact it may be anybody's."""
    anybody = alert("ErrorBudget", "14:30", "14:40", nearness=Nearness.NEARBY, severity="page")

    assert _alerted(anybody).alerts == ()


def test_alerts_over_before_the_window_are_not_told() -> None:
    """What was resolved in the lead-in is history."""
    assert _alerted(alert("Old", "11:00", "11:30")).events == STEP.timeline().events


def test_an_alert_active_since_before_the_window_keeps_its_rows() -> None:
    """It fired before the window and was still active in it."""
    told = _alerted(alert("Old", "11:00", "12:30"))

    assert [e.at for e in told.events if e.kind == "alert_firing"] == [at("11:00")]


def test_an_alert_active_at_the_first_sample_says_so() -> None:
    """Its true begin is not known."""
    told = _alerted(replace(PAGE, pending_at=None, began_before=True))

    assert "since before the first sample read" in row(told, "alert_firing").title
    assert "since before" not in row(told, "alert_resolved").title


def test_a_change_of_this_service_near_the_impact_is_on_the_first_page() -> None:
    """A deploy four minutes before: a row beside the onset, with its own query, no word of cause."""
    told = _changed(change(ChangeKind.DEPLOY, "12:56"))
    deploy = row(told, "deploy")

    assert deploy.origin is EventOrigin.CHANGE
    assert deploy.title == "deploy of shop"
    assert deploy.query == "shop_build_info"
    assert kinds(told, main=True) == ["deploy", "degraded", "recovered"]


@pytest.mark.parametrize(
    ("clock", "main"), [("12:01", True), ("13:20", True), ("14:09", True), ("14:12", False)]
)
def test_changes_far_from_the_impact_are_supporting(clock: str, main: bool) -> None:
    """An hour before the onset to half an hour after the end is near."""
    assert ("scale" in kinds(_changed(change(ChangeKind.SCALE, clock)), main=True)) is main


def test_changes_outside_the_window_are_not_told() -> None:
    """The lead-in serves the baseline, not the timeline."""
    assert kinds(_changed(change(ChangeKind.DEPLOY, "11:30"))) == kinds(STEP.timeline())


@pytest.mark.parametrize("nearness", [Nearness.NEARBY, Nearness.ELSEWHERE])
def test_changes_of_others_are_supporting(nearness: Nearness) -> None:
    """A neighbour's deploy is evidence, not a row of the first page."""
    assert "deploy" in kinds(_changed(change(ChangeKind.DEPLOY, "12:56", nearness=nearness)), main=False)


@pytest.mark.parametrize("kind", [ChangeKind.TARGET_DOWN, ChangeKind.TARGET_UP])
def test_single_targets_are_supporting(kind: ChangeKind) -> None:
    """One target of several going is part of every restart."""
    assert kind.value in kinds(_changed(change(kind, "13:10")), main=False)


def test_without_impact_a_deploy_is_all_there_is_to_tell() -> None:
    """The healthy day tells its rolling deploy, and folds a single restart."""
    deploy = change(ChangeKind.DEPLOY, "13:00")
    restart = change(ChangeKind.RESTART, "13:30", value="1709645400")
    rolling = change(ChangeKind.RESTART, "14:00", until="14:05", value="1709647200", count=4)
    told = _changed(deploy, restart, rolling, scene=HEALTHY)

    assert kinds(told, main=True) == ["deploy", "restart"]
    assert row(told, "restart").until == at("14:05")
    assert kinds(told, main=False) == ["restart"]


def test_what_people_entered_is_told_in_their_words() -> None:
    """Notes and milestones keep their text, their id and their place in time."""
    note = Entered("action", at("13:20"), "restarted the *cache* | by hand", "note-1")
    told = STEP.timeline(note)
    entered = row(told, "action")

    assert entered.title == "restarted the *cache* | by hand"
    assert (entered.id, entered.origin, entered.plus_minus) == ("note-1", EventOrigin.ENTERED, timedelta(0))
    assert kinds(told, main=True) == ["degraded", "action", "recovered"]


def test_what_people_entered_is_kept_wherever_it_lies() -> None:
    """A note from before or after the window is still a row: no word of a person is dropped."""
    early, late = Entered("note", at("09:00"), "a", "n1"), Entered("resolved", at("18:00"), "b", "n2")
    found = [e.id for e in STEP.timeline(early, late).events]

    assert found[0] == "n1"
    assert found[-1] == "n2"


def _busy() -> Scene:
    """Thirty scalings beside a deploy, an alert and the impact."""
    scalings = [change(ChangeKind.SCALE, f"13:{m}", value=f"{m} -> {m + 1}") for m in range(5, 35)]
    deploy = change(ChangeKind.DEPLOY, "13:36")
    return replace(STEP, changes=(*scalings, deploy), alerts=(PAGE,))


def test_the_first_page_has_fourteen_rows_at_most() -> None:
    """What is only supporting is folded, the latest first; no row is lost."""
    told = _busy().timeline()
    main = kinds(told, main=True)

    assert len(main) == 14
    assert len(told.events) == 30 + 1 + 3 + 2 + 1
    assert {"degraded", "recovered", "alert_firing", "deploy"} <= set(main)
    kept = [e.at for e in told.events if e.kind == "scale" and e.main]
    folded = [e.at for e in told.events if e.kind == "scale" and not e.main]
    assert max(kept) < min(folded)


def test_of_many_deploys_those_nearest_to_the_start_stay_on_the_first_page() -> None:
    """A release train is told in the evidence; what the impact did is never folded."""
    train = [change(ChangeKind.DEPLOY, f"12:{m}", value=f"{m} -> {m + 1}") for m in range(20, 50)]
    told = replace(STEP, changes=tuple(train), alerts=(PAGE,)).timeline()
    kept = [e.at for e in told.events if e.kind == "deploy" and e.main]
    folded = [e.at for e in told.events if e.kind == "deploy" and not e.main]

    assert len(kinds(told, main=True)) == 14
    assert {"degraded", "recovered", "alert_firing"} <= set(kinds(told, main=True))
    assert kept
    assert max(folded) < min(kept)


def test_the_rows_of_people_never_count_against_the_page() -> None:
    """Whatever is folded, notes stay."""
    notes = [Entered("note", at(f"13:{m}"), "x", f"n{m}") for m in range(20)]
    told = _busy().timeline(*notes)

    assert sum(e.main for e in told.events if e.origin is EventOrigin.ENTERED) == 20


def test_rows_are_in_order_of_time() -> None:
    """At one instant impact comes before alerts, alerts before changes, changes before notes."""
    onset = row(STEP.timeline(), "degraded").at
    clock = onset.strftime("%H:%M:%S")
    note = Entered("note", onset, "it began", "n1")
    scene = replace(STEP, changes=(change(ChangeKind.DEPLOY, clock),), alerts=(alert("A", clock, "13:42"),))
    told = scene.timeline(note)

    assert all(a.at <= b.at for a, b in pairwise(told.events))
    assert [e.kind for e in told.events if e.at == onset] == ["degraded", "alert_firing", "deploy", "note"]


def test_a_busy_second_episode_does_not_hide_the_first_page_of_the_first() -> None:
    """Onsets, relapses and ends stay however full the page is."""
    scene = replace(_busy(), failing=box(CALM, ("13:00:20", "13:40:10", 0.4), ("14:10", "14:30", 0.4)))
    main = kinds(scene.timeline(), main=True)

    assert [k for k in main if k in ("degraded", "recovered", "relapse")] == [
        "degraded",
        "recovered",
        "relapse",
        "recovered",
    ]
