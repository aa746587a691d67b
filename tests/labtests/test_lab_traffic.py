"""Requests as they are drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from tests.lab.curves import spans, through
from tests.lab.scripts.parts import MINUTE, SECOND, rolling, service
from tests.lab.spec import Restart, Service
from tests.lab.traffic import ERROR, Traffic, demand_mean, draw_traffic, lives_of

START = datetime(2023, 5, 3, 17, 0, tzinfo=UTC)
END = START + 40 * MINUTE
FAULT = (START + 10 * MINUTE, START + 20 * MINUTE)
CALM = service("shop", 30.0)


def _draw(app: Service, seed: int = 7) -> Traffic:
    return draw_traffic(app, START.timestamp(), END.timestamp(), np.random.default_rng(seed))


def _real(traffic: Traffic) -> np.ndarray:
    return traffic.answered.route < len(CALM.routes)


def test_a_curve_steps_at_its_instant() -> None:
    """A span is half open: its value holds at its start and no longer at its end."""
    curve = spans(1.0, (*FAULT, 5.0))
    at = [FAULT[0] - SECOND, FAULT[0], FAULT[1] - SECOND, FAULT[1]]
    assert curve.at(np.array([one.timestamp() for one in at])).tolist() == [1, 5, 5, 1]


def test_a_ramp_is_a_straight_line() -> None:
    """Half way between two points lies half of the difference."""
    middle = np.array([(START + 15 * MINUTE).timestamp()])
    assert through((FAULT[0], 0.0), (FAULT[1], 8.0)).at(middle).tolist() == [4.0]


def test_as_many_requests_arrive_as_the_rate_says() -> None:
    """The number of arrivals is near the mean of the demand."""
    seconds = np.arange(START.timestamp(), END.timestamp()) + 0.5
    mean = demand_mean(CALM, seconds).sum()
    assert abs(len(_draw(CALM).arrivals) - mean) < 0.04 * mean


def test_the_same_seed_draws_the_same_requests() -> None:
    """Nothing but the seed decides."""
    first, again, other = _draw(CALM, 1), _draw(CALM, 1), _draw(CALM, 2)
    assert np.array_equal(first.answered.done, again.answered.done)
    assert len(first.arrivals) != len(other.arrivals)


def test_a_fault_fails_its_share_and_nothing_before_or_after() -> None:
    """60 % inside, about 0.1 % outside."""
    traffic = _draw(replace(CALM, failing=spans(0.001, (*FAULT, 0.6))))
    done, failed = traffic.answered.arrived, traffic.answered.code >= ERROR
    inside = (done >= FAULT[0].timestamp()) & (done < FAULT[1].timestamp())
    assert abs(failed[inside & _real(traffic)].mean() - 0.6) < 0.02
    assert failed[~inside & _real(traffic)].mean() < 0.003


def test_quick_failures_take_milliseconds() -> None:
    """Where failures have their own latency, other answers keep theirs."""
    app = replace(CALM, failing=spans(0.0, (*FAULT, 0.6)), failure_median_s=0.003)
    answered = _draw(app).answered
    unavailable = answered.code == ERROR + 1
    assert np.median(answered.latency[unavailable]) < 0.004
    assert np.median(answered.latency[answered.route == 0]) > 0.05


def test_while_one_instance_restarts_the_other_answers() -> None:
    """A rolling restart loses at most what was under way."""
    traffic = _draw(replace(CALM, restarts=rolling(FAULT[0], down=10 * SECOND)))
    assert len(traffic.arrivals) - np.count_nonzero(_real(traffic)) < 30
    stopped = FAULT[0].timestamp() - 10
    mine = traffic.answered.arrived[traffic.answered.instance == 0]
    assert not ((mine >= stopped) & (mine < stopped + 10)).any()


def test_when_both_are_down_requests_are_lost_and_not_failed() -> None:
    """Nothing is answered, so nothing is counted."""
    down = FAULT[1] - FAULT[0]
    app = replace(CALM, restarts=tuple(Restart(index, FAULT[1], down) for index in (0, 1)))
    traffic = _draw(app)
    done = traffic.answered.done
    assert not ((done >= FAULT[0].timestamp()) & (done < FAULT[1].timestamp())).any()
    arrived = traffic.arrivals
    assert ((arrived >= FAULT[0].timestamp()) & (arrived < FAULT[1].timestamp())).sum() > 10_000


def test_traffic_that_does_not_arrive_leaves_health_checks_alone() -> None:
    """The probes of the platform go on when users are gone."""
    traffic = _draw(replace(CALM, reaching=spans(1.0, (*FAULT, 0.0))))
    arrived = traffic.answered.arrived
    inside = (arrived >= FAULT[0].timestamp()) & (arrived < FAULT[1].timestamp())
    assert np.count_nonzero(inside & _real(traffic)) == 0
    assert np.count_nonzero(inside & ~_real(traffic)) == 2 * 60


def test_a_new_version_lives_from_its_restart_on() -> None:
    """Each process has one version; what is not renamed keeps it."""
    app = replace(CALM, restarts=(*rolling(FAULT[0], version="2.8.0"), *rolling(FAULT[1])))
    old, new, same = lives_of(app, 0, START.timestamp(), END.timestamp())
    assert (old.version, new.version, same.version) == ("2.7.3", "2.8.0", "2.8.0")
    assert new.start == FAULT[0].timestamp()
    assert old.stop == (FAULT[0] - timedelta(seconds=2)).timestamp()
