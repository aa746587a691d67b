"""Specification of refinement: steps are placed on raw counters, ramps at their foot."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from incident.impact.departure import Departure
from incident.impact.ends.counts import Increments
from incident.impact.ends.refine import Raw, end_of, raw_of, start_of
from incident.impact.fusion import RawEpisode
from incident.model.signals import Measure, SignalSpec
from incident.model.spans import Moment
from tests.impact.counting import Points, Service
from tests.reasoning_builders import (
    ERRORS,
    LATENCY,
    MEMORY,
    PROBE,
    SCRAPE,
    SCRAPE_MS,
    TARGETS,
    TRAFFIC,
    at,
    at_ms,
    departure,
    grid,
    scrapes,
)

GRID = grid("12:00", "15:00")
SEEDS = range(12)
NOTHING = raw_of(None, SCRAPE_MS)
STEADY: Points = (("12:00", 20.0),)


def _service(
    failing: Points = (("12:00", 0.001),),
    rate: Points = STEADY,
    slow: Points = (("12:00", 0.0),),
    seed: int = 1,
) -> Service:
    return Service("12:00", "15:00", rate, failing, slow, seed)


def _raw(service: Service, *, buckets: bool = False) -> Raw:
    return raw_of(service.counters(buckets=buckets), SCRAPE_MS)


def _episode(*carriers: Departure) -> RawEpisode:
    last = max(carriers, key=lambda d: d.stop_ms)
    first = min(carriers, key=lambda d: d.start_by)
    return RawEpisode(carriers, first.start_after, first.start_by, last.end_after, last.end_by, False)


def _seen(spec: SignalSpec, start: str, end: str | None, before: float, inside: float) -> RawEpisode:
    return _episode(departure(spec, start, end, over=GRID, before=before, inside=inside))


def _off(told: Moment | None, truth: datetime) -> timedelta:
    assert told is not None
    return abs(told.at - truth)


def _held(told: Moment | None, truth: datetime) -> bool:
    """Whether the moment's uncertainty reaches the truth."""
    return told is not None and _off(told, truth) <= told.plus_minus


def test_a_step_of_errors_is_placed_within_two_scrapes_at_both_ends() -> None:
    """Errors that jump at 13:00:20 and stop at 13:40:10 are placed there, though the survey sees minutes."""
    failing = (("13:00:20", 0.001), ("13:00:20", 0.4), ("13:40:10", 0.4), ("13:40:10", 0.001))
    for seed in SEEDS:
        raw = _raw(_service(failing, seed=seed))
        seen = _seen(ERRORS, "13:01", "13:41", 0.001, 0.4)
        start, end = start_of(seen, GRID, raw), end_of(seen, GRID, raw)

        assert _off(start, at("13:00:20")) <= SCRAPE
        assert _off(end, at("13:40:10")) <= SCRAPE
        assert _held(start, at("13:00:20"))
        assert start.source == ERRORS.query
        assert start.plus_minus <= SCRAPE


def test_a_step_seen_late_is_still_placed() -> None:
    """The survey was three minutes late; the raw counts are not."""
    raw = _raw(_service((("13:00:20", 0.001), ("13:00:20", 0.4))))

    assert _off(start_of(_seen(ERRORS, "13:03", None, 0.001, 0.4), GRID, raw), at("13:00:20")) <= SCRAPE


@pytest.mark.parametrize("every_s", [30, 60])
def test_a_step_between_rare_scrapes_is_placed_by_what_they_counted(every_s: int) -> None:
    """A scrape interval holds the step as a mixture of both levels: it is looked for there, not beside it."""
    failing = (("13:00:20", 0.001), ("13:00:20", 1.0), ("13:21:40", 1.0), ("13:21:40", 0.001))
    for seed in SEEDS:
        service = Service("12:00", "15:00", (("12:00", 80.0),), failing, seed=seed, every_s=every_s)
        raw = raw_of(service.counters(), every_s * 1000)
        seen = _seen(ERRORS, "13:02", "13:24", 0.001, 1.0)

        assert _off(start_of(seen, GRID, raw), at("13:00:20")) <= timedelta(seconds=3)
        assert _off(end_of(seen, GRID, raw), at("13:21:40")) <= timedelta(seconds=3)


@pytest.mark.parametrize("top", [0.08, 0.4])
def test_a_ramp_of_errors_is_told_at_its_foot(top: float) -> None:
    """Errors that climb for ten minutes began where the climb began, to a minute or two."""
    failing = (("13:00", 0.001), ("13:10", top))
    offs = []
    for seed in SEEDS:
        raw = _raw(_service(failing, seed=seed))
        offs.append(_off(start_of(_seen(ERRORS, "13:03", "14:30", 0.001, top), GRID, raw), at("13:00")))

    assert np.median(np.array(offs)) <= timedelta(minutes=1, seconds=30)
    assert max(offs) <= timedelta(minutes=3)


def test_a_ramp_down_is_told_at_its_foot() -> None:
    """Errors that fall for twenty minutes ended where nothing was left of them."""
    failing = (("13:00", 0.001), ("13:00", 0.4), ("13:30", 0.4), ("13:50", 0.001))
    offs = []
    for seed in SEEDS:
        raw = _raw(_service(failing, seed=seed))
        offs.append(_off(end_of(_seen(ERRORS, "13:01", "13:49", 0.001, 0.4), GRID, raw), at("13:50")))

    assert np.median(np.array(offs)) <= timedelta(minutes=2)
    assert max(offs) <= timedelta(minutes=4)


def test_a_step_is_placed_although_requests_are_few() -> None:
    """At six requests a minute a step is known to some minutes, and the uncertainty says so."""
    failing = (("13:00:20", 0.0), ("13:00:20", 0.6), ("14:00", 0.6), ("14:00", 0.0))
    told = []
    for seed in SEEDS:
        raw = _raw(_service(failing, rate=(("12:00", 0.1),), seed=seed))
        told.append(start_of(_seen(ERRORS, "13:03", "14:02", 0.0, 0.6), GRID, raw))

    assert np.median(np.array([_off(m, at("13:00:20")) for m in told])) <= timedelta(minutes=1, seconds=30)
    assert sum(_held(m, at("13:00:20")) for m in told) >= 0.9 * len(told)


def test_a_step_of_latency_is_placed_by_its_buckets() -> None:
    """Slow requests counted by the histogram place the step as failures do."""
    slow = (("13:00:20", 0.005), ("13:00:20", 0.5), ("13:40", 0.5), ("13:40", 0.005))
    for seed in SEEDS:
        raw = _raw(_service(slow=slow, seed=seed), buckets=True)
        seen = _seen(LATENCY, "13:01", "13:41", 0.2, 1.5)

        assert _off(start_of(seen, GRID, raw), at("13:00:20")) <= SCRAPE
        assert _off(end_of(seen, GRID, raw), at("13:40")) <= SCRAPE


def test_latency_without_buckets_keeps_the_bracket_of_the_survey() -> None:
    """Failure counters cannot say when answers became slow."""
    raw = _raw(_service())
    told = start_of(_seen(LATENCY, "13:01", "13:41", 0.2, 1.5), GRID, raw)

    assert at("13:00") <= told.at <= at("13:01")
    assert told.plus_minus == GRID.step / 2


def test_lost_traffic_is_placed_by_the_rate_of_requests() -> None:
    """Requests that stop at 13:00:20 and return at 13:40:10."""
    rate = (("13:00:20", 20.0), ("13:00:20", 0.5), ("13:40:10", 0.5), ("13:40:10", 20.0))
    for seed in SEEDS:
        raw = _raw(_service(rate=rate, seed=seed))
        seen = _seen(TRAFFIC, "13:01", "13:41", 20.0, 0.5)

        assert _off(start_of(seen, GRID, raw), at("13:00:20")) <= SCRAPE
        assert _off(end_of(seen, GRID, raw), at("13:40:10")) <= SCRAPE


def test_targets_are_placed_between_their_scrapes() -> None:
    """The bracket of an outage is that of its scrapes; its middle is told."""
    one = departure(TARGETS, "13:00", "13:30", over=GRID, before=1.0, inside=0.0)
    told = start_of(_episode(one), GRID, NOTHING)

    assert told.at == at("12:59:30")
    assert told.plus_minus == timedelta(seconds=30)
    assert told.source == TARGETS.query


def test_without_counters_the_bracket_of_the_survey_stands() -> None:
    """No zoom: the start lies in the survey's bracket, the end in its own."""
    seen = _seen(ERRORS, "13:01", "13:41", 0.001, 0.4)
    start, end = start_of(seen, GRID, NOTHING), end_of(seen, GRID, NOTHING)

    assert at("13:00") <= start.at <= at("13:01")
    assert end is not None
    assert at("13:40") <= end.at <= at("13:41")
    assert start.plus_minus == end.plus_minus == GRID.step / 2


def test_counters_that_show_no_step_leave_the_bracket_of_the_survey() -> None:
    """Where the raw failures do not rise at all, nothing is invented."""
    told = start_of(_seen(ERRORS, "13:01", "13:41", 0.001, 0.4), GRID, _raw(_service((("12:00", 0.0),))))

    assert told.plus_minus == GRID.step / 2


def test_impact_that_lasts_has_no_end() -> None:
    """No end was seen, so none is placed."""
    raw = _raw(_service((("13:00", 0.001), ("13:00", 0.4))))

    assert end_of(_seen(ERRORS, "13:01", None, 0.001, 0.4), GRID, raw) is None


def test_what_places_best_is_asked_first() -> None:
    """Targets say when they went down better than the errors beside them do."""
    errors = departure(ERRORS, "13:00", "13:30", over=GRID)
    down = departure(TARGETS, "13:01", "13:30", over=GRID, before=1.0, inside=0.0)
    told = start_of(_episode(errors, down), GRID, _raw(_service((("13:00", 0.0), ("13:00", 0.5)))))

    assert told.source == TARGETS.query


def test_a_signal_that_joined_later_does_not_place_the_start() -> None:
    """Latency rose at 13:00, errors came ten minutes later: the start is the latency's."""
    slow = departure(LATENCY, "13:01", "13:40", over=GRID, before=0.2, inside=1.0)
    errors = departure(ERRORS, "13:11", "13:40", over=GRID, inside=0.3)
    raw = _raw(_service((("13:10:20", 0.001), ("13:10:20", 0.3)), slow=(("13:00", 0.0), ("13:00", 0.5))))
    told = start_of(_episode(slow, errors), GRID, raw)

    assert told.source == LATENCY.query
    assert told.at <= at("13:02")


def test_a_signal_of_another_kind_keeps_its_own_bracket() -> None:
    """A gauge that people made impact has no counters behind it."""
    assert MEMORY.measure is Measure.OTHER
    told = start_of(_seen(MEMORY, "13:01", "13:41", 100, 500), GRID, _raw(_service()))

    assert told.source == MEMORY.query
    assert told.plus_minus == GRID.step / 2


def _by_the_second(end: str, last_request: str = "") -> Raw:
    """48 requests a second, of which half fail from 13:00:02 to 13:00:34; the data end at `end`."""
    times = scrapes("12:00", end, every_s=1)
    total = np.where(times[1:] <= at_ms(last_request or end), 48.0, 0.0)
    bad = (times[:-1] >= at_ms("13:00:02")) & (times[:-1] < at_ms("13:00:34"))
    none = np.zeros(total.size, bool)
    counted = Increments(times[:-1], times[1:], total, np.where(bad, 24.0, 0.0), none, none)
    return Raw(counted, counted, tuple, 1000)


@pytest.mark.parametrize(("end", "last_request"), [("14:00", ""), ("13:00:56", ""), ("13:02", "13:00:56")])
def test_a_fault_of_half_a_minute_is_placed_where_its_counters_say(end: str, last_request: str) -> None:
    """Shorter than the half minutes in which a ramp is followed, and also where data or requests end soon."""
    over = grid("12:00", end, 10)
    errors = replace(ERRORS, query=ERRORS.query.replace("[1m]", "[5s]"))
    seen = _episode(departure(errors, "13:00:10", "13:00:40", over=over, before=0.0, inside=0.5))
    raw = _by_the_second(end, last_request)

    assert _off(start_of(seen, over, raw), at("13:00:02")) <= timedelta(seconds=1)
    ended = end_of(seen, over, raw)
    assert ended is not None
    assert _off(ended, at("13:00:34")) <= timedelta(seconds=1)
    assert ended.plus_minus <= timedelta(seconds=1)


def test_a_burst_shorter_than_half_the_range_is_placed_where_its_counters_say() -> None:
    """The worst sample of a rate over a minute is taken when twenty seconds of failures are over."""
    failing = (("13:00:02", 0.001), ("13:00:02", 1.0), ("13:00:20", 1.0), ("13:00:20", 0.001))
    for seed in SEEDS:
        service = Service("12:00", "15:00", (("12:00", 40.0),), failing, seed=seed, every_s=5)
        raw = raw_of(service.counters(), 5_000)
        seen = departure(ERRORS, "13:00:30", "13:01", over=GRID, before=0.001, inside=0.3)
        seen = replace(seen, start_after=at_ms("13:00"), end_after=at_ms("13:00"), peak_ms=at_ms("13:01"))
        start, end = start_of(_episode(seen), GRID, raw), end_of(_episode(seen), GRID, raw)

        assert _off(start, at("13:00:02")) <= timedelta(seconds=1)
        assert _off(end, at("13:00:20")) <= timedelta(seconds=1)


def test_an_end_with_which_the_clients_come_back_is_placed_by_the_clock() -> None:
    """All fail and two thirds give up: the first good answers are many, and are not taken for much time."""
    failing = (("13:00", 0.001), ("13:00", 1.0), ("13:20", 1.0), ("13:20", 0.001))
    rate = (("13:02", 300.0), ("13:02", 90.0), ("13:20", 90.0), ("13:20", 300.0))
    for seed in SEEDS:
        raw = _raw(_service(failing, rate=rate, seed=seed))
        seen = _seen(ERRORS, "13:01", "13:21", 0.001, 1.0)

        assert _off(end_of(seen, GRID, raw), at("13:20")) <= timedelta(seconds=1)


def test_counters_say_more_closely_what_a_probe_says() -> None:
    """A probe is asked twice a minute; the traffic that went away with it is counted to the second."""
    rate = (("13:00:20", 50.0), ("13:00:20", 0.5), ("13:20:10", 0.5), ("13:20:10", 50.0))
    raw = _raw(_service(rate=rate))
    traffic = departure(TRAFFIC, "13:00:30", "13:21", over=GRID, before=50.0, inside=0.5)
    probe = departure(PROBE, "13:00:30", "13:20:30", over=GRID, before=1.0, inside=0.0)
    both, later = (
        _episode(probe, traffic),
        replace(probe, start_after=at_ms("12:59"), start_by=at_ms("12:59:30")),
    )
    start, end = start_of(both, GRID, raw), end_of(both, GRID, raw)

    assert _off(start, at("13:00:20")) <= timedelta(seconds=2)
    assert _off(end, at("13:20:10")) <= timedelta(seconds=2)
    assert start.source == TRAFFIC.query
    assert start_of(_episode(later, traffic), GRID, raw).source == PROBE.query
