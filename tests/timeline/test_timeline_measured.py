"""Specification of measured rows: how impact begins, turns, comes back and ends, and what goes with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from incident.model.policy import Policy
from incident.model.signals import Measure, SignalSeries
from incident.model.spans import Grid, frozen_values, instant
from incident.model.timeline import EventOrigin, State, Status
from incident.timeline import assemble
from incident.timeline.rows.turns import level_after
from tests.reasoning_builders import ERRORS, TRAFFIC, alert, at, at_ms
from tests.timeline.scenes import (
    CALM,
    DISPLAY,
    DOWN,
    HEALTHY,
    LASTING,
    LINKED,
    RELAPSE,
    STEP,
    Scene,
    box,
    kinds,
    row,
)

WORSE = Scene(failing=box(CALM, ("13:00", "13:30", 0.1), ("13:30", "14:00", 0.5)))
"""Ten percent for half an hour, then half of all requests."""
IMPROVING = Scene(failing=(("00:00", CALM), ("13:00", CALM), ("13:00", 0.4), ("13:40", 0.4), ("14:00", CALM)))


def test_a_healthy_window_has_no_rows() -> None:
    """Nothing happened, nothing is told."""
    told = HEALTHY.timeline()

    assert told.status is Status.NO_IMPACT
    assert told.events == ()
    assert told.episodes == ()


def test_a_step_is_told_by_its_two_ends() -> None:
    """Degraded and recovered on the first page, at the truth; the peak among the supporting rows."""
    told = STEP.timeline()

    assert kinds(told, main=True) == ["degraded", "recovered"]
    assert kinds(told, main=False) == ["peak"]
    assert abs(row(told, "degraded").at - at("13:00:20")) <= timedelta(seconds=30)
    assert abs(row(told, "recovered").at - at("13:40:10")) <= timedelta(seconds=30)


def test_measured_rows_say_who_says_so() -> None:
    """Every measured row carries its query, its uncertainty and whom it is about."""
    for event in STEP.timeline().events:
        assert event.origin is EventOrigin.MEASURED
        assert "http_requests_total" in event.query
        assert event.plus_minus > timedelta(0)
        assert event.subject in ("shop", "errors")


def test_the_onset_says_state_and_numbers() -> None:
    """What was, and what it became, in the first words."""
    title = row(STEP.timeline(), "degraded").title

    assert title.startswith("Partial outage: errors 0.1 -> ")
    assert title.endswith(" %")


def test_a_short_spike_is_told_by_its_own_level() -> None:
    """Four in five failed for ninety seconds: the minutes after them say nothing of how bad it was."""
    spike = Scene(failing=box(CALM, ("13:00:20", "13:01:50", 0.8))).timeline()
    after = float(row(spike, "degraded").title.rpartition("-> ")[2].removesuffix(" %"))

    assert row(spike, "degraded").title.startswith("Partial outage: errors 0.1 -> ")
    assert after > 25


def test_a_change_for_the_worse_is_a_row() -> None:
    """Degraded first, then a partial outage at its own time."""
    told = WORSE.timeline()

    assert kinds(told, main=True) == ["degraded", "worsened", "recovered"]
    assert row(told, "degraded").title.startswith("Degraded: ")
    assert row(told, "worsened").title.startswith("Partial outage: ")
    assert abs(row(told, "worsened").at - at("13:30")) <= timedelta(seconds=45)
    assert told.state is State.PARTIAL_OUTAGE


def test_a_step_that_the_curve_hides_is_told_by_what_failed() -> None:
    """Among few requests the curve stands at one level over the step; the two phases' counts do not."""
    made = WORSE.evidence()
    errors = next(one for one in made.signals if one.spec.measure is Measure.ERRORS)
    flat = errors.values.copy()
    flat[errors.grid.index(at_ms("13:22")) : errors.grid.index(at_ms("13:37"))] = 0.29
    hidden = replace(errors, values=frozen_values(flat))
    signals = tuple(hidden if one is errors else one for one in made.signals)

    told = assemble(replace(made, signals=signals), Policy(), DISPLAY, ())
    title = row(told, "worsened").title
    before, after = (phase.failed_ratio for phase in told.episodes[0].phases[:2])

    assert before is not None
    assert after is not None
    assert title == f"Partial outage: errors {100 * before:.1f} -> {100 * after:.1f} %"


def test_a_slow_way_back_is_told_as_inferred() -> None:
    """Improving is an inference, and the row says so."""
    told = IMPROVING.timeline()

    assert kinds(told, main=True) == ["degraded", "improved", "recovered"]
    assert row(told, "improved").title == "Improving (inferred)"
    assert abs(row(told, "improved").at - at("13:40")) <= timedelta(minutes=3)
    assert told.milestones.improving is not None
    assert told.milestones.improving.at == row(told, "improved").at


def test_impact_that_lasts_is_not_recovered() -> None:
    """No row of an end that was not seen."""
    told = LASTING.timeline()

    assert told.status is Status.ONGOING
    assert kinds(told, main=True) == ["degraded"]


def test_a_return_that_is_not_held_yet_is_told_as_one() -> None:
    """Normal for six minutes when the data end: still ongoing, and not called degraded."""
    told = Scene(failing=box(CALM, ("14:00", "14:54", 0.4))).timeline()
    (episode,) = told.episodes
    back = row(told, "partial_recovery")

    assert told.status is Status.ONGOING
    assert episode.end is None
    assert kinds(told, main=True) == ["degraded", "partial_recovery"]
    assert back.title == "Back in the normal range, not yet held 10 min"
    assert episode.quiet_since == back.at
    assert abs(back.at - at("14:54")) <= timedelta(seconds=30)
    assert [phase.state for phase in episode.phases] == [State.PARTIAL_OUTAGE, State.DEGRADED]
    assert episode.phases[-1].words == "back in the normal range, not yet held"


def test_traffic_that_falls_because_no_target_is_up_is_no_row_beside_it() -> None:
    """A rate whose range runs empty falls for a minute; that nobody answers is told already."""
    assert "traffic_drop" not in kinds(DOWN.timeline())
    assert "traffic_drop" not in kinds(replace(DOWN, zoomed=False).timeline())


def test_a_peak_lies_in_its_episode_or_is_not_told() -> None:
    """The curve of a burst is highest after it is over; it never comes as high as what was counted."""
    burst = Scene(failing=box(CALM, ("13:00:20", "13:01:05", 0.8))).timeline()
    end = row(burst, "recovered").at

    assert [e for e in burst.events if e.kind == "peak" and e.at >= end] == []


def test_the_level_of_a_step_is_read_past_the_range_of_its_query() -> None:
    """With a range of four minutes the curve climbs for four; the row says where it arrives."""
    steps = np.repeat([0.0, 0.25, 0.5, 0.75, 1.0], [60, 2, 2, 2, 20])
    spec = replace(ERRORS, query="sum(rate(failed_total[4m])) / sum(rate(requests_total[4m]))")
    climbing = SignalSeries(spec, Grid(0, 30_000, steps.size), frozen_values(steps))

    assert level_after(climbing, instant(60 * 30_000)) == 1.0


def test_a_return_within_the_quiet_gap_is_a_relapse() -> None:
    """Half an hour of quiet: the same incident comes back."""
    told = RELAPSE.timeline()

    assert kinds(told, main=True) == ["degraded", "recovered", "relapse", "recovered"]
    assert row(told, "relapse").title.startswith("Relapse, partial outage: errors ")


def test_a_return_after_the_quiet_gap_is_a_new_incident() -> None:
    """With a quiet gap of twenty minutes half an hour of quiet ends the incident."""
    told = RELAPSE.timeline(policy=Policy(quiet_gap=timedelta(minutes=20)))

    assert kinds(told, main=True) == ["degraded", "recovered", "degraded", "recovered"]


def test_a_return_within_the_hold_is_no_recovery() -> None:
    """Six good minutes are part of the episode: better for a while, but neither recovered nor a relapse."""
    told = Scene(failing=box(CALM, ("12:40", "13:00", 0.4), ("13:06", "13:30", 0.4))).timeline()

    assert kinds(told, main=True) == ["degraded", "improved", "worsened", "recovered"]
    assert len(told.episodes) == 1


@pytest.mark.parametrize(("bad", "period"), [(4, 9), (5, 12), (3, 6), (6, 12)])
def test_errors_that_come_and_go_are_impact(bad: int, period: int) -> None:
    """Sixty percent failing for some minutes of every dozen, an hour long: one episode of its bursts."""
    bursts = [(f"13:{m}", f"13:{m + bad}", 0.6) for m in range(0, 60 - bad, period)]
    told = Scene(failing=box(CALM, *bursts)).timeline()

    assert told.state is State.PARTIAL_OUTAGE
    assert abs(told.episodes[0].start.at - at("13:00")) <= timedelta(minutes=2)
    assert len(told.episodes) == 1


def test_steady_impact_is_not_told_as_bursts() -> None:
    """Slow answers for half an hour without a break: the few usual errors beside them do not flap."""
    title = row(Scene(latency=box(0.2, ("13:00", "13:30", 0.8))).timeline(), "degraded").title

    assert title.startswith("Degraded: p99 ")


def test_no_target_up_is_told_as_down() -> None:
    """How many targets are known, and between which scrapes they went."""
    told = DOWN.timeline()

    assert row(told, "degraded").title == "Down: no target up (2 known)"
    assert abs(row(told, "degraded").at - at("13:00")) <= timedelta(seconds=15)
    assert abs(row(told, "recovered").at - at("13:30")) <= timedelta(seconds=15)
    assert "peak" not in kinds(told)


@pytest.mark.parametrize(
    "scene", [Scene(down=DOWN.down, rate=DOWN.rate, probed=True), Scene(holes=DOWN.down, rate=DOWN.rate)]
)
def test_what_is_seen_decides_not_what_is_missing(scene: Scene) -> None:
    """A probe that fails beside the targets is impact; a hole in the scrapes alone is not."""
    told = scene.timeline()

    assert (told.state is State.DOWN) == scene.probed


def test_rows_link_to_the_graph_behind_them() -> None:
    """Where a base is known, a measured row leads to its query in the reported window."""
    told = STEP.timeline(display=LINKED)

    assert all(e.link.startswith("http://prometheus.example:9090/") for e in told.events if e.query)
    assert all(e.link == "" for e in STEP.timeline().events)


def test_an_alert_that_a_file_tells_too_links_to_what_a_server_reads() -> None:
    """The names of files stand in the source, and not in the address of the graph."""
    fired = alert("HighErrorRate", "13:05", "13:40")
    both = replace(fired, source=f"{fired.source} and file webhook.jsonl line 1")
    told = replace(STEP, alerts=(both,)).timeline(display=LINKED)

    (row,) = (e for e in told.events if e.kind == "alert_firing")
    assert "ALERTS" in row.link
    assert "webhook" not in row.link


def test_a_signal_that_joined_has_one_time_on_the_page() -> None:
    """The row of another signal of the impact and the table of signals say the same instant."""
    slow = Scene(latency=box(0.2, ("13:00:20", "13:40:10", 1.5)), failing=STEP.failing).timeline()
    (joined,) = (event for event in slow.events if event.kind == "degraded" and not event.main)
    (report,) = (one for one in slow.signals if one.spec.name == joined.subject)

    assert joined.at == report.episodes[0].start
    assert joined.plus_minus == report.episodes[0].plus_minus
    assert abs(joined.at - at("13:00:20")) <= joined.plus_minus + timedelta(seconds=15)


PARTLY_BACK = Scene(rate=box(20.0, ("13:00", "13:50", 0.4), ("13:50", "15:00", 11.0)))
"""No requests for most of an hour, then half of them until the end of the data."""


def test_traffic_that_is_partly_back_is_no_longer_down() -> None:
    """The step in the traffic is its row; the state after it is degraded, and the impact lasts."""
    told = PARTLY_BACK.timeline()

    assert told.status is Status.ONGOING
    assert [phase.state for phase in told.episodes[0].phases] == [State.DOWN, State.DEGRADED]
    better = row(told, "improved")
    assert abs(better.at - at("13:50")) <= timedelta(minutes=2)
    assert better.title == "Degraded: traffic 0.37 -> 11.2 req/s"
    assert better.query == TRAFFIC.query


@pytest.mark.parametrize("until", ["14:30", "15:00"])
def test_fewer_failures_after_the_worst_are_no_recovery(until: str) -> None:
    """Eighty percent, then twenty: the state improves, and the impact lasts until the twenty have ended."""
    two = Scene(failing=box(CALM, ("13:00", "13:50", 0.8), ("13:50", until, 0.2)))
    told = two.timeline()

    (episode,) = told.episodes
    assert [phase.state for phase in episode.phases] == [State.PARTIAL_OUTAGE, State.DEGRADED]
    assert (episode.end is None) == (until == "15:00")
    if episode.end is not None:
        assert abs(episode.end.at - at(until)) <= timedelta(seconds=30)


def test_a_step_in_failures_is_told_by_failures_also_beside_lost_traffic() -> None:
    """What changed the state is what the row says."""
    both = replace(WORSE, rate=box(20.0, ("13:00", "14:00", 8.0)))

    assert "errors" in row(both.timeline(), "worsened").title
