"""Specification of the hold: what is one episode, what is a new one, and when an end is believed."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from incident.impact.departure import Departure
from incident.impact.fusion import RawEpisode, episodes
from incident.model.policy import Policy
from incident.model.spans import Values
from tests.reasoning_builders import ERRORS, LATENCY, MINUTE_MS, at_ms, departure, grid, series, stepped

GRID = grid("12:00", "16:00")
POLICY = Policy()
CALM = np.zeros(GRID.count)
UNSEEN = float("nan")


def _errors(start: str, end: str | None, *, end_uncertain: bool = False) -> Departure:
    return departure(ERRORS, start, end, over=GRID, end_uncertain=end_uncertain)


def _latency(start: str, end: str | None) -> Departure:
    return departure(LATENCY, start, end, over=GRID, before=0.2, inside=1.0)


def _told(
    *impact: Departure, errors: Values = CALM, latency: Values = CALM, policy: Policy = POLICY
) -> tuple[RawEpisode, ...]:
    known = {s.spec.name: s for s in (series(ERRORS, GRID, errors), series(LATENCY, GRID, latency))}
    return episodes(impact, known, policy)


def _ends(told: tuple[RawEpisode, ...]) -> list[int | None]:
    return [e.end_by for e in told]


def test_no_impact_makes_no_episode() -> None:
    """Without departures there is nothing to tell."""
    assert _told() == ()


def test_signals_that_overlap_make_one_episode() -> None:
    """The episode lasts from the first that left its normal to the last that came back."""
    (one,) = _told(_latency("13:05", "13:40"), _errors("13:00", "13:30"))

    assert one.start_by == at_ms("13:00")
    assert one.end_by == at_ms("13:40")
    assert (one.first.spec, one.last.spec) == (ERRORS, LATENCY)


def test_what_returns_within_the_hold_is_the_same_episode() -> None:
    """Nine good minutes are no recovery."""
    (one,) = _told(_errors("13:00", "13:30"), _errors("13:39", "14:00"))

    assert one.start_by == at_ms("13:00")
    assert one.end_by == at_ms("14:00")


def test_what_returns_after_the_hold_is_a_new_episode() -> None:
    """Ten good minutes were a recovery; what comes then is told anew."""
    told = _told(_errors("13:00", "13:30"), _errors("13:40", "14:00"))

    assert [e.start_by for e in told] == [at_ms("13:00"), at_ms("13:40")]
    assert _ends(told) == [at_ms("13:30"), at_ms("14:00")]


def test_the_hold_is_the_policys() -> None:
    """A longer hold joins what the usual one would keep apart."""
    longer = Policy(recovery_hold=timedelta(minutes=30))

    assert len(_told(_errors("13:00", "13:30"), _errors("13:50", "14:10"), policy=longer)) == 1


def test_missing_samples_are_no_recovery() -> None:
    """Between two stretches of errors with nothing seen in between, the service did not recover."""
    hole = stepped(GRID, 0.0, ("13:32", "13:58", UNSEEN))
    (one,) = _told(_errors("13:00", "13:30"), _errors("14:00", "14:20"), errors=hole)

    assert one.end_by == at_ms("14:20")


def test_good_samples_on_both_sides_of_a_hole_add_up() -> None:
    """Five good minutes before and six after a hole are a hold that was measured."""
    hole = stepped(GRID, 0.0, ("13:35", "13:55", UNSEEN))

    assert len(_told(_errors("13:00", "13:30"), _errors("14:01", "14:20"), errors=hole)) == 2


def test_samples_of_a_signal_that_carries_nothing_prove_no_recovery() -> None:
    """A latency that was always fine does not say that the errors are gone."""
    hole = stepped(GRID, 0.0, ("13:32", "13:58", UNSEEN))

    assert len(_told(_errors("13:00", "13:30"), _errors("14:00", "14:20"), errors=hole)) == 1


def test_an_end_without_its_hold_is_taken_back() -> None:
    """Good for five minutes when the data end: still going on."""
    assert _ends(_told(_errors("15:00", "15:55"))) == [None]


def test_an_end_that_was_held_to_the_last_sample_is_kept() -> None:
    """Good for ten minutes when the data end: recovered."""
    assert _ends(_told(_errors("15:00", "15:50"))) == [at_ms("15:50")]


def test_an_end_before_a_hole_that_lasts_is_taken_back() -> None:
    """Nothing seen after the return: the recovery was not proven."""
    gone = stepped(GRID, 0.0, ("13:33", "16:00", UNSEEN))

    assert _ends(_told(_errors("13:00", "13:30"), errors=gone)) == [None]


def test_impact_that_lasts_has_no_end() -> None:
    """An episode with a departure that has not ended does not end."""
    (one,) = _told(_errors("13:00", None), _latency("13:10", "13:30"))

    assert one.end_by is None
    assert one.end_after is None


def test_nothing_follows_an_episode_that_lasts() -> None:
    """What comes while another signal is still bad belongs to the same episode."""
    (one,) = _told(_errors("13:00", None), _latency("15:00", "15:20"))

    assert len(one.carriers) == 2
    assert one.end_by is None


def test_an_uncertain_end_stays_uncertain() -> None:
    """An end that borders a gap is told as such."""
    (one,) = _told(_errors("13:00", "13:30", end_uncertain=True))

    assert one.end_uncertain


def test_a_short_departure_inside_a_long_one_does_not_end_it() -> None:
    """The end is that of the longest."""
    (one,) = _told(_errors("13:00", "14:00"), _latency("13:10", "13:15"))

    assert one.end_by == at_ms("14:00")
    assert one.last.spec is ERRORS


@st.composite
def disturbances(draw: st.DrawFn) -> list[Departure]:
    """Departures of two signals on whole minutes, all over by 15:40."""
    found = []
    for spec in draw(st.lists(st.sampled_from([ERRORS, LATENCY]), min_size=1, max_size=6)):
        start = at_ms("12:00") + draw(st.integers(1, 180)) * MINUTE_MS
        length = draw(st.integers(3, 39)) * MINUTE_MS
        one = departure(spec, "12:01", "12:04", over=GRID)
        moved = {"onset": GRID.index(start), "end": GRID.index(start + length)}
        times = {"start_after": start - MINUTE_MS, "start_by": start, "end_by": start + length}
        fields = {name: getattr(one, name) for name in one.__slots__}
        found.append(Departure(**{**fields, **moved, **times, "end_after": start + length - MINUTE_MS}))
    return found


@given(disturbances())
def test_episodes_are_the_union_of_the_impact(impact: list[Departure]) -> None:
    """Every departure lies in exactly one episode, and good time of at least the hold lies between two."""
    told = _told(*impact)
    carried = [d for e in told for d in e.carriers]

    assert sorted(map(str, carried)) == sorted(map(str, impact))
    for one in told:
        assert one.start_by == min(d.start_by for d in one.carriers)
        assert one.end_by == max(d.stop_ms for d in one.carriers)
    for before, after in pairwise(told):
        assert before.end_by is not None
        assert after.start_by - before.end_by >= POLICY.recovery_hold // timedelta(milliseconds=1)


@given(disturbances(), st.integers(0, 1000))
def test_the_order_of_the_departures_does_not_matter(impact: list[Departure], seed: int) -> None:
    """Episodes are the same whichever signal was looked at first."""
    mixed = [impact[i] for i in np.random.default_rng(seed).permutation(len(impact))]
    bounds = [[(e.start_by, e.end_by) for e in _told(*found)] for found in (impact, mixed)]

    assert bounds[0] == bounds[1]
