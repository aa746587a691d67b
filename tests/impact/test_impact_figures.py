"""Specification of the figures: requests over exactly the episodes, null where they are not known."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.impact.ends.counts import Increments
from incident.impact.figures import request_figures
from incident.model.signals import Counters
from incident.model.spans import Values
from incident.model.timeline import ImpactEpisode, RequestFigures
from tests.reasoning_builders import TRAFFIC, at, at_ms, episode, grid, increments_at, noisy, series, stepped

GRID = grid("10:00", "16:00")
STEADY = np.full(GRID.count, 20.0)
COUNTERS = Counters(
    (), (), (), (), (), "http_requests_total", 'http_requests_total{code=~"5.."}', "route /healthz"
)
ONE = (episode("13:00", "14:00"),)
FAILING = increments_at("12:00", "15:00", ("12:00", "15:00", 10, 0.0), ("13:00", "14:00", 10, 1.0))
"""Ten requests a second all along, and ten failing ones on top for an hour."""


ONE_SIDE = np.where(GRID.times < at_ms("14:00"), STEADY, np.nan)
"""No samples after the impact's last."""


def _figures(
    failures: Increments | None = FAILING,
    *told: ImpactEpisode,
    traffic: Values | None = STEADY,
    alert: datetime | None = None,
    gone: bool = False,
    data_end: datetime | None = None,
) -> RequestFigures | None:
    return request_figures(
        told or ONE,
        data_end or at("16:00"),
        failures,
        COUNTERS if failures is not None else None,
        None if traffic is None else series(TRAFFIC, GRID, traffic),
        alert,
        gone,
    )


def _known(found: RequestFigures | None) -> RequestFigures:
    assert found is not None
    return found


def test_totals_are_those_of_the_episode_and_of_nothing_else() -> None:
    """An hour of twenty requests a second, half of them failing."""
    found = _known(_figures())

    assert found.total == pytest.approx(72_000, abs=1)
    assert found.failed == pytest.approx(36_000, abs=1)
    assert found.failed_ratio == pytest.approx(0.5)


def test_the_quiet_between_two_episodes_is_not_counted() -> None:
    """Two episodes of ten minutes with half an hour between."""
    failures = increments_at("12:00", "15:00", ("12:00", "15:00", 10, 0.5))
    found = _known(_figures(failures, episode("13:00", "13:10"), episode("13:40", "13:50")))

    assert found.total == pytest.approx(12_000, abs=1)
    assert found.failed == pytest.approx(6_000, abs=1)


def test_an_episode_between_scrapes_keeps_its_failures() -> None:
    """Failures in the scrape intervals across its ends belong to it, and never exceed the total."""
    failures = increments_at("12:00", "15:00", ("13:00:05", "13:20:05", 10, 1.0))
    found = _known(_figures(failures, episode("13:00:05", "13:20:05")))

    assert found.failed is not None
    assert found.total is not None
    assert found.failed <= found.total
    assert found.failed == pytest.approx(12_000, rel=0.02)


def test_failures_before_the_alert_end_with_its_firing() -> None:
    """What failed before anybody was paged: the headline."""
    assert _known(_figures(alert=at("13:15"))).failed_before_alert == pytest.approx(9_000, abs=1)


def test_an_alert_before_the_impact_leaves_none_before_it() -> None:
    """Paged in time: nothing failed before."""
    assert _known(_figures(alert=at("12:50"))).failed_before_alert == 0


def test_without_an_alert_failures_before_it_are_not_known() -> None:
    """Null, not all of them and not zero."""
    assert _known(_figures()).failed_before_alert is None


def test_failures_before_an_alert_in_the_second_episode_hold_all_of_the_first() -> None:
    """Nobody was paged in the first episode."""
    failures = increments_at("12:00", "15:00", ("12:00", "15:00", 10, 1.0))
    told = (episode("13:00", "13:10"), episode("13:40", "13:50"))
    found = _known(_figures(failures, *told, alert=at("13:45")))

    assert found.failed_before_alert == pytest.approx(6_000 + 3_000, abs=1)


def test_impact_that_lasts_is_counted_to_the_end_of_the_data() -> None:
    """No end: up to where anything was seen."""
    failures = increments_at("12:00", "15:00", ("12:00", "15:00", 10, 0.5))

    assert _known(_figures(failures, episode("14:00", None), data_end=at("14:30"))).total == 18_000


def test_expected_requests_are_those_of_the_flanks() -> None:
    """Twenty a second on both sides make 72,000 in the hour, in a range that holds them."""
    found = _known(_figures(traffic=noisy(STEADY, 0.05)))

    assert found.expected_low is not None
    assert found.expected_high is not None
    assert found.expected_low < 72_000 < found.expected_high
    assert found.expected_high - found.expected_low < 20_000


def test_expected_requests_lie_on_the_line_between_the_flanks() -> None:
    """Traffic of 10 a second before and 30 after: 20 are expected between."""
    found = _known(_figures(traffic=stepped(GRID, 10.0, ("13:30", "16:00", 30.0))))

    assert found.expected_low == found.expected_high == 72_000


def test_traffic_inside_the_impact_says_nothing_about_what_was_expected() -> None:
    """A flank that lies in another episode is left out."""
    told = (episode("13:00", "13:20"), episode("13:35", "14:00"))
    traffic = stepped(GRID, 20.0, ("13:00", "13:20", 500.0), ("13:35", "14:00", 500.0))
    found = _known(_figures(FAILING, *told, traffic=traffic))

    assert found.expected_low == found.expected_high == 45 * 60 * 20


def test_as_many_as_expected_were_lost_by_nobody() -> None:
    """Served within the expected range: zero lost, not a difference of noise."""
    assert _known(_figures(traffic=noisy(STEADY, 0.05))).lost == 0


def test_a_little_less_than_the_middle_of_the_expected_is_no_loss() -> None:
    """Two percent below the middle, inside the scatter of the flanks: zero."""
    served = increments_at("12:00", "15:00", ("12:00", "15:00", 19.6, 0.0))

    assert _known(_figures(served, traffic=noisy(STEADY, 0.05))).lost == 0
    assert _known(_figures(served, traffic=noisy(STEADY, 0.05), gone=True)).lost == pytest.approx(
        1_440, abs=600
    )


def test_lost_requests_are_expected_less_served() -> None:
    """Half of the traffic never came."""
    served = increments_at("12:00", "15:00", ("12:00", "15:00", 10, 0.0))

    assert _known(_figures(served)).lost == pytest.approx(36_000, abs=1)


def test_fewer_requests_in_an_impact_that_lasts_may_be_the_evening() -> None:
    """From one side no slope can be told: the loss is not known, unless the traffic itself is the impact."""
    served = increments_at("12:00", "15:00", ("12:00", "15:00", 15, 0.0))
    lasting = episode("13:00", None)

    assert _known(_figures(served, lasting, data_end=at("14:00"), traffic=ONE_SIDE)).lost is None
    lost = _known(_figures(served, lasting, data_end=at("14:00"), traffic=ONE_SIDE, gone=True)).lost
    assert lost == pytest.approx(18_000, abs=1)


def test_a_surge_is_not_a_negative_loss() -> None:
    """More served than expected loses nothing, also where targets were gone."""
    served = increments_at("12:00", "15:00", ("12:00", "15:00", 100, 0.0))

    assert _known(_figures(served)).lost == 0
    assert _known(_figures(served, gone=True)).lost == 0


def test_counters_absent_in_most_of_the_impact_make_no_total() -> None:
    """Targets that were down counted nothing: total, failed and ratio are null, lost is what was expected."""
    absent = increments_at("12:00", "13:00", ("12:00", "13:00", 20, 0.0))
    found = _known(_figures(absent, gone=True))

    assert (found.total, found.failed, found.failed_ratio, found.failed_before_alert) == (None,) * 4
    assert found.lost == 72_000
    assert "no samples in most of the impact" in found.formula


def test_what_was_not_counted_but_not_gone_is_not_lost() -> None:
    """Counters missing while targets were up: unseen, so the loss is not known."""
    absent = increments_at("12:00", "13:00", ("12:00", "13:00", 20, 0.0))
    found = _known(_figures(absent))

    assert found.lost is None
    assert found.expected_low == 72_000


def test_without_counters_and_without_traffic_there_are_no_figures() -> None:
    """Nothing is known, so nothing is said."""
    assert _figures(None, traffic=None) is None


def test_without_traffic_nothing_is_expected() -> None:
    """Counters alone give totals, no loss."""
    found = _known(_figures(traffic=None))

    assert found.total == pytest.approx(72_000, abs=1)
    assert (found.expected_low, found.expected_high, found.lost) == (None, None, None)


def test_no_request_in_the_impact_has_no_ratio() -> None:
    """Zero of zero is not zero percent."""
    found = _known(_figures(increments_at("12:00", "15:00")))

    assert found.total == 0
    assert found.failed_ratio is None


def test_flanks_without_samples_expect_nothing() -> None:
    """Too few samples on both sides: no expectation, no loss."""
    unseen = stepped(GRID, 20.0, ("12:00", "15:00", float("nan")))
    found = _known(_figures(traffic=unseen))

    assert (found.expected_low, found.lost) == (None, None)


def test_the_formula_stands_beside_the_number() -> None:
    """Which counters, without which routes, and how lost was reckoned."""
    found = _known(_figures())

    assert 'increase of http_requests_total{code=~"5.."}' in found.formula
    assert "without route /healthz" in found.formula
    assert "lost = expected" in found.formula
    assert found.query == "http_requests_total"


@given(
    st.integers(0, 3_000),
    st.integers(60, 3_000),
    st.floats(0.1, 50),
    st.floats(0, 1),
    st.integers(0, 7_000),
)
def test_figures_never_contradict_each_other(
    start_s: int, length_s: int, rate: float, share: float, alert_s: int
) -> None:
    """Failed before the alert, failed, and total are in this order, and the ratio is theirs."""
    start, end = (f"13:{s // 60}:{s % 60}" for s in (start_s, start_s + length_s))
    failures = increments_at("12:00", "16:00", ("12:00", "16:00", rate, share))
    alert = at("12:30") + timedelta(seconds=alert_s)
    found = _known(_figures(failures, episode(start, end), alert=alert))

    assert found.total is not None
    assert found.failed is not None
    assert found.failed_before_alert is not None
    assert 0 <= found.failed_before_alert <= found.failed <= found.total
    assert found.total == pytest.approx(rate * length_s, rel=0.01, abs=1)
    if found.failed_ratio is not None:
        assert 0 <= found.failed_ratio <= 1


def test_what_the_survey_saw_was_served_where_nothing_is_counted() -> None:
    """Half of the traffic for an hour, of which no raw counters were read: half of it is lost, not all."""
    halved = stepped(GRID, 20.0, ("13:00", "14:00", 10.0))

    assert _known(_figures(None, traffic=halved, gone=True)).lost == pytest.approx(36_000, rel=0.02)
