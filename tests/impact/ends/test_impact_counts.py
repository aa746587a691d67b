"""Specification of what counters counted between scrapes, by hand-made counters."""

from __future__ import annotations

import numpy as np
import pytest

from incident.impact.ends.counts import Increments, increments
from incident.model.signals import Samples
from incident.model.spans import Span
from tests.reasoning_builders import SCRAPE_MS, at_ms, increments_at, samples, span

NOON = at_ms("12:00")
DAY_LONG = (span("00:00", "23:59"),)


def _counter(
    values: list[float | None], code: str = "200", instance: str = "a:1", offset_ms: int = 0
) -> Samples:
    """A counter scraped every 15 s from noon on; None where it was not there."""
    seen = [(NOON + offset_ms + k * SCRAPE_MS, v) for k, v in enumerate(values) if v is not None]
    labels = {"job": "shop", "instance": instance, "code": code}
    return samples(labels, [t for t, _ in seen], [v for _, v in seen])


def _read(*counters: Samples, spans: tuple[Span, ...] = DAY_LONG) -> Increments:
    failed = [one.label("code") == "500" for one in counters]
    return increments(counters, failed, spans, SCRAPE_MS)


def test_a_counter_counts_the_difference_between_scrapes() -> None:
    """Each element is what was counted since the scrape before."""
    inc = _read(_counter([10, 12, 12, 20]))

    assert inc.total.tolist() == [2, 0, 8]
    assert inc.part.tolist() == [0, 0, 0]
    assert inc.start.tolist() == [NOON, NOON + 15_000, NOON + 30_000]
    assert inc.end.tolist() == [NOON + 15_000, NOON + 30_000, NOON + 45_000]


def test_the_value_at_the_first_scrape_is_not_counted() -> None:
    """What was counted before the first sample is older than what was read."""
    assert _read(_counter([1_000_000, 1_000_001])).total.sum() == 1


def test_what_a_new_process_counted_before_its_first_scrape_counts() -> None:
    """Nine requests between its birth and the scrape that saw it first; when in the interval is not known."""
    old = _counter([100 + 10 * k for k in range(8)])
    new = _counter([None] * 4 + [9, 19, 29, 39], instance="b:1")
    inc = _read(old, new)

    assert inc.total.sum() == 70 + 39
    (born,) = np.flatnonzero(inc.restarted).tolist()
    assert inc.start[born] == NOON + 4 * SCRAPE_MS


@pytest.mark.parametrize("first", [5000, 29])
def test_a_process_that_ran_before_it_was_scraped_counts_from_its_first_scrape(first: int) -> None:
    """It has counted more than two intervals bring: what of it lies in the impact is not known."""
    old = _counter([100 + 10 * k for k in range(8)])
    new = _counter([None] * 4 + [first + 10 * k for k in range(4)], instance="b:1")

    assert _read(old, new).total.sum() == 70 + 30


def test_where_nobody_was_watched_before_nobody_is_new() -> None:
    """All targets appear at once: it is the monitoring that begins."""
    inc = _read(_counter([9, 19, 29, 39]), _counter([8, 18, 28, 38], instance="b:1"))

    assert inc.total.sum() == 60


def test_a_counter_that_falls_began_again_at_zero() -> None:
    """After a restart the new value is what was counted since."""
    assert _read(_counter([90, 100, 7, 9])).total.tolist() == [10, 7, 2]


def test_a_restart_counts_for_every_series_of_the_process() -> None:
    """A counter that fell tells that its siblings began again, also one that has overtaken its old value."""
    inc = _read(_counter([500, 510, 5]), _counter([1, 2, 4], "500"))

    assert inc.part.tolist() == [1, 4]
    assert inc.total.tolist() == [11, 9]


def test_a_restart_of_one_process_is_not_one_of_another() -> None:
    """Targets keep their own lives."""
    inc = _read(_counter([500, 510, 5]), _counter([100, 110, 120], instance="b:1"))
    other = [t for s, t in zip(inc.start, inc.total, strict=True) if s == NOON + 15_000]

    assert sorted(other) == [5, 10]


def test_a_series_that_appears_later_than_its_target_was_born_at_zero() -> None:
    """The first failure ever makes a new series, and it counts from its first sample."""
    inc = _read(_counter([10, 20, 30, 40]), _counter([None, None, 3, 4], "500"))

    assert inc.part.tolist() == [0, 3, 1]
    assert inc.total.tolist() == [10, 13, 11]


def test_a_series_that_comes_back_after_a_restart_counts_from_zero() -> None:
    """A series missing for a while after the restart was born again with its first event."""
    inc = _read(_counter([500, 10, 20, 30]), _counter([9, None, None, 2], "500"))

    assert inc.part.tolist() == [0, 0, 2]


def test_a_series_that_comes_back_does_not_count_its_siblings_twice() -> None:
    """The fall of a late-born series is the restart known already, not a second one."""
    inc = _read(_counter([500, 10, 20, 30]), _counter([9, None, None, 2], "500"))

    assert (inc.total - inc.part).tolist() == [10, 10, 10]


def test_a_series_that_comes_back_higher_than_before_counts_from_zero() -> None:
    """A restart in between was seen at the siblings, so the old value is no level to count from."""
    inc = _read(_counter([500, 10, 20, 30]), _counter([9, None, None, 12], "500"))

    assert inc.part.tolist() == [0, 0, 12]


def test_a_series_that_vanished_tells_when_the_process_restarted() -> None:
    """Where siblings have overtaken their old values, the restart lies where the series went, not where it
    came back: what the siblings counted in between is counted once."""
    inc = _read(_counter([5, 7, 20, 30]), _counter([2, None, None, 1], "500"))

    assert inc.total.sum() <= 30 + 1
    assert inc.part.tolist() == [0, 0, 1]


def test_two_restarts_each_count_from_zero() -> None:
    """Every fall is a restart of its own."""
    assert _read(_counter([100, 5, 8, 2, 3])).total.tolist() == [5, 3, 2, 1]


def test_a_missed_scrape_is_bridged() -> None:
    """A hole in the scrapes loses nothing: its count stands in one longer interval."""
    inc = _read(_counter([10, None, None, 40, 50]))

    assert inc.total.tolist() == [30, 10]
    assert (inc.end - inc.start).tolist() == [45_000, 15_000]
    assert not inc.blind.any()


def test_a_restart_inside_a_long_hole_is_blind() -> None:
    """What was counted before a restart that nobody saw is partly lost, and this is said."""
    holed: list[float | None] = [100, *[None] * 9, 20, 30]

    assert _read(_counter(holed)).blind.tolist() == [True, False]
    assert _read(_counter([100, None, 20, 30])).blind.tolist() == [False, False]


def test_only_intervals_inside_a_span_that_was_read_count() -> None:
    """Across the hole between two spans nothing is known, whatever the counters differ by."""
    times = [NOON, NOON + 15_000, at_ms("15:00"), at_ms("15:00:15")]
    counter = samples({"instance": "a:1", "code": "200"}, times, [10, 20, 90_000, 90_007])
    inc = _read(counter, spans=(span("11:59", "12:01"), span("14:59", "15:01")))

    assert inc.total.tolist() == [10, 7]


def test_a_restart_between_two_spans_is_told_by_the_second_span() -> None:
    """Counters lower than in the span before invent nothing in the second."""
    times = [NOON, NOON + 15_000, at_ms("15:00"), at_ms("15:00:15")]
    counter = samples({"instance": "a:1", "code": "200"}, times, [90_000, 90_010, 20, 27])
    inc = _read(counter, spans=(span("11:59", "12:01"), span("14:59", "15:01")))

    assert inc.total.tolist() == [10, 7]


def test_targets_scraped_at_other_moments_keep_their_own_intervals() -> None:
    """Phases of scrapes are not mixed: each target has its own intervals."""
    inc = _read(_counter([0, 10, 20]), _counter([0, 30, 60], instance="b:1", offset_ms=7_000))

    assert sorted(inc.start.tolist()) == [NOON, NOON + 7_000, NOON + 15_000, NOON + 22_000]
    assert inc.total.sum() == 80


def test_no_counters_count_nothing() -> None:
    """Without series there are no intervals, and ratios are not known."""
    inc = _read()

    assert inc.total.size == 0
    assert inc.within(NOON, NOON + 60_000) == (0.0, 0.0)
    assert inc.ratio(NOON, NOON + 60_000) is None
    assert inc.coverage(NOON, NOON + 60_000) == 0.0


def test_an_interval_across_an_end_counts_by_its_share() -> None:
    """Half a scrape interval inside counts half."""
    inc = _read(_counter([0, 100, 200]))

    assert inc.within(NOON + 7_500, NOON + 30_000)[0] == pytest.approx(150)
    assert inc.within(NOON, NOON + 18_000)[0] == pytest.approx(120)


def test_failures_across_an_end_of_the_impact_count_whole() -> None:
    """Failures happen inside the impact, so its first and last scrape interval keep all of theirs."""
    inc = _read(_counter([0, 100, 200, 300]), _counter([0, 50, 100, 150], "500"))
    start, end = NOON + 10_000, NOON + 35_000

    assert inc.part_within(start, end, end) == pytest.approx(150)
    assert inc.within(start, end)[1] < 100


def test_failures_until_an_alert_are_cut_at_the_alert() -> None:
    """Up to an instant inside an interval its failures count by the share of the impact gone by."""
    inc = _read(_counter([0, 0, 0, 0]), _counter([0, 50, 100, 150], "500"))
    start, end = NOON, NOON + 45_000

    assert inc.part_within(start, end, NOON + 22_500) == pytest.approx(75)
    assert inc.part_within(start, end, NOON) == 0


def test_a_share_of_nothing_is_not_known() -> None:
    """No requests give no ratio, not zero."""
    assert _read(_counter([5, 5, 5])).ratio(NOON, NOON + 30_000) is None


def test_coverage_is_the_share_of_time_in_which_some_target_was_read() -> None:
    """Targets that overlap count once, time without any counts as unseen."""
    inc = _read(_counter([0, 1, 2, 3, 4]), _counter([0, 1, 2], instance="b:1", offset_ms=7_000))

    assert inc.coverage(NOON, NOON + 60_000) == pytest.approx(1.0)
    assert inc.coverage(NOON, NOON + 120_000) == pytest.approx(0.5)
    assert inc.coverage(NOON - 60_000, NOON) == 0.0


def test_a_blind_hole_is_not_covered() -> None:
    """A hole with a hidden restart in it was not read."""
    inc = _read(_counter([100, *[None] * 9, 20, 30]))

    assert inc.coverage(NOON, NOON + 165_000) == pytest.approx(15 / 165)


def test_near_keeps_what_touches_the_interval() -> None:
    """Elements that only end or begin at its edges are outside."""
    near = _read(_counter([0, 1, 2, 3, 4])).near(NOON + 15_000, NOON + 31_000)

    assert near.start.tolist() == [NOON + 15_000, NOON + 30_000]


def test_a_windowed_share_is_that_of_its_surroundings() -> None:
    """Around a step the share climbs over the width of the window, cut at the limits given."""
    inc = increments_at("12:00", "12:20", ("12:00", "12:10", 10, 0.0), ("12:10", "12:20", 10, 0.5))
    centres = np.array([at_ms("12:05"), at_ms("12:10"), at_ms("12:15")], np.int64)
    share = inc.share_curve().windowed(centres, 60_000, NOON, at_ms("12:20"))

    assert share.tolist() == pytest.approx([0.0, 0.25, 0.5])


def test_a_windowed_share_without_requests_is_not_known() -> None:
    """Where nothing was counted the share is NaN."""
    inc = increments_at("12:00", "12:20", ("12:00", "12:05", 10, 0.5))
    share = inc.share_curve().windowed(np.array([at_ms("12:15")], np.int64), 60_000, NOON, at_ms("12:20"))

    assert np.isnan(share).all()
