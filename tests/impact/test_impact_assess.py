"""Specification of the whole judgement: what is decided from the survey, and what from all evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from incident.impact import assess, surveyed
from incident.impact.assess import first_alert
from incident.model.evidence import Evidence
from incident.model.facts import Nearness
from incident.model.policy import Policy
from incident.model.signals import Measure, Role
from incident.model.spans import Grid, Span, ms
from incident.model.timeline import State, Status
from tests.reasoning_builders import ERRORS, MEMORY, alert, at, episode, evidence, noisy, series
from tests.timeline.scenes import (
    CALM,
    DOWN,
    HEALTHY,
    LASTING,
    RELAPSE,
    STEP,
    Scene,
    box,
    without,
)

POLICY = Policy()


def test_the_survey_alone_finds_the_episodes() -> None:
    """Before anything raw is read the episode is known to a minute or two."""
    found = surveyed(replace(STEP, zoomed=False).evidence(), POLICY)

    assert found.measured
    assert found.settled()
    assert [d.spec.name for d in found.impact] == ["errors"]
    (one,) = found.episodes
    assert one.end_by is not None
    assert abs(one.start_by / 1000 - at("13:00:20").timestamp()) <= 120
    assert abs(one.end_by / 1000 - at("13:40:10").timestamp()) <= 120


def test_raw_counters_change_when_not_what() -> None:
    """The zoom refines the ends of the same episodes; it finds none and loses none."""
    coarse, fine = (assess(replace(STEP, zoomed=z).evidence(), POLICY) for z in (False, True))

    assert len(coarse.episodes) == len(fine.episodes) == 1
    assert coarse.episodes[0].signals == fine.episodes[0].signals
    assert abs(coarse.episodes[0].start.at - fine.episodes[0].start.at) <= timedelta(minutes=2)
    assert fine.episodes[0].start.plus_minus < coarse.episodes[0].start.plus_minus


def test_impact_that_lasts_is_not_settled() -> None:
    """More data may show its end, so the collection reads on."""
    assert not surveyed(LASTING.evidence(), POLICY).settled()
    assert surveyed(HEALTHY.evidence(), POLICY).settled()


def test_every_edge_is_read_raw_on_both_sides() -> None:
    """Half an hour around each start and each end."""
    edges = surveyed(RELAPSE.evidence(), POLICY).edges(RELAPSE.evidence())

    assert len(edges) == 4
    for clock, edge in zip(("12:40", "13:30", "13:00", "13:50"), edges, strict=True):
        around = Span(at(clock), at(clock) + timedelta(seconds=1))
        inner = around.widened(timedelta(minutes=25), timedelta(minutes=25))
        assert edge.start <= inner.start
        assert inner.end <= edge.end


def test_what_is_read_around_an_episode_lies_in_what_was_covered() -> None:
    """The stretches hold the episodes with a margin, and never leave the survey."""
    evidence = LASTING.evidence()
    (one,) = surveyed(evidence, POLICY).stretches(evidence)

    assert one.start <= at("13:25")
    assert one.end == evidence.covered.end


def test_a_healthy_window_needs_no_zoom() -> None:
    """Without episodes there is nothing to read raw."""
    found = surveyed(HEALTHY.evidence(), POLICY)

    assert found.edges(HEALTHY.evidence()) == ()
    assert found.stretches(HEALTHY.evidence()) == ()


@pytest.mark.parametrize(
    ("scene", "status"),
    [
        (HEALTHY, Status.NO_IMPACT),
        (STEP, Status.RECOVERED),
        (LASTING, Status.ONGOING),
        (DOWN, Status.RECOVERED),
        (Scene(holes=(("11:50", "15:00"),)), Status.UNKNOWN),
    ],
)
def test_the_status_is_how_the_window_ended(scene: Scene, status: Status) -> None:
    """Recovered, going on, nothing, or not known."""
    assert assess(scene.evidence(), POLICY).status is status


def test_a_window_without_impact_has_no_figures() -> None:
    """Nothing is reckoned where nothing was impacted."""
    found = assess(HEALTHY.evidence(), POLICY)

    assert found.requests is None
    assert found.improving is None
    assert found.first_alert is None


def test_figures_are_those_of_the_episode() -> None:
    """Forty percent of twenty requests a second for forty minutes."""
    found = assess(STEP.evidence(), POLICY).requests

    assert found is not None
    assert found.failed_ratio == pytest.approx(0.4, abs=0.01)
    assert found.total == pytest.approx(20 * (39 * 60 + 50), rel=0.02)
    assert found.lost == 0


def test_a_service_that_was_down_lost_what_was_expected() -> None:
    """The headline of an outage is what never arrived, not a failing share."""
    found = assess(DOWN.evidence(), POLICY).requests

    assert found is not None
    assert found.lost == pytest.approx(20 * 30 * 60, rel=0.05)
    assert found.expected_low is not None
    assert found.expected_high is not None
    assert found.expected_low <= 36_000 <= found.expected_high


def test_a_service_seen_down_by_its_probe_alone_is_down() -> None:
    """Targets that vanish say nothing; the probe that fails beside them does."""
    vanished = without(Scene(down=DOWN.down, rate=DOWN.rate, probed=True).evidence(), Measure.AVAILABILITY)
    found = assess(replace(vanished, targets=None), POLICY)

    assert [e.state for e in found.episodes] == [State.DOWN]
    assert "probe" in found.episodes[0].signals


def test_the_state_is_the_worst_of_its_phases() -> None:
    """Degraded for a while, then a partial outage: the episode is a partial outage."""
    scene = Scene(failing=box(CALM, ("13:00", "13:30", 0.1), ("13:30", "13:40", 0.5)))

    assert assess(scene.evidence(), POLICY).episodes[0].state is State.PARTIAL_OUTAGE


def test_the_first_alert_is_the_earliest_that_overlaps() -> None:
    """Among alerts of this service that fired in the impact; at one instant by name."""
    told = (episode("13:00", "13:30"),)
    early, late = alert("B", "13:02", "13:20"), alert("A", "13:05", "13:20")
    same = alert("A", "13:02", "13:20")

    assert first_alert((late, early), told) == early
    assert first_alert((early, same), told) == same
    assert first_alert((replace(early, nearness=Nearness.NEARBY), late), told) == late
    assert first_alert((alert("A", None, None, pending="13:01"),), told) is None
    assert first_alert((alert("A", "13:30", "13:40"),), told) is None
    assert first_alert((alert("A", "12:00", "13:00"),), told) is None
    assert first_alert((early,), ()) is None


def test_a_role_that_people_gave_makes_a_signal_impact() -> None:
    """A queue that people call user-facing carries an episode of its own."""
    found = HEALTHY.evidence()
    grown = np.where((found.grid.times >= at("13:00").timestamp() * 1000), 900.0, 100.0)
    grown[found.grid.times >= at("13:30").timestamp() * 1000] = 100.0
    queue = replace(MEMORY, name="queue", role=Role.IMPACT)
    one = series(queue, found.grid, noisy(grown, 0.01))
    judged = assess(replace(found, signals=(*found.signals, one)), POLICY)

    assert [e.signals for e in judged.episodes] == [("queue",)]
    context = replace(one, spec=replace(queue, role=Role.CONTEXT))
    assert assess(replace(found, signals=(*found.signals, context)), POLICY).episodes == ()


def test_the_data_end_with_the_last_scrape() -> None:
    """Impact that lasts is counted to there, not to the end of the window."""
    cut = replace(LASTING, holes=(("14:30", "15:00"),))

    assert at("14:29") < assess(cut.evidence(), POLICY).data_end <= at("14:30")
    assert at("14:59") < assess(LASTING.evidence(), POLICY).data_end <= at("15:00")


def _coarse() -> Evidence:
    """Three days in steps of a quarter of an hour; from 12:00 on the first a third fails for a day."""
    start = at("00:00")
    over = Grid(ms(start), 900_000, 3 * 96)
    values = np.full(over.count, 0.003)
    values[49 : 49 + 96] = 0.35  # each speaks of the quarter of an hour before it
    errors = replace(ERRORS, query='sum(rate(x{code=~"5.."}[15m])) / sum(rate(x[15m]))')
    covered = Span(start, start + timedelta(days=3))
    return evidence((series(errors, over, noisy(values)),), covered, covered)


def test_an_onset_between_samples_a_quarter_of_an_hour_apart_is_as_uncertain_as_that() -> None:
    """Over days the steps are long, and nobody knows more than the step where nothing is read raw."""
    (one,) = assess(_coarse(), POLICY).episodes

    first = at("12:00")
    assert one.start.at - one.start.plus_minus <= first < one.start.at + one.start.plus_minus
    assert one.start.plus_minus >= timedelta(minutes=7)


def test_what_is_read_raw_grows_with_long_steps() -> None:
    """An edge is searched in steps, and what was normal before it must be among what was read."""
    coarse = _coarse()
    found = surveyed(coarse, POLICY)

    assert found.stretches(coarse)[0].start <= at("10:00")
    assert found.edges(coarse)[0].start <= at("10:30")
