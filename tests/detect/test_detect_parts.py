"""The parts of the kernel one by one: scales, calm samples, rhythm, chance, merging, gradual changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.detect.baseline.calm import LONG_SAMPLES, MOST_SHARE, calm_mask
from incident.detect.baseline.scale import SMALLEST_ARC, SMALLEST_FACTOR, percentage, scaled
from incident.detect.baseline.season import rhythm_known
from incident.detect.candidates.boxes import FLANKS, flank_of, lengths
from incident.detect.episode import Floats
from incident.detect.verdict.chance import few_events, few_requests, requests_of
from incident.detect.verdict.judge import Verdict, least_samples
from incident.detect.verdict.merge import FREQUENT, merged
from tests.detect.asking import found_at, found_in
from tests.detect.shapes import Clock, gauge, latency_quantile, ramp, request_rate, rhythm

DAY = 288
"""Points of a day at a step of five minutes."""


def numbers(*values: float) -> Floats:
    return np.array(values, dtype=np.float64)


@pytest.mark.parametrize("kind", ["latency", "rate"])
def test_equal_factors_are_equal_distances_on_the_scale_of_latency_and_rates(kind: str) -> None:
    """From one to two is as far as from two to four, nearly, and 16 % is the smallest change."""
    scale = scaled(numbers(1, 2, 4), numbers(1, 1, 1), "latency" if kind == "latency" else "rate")

    first, second = np.diff(scale.y)
    assert first == pytest.approx(second, rel=0.05)
    assert scale.smallest == SMALLEST_FACTOR


def test_a_rate_that_was_always_zero_has_a_scale() -> None:
    """The level of what comes later serves, and zero has a place on it."""
    scale = scaled(numbers(0, 0, 0, 5, 5), numbers(0, 0, 0), "rate")

    assert np.isfinite(scale.y).all()
    assert scale.y[3] - scale.y[0] > 2.0


def test_a_quarter_of_a_percent_is_the_least_that_a_ratio_changes_by() -> None:
    """Near zero the arcsine root opens up, so the plain difference decides there."""
    calm, busy = np.zeros(9), np.full(9, 0.5)

    assert np.sin(scaled(calm, calm, "ratio").smallest) ** 2 == pytest.approx(0.0025, rel=0.01)
    assert scaled(busy, busy, "ratio").smallest == SMALLEST_ARC
    assert scaled(1.0 - calm, 1.0 - calm, "ratio").smallest == pytest.approx(
        scaled(calm, calm, "ratio").smallest
    )


def test_one_glitch_does_not_make_a_ratio_a_percentage() -> None:
    """Several samples above 1.5 do."""
    assert not percentage(numbers(0.0, 2.0, 0.1, 1.7))
    assert percentage(numbers(0.0, 2.0, 3.0, 1.7))


def test_gauges_change_by_their_range_or_a_tenth() -> None:
    """Memory going from 16.5 to 16.9 % is no incident."""
    steady = np.full(300, 16.5)
    steady[200:230] = 16.9

    assert found_at(steady, 100) == []
    assert len(found_at(np.where(steady > 16.6, 20.0, steady), 100)) == 1


def test_the_lead_in_is_calm() -> None:
    """All of it, and nothing of the window."""
    y = np.random.default_rng(0).normal(0.0, 1.0, 100)

    assert np.array_equal(calm_mask(y, 60, 0.1, one_sided=True), np.arange(100) < 60)


@pytest.mark.parametrize(("start", "stop"), [(20, 20 + LONG_SAMPLES), (56, 60)])
def test_one_long_incident_or_one_under_way_is_not_calm(start: int, stop: int) -> None:
    """It would make its own size normal."""
    y = np.random.default_rng(0).normal(0.0, 1.0, 100)
    y[start:stop] += 50.0
    expected = np.arange(100) < 60
    expected[start:stop] = False

    assert np.array_equal(calm_mask(y, 60, 0.1, one_sided=True), expected)


def test_what_comes_back_is_calm() -> None:
    """Two batches in the lead-in are what this series does; a level over a quarter of it as well."""
    rng = np.random.default_rng(0)
    twice, long = rng.normal(0.0, 1.0, 100), rng.normal(0.0, 1.0, 100)
    twice[10:22] += 50.0
    twice[30:42] += 50.0
    long[10 : 10 + round(60 * (MOST_SHARE + 0.1))] += 50.0

    assert calm_mask(twice, 60, 0.1, one_sided=True).sum() == 60
    assert calm_mask(long, 60, 0.1, one_sided=True).sum() == 60


def test_without_a_lead_in_the_better_level_is_calm_or_the_more_frequent_one() -> None:
    """The bad direction decides; where both may be bad, the majority."""
    y = np.random.default_rng(0).normal(0.0, 1.0, 100)
    y[20:] += 50.0

    assert np.array_equal(calm_mask(y, 0, 0.1, one_sided=True), np.arange(100) < 20)
    assert np.array_equal(calm_mask(y, 0, 0.1, one_sided=False), np.arange(100) >= 20)


@pytest.mark.parametrize(
    ("days", "step_s", "known"),
    [(1.9, 300.0, False), (2.0, 300.0, True), (2.0, 3600.0, True), (5.0, 14_400.0, False)],
)
def test_two_whole_days_before_the_window_make_a_rhythm(days: float, step_s: float, known: bool) -> None:
    """Of at least twelve points each."""
    assert rhythm_known(round(days * 86_400 / step_s), step_s) is known


def test_the_same_time_of_earlier_days_is_the_reference() -> None:
    """At night the level of every noon is an incident, at noon it is not."""
    rng = np.random.default_rng(5)
    t = np.arange(4 * DAY)
    y = 100.0 * np.exp(0.8 * np.sin(2 * np.pi * t / DAY) + rng.normal(0.0, 0.03, len(t)))
    night = 3 * DAY + round(0.75 * DAY)
    y[night : night + 12] *= 3.0

    (episode,) = found_at(y, 3 * DAY, kind="rate", step_s=300.0)

    assert (episode.onset, episode.end) == (night, night + 12)
    assert found_at(y, DAY, kind="rate", step_s=300.0) == []


@given(
    total=st.integers(1, 10**6),
    share=st.floats(0.0, 1.0),
    calm_total=st.integers(1, 10**6),
    calm_share=st.floats(0.0, 1.0),
)
def test_the_same_ratio_is_always_chance(
    total: int, share: float, calm_total: int, calm_share: float
) -> None:
    """However many requests, and fewer requests are never more certain."""
    ratio = numbers(calm_share, share)
    counts = numbers(calm_total, total)
    normal = np.array([True, False])
    same = requests_of(numbers(share, share), counts, normal)
    full = requests_of(ratio, counts, normal)
    thin = requests_of(ratio, counts / 10.0, normal)

    assert few_requests(same, 1, 2)
    assert few_requests(thin, 1, 2) or not few_requests(full, 1, 2)


@pytest.mark.parametrize(("failed", "total", "chance"), [(1, 3, True), (2, 3, True), (3, 3, False)])
def test_few_requests_must_all_fail(failed: int, total: int, chance: bool) -> None:
    """Against ten thousand good ones: one or two of three may be chance, three are not."""
    ratio, counts = numbers(0.0, failed / total), numbers(10_000, total)

    assert few_requests(requests_of(ratio, counts, np.array([True, False])), 1, 2) is chance


def test_a_rate_of_few_events_may_be_chance() -> None:
    """Three quiet minutes of a trickle are, half an hour or the same share of a stream are not."""
    trickle = np.full(300, 0.12)
    trickle[100:103] = 0.05
    trickle[200:230] = 0.05

    assert few_events(trickle, 60.0, 100, 103)
    assert not few_events(trickle, 60.0, 200, 230)
    assert not few_events(1000.0 * trickle, 60.0, 100, 103)


def verdict(start: int, stop: int, reach: float = 2.0) -> Verdict:
    return Verdict(start, stop, 1.0, "beyond_range", reach, 2.0, 2.0, ((start, stop),), (start, stop))


def test_stretches_with_a_short_break_are_one() -> None:
    """Fewer than three samples, or a quarter of the shorter stretch; the clearer reason stays."""
    (one,) = merged([verdict(20, 60, 5.0), verdict(0, 18)])

    assert (one.start, one.stop, one.reach_ratio, one.stretches) == (0, 60, 5.0, ((0, 60),))
    assert len(merged([verdict(0, 18), verdict(24, 60)])) == 2


def test_frequent_stretches_are_one_intermittent_episode() -> None:
    """Four or more near each other become one that knows its stretches; three stay apart."""
    short = [verdict(at, at + 5) for at in range(0, 15 * FREQUENT, 15)]

    (one,) = merged(short)

    assert (one.start, one.stop) == (0, 15 * (FREQUENT - 1) + 5)
    assert one.stretches == tuple((v.start, v.stop) for v in short)
    assert merged(short[:-1]) == short[:-1]


def test_intermittent_episodes_tell_their_stretches() -> None:
    """Bursts that come back every quarter of an hour are one line in a draft."""
    y = np.random.default_rng(0).normal(100.0, 1.0, 700)
    starts = range(400, 500, 15)
    for start in starts:
        y[start : start + 5] += 60.0

    (episode,) = found_at(y, 300)

    assert episode.stretches == tuple((start, start + 5) for start in starts)
    assert (episode.onset, episode.end) == (400, starts[-1] + 5)


def test_a_burst_of_latency_must_stand_out_from_the_bursts_around_it() -> None:
    """A percentile that is restless from then on is no row of incidents; a burst of its own is one."""
    calm = 0.1 * np.exp(np.random.default_rng(0).normal(0.0, 0.03, 500))
    once, often = calm.copy(), calm.copy()
    once[340:344] *= 1.5
    for start in range(300, 500, 20):
        often[start : start + 4] *= 1.5

    assert [e.onset for e in found_at(once, 200, kind="latency")] == [340]
    assert found_at(often, 200, kind="latency") == []
    assert len(found_at(often, 200, kind="gauge")) == 1


@pytest.mark.parametrize("hour", [2.0, 8.0, 14.0, 20.0])
def test_a_rhythm_is_told_from_a_leak_by_its_slope(hour: float) -> None:
    """Traffic may halve overnight; a gauge that doubles in two hours may not."""
    clock = Clock(step_s=60.0, window_s=43_200.0, starts_s=hour * 3600.0)
    rng = np.random.default_rng(3)

    assert found_in(request_rate(rng, clock, 50.0, rhythm(clock, 0.6))) == []
    assert len(found_in(gauge(rng, clock, 0.5, 0.02, ramp(clock, (0, 1.0), (7200, 2.0))))) == 1


def test_box_lengths_grow_by_two_fifths_and_flanks_with_them() -> None:
    """From two samples up, each flank at least as long as its box until the longest."""
    assert lengths(10) == [2, 3, 4, 6, 8]
    assert lengths(1) == [2]
    assert [flank_of(n) for n in (2, 10, 11, 60, 500)] == [10, 10, 20, 60, FLANKS[-1]]


@pytest.mark.parametrize(
    ("step_s", "samples"), [(5.0, 12), (15.0, 4), (30.0, 3), (60.0, 3), (120.0, 2), (3600.0, 2)]
)
def test_an_incident_lasts_some_samples_and_a_minute(step_s: float, samples: int) -> None:
    """One sample is never enough."""
    assert least_samples(step_s) == samples


@pytest.mark.parametrize(("factor", "found"), [(2.0, 0), (20.0, 1)])
def test_two_samples_are_enough_where_they_are_extreme(factor: float, found: int) -> None:
    """At a minute's step two minutes of twice the latency may be anything, of twenty times may not."""
    row = 0.1 * np.exp(np.random.default_rng(0).normal(0.0, 0.1, 400))
    row[300:302] *= factor

    assert len(found_at(row, 200, kind="latency")) == found


def test_percentiles_beyond_the_last_bucket_are_ordinary() -> None:
    """A latency that saturates at the largest bucket is bad, not missing."""
    clock = Clock(step_s=30.0)
    slow = latency_quantile(
        np.random.default_rng(0), clock, 50.0, ramp(clock, (0, 1.0), (1, 200.0), (3600, 200.0), (3601, 1.0))
    )

    (episode,) = found_in(slow)

    assert episode.inside == pytest.approx(10.0)
