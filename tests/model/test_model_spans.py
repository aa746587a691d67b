"""Specification of instants, intervals and grids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.model.spans import (
    Grid,
    Span,
    aligned,
    all_times,
    bracketed,
    frozen_times,
    instant,
    merged,
    ms,
    whole_second,
)
from tests.reasoning_builders import at, at_ms, span

EPOCH = st.integers(0, 4_000_000_000_000)
"""Epoch milliseconds up to the year 2096."""
LENGTHS = st.integers(1, 10_000_000)
STEPS = st.integers(1, 3600).map(lambda seconds: timedelta(seconds=seconds))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start = draw(EPOCH)
    return Span(instant(start), instant(start + draw(LENGTHS)))


@given(EPOCH)
def test_milliseconds_survive_the_way_through_an_instant(epoch_ms: int) -> None:
    """An instant made of milliseconds gives the same milliseconds back."""
    assert ms(instant(epoch_ms)) == epoch_ms


@given(st.floats(0, 4e12))
def test_an_estimate_is_told_to_the_nearest_whole_second(epoch_ms: float) -> None:
    """Estimates lose their fractions, and move by half a second at most."""
    told = whole_second(epoch_ms)

    assert told.microsecond == 0
    assert abs(ms(told) - epoch_ms) <= 500.5


@pytest.mark.parametrize(
    "bad",
    [datetime(2024, 3, 5), datetime(2024, 3, 5, tzinfo=timezone(timedelta(hours=5)))],  # noqa: DTZ001
)
def test_a_span_refuses_times_that_are_not_utc(bad: datetime) -> None:
    """Naive times and times of another zone are refused at either end."""
    with pytest.raises(ValueError, match="not an aware UTC instant"):
        Span(bad, datetime(2024, 3, 6, tzinfo=UTC))
    with pytest.raises(ValueError, match="not an aware UTC instant"):
        Span(datetime(2024, 3, 4, tzinfo=UTC), bad)


@pytest.mark.parametrize("end", ["12:00", "11:59"])
def test_a_span_refuses_to_be_empty_or_inverted(end: str) -> None:
    """The end lies after the start, not at it."""
    with pytest.raises(ValueError, match="is not after start"):
        span("12:00", end)


def test_a_span_holds_its_start_and_not_its_end() -> None:
    """Intervals are half open."""
    one = span("12:00", "13:00")

    assert one.holds(at("12:00"))
    assert one.holds(at("12:59:59"))
    assert not one.holds(at("13:00"))
    assert not one.holds(at("11:59:59"))


def test_spans_that_only_touch_share_nothing() -> None:
    """The end of one and the start of the next do not overlap, and clip to nothing."""
    left, right = span("12:00", "13:00"), span("13:00", "14:00")

    assert not left.overlaps(right)
    assert left.clipped(right) is None


@given(spans(), spans())
def test_spans_overlap_exactly_where_one_clips_the_other(one: Span, other: Span) -> None:
    """What is shared is the same from both sides and lies within both."""
    shared = one.clipped(other)

    assert (shared is not None) == one.overlaps(other) == other.overlaps(one)
    assert shared == other.clipped(one)
    if shared is not None:
        assert max(one.start, other.start) == shared.start
        assert min(one.end, other.end) == shared.end


@given(spans(), LENGTHS, LENGTHS)
def test_a_widened_span_is_longer_by_both_margins(one: Span, before_ms: int, after_ms: int) -> None:
    """Margins are added outside, each on its own side."""
    before, after = timedelta(milliseconds=before_ms), timedelta(milliseconds=after_ms)
    wide = one.widened(before, after)

    assert wide.length == one.length + before + after
    assert one.start - wide.start == before


@given(st.lists(spans(), max_size=8), st.integers(0, 5_000_000))
def test_merged_spans_are_apart_by_more_than_the_gap(found: list[Span], gap_ms: int) -> None:
    """Merging loses nothing, keeps the order, and leaves only spans farther apart than the gap."""
    gap = timedelta(milliseconds=gap_ms)
    joined = merged(found, gap)

    assert all(any(j.start <= s.start and s.end <= j.end for j in joined) for s in found)
    assert all(b.start - a.end > gap for a, b in pairwise(joined))
    assert {j.start for j in joined} <= {s.start for s in found}
    assert {j.end for j in joined} <= {s.end for s in found}
    assert merged(joined, gap) == joined


@given(EPOCH, st.integers(0, 10_000_000))
def test_a_moment_between_two_samples_reaches_over_its_bracket(after: int, width: int) -> None:
    """The moment and its uncertainty cover the whole bracket, and no second more than its half."""
    told = bracketed(after, after + width, "up")

    assert told.source == "up"
    assert told.at - told.plus_minus <= instant(after)
    assert instant(after + width) <= told.at + told.plus_minus
    assert told.plus_minus / timedelta(milliseconds=1) <= width / 2 + 501


def test_an_estimate_inside_the_bracket_is_preferred_to_its_middle() -> None:
    """Where the samples say more than the bracket, the moment is told there, and reaches over all of it."""
    told = bracketed(at_ms("12:00"), at_ms("12:01"), "errors", at_ms("12:00:50") + 300)

    assert told.at == at("12:00:50")
    assert told.plus_minus == timedelta(seconds=50)


@given(spans(), STEPS)
def test_an_aligned_grid_covers_its_span_on_multiples_of_the_step(one: Span, step: timedelta) -> None:
    """Every evaluation is a multiple of the step; the first is at or just before the start."""
    over = aligned(one, step)

    assert over.start_ms % over.step_ms == 0
    assert over.start_ms <= one.start_ms < over.start_ms + over.step_ms
    assert over.end_ms - over.step_ms < one.end_ms <= over.end_ms
    assert over.step == step


@given(EPOCH, st.integers(1, 3_600_000), st.integers(1, 500), st.integers(-1000, 1000))
def test_the_index_is_that_of_the_first_evaluation_at_or_after(
    start: int, step: int, count: int, offset: int
) -> None:
    """Index and times are inverse, and instants between evaluations belong to the later one."""
    over = Grid(start, step, count)
    when = start + offset * step // 7
    index = over.index(when)

    assert start + (index - 1) * step < when <= start + index * step
    assert [over.index(int(t)) for t in over.times] == list(range(count))


def test_grid_times_are_whole_milliseconds() -> None:
    """Times inside arrays are int64 milliseconds, one each step."""
    over = Grid(at_ms("12:00"), 15_000, 4)

    assert over.times.dtype == np.int64
    assert over.times.tolist() == [at_ms("12:00") + k * 15_000 for k in range(4)]


@given(st.lists(st.lists(st.integers(-(2**53), 2**53), max_size=20).map(sorted), max_size=5))
def test_all_times_are_each_once_and_in_order(series: list[list[int]]) -> None:
    """Several series scraped at some times in common have these times together; none have none."""
    together = all_times([frozen_times(times) for times in series])

    assert together.dtype == np.int64
    assert together.tolist() == sorted({time for times in series for time in times})
