"""Specification of the reported window and of what is said about the baseline."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from incident.model.policy import Policy
from incident.model.signals import Measure
from incident.model.timeline import Timeline
from incident.timeline import assemble
from tests.reasoning_builders import at, span
from tests.timeline.scenes import CALM, DISPLAY, HEALTHY, LASTING, STEP, Scene, box, without

MID = replace(STEP, asked=("13:10", "15:00"))
"""Asked from ten minutes into the impact on."""


def _reaches(timeline: Timeline) -> tuple[bool, bool]:
    """Whether the report reaches before and beyond the asked window."""
    return timeline.window.start < timeline.asked.start, timeline.window.end > timeline.asked.end


def test_a_window_around_the_impact_is_reported_as_asked() -> None:
    """Nothing is widened where nothing reaches out."""
    told = STEP.timeline()

    assert told.window == told.asked == span("12:00", "15:00")
    assert told.extended_because == ""


def test_impact_that_began_before_extends_the_window() -> None:
    """The true start is found and reported, ten minutes of calm before it."""
    told = MID.timeline()

    assert abs(told.episodes[0].start.at - at("13:00:20")) <= timedelta(seconds=30)
    assert told.window.start == at("12:50")
    assert told.extended_because == "impact began before it"
    assert not told.episodes[0].began_before


def test_a_recovery_beyond_the_window_extends_it_by_its_hold() -> None:
    """Asked to 13:20, recovered at 13:40, held until 13:50."""
    told = replace(STEP, asked=("12:00", "13:20")).timeline()

    assert _reaches(told) == (False, True)
    assert told.window.end >= at("13:50")
    assert told.extended_because == "recovery not held at its end"
    assert told.episodes[0].end is not None


def test_impact_that_lasts_is_reported_to_the_end_of_the_data() -> None:
    """Still going on: to the last scrape that was read."""
    told = replace(LASTING, asked=("12:00", "14:20")).timeline()

    assert at("14:59") < told.window.end <= at("15:00")
    assert told.extended_because == "still going on at its end"


def test_impact_over_before_the_window_is_not_its_incident() -> None:
    """Recovered half an hour before what was asked."""
    told = replace(STEP, asked=("14:10", "15:00")).timeline()

    assert told.episodes == ()
    assert told.window == told.asked


def test_a_relapse_soon_after_the_window_belongs_to_it() -> None:
    """Half an hour after the asked end: the same incident, reported too."""
    failing = box(CALM, ("12:30", "13:00", 0.4), ("13:40", "14:00", 0.4))
    told = Scene(failing=failing, asked=("12:00", "13:10")).timeline()

    assert len(told.episodes) == 2
    assert told.window.end >= at("14:10")


def test_what_came_back_in_the_window_began_with_what_was_before_it() -> None:
    """Recovered twenty minutes before the window, back ten minutes into it: one incident, told from its
    first start on."""
    told = Scene(failing=box(CALM, ("11:20", "11:40", 0.4), ("12:10", "12:30", 0.4))).timeline()

    assert len(told.episodes) == 2
    assert abs(told.episodes[0].start.at - at("11:20")) <= timedelta(minutes=1)
    assert told.window.start <= at("11:20")


def test_the_window_never_leaves_what_was_read() -> None:
    """Impact at the first sample: the report begins there."""
    told = Scene(
        failing=box(CALM, ("12:00", "13:00", 0.4)), start="12:00", asked=("12:00", "15:00")
    ).timeline()

    assert told.window.start == at("12:00")
    assert told.episodes[0].began_before


def test_the_baseline_is_the_lead_in() -> None:
    """Four hours were read before the window, the last of them is searched, not trusted."""
    told = STEP.timeline()

    assert told.baseline_span is not None
    assert told.baseline_span.end == at("11:00")
    assert told.baseline_span.start - at("08:00") <= told.step
    assert told.baseline_note == ""


def test_a_window_without_a_lead_in_says_so() -> None:
    """The calm part of the window serves, and the draft names the signals judged by it."""
    told = Scene(failing=STEP.failing, start="12:00").timeline()

    assert told.baseline_span is None
    assert told.baseline_note.startswith("no lead-in for errors, p99, traffic:")
    assert len(told.episodes) == 1


def test_evidence_without_signals_still_makes_a_timeline() -> None:
    """Nothing was found to measure: unknown, in the window that was asked."""
    everything = (Measure.ERRORS, Measure.LATENCY, Measure.TRAFFIC, Measure.AVAILABILITY)
    told = assemble(without(HEALTHY.evidence(), *everything), Policy(), DISPLAY)

    assert told.window == told.asked
    assert told.baseline_span is None
    assert told.signals == ()


def test_what_was_asked_is_kept_beside_what_is_reported() -> None:
    """Step, scrape interval, zone and policy of the run are part of the timeline."""
    usual = Policy(recovery_hold=timedelta(minutes=5))
    told = STEP.timeline(policy=usual)

    assert told.policy == usual
    assert told.step == timedelta(minutes=1)
    assert told.scrape_interval == timedelta(seconds=15)
    assert (told.zone, told.tool_version) == ("UTC", "0.1.0")


def test_each_signal_is_reported_with_its_baseline_and_departures() -> None:
    """What was normal, what was not, and whether it counted as impact."""
    errors, latency, traffic, up = STEP.timeline().signals

    assert [s.spec.name for s in (errors, latency, traffic, up)] == ["errors", "p99", "traffic", "targets up"]
    assert errors.baseline is not None
    assert errors.baseline.high < 0.05
    (one,) = errors.episodes
    assert one.impact
    assert one.inside > 0.3
    assert abs(one.start - at("13:00:20")) <= timedelta(minutes=2)
    assert latency.episodes == traffic.episodes == up.episodes == ()
