"""Short faults beside an alert that fired: what alone is a scrape's accident is what the alert fired on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from incident.impact import assess, surveyed
from incident.model.evidence import Evidence
from incident.model.facts import AlertInterval, Nearness
from incident.model.policy import Policy
from incident.model.spans import Values, instant, ms
from incident.model.timeline import SignalReport, Stray
from tests.fleet.counted import counted
from tests.fleet.services import SHAPES, START, Fault, Shape, evidence_of
from tests.reasoning_builders import ERRORS, LATENCY, TRAFFIC, alert, evidence, grid, noisy, series, span

GRID = grid("08:00", "15:00")
WINDOW = span("12:00", "15:00")
CALM = noisy(np.full(GRID.count, 0.002), 0.3)
PAGE = alert("HighErrorRate", "13:02", "13:06")
LEAD, HOURS = timedelta(hours=4), timedelta(hours=2)
BEGINS_S = LEAD.total_seconds() + 3607
MINUTE = timedelta(minutes=1)
RHYTHM = next(shape for shape in SHAPES if shape.name == "rhythm")


def _with(
    errors: Values, *alerts: AlertInterval, latency: float | Values = 0.2, rate: float = 20.0
) -> Evidence:
    signals = [series(ERRORS, GRID, errors), series(LATENCY, GRID, latency), series(TRAFFIC, GRID, rate)]
    return replace(evidence(signals, WINDOW, span("08:00", "15:00")), alerts=tuple(alerts))


def _spike(*values: float) -> Values:
    """Calm errors with these samples from 13:01 on."""
    errors, first = CALM.copy(), GRID.index(ms(PAGE.firing_at or instant(0)) - 60_000)
    errors[first : first + len(values)] = values
    return errors


def _found(given: Evidence) -> int:
    return len(surveyed(given, Policy()).episodes)


@pytest.mark.parametrize("values", [(0.1,), (0.04, 0.04)])
def test_a_sample_or_two_far_outside_is_impact_right_before_an_alert(values: Sequence[float]) -> None:
    """The page and the samples say the same."""
    assert _found(_with(_spike(*values), PAGE)) == 1
    assert _found(_with(_spike(*values))) == 0


def test_a_sample_that_chance_explains_is_none_beside_an_alert_either() -> None:
    """Two requests a minute, one of which failed: half, and nothing."""
    assert _found(_with(_spike(0.5), PAGE, rate=2 / 60)) == 0


def test_a_sample_inside_the_range_is_none_beside_an_alert_either() -> None:
    """An alert needs something to point at."""
    assert _found(_with(_spike(float(CALM.max())), PAGE)) == 0


@pytest.mark.parametrize(
    "page",
    [
        replace(PAGE, began_before=True),
        replace(PAGE, nearness=Nearness.NEARBY),
        alert("HighErrorRate", None, None, pending="13:02"),
        alert("HighErrorRate", "11:00", "13:20"),
        alert("HighErrorRate", "12:30", "12:40"),
    ],
    ids=["always on", "of others", "never fired", "fired long before", "over before"],
)
def test_an_alert_that_points_at_nothing_supports_no_single_sample(page: AlertInterval) -> None:
    """Only what begins right before a firing is what the alert fired on."""
    assert _found(_with(_spike(0.1), page)) == 0


def test_an_alert_that_comes_and_goes_all_day_supports_nothing() -> None:
    """Neither a single sample nor a small rise that would need a second witness."""
    often = [
        alert("HighErrorRate", f"{hour:02}:{minute}2", f"{hour:02}:{minute}6")
        for hour in (8, 9)
        for minute in (0, 3)
    ]
    slow = np.full(GRID.count, 0.2)
    slow[GRID.index(ms(PAGE.firing_at or instant(0))) :][:20] = 0.26
    rise = noisy(slow)

    assert _found(_with(_spike(0.1), PAGE, *often)) == 0
    assert _found(_with(CALM, PAGE, *often, latency=rise)) == 0
    assert _found(_with(CALM, PAGE, latency=rise)) == 1


def _paged(length: float, failing: float, slower: float, hold: float) -> tuple[Evidence, int]:
    """A short fault, drawn request by request, with an alert on it, and when it begins, epoch ms."""
    begins = ms(START) + round(BEGINS_S * 1000)
    fired = instant(begins + round((20 + hold) * 1000))
    page = replace(PAGE, pending_at=instant(begins + 20_000), firing_at=fired, resolved_at=fired + MINUTE)
    fault = Fault(BEGINS_S, length, failing, slower)
    shape = replace(RHYTHM, rate=20.0)
    return counted(shape, 5, lead=LEAD, window=HOURS, fault=fault, alerts=(page,)), begins


@pytest.mark.parametrize("hold", [0.0, 60.0])
@pytest.mark.parametrize(
    ("length", "failing", "slower"),
    [
        (20, 0.2, 1.0),
        (20, 1.0, 1.0),
        (30, 0.5, 1.0),
        (45, 0.2, 1.0),
        (120, 0.2, 1.0),
        (45, 0.0, 3.0),
        (120, 0.0, 3.0),
    ],
)
def test_faults_of_seconds_are_found_where_an_alert_fired(
    length: float, failing: float, slower: float, hold: float
) -> None:
    """Twenty seconds to two minutes, at a scrape every quarter of a minute and a point every half."""
    given, begins = _paged(length, failing, slower, hold)
    (found,) = surveyed(given, Policy()).episodes

    assert found.start_after <= begins + 30_000
    assert abs(found.start_by - begins) <= 60_000


def test_the_bounds_of_a_short_fault_are_told_on_raw_counters() -> None:
    """Half a minute in which half of twenty requests a second failed: its start, its end, its failures."""
    given, begins = _paged(30, 0.5, 1.0, 0.0)
    told = assess(given, Policy())
    (one,) = told.episodes

    assert abs(ms(one.start.at) - begins) <= 15_000
    assert one.end is not None
    assert abs(ms(one.end.at) - begins - 30_000) <= 15_000
    assert told.requests is not None
    assert 200 <= (told.requests.failed or 0) <= 400
    assert told.first_alert is not None
    (errors,) = (e for s in told.signals if s.spec.name == "errors" for e in s.episodes)
    assert errors.end == one.end.at
    assert errors.peak_at <= one.end.at


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_alerts_at_any_time_make_no_incident_of_a_healthy_day(shape: Shape, seed: int) -> None:
    """Twelve alerts in six hours that were silent before: no noise is what they fired on."""
    given = evidence_of(shape, seed, lead=LEAD, window=timedelta(hours=6))
    pages = [
        replace(PAGE, firing_at=at, resolved_at=at + timedelta(minutes=3))
        for at in (given.asked.start + timedelta(minutes=30 * k + 7) for k in range(12))
    ]

    assert not surveyed(replace(given, alerts=tuple(pages)), Policy()).episodes


def test_a_latency_that_falls_in_the_lead_in_hides_no_fault() -> None:
    """A service that got faster two hours before the window, for good: what got slower in it is told."""
    latency = noisy(np.where(GRID.times < ms(WINDOW.start) - 2 * 3_600_000, 0.4, 0.2))
    first = GRID.index(ms(WINDOW.start) + 3_600_000)
    latency[first : first + 15] *= 6

    (found,) = surveyed(_with(CALM, latency=latency), Policy()).episodes
    assert abs(found.start_by - int(GRID.times[first])) <= 60_000


def test_a_moment_outside_the_range_inside_an_impact_is_kept() -> None:
    """Errors that fail one sample while latency is the impact did not stay normal; without it they did."""
    latency = np.full(GRID.count, 0.2)
    first = GRID.index(ms(PAGE.firing_at or instant(0)))
    latency[first : first + 20] = 1.0
    slow = noisy(latency)

    def errors_of(values: Values) -> SignalReport:
        return next(s for s in assess(_with(values, latency=slow), Policy()).signals if s.spec == ERRORS)

    spike = CALM.copy()
    spike[first + 5] = 0.1
    assert errors_of(spike).strayed == Stray(instant(int(GRID.times[first + 5])), 0.1)
    assert errors_of(CALM).strayed is None
