"""The same hours of earlier days as a reference: what they explain, what they show, what they must not do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.detect.episode import Floats
from incident.detect.verdict.earlier import Earlier, earlier_of
from tests.detect.days import (
    BASELINE,
    LATENCY,
    LOAD,
    POINTS,
    TRAFFIC,
    Shape,
    Signal,
    ask,
    both,
    bump,
    coarse,
    drawn,
    flat,
    judged,
    rise,
)

SEEDS = st.integers(0, 2**32 - 1)
SIGNALS = st.sampled_from([LATENCY, TRAFFIC, LOAD])
MORNING = rise(5.0, 0.7, 2.5)
SHARP = rise(5.0, 0.08, 2.5)
JOB = bump(5.0, 5.5, 2.5)
SLOPE_FAULT = both(MORNING, bump(5.4, 5.7, 1.6))


@pytest.mark.parametrize("signal", [LATENCY, TRAFFIC, LOAD], ids=lambda s: s.kind)
@pytest.mark.parametrize("today", [MORNING, SHARP, JOB], ids=["slope", "opening hour", "batch job"])
def test_what_both_earlier_days_had_is_no_incident(signal: Signal, today: Shape) -> None:
    """A rise or a batch job at the same time, found where nothing is known of earlier days."""
    assert judged(signal, today)
    assert judged(signal, today, today, today) == []


@pytest.mark.parametrize("signal", [LATENCY, TRAFFIC, LOAD], ids=lambda s: s.kind)
def test_a_slope_of_the_one_day_that_is_known_is_no_incident(signal: Signal) -> None:
    """A service that is a few days old has no last week."""
    assert judged(signal, MORNING, MORNING) == []


def test_last_week_knows_what_yesterday_does_not() -> None:
    """Monday morning rises as last Monday did, and as Sunday did not."""
    assert judged(TRAFFIC, MORNING, MORNING, flat()) == []


@pytest.mark.parametrize(
    "earlier", [(flat(), JOB), (JOB, flat()), (JOB,)], ids=["yesterday", "last week", "the only day"]
)
def test_an_incident_of_one_earlier_day_does_not_hide_the_one_of_today(earlier: tuple[Shape, ...]) -> None:
    """The same hour, the same height: a step is believed usual only where both days had it."""
    (alone,) = judged(LATENCY, JOB)
    (found,) = judged(LATENCY, JOB, *earlier)

    assert (found.onset, found.end) == (alone.onset, alone.end)


@pytest.mark.parametrize("earlier", [(MORNING, MORNING), (MORNING,)], ids=["two days", "one day"])
@pytest.mark.parametrize("signal", [LATENCY, TRAFFIC, LOAD], ids=lambda s: s.kind)
def test_a_fault_on_the_slope_is_found_without_the_slope(signal: Signal, earlier: tuple[Shape, ...]) -> None:
    """Without the earlier days the whole morning is one episode; with them it is the fault alone."""
    (alone,) = judged(signal, SLOPE_FAULT)
    (found,) = judged(signal, SLOPE_FAULT, *earlier)

    assert alone.end is None
    assert found.onset == pytest.approx(648, abs=1)
    assert found.end == pytest.approx(684, abs=1)


@pytest.mark.parametrize("odd", ["yesterday", "last week"])
def test_an_incident_of_one_earlier_day_does_not_hide_a_fault_on_the_slope(odd: str) -> None:
    """The same fault at the same hour of one of two mornings: that one was odd there."""
    days = (SLOPE_FAULT, MORNING) if odd == "last week" else (MORNING, SLOPE_FAULT)
    (found,) = judged(LATENCY, SLOPE_FAULT, *days)

    assert found.onset == pytest.approx(648, abs=1)
    assert found.end == pytest.approx(684, abs=1)


def test_traffic_that_comes_back_into_the_rise_is_no_surge() -> None:
    """Most of it lost on the slope, and back at noon's level: the loss is the incident, not its end."""
    today = both(MORNING, bump(5.2, 5.6, 0.3))
    (found,) = judged(TRAFFIC, today, MORNING, MORNING)

    assert found.direction == "down"
    assert found.onset == pytest.approx(624, abs=1)
    assert found.end == pytest.approx(672, abs=1)


def test_a_loss_hidden_in_a_rise_is_shown_by_two_days() -> None:
    """Traffic that loses two fifths while it climbs is never low; beside the other days it is."""
    today = both(MORNING, bump(5.4, 5.7, 0.6))
    (found,) = judged(TRAFFIC, today, MORNING, MORNING)

    assert found.direction == "down"
    assert found.onset == pytest.approx(648, abs=1)
    assert found.end == pytest.approx(684, abs=1)


@pytest.mark.parametrize("earlier", [(flat(), flat()), (flat(),)], ids=["two days", "one day"])
def test_a_rise_that_no_earlier_day_had_stays_found(earlier: tuple[Shape, ...]) -> None:
    """The earlier days explain only what they had."""
    (alone,) = judged(LATENCY, SHARP)
    (found,) = judged(LATENCY, SHARP, *earlier)

    assert (found.onset, found.end) == (alone.onset, alone.end)


def test_a_much_higher_rise_than_usual_is_not_explained() -> None:
    """Latency that doubles every morning, and is eight times as high today."""
    assert judged(LATENCY, rise(5.0, 0.7, 8.0), rise(5.0, 0.7, 2.0), rise(5.0, 0.7, 2.0))


def _rows(seed: int, count: int = 3) -> tuple[Signal, Floats, Floats]:
    """Rows of a signal with a rhythm or without, with faults or without, and two earlier days of each."""
    rng = np.random.default_rng(seed)
    signal = (LATENCY, TRAFFIC, LOAD)[int(rng.integers(3))]
    shapes = (flat(), MORNING, SHARP, JOB)
    rows, days = np.empty((count, POINTS)), np.empty((2, count, POINTS))
    for row in range(count):
        usual = shapes[int(rng.integers(4))]
        start = rng.uniform(3.0, 8.0)
        fault = bump(start, start + rng.uniform(0.05, 1.0), float(rng.choice([0.5, 1.0, 1.5, 3.0])))
        rows[row] = drawn(signal, both(usual, fault), rng)
        for day in range(2):
            other = shapes[int(rng.integers(4))] if rng.random() < 0.3 else usual
            days[day, row] = coarse(drawn(signal, other, rng))
    rows[rng.random(rows.shape) < 0.02] = np.nan
    days[:, :, : int(rng.integers(0, 300))] = np.nan
    return signal, rows, days


@given(SEEDS)
@settings(max_examples=15)
def test_days_of_which_nothing_is_known_change_nothing(seed: int) -> None:
    """Absent, and there without a sample: today's answer, field for field."""
    signal, rows, days = _rows(seed)

    assert ask(signal, rows, np.full_like(days, np.nan)) == ask(signal, rows, None)


@given(SEEDS)
@settings(max_examples=15)
def test_one_day_finds_nothing_that_is_not_found_without_it(seed: int) -> None:
    """Each episode shares time with one that is found without the day."""
    signal, rows, days = _rows(seed)
    for with_one, without in zip(ask(signal, rows, days[:1]), ask(signal, rows, None), strict=True):
        for one in with_one:
            assert any(
                (o.end is None or one.onset < o.end) and (one.end is None or o.onset < one.end)
                for o in without
            )


@given(SEEDS, st.sampled_from([0.25, 4.0, 1024.0]))
@settings(max_examples=10)
def test_another_unit_changes_nothing(seed: int, unit: float) -> None:
    """Seconds or milliseconds, for today and the earlier days alike."""
    signal, rows, days = _rows(seed)

    def places(scale: float) -> list[list[tuple[int, int | None]]]:
        return [[(e.onset, e.end) for e in row] for row in ask(signal, scale * rows, scale * days)]

    assert places(unit) == places(1.0)


@given(SEEDS)
@settings(max_examples=10)
def test_rows_are_judged_each_by_its_own_days(seed: int) -> None:
    """Asked together or one by one, the answer is the same."""
    signal, rows, days = _rows(seed)
    single = [ask(signal, rows[i : i + 1], days[:, i : i + 1])[0] for i in range(len(rows))]

    assert ask(signal, rows, days) == single


@given(SEEDS, st.integers(1, 60))
@settings(max_examples=10)
def test_a_shift_of_all_days_shifts_the_answer(seed: int, by: int) -> None:
    """Nothing depends on the hour; what is not known before shifts in as missing."""
    signal, rows, days = _rows(seed, count=1)
    pad = np.full((1, by), np.nan)
    later = np.concatenate((pad, rows), axis=1)
    later_days = np.concatenate((np.full((2, 1, by), np.nan), days), axis=2)
    before = [(e.onset + by, e.end and e.end + by) for e in ask(signal, rows, days)[0]]

    assert [(e.onset, e.end) for e in ask(signal, later, later_days, BASELINE + by)[0]] == before


def _by_hand(y: Floats, usual: Floats, calm: list[bool], smallest: float, width: int) -> Earlier | None:
    """The comparison again, sample by sample."""
    left = np.full(len(y), np.nan)
    for i, here in enumerate(usual):
        near = [u for u in usual[max(0, i - width) : i + width + 1] if not np.isnan(u)]
        if not np.isnan(here):
            left[i] = y[i] - max(near)
    normal = sorted(x for x, good in zip(left, calm, strict=True) if good and not np.isnan(x))
    if len(normal) < 8:
        return None
    centre = float(np.quantile(normal, 0.5))
    return Earlier(usual, left, y - usual, centre, max(float(np.quantile(normal, 0.99)) - centre, smallest))


@given(SEEDS, st.integers(5, 60))
def test_the_comparison_with_a_day_is_that_of_brute_force(seed: int, count: int) -> None:
    """The worst within five minutes, missing samples left missing, centre and reach of the calm ones."""
    rng = np.random.default_rng(seed)
    y, usual = rng.normal(size=count), rng.normal(size=count)
    usual[rng.random(count) < 0.2] = np.nan
    calm = rng.random(count) < 0.6
    step_s = float(rng.choice([60.0, 100.0, 300.0, 900.0]))
    found = earlier_of(y, usual, calm, 0.1, step_s)
    wanted = _by_hand(y, usual, calm.tolist(), 0.1, round(300.0 / step_s))

    assert (found is None) == (wanted is None)
    if found is not None and wanted is not None:
        np.testing.assert_allclose(found.left, wanted.left)
        assert (found.centre, found.reach) == pytest.approx((wanted.centre, wanted.reach))


def test_days_must_fit_the_rows() -> None:
    """One value a day, row and point."""
    with pytest.raises(ValueError, match="earlier: shape"):
        ask(LATENCY, np.ones((1, 100)), np.ones((1, 100)), baseline=50)
