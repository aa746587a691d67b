"""The words of the first page: measured, short, and honest about what is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from incident.model.facts import Unknown
from incident.model.signals import Gap
from incident.model.spans import Span
from incident.model.timeline import EventOrigin, State, Status, Stray, Timeline
from report.render import found, headline, markdown
from report.render.sections.impact import others_sentence
from report.render.sections.summary.lead import alert_sentence, course, lead, summary
from tests import render_builder as build


def test_the_bold_line_gives_start_end_length_and_the_figure() -> None:
    """When, how long, how many failed, how slow: in one line."""
    assert lead(build.payments()) == (
        "**14:04 (±2 min) to 16:29:30: 2 h 25 min 30 s.** "
        "439,559 of 2,441,352 requests failed (18.0 %); p99 0.42 -> 3.8 s."
    )


def test_a_latency_beyond_its_histogram_is_that_or_more() -> None:
    """Ten seconds are where the buckets end, not how long it took."""
    (episode,) = build.latency().episodes
    slow = replace(build.latency(), episodes=(replace(episode, peak=10.0, capped=True),))
    text = markdown(replace(build.payments(), signals=(build.errors(), slow)), [], generation=1)

    assert "p99 0.42 -> 10 s or more." in text
    assert "| 10 s or more at " in text


def test_phases_are_one_sentence() -> None:
    """Degraded, then worse, then improving, each with its share of failures."""
    assert course(build.payments()) == (
        "Degraded to 15:30 (8.9 % failing), partial outage to 16:00 (39.9 %), "
        "then improving to 16:29:30 (20.3 %)."
    )


def _later(timeline: Timeline, by: timedelta, *, lasting: bool = False) -> Timeline:
    """The timeline with its second episode so much later, or not over yet."""
    first, second = timeline.episodes
    end = None if lasting or second.end is None else replace(second.end, at=second.end.at + by)
    moved = replace(second, start=replace(second.start, at=second.start.at + by), end=end)
    return replace(timeline, episodes=(first, moved))


def test_two_incidents_of_one_window_are_told_apart_with_the_way_to_draft_each() -> None:
    """Five and a half hours without impact are no relapse: the draft says which windows hold one each."""
    told = summary(_later(build.store(), timedelta(hours=5)))

    assert (
        "Again: down 08:00 to 09:00 (1 h). This window holds 2 incidents, more than 1 h apart; draft each"
        in told
    )
    assert "`--from 2023-12-15T09:40:00Z --to 2023-12-15T10:50:00Z`" in told
    assert "`--from 2023-12-15T15:40:00Z --to 2023-12-15T17:20:00Z`" in told


def test_a_second_incident_that_lasts_is_drafted_up_to_now() -> None:
    """Without an end there is no `--to`."""
    told = summary(_later(build.store(), timedelta(hours=5), lasting=True))

    assert "or `--from 2023-12-15T15:40:00Z`." in told


def test_a_relapse_is_the_same_incident() -> None:
    """Half an hour, and just the quiet gap, between two episodes: one incident."""
    assert "This window holds" not in summary(build.store())
    assert "This window holds" not in summary(_later(build.store(), timedelta(minutes=30)))
    assert "This window holds" in summary(_later(build.store(), timedelta(minutes=31)))


def test_the_first_alert_is_counted_from_the_start_with_what_had_failed() -> None:
    """The gap between impact and alert is the headline nobody else prints."""
    assert (
        alert_sentence(build.payments())
        == "First alert (HighErrorRate) 16 min 45 s in, after 6,415 failures."
    )


def test_changes_near_the_start_are_co_timed_and_never_a_cause() -> None:
    """A change before the start is told with its distance and with what it does not mean."""
    assert "3 min before the start (co-timed, not cause)" in summary(build.payments())


def test_a_change_after_the_start_is_not_said_to_be_co_timed() -> None:
    """What was done against the impact came after it, and stands in the table only."""
    late = build.event(99, "14:09:00", "restart", EventOrigin.CHANGE, "2 instances restarted")
    text = markdown(replace(build.payments(), events=(*build.events(), late)), [], generation=1)
    assert "restarted" not in text.partition("## Timeline")[0]
    assert "| 14:09:00 | +5m | -2h20m | 2 instances restarted |" in text


def test_a_distance_is_no_more_exact_than_its_ends() -> None:
    """Forty-five seconds between two times that are known to two minutes are no order."""
    near = build.event(99, "14:03:15", "deploy", EventOrigin.CHANGE, "version 1 -> 2")
    told = summary(replace(build.payments(), events=(near,)))
    assert "Version 1 -> 2, at about the start (co-timed, not cause)." in told


def test_signals_without_samples_in_the_impact_are_unknown_and_not_normal() -> None:
    """A signal that nobody saw did not stay normal; one that departed did not either."""
    gap = Gap(Span(build.at("14:30:00"), build.at("15:30:00")), "no samples")
    surge = replace(build.errors().episodes[0], impact=False)
    names = {
        "availability": replace(build.traffic(), gaps=(gap,)),
        "traffic": replace(build.traffic(), episodes=(surge,)),
        "saturation": build.traffic(),
    }
    reports = tuple(replace(one, spec=replace(one.spec, name=name)) for name, one in names.items())
    assert others_sentence(replace(build.payments(), signals=(build.errors(), *reports))) == (
        "Stayed in the normal range: saturation. Also left the normal range, but not counted as impact: "
        "traffic. Not seen in part of the impact, so unknown: availability."
    )


def test_a_state_is_stated_only_as_far_as_it_was_seen() -> None:
    """Where a part of the impact is a gap, nothing is said to hold throughout."""
    episode = replace(build.payments().episodes[0], phases=build.payments().episodes[0].phases[:1])
    whole = replace(build.payments(), episodes=(episode,))
    assert course(whole) == "Partial outage throughout."
    holed = replace(whole, unknowns=(build.unknown(),))
    assert course(holed) == "Partial outage throughout, as far as could be seen."


def test_the_answer_of_a_server_is_not_the_summary() -> None:
    """Who reads the summary needs to know that something was not seen; address and codes are evidence."""
    why = "http://prometheus.example/api/v1/query_range: query refused (400 bad_data): parse error"
    told = replace(build.payments(), unknowns=(Unknown("signal queue", why, failed=True),))

    assert "Not seen: signal queue (could not be read)." in summary(told)
    assert "query refused" in markdown(told, [], generation=1).partition("## Evidence")[2]


def test_share_of_users_is_said_to_be_unmeasured() -> None:
    """A share of requests is no share of users."""
    assert "% of users: not measured." in summary(build.payments())


def test_lost_requests_are_the_headline_where_nothing_answered() -> None:
    """Where targets vanish nothing fails in the counters; what was expected and not served is lost."""
    assert lead(build.store()).endswith(
        "About 179,000 requests lost (167,000 to 186,000 expected, served: not counted)."
    )


def test_two_episodes_tell_elapsed_and_impacted_apart() -> None:
    """Two hours passed, in which it hurt for one and a half."""
    assert lead(build.store()).startswith(
        "**02:00 to 04:00: 2 h, of which 1 h 30 min with impact in 2 episodes.**"
    )
    assert course(build.store()) == "Down 02:00 to 02:30 (30 min). Relapse: down 03:00 to 04:00 (1 h)."


def test_many_episodes_are_a_table_and_not_a_sentence() -> None:
    """Flapping is not read as prose."""
    episode = build.store().episodes[0]
    flapping = replace(build.store(), episodes=(episode,) * 6)
    assert course(flapping) == "The episodes are listed under Impact."
    assert markdown(flapping, [], generation=1).count("| down | availability |") == 6


def test_an_impact_that_lasts_says_so_and_has_no_end() -> None:
    """The end of the data is not the end of the impact."""
    assert lead(build.ongoing()).startswith(
        "**14:04 (±2 min), still going on at the end of the data, 17:00: 2 h 56 min so far.**"
    )
    assert headline(build.ongoing()) == "payments: partial outage, ongoing, 2023-12-15"
    assert "what is being tried to end it?" in markdown(build.ongoing(), [], generation=1)


def test_a_return_that_was_not_held_is_no_end_and_no_degradation() -> None:
    """Back since 16:55, and the data end at 17:00: neither recovered nor still as bad."""
    page = build.ongoing()
    (lasting,) = page.episodes
    first, last = lasting.phases
    back = build.phase("16:55:00", None, State.DEGRADED, 0.001)
    phases = (first, replace(last, end=build.at("16:55:00")), replace(back, returned=True))
    told = replace(page, episodes=(replace(lasting, phases=phases),))

    assert lead(told).startswith(
        "**14:04 (±2 min), back in the normal range since 16:55, not held for 10 min by the end of the data, "
        "17:00: 2 h 56 min so far.**"
    )
    assert course(told).endswith("partial outage to 16:55 (39.9 %), then back in the normal range.")
    assert ", back since 16:55 but not yet held, " in found(told)


def test_lost_traffic_is_not_said_to_have_stood() -> None:
    """Where traffic is the impact, no sentence says that it did not change."""
    page = replace(build.payments(), events=())
    lost = replace(build.traffic(), episodes=(replace(build.errors().episodes[0], impact=True),))
    calm = markdown(replace(page, signals=(build.errors(), build.traffic())), [], generation=1)
    harmed = markdown(replace(page, signals=(build.errors(), lost)), [], generation=1)

    assert "No restart, deploy, scaling or change of traffic shows" in calm
    assert "No restart, deploy or scaling shows" in harmed


def test_an_impact_older_than_the_data_is_at_least_that_long() -> None:
    """What began before the first sample has no known start."""
    first = replace(build.payments().episodes[0], began_before=True)
    told = lead(replace(build.payments(), episodes=(first,)))
    assert told.startswith("**Before 14:04 (±2 min) to 16:29:30: at least 2 h 25 min 30 s.**")


def test_an_end_beside_a_gap_is_uncertain() -> None:
    """Recovery that nobody saw is not stated as seen."""
    last = replace(build.payments().episodes[0], end_uncertain=True)
    assert "16:29:30, uncertain for lack of data:" in lead(replace(build.payments(), episodes=(last,)))


def test_failures_as_always_are_not_the_headline() -> None:
    """Where only latency was harmed, the few requests that always fail do not measure the harm."""
    calm = replace(build.errors(), episodes=())
    slow = replace(build.payments(), signals=(calm, build.latency()))
    assert "** p99 0.42 -> 3.8 s. Errors stayed normal: 439,559 of" in lead(slow)
    assert alert_sentence(slow) == "First alert (HighErrorRate) 16 min 45 s in."


def test_an_impact_whose_ends_are_vague_is_told_in_minutes() -> None:
    """Seconds beside ±14 and ±11 minutes would claim what nobody knows; the sum of both decides."""
    page = build.payments()
    (episode,) = page.episodes
    start, end = build.moment("14:04:07", 14 * 60), build.moment("16:29:30", 11 * 60)
    vague = replace(page, episodes=(replace(episode, start=start, end=end),))
    exact = replace(
        page, episodes=(replace(episode, start=replace(start, plus_minus=timedelta(0)), end=end),)
    )

    assert "14:04 (±14 min) to 16:29 (±11 min): 2 h 25 min.**" in lead(vague)
    assert ": 2 h 25 min.**" in lead(exact)
    assert ": 2 h 25 min 23 s.**" in lead(
        replace(
            page,
            episodes=(replace(episode, start=build.moment("14:04:07", 60), end=build.moment("16:29:30")),),
        )
    )


def test_figures_that_are_not_known_are_not_zero() -> None:
    """No counters means no number."""
    without = replace(build.payments(), requests=None)
    assert "Failed requests: not measured;" in lead(without)
    assert "0 of" not in lead(without)


@pytest.mark.parametrize(
    ("rules", "readable", "said"),
    [
        (0, True, "No alert fired; no alerting rule covers this service."),
        (1, True, "No alert fired, though 1 rule could have."),
        (None, True, "No alert fired; whether a rule covers this service is not known."),
        (0, False, "Alert history could not be read, so whether an alert fired is not known."),
    ],
)
def test_silence_of_alerts_is_told_apart_from_not_knowing(
    rules: int | None, readable: bool, said: str
) -> None:
    """No alert, no rule and no history are three different findings."""
    silent = replace(build.store(), rules_seen=rules, alerts_readable=readable)
    assert alert_sentence(silent) == said


def test_an_alert_that_came_first_is_said_to_have_come_first() -> None:
    """A negative time to detect is told in words."""
    early = replace(
        build.payments(),
        milestones=replace(build.payments().milestones, first_alert_firing=build.moment("14:03:00")),
    )
    assert alert_sentence(early) == "First alert 1 min before the measured start."


def test_alerts_outside_the_impact_are_called_so() -> None:
    """An alert with no impact behind it is worth knowing."""
    early = replace(build.payments(), alerts=(build.alert("DiskFull", "12:40:00", "12:45:00", "12:50:00"),))
    assert "Fired without measured impact: DiskFull (12:45:00)." in markdown(early, [], generation=1)


def test_body_text_stays_within_a_page() -> None:
    """400 to 600 words at most before tables and evidence, for an incident like the known five."""
    body = markdown(build.payments(), [], generation=1).partition("## Evidence")[0]
    words = [word for text in body.splitlines() if not text.startswith("|") for word in text.split()]
    assert len(words) <= 400


def test_no_draft_uses_a_word_of_blame_or_cause() -> None:
    """The machine says co-timed; the cause is for people."""
    for timeline in (build.payments(), build.store(), build.ongoing(), build.healthy()):
        text = markdown(timeline, [], generation=1).lower()
        assert "caused by" not in text
        assert "because of" not in text
        assert "fault of" not in text


def test_unknown_state_is_never_the_title_of_a_measured_incident() -> None:
    """Title and status agree."""
    assert headline(build.payments()) == "payments: partial outage, 2023-12-15"
    unknown = replace(build.payments(), status=Status.UNKNOWN)
    assert headline(unknown).startswith("payments: HighErrorRate fired, impact unknown")
    assert headline(replace(unknown, alerts=())).startswith("payments: impact unknown")


def test_errors_that_left_their_range_for_a_moment_did_not_stay_normal() -> None:
    """One sample far outside is said with its height; so is what departed without being counted as impact."""
    moment = Stray(build.at("14:05:30"), 0.48)
    brief = replace(build.errors(), episodes=(), strayed=moment)
    slow = replace(build.payments(), signals=(brief, build.latency()))
    departed = replace(build.errors().episodes[0], impact=False)
    counted = replace(slow, signals=(replace(build.errors(), episodes=(departed,)), build.latency()))

    assert others_sentence(slow) == "Left the normal range only for a moment: errors (48.0 % at 14:05:30)."
    assert "stayed normal" not in lead(slow)
    assert "stayed normal" not in lead(counted)
