"""Specification of gaps: unknown is not zero, not an outage and not a recovery."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from incident.model.evidence import Evidence
from incident.model.facts import ChangeKind, Unknown
from incident.model.policy import Policy
from incident.model.signals import Measure, Role, SignalSeries
from incident.model.spans import frozen_values
from incident.model.timeline import Status, Timeline
from incident.timeline import assemble
from tests.reasoning_builders import at, change
from tests.timeline.scenes import BLIND, CALM, DISPLAY, DOWN, HEALTHY, STEP, Scene, box, kinds, row, without


def _gaps(timeline: Timeline) -> list[Unknown]:
    return [u for u in timeline.unknowns if u.why == "no samples in this stretch"]


def _unseen(found: Evidence, *measures: Measure) -> Evidence:
    """The evidence with these signals empty."""
    nothing = frozen_values(np.full(found.grid.count, np.nan))
    signals = (replace(s, values=nothing) if s.spec.measure in measures else s for s in found.signals)
    return replace(found, signals=tuple(signals))


def _assembled(found: Evidence) -> Timeline:
    return assemble(found, Policy(), DISPLAY)


def test_a_hole_in_the_scrapes_is_told_as_unknown() -> None:
    """Half an hour without any sample: one row, one unknown, no impact."""
    told = BLIND.timeline()
    gap = row(told, "data_gap")

    assert told.status is Status.NO_IMPACT
    assert told.episodes == ()
    assert "unknown" in gap.title
    assert gap.until is not None
    assert abs(gap.at - at("13:00")) <= timedelta(minutes=2)
    assert abs(gap.until - at("13:30")) <= timedelta(minutes=2)
    assert len(_gaps(told)) == 1
    assert (_gaps(told)[0].start, _gaps(told)[0].end) == (gap.at, gap.until)


def test_one_blindness_is_one_row_for_all_its_signals() -> None:
    """The signals that could not be seen are named together."""
    names = row(BLIND.timeline(), "data_gap").subject.split(", ")

    assert names == ["errors", "p99", "traffic", "targets up"]


def test_a_missed_scrape_or_two_is_not_told() -> None:
    """A hole of a minute is hatched in the charts, no row."""
    assert "data_gap" not in kinds(Scene(holes=(("13:00", "13:00:50"),)).timeline())


def test_samples_missing_while_targets_are_down_are_explained() -> None:
    """An application that is down has no metrics: that is the outage, not a gap."""
    told = DOWN.timeline()

    assert "data_gap" not in kinds(told)
    assert _gaps(told) == []


def test_samples_missing_while_nothing_is_requested_are_explained() -> None:
    """Of no requests there is no share that failed: lost traffic, not a gap."""
    told = Scene(rate=box(20.0, ("13:00", "13:30", 0.0))).timeline()

    assert "data_gap" not in kinds(told)
    assert _gaps(told) == []


def test_a_gap_that_the_collection_tells_is_not_told_twice() -> None:
    """Where the scrapes' hole is a recorded change, the signals' hole is the same."""
    hole = change(ChangeKind.DATA_GAP, "13:00", until="13:32")
    told = replace(BLIND, changes=(hole,)).timeline()

    assert kinds(told).count("data_gap") == 1
    assert _gaps(told) == []
    assert [(u.start, u.end) for u in told.unknowns] == [(hole.at, hole.until)]


def test_a_gap_of_a_context_signal_is_no_row() -> None:
    """Only what users could have felt is told as unknown."""
    found = HEALTHY.evidence()
    holed = np.array(found.signals[1].values)
    holed[300:340] = np.nan
    one = SignalSeries(replace(found.signals[1].spec, role=Role.CONTEXT), found.grid, frozen_values(holed))

    assert _assembled(replace(found, signals=(found.signals[0], one, *found.signals[2:]))).events == ()


def test_gaps_outside_the_window_are_not_told() -> None:
    """A hole in the lead-in concerns the baseline, not the report."""
    told = Scene(holes=(("09:00", "09:30"),)).timeline()

    assert told.events == ()
    assert all(s.gaps == () for s in told.signals)


def test_gaps_of_signals_are_cut_to_the_window() -> None:
    """A hole that began before the window is shown from its start on."""
    told = Scene(holes=(("11:30", "12:20"),)).timeline()
    starts = {g.span.start for s in told.signals for g in s.gaps}

    assert starts == {told.window.start}


def test_a_gap_inside_the_impact_does_not_end_it() -> None:
    """Errors before and after a hole are one episode: nobody saw a recovery."""
    told = Scene(failing=box(CALM, ("12:40", "14:00", 0.4)), holes=(("13:00", "13:25"),)).timeline()

    assert len(told.episodes) == 1
    assert "recovered" in kinds(told)
    assert kinds(told).count("recovered") == 1


def test_a_gap_inside_the_impact_is_no_improvement() -> None:
    """Nothing seen for twenty-five minutes of it: no row says that it got better there."""
    told = Scene(failing=box(CALM, ("12:40", "13:10", 0.4)), holes=(("13:00", "13:25"),)).timeline()

    assert kinds(told, main=True) == ["degraded", "data_gap", "recovered"]


def test_impact_followed_by_nothing_is_not_recovered() -> None:
    """The errors go on until the samples end: ongoing, whatever came then."""
    told = Scene(failing=box(CALM, ("13:00", "15:00", 0.4)), holes=(("14:00", "15:00"),)).timeline()

    assert told.status is Status.ONGOING
    assert told.episodes[0].end is None


def test_an_end_inside_a_gap_is_told_as_uncertain() -> None:
    """Bad before the hole, good after it: it ended somewhere in it."""
    told = Scene(failing=box(CALM, ("12:40", "13:10", 0.4)), holes=(("13:00", "13:25"),)).timeline()

    assert told.episodes[0].end_uncertain
    assert "samples are missing next to it" in row(told, "recovered").title


def test_an_end_inside_a_gap_is_anywhere_in_it() -> None:
    """From the last sample seen bad to the first seen good: neither outage nor recovery is read into it."""
    told = Scene(failing=box(CALM, ("13:00", "13:40", 0.4)), holes=(("13:34", "13:47"),)).timeline()
    (episode,) = told.episodes

    assert episode.end is not None
    assert episode.end_uncertain
    assert episode.end.at - episode.end.plus_minus <= at("13:34")
    assert at("13:46:30") <= episode.end.at + episode.end.plus_minus <= at("13:48:30")


def test_without_user_facing_signals_the_status_is_unknown() -> None:
    """No errors, latency, traffic, targets: nothing is known of the users, and this is said."""
    everything = (Measure.ERRORS, Measure.LATENCY, Measure.TRAFFIC, Measure.AVAILABILITY)
    told = _assembled(without(HEALTHY.evidence(), *everything))

    assert told.status is Status.UNKNOWN
    assert [u.what for u in told.unknowns] == ["impact on users"]


def test_signals_without_any_sample_are_unknown_too() -> None:
    """A signal that exists in name only measures nothing."""
    everything = (Measure.ERRORS, Measure.LATENCY, Measure.TRAFFIC, Measure.AVAILABILITY)
    told = _assembled(replace(_unseen(HEALTHY.evidence(), *everything), targets=None))

    assert told.status is Status.UNKNOWN
    assert told.episodes == ()


def test_samples_in_the_lead_in_alone_measure_nothing() -> None:
    """Seen all morning, nothing seen in the window: unknown, not well."""
    told = Scene(holes=(("11:50", "15:00"),)).timeline()

    assert told.status is Status.UNKNOWN


def test_one_measured_signal_is_enough_to_know() -> None:
    """Only latency has samples, and it is well: no impact was measured."""
    only = without(HEALTHY.evidence(), Measure.ERRORS, Measure.TRAFFIC, Measure.AVAILABILITY)
    told = _assembled(replace(only, targets=None))

    assert told.status is Status.NO_IMPACT


def test_failed_queries_are_kept_among_the_unknowns() -> None:
    """What the collection could not ask is told first, as it was said."""
    failed = Unknown("errors", "422: query processing would load too many samples", failed=True)
    told = _assembled(replace(STEP.evidence(), unknowns=(failed,)))

    assert told.unknowns[0] == failed
