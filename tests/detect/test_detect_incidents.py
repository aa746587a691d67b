"""Incidents as Prometheus shows them, and what only looks like one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from incident.detect.episode import Floats
from tests.detect.asking import found_in
from tests.detect.shapes import (
    Clock,
    Drawn,
    Generator,
    error_ratio,
    flat,
    gauge,
    latency_quantile,
    ramp,
    request_rate,
    rhythm,
    step,
)

STEPS = [15.0, 30.0, 60.0]
SEEDS = range(3)
HOUR = 3600.0
SMEAR_S = 60.0
"""A rate over a minute shows a fault for up to a minute longer."""


def seeded(seed: int) -> Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("step_s", STEPS)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("calm", [0.0, 0.001])
def test_a_step_of_the_error_ratio_is_placed_to_the_sample(step_s: float, seed: int, calm: float) -> None:
    """From exactly zero or a trickle to 60 %: one episode, onset within one sample."""
    clock = Clock(step_s=step_s)
    drawn = error_ratio(seeded(seed), clock, 20.0, step(clock, 1800, 3600, 0.6, calm))
    ((start, stop),) = clock.spans((1800, 3600))

    (episode,) = found_in(drawn)

    assert abs(episode.onset - start) <= 1
    assert episode.end is not None
    assert 0 <= episode.end - stop <= SMEAR_S / step_s
    assert episode.before == pytest.approx(calm, abs=0.003)
    assert episode.inside == pytest.approx(0.6, abs=0.03)


@pytest.mark.parametrize("step_s", STEPS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_ramp_is_one_episode_that_begins_at_its_foot(step_s: float, seed: int) -> None:
    """Errors that climb for half an hour, worsen, jump and fall linearly: bounds within minutes."""
    clock = Clock(step_s=step_s)
    shape = ramp(clock, (900, 0.001), (2700, 0.08), (5000, 0.12), (5001, 0.4), (5400, 0.4), (6300, 0.001))
    ((start, stop),) = clock.spans((900, 6300))

    (episode,) = found_in(error_ratio(seeded(seed), clock, 50.0, shape))

    assert abs(episode.onset - start) * step_s <= 300
    assert episode.end is not None
    assert abs(episode.end - stop) * step_s <= 300


@pytest.mark.parametrize("step_s", STEPS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_latency_that_climbs_slowly_is_one_episode(step_s: float, seed: int) -> None:
    """Three times in half an hour, then eight times; the 99th percentile is quantised by buckets."""
    clock = Clock(step_s=step_s)
    shape = ramp(clock, (900, 1.0), (2700, 3.0), (5400, 8.0), (6300, 1.0))
    ((start, stop),) = clock.spans((900, 6300))

    (episode,) = found_in(latency_quantile(seeded(seed), clock, 50.0, shape))

    assert abs(episode.onset - start) * step_s <= 600
    assert episode.end is not None
    assert abs(episode.end - stop) * step_s <= 300


@pytest.mark.parametrize("step_s", STEPS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_leak_is_found_and_has_no_end_yet(step_s: float, seed: int) -> None:
    """A gauge that doubles in two hours and goes on is open at the end of the window."""
    clock = Clock(step_s=step_s)
    drawn = gauge(seeded(seed), clock, 0.5, 0.03, ramp(clock, (0, 1.0), (7200, 1.9)))

    (episode,) = found_in(drawn)

    assert episode.end is None
    assert not episode.end_uncertain
    assert (episode.onset - clock.baseline) * step_s <= 2400


@pytest.mark.parametrize("step_s", STEPS)
@pytest.mark.parametrize("seed", SEEDS)
def test_flapping_spans_from_the_first_failure_to_the_last(step_s: float, seed: int) -> None:
    """Five minutes bad, five good, for an hour: one episode or several, with the right outer bounds."""
    clock = Clock(step_s=step_s)

    def shape(t: Floats) -> Floats:
        into = t - clock.at(1200)
        return np.where((into >= 0) & (into < 3600) & (into % 600 < 300), 0.5, 0.001)

    ((start, stop),) = clock.spans((1200, 1200 + 3300))

    episodes = found_in(error_ratio(seeded(seed), clock, 50.0, shape))

    assert abs(episodes[0].onset - start) * step_s <= 300
    last = episodes[-1].end
    assert last is not None
    assert abs(last - stop) * step_s <= 300


@pytest.mark.parametrize("stops", [3600.0, 1e9])
@pytest.mark.parametrize("seed", SEEDS)
def test_an_incident_under_way_before_the_window_does_not_spoil_the_baseline(stops: float, seed: int) -> None:
    """Ten bad minutes at the end of the lead-in belong to the incident, and its onset is there."""
    clock = Clock()
    drawn = error_ratio(seeded(seed), clock, 50.0, step(clock, -600, stops, 0.6, 0.001))
    ((start, _),) = clock.spans((-600, 0))

    (episode,) = found_in(drawn)

    assert abs(episode.onset - start) <= 1
    assert (episode.end is None) == (stops > clock.window_s)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_earlier_outage_in_the_lead_in_does_not_hide_the_next_one(seed: int) -> None:
    """The same failure an hour earlier is not what is normal here."""
    clock = Clock()

    def shape(t: Floats) -> Floats:
        first = (t >= clock.at(-3600)) & (t < clock.at(-1800))
        second = (t >= clock.at(1200)) & (t < clock.at(4800))
        return np.where(first | second, 0.6, 0.001)

    ((start, _),) = clock.spans((1200, 4800))

    (episode,) = found_in(error_ratio(seeded(seed), clock, 50.0, shape))

    assert abs(episode.onset - start) <= 1


@pytest.mark.parametrize("share", [0.2, 0.7])
@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_lead_in_the_calm_part_is_the_baseline(share: float, seed: int) -> None:
    """Even where most of the window is bad, since the bad direction is known."""
    clock = Clock(step_s=30.0, lead_s=0.0, window_s=2 * HOUR)
    stop = 1200 + share * clock.window_s
    drawn = error_ratio(seeded(seed), clock, 50.0, step(clock, 1200, stop, 0.6, 0.001))
    ((start, _),) = clock.spans((1200, stop))

    (episode,) = found_in(drawn)

    assert abs(episode.onset - start) <= 1


@pytest.mark.parametrize("step_s", STEPS)
@pytest.mark.parametrize("seed", SEEDS)
def test_lost_traffic_is_found_in_its_direction(step_s: float, seed: int) -> None:
    """Requests that fall to a twentieth for half an hour."""
    clock = Clock(step_s=step_s)
    drawn = request_rate(seeded(seed), clock, 50.0, step(clock, 1800, 3600, 0.05, 1.0))
    ((start, stop),) = clock.spans((1800, 3600))

    (episode,) = found_in(drawn)

    assert episode.direction == "down"
    assert abs(episode.onset - start) * step_s <= SMEAR_S
    assert episode.end is not None
    assert abs(episode.end - stop) * step_s <= SMEAR_S


def batch(t: Floats) -> Floats:
    """Five minutes of every hour with more than twice the load."""
    return np.where(t % HOUR < 300, 2.5, 1.0)


def _days() -> dict[str, Callable[[Generator, Clock], Drawn]]:
    return {
        "errors": lambda r, c: error_ratio(r, c, 20.0, flat(0.001), rhythm(c, 0.5)),
        "no errors at all": lambda r, c: error_ratio(r, c, 20.0, flat(0.0)),
        "errors of few requests": lambda r, c: error_ratio(r, c, 0.1, flat(0.02)),
        "traffic with a daily rhythm": lambda r, c: request_rate(r, c, 50.0, rhythm(c, 0.8)),
        "traffic with batches": lambda r, c: request_rate(r, c, 50.0, batch),
        "latency": lambda r, c: latency_quantile(r, c, 50.0, flat(1.0)),
        "latency with batches": lambda r, c: latency_quantile(r, c, 50.0, batch),
        "load": lambda r, c: gauge(r, c, 0.5, 0.05),
    }


@pytest.mark.parametrize("name", _days())
@pytest.mark.parametrize("starts", [2.0, 8.0, 14.0, 20.0])
def test_a_healthy_day_holds_nothing(name: str, starts: float) -> None:
    """Rhythm, hourly batches and the noise of few requests are no incidents, at any time of day."""
    clock = Clock(step_s=60.0, window_s=24 * HOUR, starts_s=starts * HOUR)

    assert [found_in(_days()[name](seeded(seed), clock)) for seed in SEEDS] == [[], [], []]


@pytest.mark.parametrize("seed", SEEDS)
def test_slopes_over_hours_are_no_incident(seed: int) -> None:
    """Traffic that doubles and latency that grows by 30 % over six hours."""
    clock = Clock()
    double, third = ((-4 * HOUR, 1.0), (2 * HOUR, 2.0)), ((-4 * HOUR, 1.0), (2 * HOUR, 1.3))

    assert found_in(request_rate(seeded(seed), clock, 50.0, ramp(clock, *double))) == []
    assert found_in(latency_quantile(seeded(seed), clock, 50.0, ramp(clock, *third))) == []


def test_one_failure_of_three_requests_is_no_outage() -> None:
    """With its request counts a ratio of 33 % over few requests is chance; with many it is not."""
    ratio, few = np.zeros(400), np.full(400, 1.0)
    ratio[300:306] = 1.0 / 3.0
    few[300:306] = 0.5
    quiet = Drawn(ratio, 60.0, 200, "ratio", "up", counts=few)
    busy = Drawn(ratio, 60.0, 200, "ratio", "up", counts=few * 100)

    assert found_in(quiet) == []
    assert len(found_in(busy)) == 1
    assert len(found_in(quiet, with_counts=False)) == 1


@pytest.mark.parametrize(("good", "incidents"), [(1, 1), (2, 1), (3, 2), (8, 2)])
def test_two_faults_with_three_good_samples_between_them_are_two(good: int, incidents: int) -> None:
    """Five bad minutes, normal ones, four bad ones again; nearer than three samples they are one incident."""
    values = 5.0 + 0.8 * seeded(7).standard_normal(260)
    values[200:205] = 85.0
    values[205 + good : 209 + good] = 83.0
    found = found_in(Drawn(values, 60.0, 150, "gauge", "up"))

    assert len(found) == incidents
    assert found[0].onset == 200
    assert found[-1].end == 209 + good


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("first", "second"), [(150, 30), (100, 50), (30, 150)])
def test_the_longer_of_two_faults_does_not_swallow_the_other(seed: int, first: int, second: int) -> None:
    """Twenty good samples between them, some of them noisy, are an end and a beginning."""
    clock = Clock(step_s=15.0, window_s=3 * HOUR)
    corners = [1800.0, 1800.0 + 15 * first]
    corners += [corners[1] + 300.0, corners[1] + 300.0 + 15 * second]
    level = np.tile([0.0, 1.0, 1.0, 0.0], 2)
    times = [t + off for t, off in zip(np.repeat(corners, 2), [-1e-3, 0.0] * 4, strict=True)]
    shape = ramp(clock, *[(t, 1.0 + 2.0 * h) for t, h in zip(times, level, strict=True)])
    truth = clock.spans((corners[0], corners[1]), (corners[2], corners[3]))

    found = found_in(latency_quantile(seeded(seed), clock, 50.0, shape))

    assert len(found) == 2
    for episode, (start, stop) in zip(found, truth, strict=True):
        assert abs(episode.onset - start) <= 2
        assert episode.end is not None
        assert abs(episode.end - stop) <= 6


@pytest.mark.parametrize("seed", SEEDS)
def test_the_foot_of_a_ramp_is_not_hidden_by_an_earlier_fault(seed: int) -> None:
    """A fault that was over ten minutes before is no level on the way to the ramp."""
    clock = Clock(step_s=15.0, window_s=3 * HOUR)
    shape = ramp(
        clock,
        (1800, 0.4),
        (1801, 0.9),
        (2400, 0.9),
        (2401, 0.4),
        (3000, 0.4),
        (3600, 0.9),
        (5400, 0.9),
        (5401, 0.4),
    )
    _, (start, _) = clock.spans((1800, 2400), (3000, 5400))

    found = found_in(gauge(seeded(seed), clock, 1.0, 0.05, shape))

    assert len(found) == 2
    assert abs(found[-1].onset - start) <= 10
