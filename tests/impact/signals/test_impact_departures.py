"""Specification of departures: which baseline a signal is judged by, and the limits that people set."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from incident.impact.departure import Departure, looks_back
from incident.impact.signals.departures import band, baseline_points, departures, gaps
from incident.model.evidence import Evidence
from incident.model.signals import SignalSeries, Worse
from incident.model.spans import Grid, Span, Values
from tests.reasoning_builders import (
    ERRORS,
    LATENCY,
    MEMORY,
    TRAFFIC,
    at,
    at_ms,
    evidence,
    grid,
    noisy,
    series,
    span,
    stepped,
)

ASKED = span("12:00", "15:00")
COVERED = span("08:00", "15:00")
GRID = grid("08:00", "15:00")
NO_LEAD = grid("12:00", "15:00")
UNSEEN = float("nan")


def _asked(one: SignalSeries, covered: Span = COVERED, asked: Span = ASKED) -> Evidence:
    return evidence([one], asked, covered)


def _latency(values: Values, over: Grid = GRID) -> SignalSeries:
    return series(LATENCY, over, values)


def _found(one: SignalSeries, covered: Span = COVERED, asked: Span = ASKED) -> tuple[Departure, ...]:
    return departures(one, _asked(one, covered, asked), None)


def _slow(*stretches: tuple[str, str, float], over: Grid = GRID) -> Values:
    """A latency of 200 ms with scatter, higher in the stretches."""
    return noisy(stepped(over, 0.2, *stretches), 0.03)


def _ramped(before: float, after: float) -> Values:
    """A level with scatter that moves to another from 13:00 to 13:08."""
    way = np.clip((GRID.times - at_ms("13:00")) / 480_000, 0.0, 1.0)
    return noisy(before + (after - before) * way, 0.01)


def _limited(limit: float, worse: Worse, values: Values) -> SignalSeries:
    return series(replace(MEMORY, limit=limit, worse=worse), GRID, values)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("up", timedelta(0)),
        ("rate(x[5m])", timedelta(minutes=5)),
        ("rate(x[1h30m])", timedelta(minutes=90)),
        ("rate(x[1m]) / rate(y[10m])", timedelta(minutes=10)),
        ("max_over_time(rate(x[1m])[1h:30s])", timedelta(hours=1)),
        ("avg_over_time(x[2h:])", timedelta(hours=2)),
        ("rate(x[5m] offset 1h)", timedelta(minutes=5)),
        ('job:errors:ratio_rate5m{job="shop"}', timedelta(minutes=5)),
        ("sum(job:requests:rate1h) / 2", timedelta(hours=1)),
        ("job:latency_seconds:p99_5m", timedelta(minutes=5)),
        ("app:requests:sum", timedelta(0)),
        ("load5m", timedelta(0)),
        ("avg_over_time(x[2h:30m])", timedelta(hours=2)),
    ],
)
def test_what_a_query_looks_back_over_is_its_longest_range(query: str, expected: timedelta) -> None:
    """Ranges and subqueries count, wherever they stand, and what a recording rule says of itself."""
    assert looks_back(query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('sum(rate(x{code=~"[45].."}[5m]))', timedelta(minutes=5)),
        ("sum(rate(x{path=~'/v[12]/.*'}[1m]))", timedelta(minutes=1)),
        ('rate(x{path="[1h]"}[1m])', timedelta(minutes=1)),
        ("rate(x[300])", timedelta(minutes=5)),
    ],
)
def test_what_is_written_in_a_label_matcher_is_no_range(query: str, expected: timedelta) -> None:
    """Character classes of label matchers are text; a bare number is a range in seconds."""
    assert looks_back(query) == expected


def test_the_baseline_is_the_lead_in_without_its_last_hour() -> None:
    """Impact often begins before the window that people give, so the last hour is searched as well."""
    one = _latency(_slow())

    assert baseline_points(one, _asked(one)) == GRID.index(at_ms("11:00"))


def test_of_a_short_lead_in_a_quarter_is_searched() -> None:
    """A lead-in of forty minutes keeps thirty as its baseline."""
    over = grid("11:20", "15:00")
    one = _latency(_slow(over=over), over)

    assert baseline_points(one, _asked(one, span("11:20", "15:00"))) == over.index(at_ms("11:50"))


def test_a_lead_in_with_too_few_samples_is_no_baseline() -> None:
    """A handful of samples say nothing about what is usual."""
    few = _slow()
    few[: GRID.index(at_ms("10:45"))] = UNSEEN
    one = _latency(few)

    assert baseline_points(one, _asked(one)) == 0


def test_a_window_without_a_lead_in_has_no_baseline() -> None:
    """Nothing before the window was read."""
    one = _latency(_slow(over=NO_LEAD), NO_LEAD)

    assert baseline_points(one, _asked(one, ASKED)) == 0


@pytest.mark.parametrize(
    ("one", "goes"),
    [
        (series(LATENCY, GRID, _ramped(0.2, 0.8)), "up"),
        (series(TRAFFIC, GRID, _ramped(100.0, 20.0)), "down"),
    ],
    ids=["latency that climbs", "traffic that falls"],
)
def test_the_start_of_a_ramp_reaches_back_to_its_foot(one: SignalSeries, goes: str) -> None:
    """What moves for eight minutes began when it left its level, either way, not where it was first found."""
    (found,) = _found(one)

    assert found.direction == goes
    assert at_ms("12:57") <= found.start_after <= at_ms("13:00") < found.start_by


def test_a_calm_signal_departs_from_nothing() -> None:
    """The usual scatter is no departure."""
    assert _found(_latency(_slow())) == ()


def test_a_step_is_found_with_brackets_around_its_ends() -> None:
    """Latency that jumps and returns: one departure, its ends known to a few steps."""
    (one,) = _found(_latency(_slow(("13:00", "13:30", 0.8))))

    assert one.direction == "up"
    assert one.start_after < at_ms("13:00") <= one.start_by + 60_000
    assert abs(one.start_by - at_ms("13:00")) <= 120_000
    assert one.end_by is not None
    assert abs(one.end_by - at_ms("13:30")) <= 180_000
    assert one.before == pytest.approx(0.2, rel=0.1)
    assert one.inside == pytest.approx(0.8, rel=0.1)
    assert not one.began_before


def test_latency_that_falls_is_a_departure_too() -> None:
    """Latency and traffic are looked at in both directions; the rules of impact decide later."""
    (one,) = _found(_latency(_slow(("13:00", "13:30", 0.02))))

    assert one.direction == "down"


def test_the_direction_that_does_not_harm_is_not_looked_at() -> None:
    """Fewer errors than usual are no departure."""
    usual = noisy(np.full(GRID.count, 0.05), 0.05)
    fewer = usual * stepped(GRID, 1.0, ("13:00", "13:30", 0.1))

    assert _found(series(ERRORS, GRID, fewer)) == ()


def test_impact_that_began_before_the_window_is_found() -> None:
    """The window starts ten minutes into the impact; the start is found in the lead-in's last hour."""
    (one,) = _found(_latency(_slow(("11:50", "13:00", 0.9))))

    assert abs(one.start_by - at_ms("11:50")) <= 120_000


@pytest.mark.parametrize("began", ["09:35", "10:20"])
def test_impact_inside_the_baseline_does_not_poison_it(began: str) -> None:
    """Impact that began hours before the window is found there, not taken for what is usual."""
    (one,) = _found(_latency(_slow((began, "13:00", 0.9))))

    assert abs(one.start_by - at_ms(began)) <= 180_000
    assert one.end_by is not None
    assert abs(one.end_by - at_ms("13:00")) <= 180_000


def test_without_a_lead_in_the_calm_part_of_the_window_is_the_baseline() -> None:
    """Half an hour of three is bad: the rest says what is usual."""
    (one,) = _found(_latency(_slow(("13:00", "13:30", 0.8), over=NO_LEAD), NO_LEAD), ASKED)

    assert abs(one.start_by - at_ms("13:00")) <= 120_000


def test_without_a_lead_in_a_slow_leak_is_judged_by_the_opening() -> None:
    """A window that slowly went bad has no calm part but its first quarter."""
    climbing = np.interp(NO_LEAD.times, [at_ms("13:00"), at_ms("15:00")], [0.2, 2.0])
    found = _found(_latency(noisy(climbing, 0.03), NO_LEAD), ASKED)

    assert [d.direction for d in found] == ["up"]
    assert found[0].end is None


@pytest.mark.parametrize("clocks", [("12:05", "12:20"), ("12:22", "12:40"), ("13:00", "13:40")])
def test_traffic_lost_early_in_a_window_without_a_lead_in_is_found(clocks: tuple[str, str]) -> None:
    """The opening that says what is usual may hold the loss itself."""
    start, end = clocks
    one = series(TRAFFIC, NO_LEAD, noisy(stepped(NO_LEAD, 200.0, (start, end, 0.0)), 0.01))
    (found,) = _found(one, ASKED)

    assert found.direction == "down"
    assert abs(found.start_by - at_ms(start)) <= 120_000


def test_impact_at_the_first_sample_began_before() -> None:
    """The first sample read is bad already: the start is not known."""
    (one,) = _found(_latency(_slow(("12:00", "12:40", 0.9), over=NO_LEAD), NO_LEAD), ASKED)

    assert one.began_before


def test_a_limit_that_people_set_counts_whatever_the_baseline_says() -> None:
    """A slow creep across the limit is a departure while it lasts beyond it."""
    high = stepped(GRID, 100.0, ("13:00", "13:10", 101.5))
    found = _found(_limited(101.0, Worse.UP, high))

    assert [(d.start_by, d.end_by) for d in found] == [(at_ms("13:00"), at_ms("13:10"))]
    assert found[0].reason == "beyond the limit of 101 for 10 samples"
    assert (found[0].start_after, found[0].end_after) == (at_ms("12:59"), at_ms("13:09"))


@pytest.mark.parametrize(("end", "count"), [("13:02", 0), ("13:03", 1)])
def test_two_samples_beyond_a_limit_are_an_accident(end: str, count: int) -> None:
    """The third sample in a row counts."""
    assert len(_found(_limited(101.0, Worse.UP, stepped(GRID, 100.0, ("13:00", end, 101.5))))) == count


def test_a_limit_may_be_a_floor() -> None:
    """Where less is worse, the limit is crossed from above."""
    (one,) = _found(_limited(99.0, Worse.DOWN, stepped(GRID, 100.0, ("13:00", "13:10", 98.5))))

    assert one.direction == "down"
    assert one.peak == 98.5


def test_a_limit_crossed_at_the_end_of_the_data_has_no_end() -> None:
    """Beyond the limit at the last sample: it lasts."""
    (one,) = _found(_limited(101.0, Worse.UP, stepped(GRID, 100.0, ("14:50", "15:00", 101.5))))

    assert one.end is None
    assert one.end_by is None


def test_a_limit_and_the_baseline_tell_one_departure_once() -> None:
    """What the baseline found already is not told again by the limit."""
    high = noisy(stepped(GRID, 100.0, ("13:00", "13:30", 500.0)))

    assert len(_found(_limited(300.0, Worse.UP, high))) == 1


def test_departures_are_in_order_of_time() -> None:
    """Those of limits and those of the baseline are told together."""
    values = noisy(stepped(GRID, 100.0, ("13:00", "13:30", 500.0)), 0.001)
    values[GRID.index(at_ms("12:10")) : GRID.index(at_ms("12:15"))] = 100.9
    found = _found(_limited(100.7, Worse.UP, values))

    assert len(found) == 2
    assert [d.onset for d in found] == sorted(d.onset for d in found)


def test_the_band_is_read_outside_of_every_departure() -> None:
    """What is normal does not contain what was not."""
    one = _latency(_slow(("13:00", "14:30", 5.0)))
    told = band(one, _asked(one), _found(one))

    assert told is not None
    assert told.low <= told.centre <= told.high
    assert told.centre == pytest.approx(0.2, rel=0.05)
    assert told.high < 0.3


def test_the_band_of_a_signal_without_samples_is_not_known() -> None:
    """Nothing seen, nothing normal."""
    one = _latency(np.full(GRID.count, UNSEEN))

    assert band(one, _asked(one), ()) is None


def test_gaps_are_three_missing_samples_or_more() -> None:
    """One or two missing samples are a hiccup."""
    holes = stepped(
        GRID, 0.2, ("12:30", "12:32", UNSEEN), ("13:00", "13:03", UNSEEN), ("14:55", "15:00", UNSEEN)
    )
    found = gaps(_latency(holes), COVERED)

    assert [(g.start, g.end) for g in found] == [(at("13:00"), at("13:03")), (at("14:55"), at("15:00"))]


def test_gaps_end_where_the_reading_ended() -> None:
    """Beyond what was read nothing is said."""
    holes = stepped(GRID, 0.2, ("14:30", "15:00", UNSEEN))

    assert gaps(_latency(holes), span("08:00", "14:40")) == (span("14:30", "14:40"),)
    assert gaps(_latency(holes), span("08:00", "14:20")) == ()
