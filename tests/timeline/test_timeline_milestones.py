"""Specification of milestones and durations: three clocks, and the gaps between them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from incident.model.facts import Entered
from incident.model.policy import Policy
from incident.model.spans import Moment
from incident.model.timeline import Duration, Timeline
from incident.timeline import assemble
from tests.reasoning_builders import ERRORS, alert, at
from tests.timeline.scenes import BLIND, CALM, DISPLAY, HEALTHY, LASTING, RELAPSE, STEP, Scene, box

PAGE = alert("HighErrors", "13:03", "13:42", pending="13:01")


def _duration(timeline: Timeline, name: str) -> Duration:
    (found,) = (d for d in timeline.durations if d.name == name)
    return found


def _known(moment: Moment | None) -> Moment:
    assert moment is not None
    return moment


def test_impact_has_a_start_and_an_end() -> None:
    """The first start and the last end, with their uncertainty and their query."""
    found = STEP.timeline()
    start, end = _known(found.milestones.impact_start), _known(found.milestones.recovered)

    assert start == found.episodes[0].start
    assert end == found.episodes[-1].end
    assert start.source == ERRORS.query


def test_without_impact_nothing_is_reached() -> None:
    """No milestone is invented on a healthy day."""
    reached = HEALTHY.timeline().milestones

    assert all(getattr(reached, name) is None for name in reached.__slots__)


def test_the_first_alert_is_the_first_firing_that_overlaps_impact() -> None:
    """An alert over before the impact began, and one after its end, detected nothing of it."""
    before = alert("HighErrors", "12:30", "12:40")
    during = alert("HighErrors", "13:03", "13:42", pending="13:01")
    later = alert("SlowAnswers", "13:02:30", None, nearness=PAGE.nearness)
    found = replace(STEP, alerts=(before, during, later)).timeline().milestones

    assert _known(found.first_alert_firing).at == at("13:02:30")
    assert _known(found.first_alert_firing).source.startswith("SlowAnswers: ALERTS")
    assert found.first_alert_pending is None


def test_an_alert_that_fired_before_the_impact_and_lasted_into_it_counts() -> None:
    """It overlaps, so it is the first; there is no time to detect then, and the reason is said."""
    found = replace(STEP, alerts=(alert("Early", "12:55", "13:10", pending="12:50"),)).timeline()

    assert _known(found.milestones.first_alert_firing).at == at("12:55")
    assert _duration(found, "time to detect").value is None
    assert "came before" in _duration(found, "time to detect").why_null


def test_an_alert_after_the_recovery_detected_nothing() -> None:
    """Fired at last when all was well again."""
    found = replace(STEP, alerts=(alert("Late", "13:45", "13:50"),)).timeline()

    assert found.milestones.first_alert_firing is None
    assert [a.name for a in found.alerts] == ["Late"]


def test_pending_knows_its_time_exactly() -> None:
    """Milestones of alerts carry the alert's name and the uncertainty of its evaluation."""
    found = replace(STEP, alerts=(PAGE,)).timeline().milestones

    assert _known(found.first_alert_pending).at == at("13:01")
    assert _known(found.first_alert_firing).plus_minus == PAGE.plus_minus


def test_durations_are_the_differences_of_their_ends() -> None:
    """Each duration names both ends, and is what lies between them."""
    entered = (
        Entered("acknowledged", at("13:06"), "on it", "a"),
        Entered("mitigated", at("13:38"), "rolled back", "b"),
        Entered("resolved", at("14:00"), "closed", "c"),
    )
    found = replace(STEP, alerts=(PAGE,)).timeline(*entered)

    for one in found.durations:
        left, right = getattr(found.milestones, one.start), getattr(found.milestones, one.end)
        if one.value is None:
            assert left is None or right is None
            assert one.why_null
        else:
            assert one.value == right.at - left.at
            assert one.why_null == ""
    assert _duration(found, "pending").value == timedelta(minutes=2)
    assert _duration(found, "time to acknowledge").value == timedelta(minutes=3)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("time to detect", "no alert of this service fired during the impact"),
        ("time to alert condition", "no pending state was stored (no `for`, or no alert)"),
        ("time to acknowledge", "no alert of this service fired during the impact"),
        ("time to mitigate", "not recorded"),
        ("time to improvement (inferred)", "no gradual improvement was seen"),
        ("time to resolve", "not recorded"),
    ],
)
def test_a_duration_that_is_not_known_says_why(name: str, why: str) -> None:
    """Null with its reason, never zero."""
    found = _duration(STEP.timeline(), name)

    assert (found.value, found.why_null) == (None, why)


def test_impact_that_lasts_has_no_time_to_recover() -> None:
    """Not seen to end."""
    assert _duration(LASTING.timeline(), "time to recover").why_null == "the impact was not seen to end"


def test_without_impact_durations_say_so() -> None:
    """No impact was measured, or it is unknown: two different things."""
    unseen = Scene(holes=(("11:50", "15:00"),))

    assert _duration(HEALTHY.timeline(), "time to detect").why_null == "no impact was measured"
    assert _duration(BLIND.timeline(), "time to detect").why_null == "no impact was measured"
    assert _duration(unseen.timeline(), "time to detect").why_null == "impact is unknown"


def test_alerts_that_could_not_be_read_are_not_said_to_be_silent() -> None:
    """Where ALERTS was not readable nobody knows whether one fired."""
    blind = replace(STEP.evidence(), alerts_readable=False)
    found = assemble(blind, Policy(), DISPLAY)

    assert _duration(found, "time to detect").why_null == "ALERTS could not be read"
    assert not found.alerts_readable


def test_several_episodes_have_their_sum() -> None:
    """Elapsed from first to last, impacted without the quiet between."""
    found = RELAPSE.timeline()
    elapsed = _duration(found, "time to recover").value
    impacted = _duration(found, "impacted (sum of episodes)").value

    assert elapsed is not None
    assert impacted is not None
    assert abs(elapsed - timedelta(minutes=70)) <= timedelta(minutes=1)
    assert abs(impacted - timedelta(minutes=40)) <= timedelta(minutes=1)
    both = [e.start.plus_minus + e.end.plus_minus for e in found.episodes if e.end is not None]
    assert _duration(found, "impacted (sum of episodes)").plus_minus == sum(both, timedelta(0)) > timedelta(0)


@pytest.mark.parametrize("kind", ["detected", "acknowledged", "mitigated", "resolved"])
def test_people_enter_the_milestones_of_their_clock(kind: str) -> None:
    """The earliest entry of a kind counts, and its source is said."""
    entries = [Entered(kind, at(c), "x", c) for c in ("13:20", "13:10")]
    found: Moment | None = getattr(STEP.timeline(*entries).milestones, kind)

    assert found == Moment(at("13:10"), timedelta(0), "entered")


def test_what_was_reported_was_detected() -> None:
    """A customer's report is the detection of the human clock, never of the alerting one."""
    found = STEP.timeline(Entered("reported", at("13:12"), "customers call", "r")).milestones

    assert _known(found.detected).at == at("13:12")
    assert found.first_alert_firing is None


def test_notes_and_actions_reach_no_milestone() -> None:
    """Only the kinds that name a milestone fill one."""
    entries = [Entered(kind, at("13:20"), "x", kind) for kind in ("note", "action", "declared", "escalated")]

    assert STEP.timeline(*entries).milestones == STEP.timeline().milestones


def test_people_do_not_move_what_was_measured() -> None:
    """ "Resolved" entered early does not end the impact."""
    found = STEP.timeline(Entered("resolved", at("13:20"), "fixed", "r"))

    assert found.episodes == STEP.timeline().episodes
    assert found.milestones.recovered == STEP.timeline().milestones.recovered


def test_a_second_episode_that_lasts_has_no_recovery() -> None:
    """It recovered once, came back and stayed: not recovered."""
    found = Scene(failing=box(CALM, ("13:00", "13:20", 0.4), ("14:00", "15:00", 0.4))).timeline()

    assert len(found.episodes) == 2
    assert found.milestones.recovered is None
    assert [d.name for d in found.durations if "sum" in d.name] == []


def test_a_duration_is_as_uncertain_as_both_its_ends() -> None:
    """Start and end of the impact are two measurements of one signal; two states of an alert are not."""
    found = replace(STEP, alerts=(PAGE,)).timeline()
    start, end = _known(found.milestones.impact_start), _known(found.milestones.recovered)

    assert start.plus_minus > timedelta(0)
    assert _duration(found, "time to recover").plus_minus == start.plus_minus + end.plus_minus
    assert _duration(found, "pending").plus_minus == timedelta(0)


def _sent(*sent: tuple[str, str]) -> Moment | None:
    """The milestone where these words went out at these times; the page fired at 13:03."""
    rows = [Entered("notified", at(clock), text, f"n{k}") for k, (clock, text) in enumerate(sent)]
    return replace(STEP, alerts=(PAGE,)).timeline(*rows).milestones.notified


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ([("13:06", "oncall notified: HighErrors"), ("13:04", "oncall notified: HighErrors")], "13:04"),
        ([("13:04", "oncall notified: DiskFull"), ("13:06", "oncall notified: HighErrors")], "13:06"),
        ([("13:05", "oncall notified (sms)"), ("13:08", "oncall notified (call)")], "13:05"),
        ([("12:40", "oncall notified: HighErrors"), ("13:09", "oncall notified: HighErrors")], "13:09"),
    ],
    ids=["the first of several", "the one that names the alert", "where none does the first", "not before"],
)
def test_somebody_was_told_when_the_first_alert_was_sent(sent: list[tuple[str, str]], told: str) -> None:
    """The first word of the first alert: what was sent about another, or before it fired, is not it."""
    assert _sent(*sent) == Moment(at(told), timedelta(0), "entered")


def test_what_was_sent_within_the_uncertainty_of_the_firing_was_sent_because_of_it() -> None:
    """The clock of the tool that sends and the evaluations of the rule are not one."""
    assert PAGE.firing_at is not None
    first = PAGE.firing_at - PAGE.plus_minus
    early = first - timedelta(seconds=1)

    def told(when: datetime) -> Moment | None:
        row = Entered("notified", when, "oncall notified: HighErrors", "n1")
        return replace(STEP, alerts=(PAGE,)).timeline(row).milestones.notified

    assert PAGE.plus_minus > timedelta(0)
    assert (_known(told(first)).at, told(early)) == (first, None)


def test_nobody_is_said_to_have_been_told_without_a_record() -> None:
    """No alert, or none of which anybody recorded that it was sent."""
    row = Entered("notified", at("13:04"), "oncall notified: HighErrors", "n1")

    assert _sent() is None
    assert _sent(("12:40", "oncall notified: HighErrors")) is None
    assert STEP.timeline(row).milestones.notified is None


@pytest.mark.parametrize(("earlier", "known"), [(timedelta(0), True), (timedelta(seconds=1), False)])
def test_an_order_within_the_uncertainty_is_no_contradiction(earlier: timedelta, known: bool) -> None:
    """An alert may be stamped before the impact it saw; where both cannot be off by so much, it is told."""
    start = _known(STEP.timeline().milestones.impact_start)
    fired = start.at - start.plus_minus - PAGE.plus_minus - earlier
    page = replace(PAGE, pending_at=None, firing_at=fired)
    found = _duration(replace(STEP, alerts=(page,)).timeline(), "time to detect")

    assert found.value == (fired - start.at if known else None)
    assert ("came before" in found.why_null) is not known
