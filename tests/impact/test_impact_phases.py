"""Specification of phases: how bad it was when, and the way back."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.impact.departure import Departure
from incident.impact.ends.counts import Increments
from incident.impact.ends.refine import raw_of
from incident.impact.fusion import RawEpisode
from incident.impact.phases import Reading, improving_from, phases, reading, worst
from incident.model.policy import Policy
from incident.model.signals import Measure, SignalSpec
from incident.model.spans import Values, ms
from incident.model.timeline import Phase, State
from tests.impact.counting import Service
from tests.reasoning_builders import (
    ERRORS,
    PROBE,
    SCRAPE_MS,
    TARGETS,
    TRAFFIC,
    at,
    at_ms,
    departure,
    grid,
    series,
    stepped,
)

GRID = grid("12:00", "15:00")
POLICY = Policy()
START, END = at("13:00"), at("14:00")
UNSEEN = float("nan")


def _read(
    share: Values,
    *carriers: Departure,
    end: datetime | None = END,
    failures: Increments | None = None,
) -> Reading:
    """The reading of an episode from 13:00 on, by the error ratio of the survey."""
    carried = carriers or (departure(ERRORS, "13:00", "14:00", over=GRID),)
    raw = RawEpisode(carried, at_ms("12:59"), at_ms("13:00"), None, None, False)
    signals = {"errors": series(ERRORS, GRID, share)}
    for one in carried:
        if one.spec.measure is Measure.TRAFFIC:
            signals["traffic"] = series(TRAFFIC, GRID, stepped(GRID, 20.0, ("13:00", "14:00", one.inside)))
    return reading(raw, START, end, signals, failures, POLICY)


def _told(share: Values, *carriers: Departure, end: datetime | None = END) -> tuple[Phase, ...]:
    return phases(_read(share, *carriers, end=end), START, end, GRID, None)


def _states(told: tuple[Phase, ...]) -> list[State]:
    return [one.state for one in told]


def _share(*changes: tuple[str, str, float], level: float = 0.1) -> Values:
    return stepped(GRID, level, *changes)


@pytest.mark.parametrize(
    ("share", "state"),
    [
        (0.24, State.DEGRADED),
        (0.25, State.PARTIAL_OUTAGE),
        (0.94, State.PARTIAL_OUTAGE),
        (0.95, State.DOWN),
        (1.0, State.DOWN),
    ],
)
def test_the_failing_share_decides_the_state(share: float, state: State) -> None:
    """A quarter failing is a partial outage, 95 % is down, less is degraded."""
    assert _told(_share(level=share)) == (Phase(START, END, state, False, None),)


def test_thresholds_are_the_policys() -> None:
    """Who calls ten percent a partial outage gets it."""
    one = RawEpisode((departure(ERRORS, "13:00", "14:00", over=GRID),), 0, at_ms("13:00"), None, None, False)
    known = {"errors": series(ERRORS, GRID, 0.12)}
    read = reading(one, START, END, known, None, Policy(partial_outage_ratio=0.1))

    assert set(read.rank.tolist()) == {State.PARTIAL_OUTAGE.rank}


def test_a_change_of_state_parts_the_episode() -> None:
    """Degraded for half an hour, then a partial outage."""
    told = _told(_share(("13:30", "14:00", 0.4)))

    assert _states(told) == [State.DEGRADED, State.PARTIAL_OUTAGE]
    assert (told[0].end, told[1].start, told[1].end) == (at("13:30"), at("13:30"), END)


@pytest.mark.parametrize(("end", "count"), [("13:32", 1), ("13:33", 3)])
def test_a_state_must_dwell_three_minutes_to_be_told(end: str, count: int) -> None:
    """Two minutes of more failures are the blur of a rate; three are a phase."""
    assert len(_told(_share(("13:30", end, 0.6)))) == count


def test_a_hole_in_the_share_keeps_the_state_known_last() -> None:
    """A gap is neither better nor worse."""
    assert _states(_told(_share(("13:20", "13:40", UNSEEN), level=0.5))) == [State.PARTIAL_OUTAGE]


def test_a_share_never_known_is_degraded() -> None:
    """Impact without any failing share is degraded, not down and not fine."""
    assert _states(_told(_share(level=UNSEEN))) == [State.DEGRADED]


@pytest.mark.parametrize("spec", [TARGETS, PROBE])
def test_no_target_up_is_down_while_it_lasts(spec: SignalSpec) -> None:
    """Down from the outage's start to its end, degraded around it."""
    down = departure(spec, "13:20", "13:40", over=GRID, before=1.0, inside=0.0)
    told = _told(_share(), departure(ERRORS, "13:00", "14:00", over=GRID), down)

    assert _states(told) == [State.DEGRADED, State.DOWN, State.DEGRADED]
    assert abs(told[1].start - at("13:20")) <= GRID.step
    assert told[1].end == at("13:40")


@pytest.mark.parametrize(("kept", "state"), [(2.0, State.DOWN), (2.5, State.DEGRADED)])
def test_traffic_at_a_tenth_of_the_expected_is_down(kept: float, state: State) -> None:
    """At most ten percent served is down."""
    lost = departure(TRAFFIC, "13:00", "14:00", over=GRID, before=20.0, inside=kept)

    assert _states(_told(_share(level=0.0), lost)) == [state]


def test_impact_that_lasts_is_read_to_the_last_sample() -> None:
    """The last phase has no end."""
    told = _told(_share(("13:30", "15:00", 0.4)), end=None)

    assert _states(told) == [State.DEGRADED, State.PARTIAL_OUTAGE]
    assert told[-1].end is None


def test_a_slow_way_back_is_told_as_improving() -> None:
    """Failures that fall for twenty minutes: improving from the start of the fall, in the state before."""
    share = np.interp(GRID.times, [at_ms("13:40"), at_ms("14:00")], [0.4, 0.0])
    told = _told(share)

    assert [(one.state, one.improving) for one in told] == [
        (State.PARTIAL_OUTAGE, False),
        (State.PARTIAL_OUTAGE, True),
    ]
    assert abs(told[1].start - at("13:40")) <= timedelta(minutes=2)
    assert told[1].end == END


def test_a_way_back_with_noise_is_still_found() -> None:
    """The scatter of a real ratio moves the turn by a few minutes at most."""
    share = np.interp(GRID.times, [at_ms("13:30"), at_ms("14:00")], [0.4, 0.0])
    rough = share * (1 + 0.08 * np.random.default_rng(5).standard_normal(share.size))
    turned = improving_from(_read(rough), END)

    assert turned is not None
    assert abs(turned - at("13:30")) <= timedelta(minutes=4)


def test_a_step_to_a_milder_state_is_a_phase_of_its_own() -> None:
    """Sixty percent for half an hour, ten for another, then well: a step down is no gradual way back."""
    told = _told(_share(("13:00", "13:30", 0.6)))

    assert [(one.state, one.improving) for one in told] == [
        (State.PARTIAL_OUTAGE, False),
        (State.DEGRADED, False),
    ]
    assert told[1].start == at("13:30")


def test_an_end_at_once_is_not_improving() -> None:
    """A fix that works within a minute has no way back."""
    assert not any(one.improving for one in _told(_share(level=0.4)))


def test_impact_that_lasts_is_not_improving() -> None:
    """Nothing is inferred of an end that was not seen."""
    share = np.interp(GRID.times, [at_ms("13:40"), at_ms("15:00")], [0.4, 0.0])

    assert not any(one.improving for one in _told(share, end=None))


def test_where_nothing_failed_there_is_no_way_back() -> None:
    """Impact told by latency alone has no failing share to fall."""
    assert improving_from(_read(_share(level=0.0)), END) is None


def test_a_share_that_falls_from_its_first_sample_is_told() -> None:
    """A sharp peak that decays: the whole episode is the way back, told with the state of its start."""
    minutes = (GRID.times - at_ms("13:00")) / 60_000
    share = np.where(minutes >= 0, 0.9 * np.exp(-np.maximum(minutes, 0) / 6.0), 0.0)
    told = _told(share)

    assert told[0].start == START
    assert told[-1].end == END
    assert worst(told) is State.PARTIAL_OUTAGE


def test_many_changes_are_told_as_one_phase_with_the_worst() -> None:
    """Flapping every four minutes: nobody follows a dozen changes; the worst of them is told."""
    flaps = [(f"13:{m}", f"13:{m + 4}", 0.6) for m in range(0, 60, 8)]

    assert _states(_told(_share(*flaps))) == [State.PARTIAL_OUTAGE]


def test_as_many_as_six_phases_are_told() -> None:
    """Three steps up and back are still a story."""
    flaps = [("13:10", "13:20", 0.6), ("13:30", "13:40", 0.6), ("13:50", "14:00", 0.6)]

    assert len(_told(_share(*flaps))) == 6


def test_an_episode_shorter_than_a_step_has_one_phase() -> None:
    """No reading inside: one phase of the least state."""
    start, end = at("13:00:10"), at("13:00:50")
    one = RawEpisode((departure(ERRORS, "13:00", "13:01", over=GRID),), 0, at_ms("13:00"), None, None, False)
    read = reading(one, start, end, {"errors": series(ERRORS, GRID, 0.5)}, None, POLICY)

    assert phases(read, start, end, GRID, None) == (Phase(start, end, State.DEGRADED, False, None),)


def test_raw_counts_place_the_turn_between_two_phases() -> None:
    """The step from eight to forty percent is placed within a scrape or two, with the shares of both."""
    failing = (
        ("13:00", 0.0),
        ("13:00", 0.08),
        ("13:30:20", 0.08),
        ("13:30:20", 0.4),
        ("14:00", 0.4),
        ("14:00", 0.0),
    )
    service = Service("12:00", "15:00", (("12:00", 40.0),), failing)
    failures = raw_of(service.counters(), SCRAPE_MS).failures
    told = phases(_read(_share(), failures=failures), START, END, GRID, failures)

    assert _states(told) == [State.DEGRADED, State.PARTIAL_OUTAGE]
    assert abs(told[1].start - at("13:30:20")) <= timedelta(seconds=30)
    assert told[0].failed_ratio == pytest.approx(0.08, abs=0.01)
    assert told[1].failed_ratio == pytest.approx(0.4, abs=0.02)


def test_the_share_of_a_phase_without_counters_is_not_known() -> None:
    """Counters absent in most of a phase say nothing about it."""
    service = Service("12:00", "15:00", (("12:00", 40.0),), (("12:00", 0.4),), holes=(("13:10", "15:00"),))
    failures = raw_of(service.counters(), SCRAPE_MS).failures
    told = phases(_read(_share(level=0.4), failures=failures), START, END, GRID, failures)

    assert [one.failed_ratio for one in told] == [None]


RANKS = st.lists(st.integers(0, 2), min_size=1, max_size=60)


@given(RANKS, st.booleans())
def test_phases_tile_the_episode(ranks: list[int], lasts: bool) -> None:
    """They begin where the episode does, touch each other, and end where it ends; neighbours differ."""
    times = GRID.times[GRID.times >= at_ms("13:00")][: len(ranks)]
    read = Reading(times, np.full(times.size, UNSEEN), np.array(ranks, np.int8))
    end = None if lasts else START + len(ranks) * GRID.step
    told = phases(read, START, end, GRID, None)

    assert told[0].start == START
    assert told[-1].end == end
    assert all(a.end == b.start and a.state is not b.state for a, b in pairwise(told))
    assert {one.state.rank for one in told} <= set(ranks)
    assert len(told) <= 6


@given(RANKS)
def test_every_phase_but_a_lone_one_dwells(ranks: list[int]) -> None:
    """Where there are several, each lasts three minutes at least."""
    times = GRID.times[GRID.times >= at_ms("13:00")][: len(ranks)]
    read = Reading(times, np.full(times.size, UNSEEN), np.array(ranks, np.int8))
    told = phases(read, START, START + len(ranks) * GRID.step, GRID, None)

    assert len(told) == 1 or all(
        one.end is not None and one.end - one.start >= timedelta(minutes=3) for one in told
    )


@given(st.lists(st.floats(0, 1), min_size=60, max_size=60))
def test_any_share_makes_phases(levels: list[float]) -> None:
    """Whatever share failed when, the episode is told from its start to its end."""
    share = _share(level=0.0)
    share[60:120] = levels
    told = _told(share)

    assert told[0].start == START
    assert told[-1].end == END
    assert all(a.end == b.start for a, b in pairwise(told))
    assert all(one.end is not None and ms(one.end) > ms(one.start) for one in told)
