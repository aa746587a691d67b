"""Where it hurt: which labels the failures concentrate on, and when nothing may be said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.model.signals import Counters, Samples
from incident.model.where import Breakdown, Harm, Placement
from incident.where import located
from tests.reasoning_builders import at, labelled, samples, scrapes, span

READ = span("09:30", "12:00")
IMPACT = (span("10:00", "11:00"),)
SCRAPED = scrapes("09:30", "12:00")
PAY, REFUND = "/pay", "/refund"


@dataclass(frozen=True)
class Group:
    """Requests a second of one kind before, in and after the impact, and the failing share in it."""

    labels: Mapping[str, str]
    rate: float
    failing: float = 0.0
    served: float = 1.0
    """Share of its usual rate that it has in the impact."""
    instance: str = "a:1"
    usually_failing: float = 0.0


def counter(labels: Mapping[str, str], before: float, inside: float) -> Samples:
    """A counter that grows by `before` a second, in the impact by `inside`."""
    seconds = np.diff(SCRAPED, prepend=SCRAPED[0]) / 1000.0
    in_impact = (IMPACT[0].start_ms < SCRAPED) & (IMPACT[0].end_ms >= SCRAPED)
    return samples(
        labels, SCRAPED, (100.0 + np.cumsum(seconds * np.where(in_impact, inside, before))).tolist()
    )


def counters(*groups: Group) -> Counters:
    """What the zoom brings of a service with these kinds of requests."""
    made: list[Samples] = []
    for one in groups:
        labels = {"job": "shop", "instance": one.instance, **one.labels}
        good, bad = 1.0 - one.failing, one.failing
        rate, usual = one.rate * one.served, one.usually_failing
        made.append(counter({**labels, "code": "200"}, one.rate * (1 - usual), rate * good))
        made.append(counter({**labels, "code": "500"}, one.rate * usual, rate * bad))
    return Counters(
        spans=(READ,),
        requests=tuple(made),
        is_failed=tuple(s.label("code").startswith("5") for s in made),
        buckets=(),
        bucket_spans=(),
        query='http_requests_total{service="shop"}',
        failed_query='http_requests_total{service="shop",code=~"5.."}',
        left_out="",
    )


def told(
    *groups: Group, placements: Sequence[Placement] = (), harm: Harm = Harm.FAILED
) -> tuple[Breakdown, ...]:
    return located(counters(*groups), placements, IMPACT, (harm,))


def concentrating(found: Sequence[Breakdown]) -> dict[str, list[str]]:
    return {one.label: [p.value for p in one.portions] for one in found if one.concentrated}


def even(found: Sequence[Breakdown]) -> list[str]:
    return [one.label for one in found if not one.concentrated]


def by_route(pay: float, others: float) -> tuple[Group, ...]:
    return (
        Group({"route": PAY}, 3.0, pay),
        Group({"route": "/"}, 5.0, others),
        Group({"route": REFUND}, 2.0, others),
    )


def test_one_route_of_three_is_named_with_both_shares() -> None:
    """Its share of the failures beside its share of the requests."""
    (one,) = told(*by_route(0.5, 0.01))

    assert concentrating([one]) == {"route": [PAY]}
    (portion,) = one.portions
    assert portion.share == pytest.approx(1.5 / 1.57, abs=0.002)
    assert portion.share_of_requests == pytest.approx(0.3, abs=0.002)
    assert portion.ratio == pytest.approx(0.5, abs=0.005)
    assert portion.ratio_before == 0.0
    assert one.query == 'sum by (route) (increase(http_requests_total{service="shop",code=~"5.."}[3600s]))'


def test_failures_that_spread_as_requests_do_are_told_as_even() -> None:
    """A route with half of the requests and half of the failures says nothing."""
    found = told(*by_route(0.3, 0.3))

    assert (concentrating(found), even(found)) == ({}, ["route"])


def test_a_route_with_most_requests_and_as_many_failures_is_not_named() -> None:
    """90 % of the failures on a route with 90 % of the requests are its fair share."""
    found = told(Group({"route": "/"}, 9.0, 0.2), Group({"route": PAY}, 1.0, 0.2))

    assert concentrating(found) == {}


def test_few_failures_say_nothing() -> None:
    """Twenty failures on one of three routes may be chance."""
    assert told(*by_route(20 / (3 * 3600), 0.0)) == ()
    assert concentrating(told(*by_route(200 / (3 * 3600), 0.0))) == {"route": [PAY]}


def test_two_of_many_routes_are_named_together() -> None:
    """Nearly all failures on two values are told as those two, the larger one first."""
    groups = [Group({"route": f"/{k}"}, 1.0, 0.0) for k in range(8)]

    found = told(*groups, Group({"route": PAY}, 2.0, 0.4), Group({"route": REFUND}, 1.0, 0.4))

    assert concentrating(found) == {"route": [PAY, REFUND]}


def test_a_label_that_says_the_same_again_is_not_told() -> None:
    """The only method of the failing route adds nothing to the route."""
    found = told(
        Group({"route": PAY, "method": "POST"}, 3.0, 0.5),
        Group({"route": "/", "method": "GET"}, 7.0, 0.0),
    )

    assert concentrating(found) == {"route": [PAY]}


def test_crossed_labels_are_both_told() -> None:
    """Failures of one route and one version are neither all of the route's nor all of the version's."""
    found = told(
        *(
            Group(
                {"route": route, "version": version}, 2.0, 0.5 if (route, version) == (PAY, "2.7.1") else 0.0
            )
            for route in (PAY, "/", REFUND)
            for version in ("2.7.0", "2.7.1")
        )
    )

    assert concentrating(found) == {"route": [PAY], "version": ["2.7.1"]}


def test_a_version_known_from_elsewhere_is_told_instead_of_its_instance() -> None:
    """Counters name instances only; which version each ran is known from what it states."""
    placed = (
        Placement(labelled(instance="a:1", job="shop"), "version", "2.7.0", None, None),
        Placement(labelled(instance="b:1", job="shop"), "version", "2.7.0", None, at("10:00")),
        Placement(labelled(instance="b:1", job="shop"), "version", "2.7.1", at("10:00"), None),
    )

    (one,) = told(
        Group({"route": "/"}, 5.0, 0.0), Group({"route": "/"}, 5.0, 0.5, instance="b:1"), placements=placed
    )

    assert concentrating([one]) == {"version": ["2.7.1"]}
    assert one.portions[0].share == pytest.approx(1.0)
    assert (one.portions[0].new, one.portions[0].ratio_before) == (True, None)


def test_requests_before_and_after_a_deploy_count_for_their_own_version() -> None:
    """One instance that changed its version in mid-impact: half of its failures belong to each."""
    placed = tuple(
        Placement(labelled(instance="b:1", job="shop"), "version", version, since, until)
        for version, since, until in (("1", None, at("10:30")), ("2", at("10:30"), None))
    )

    found = told(Group({"route": "/"}, 5.0, 0.5, instance="b:1"), placements=placed)

    assert (concentrating(found), even(found)) == ({}, ["version"])


def test_the_code_is_told_by_its_share_of_the_failures_alone() -> None:
    """All failures have a failing code; which one is told where nearly all have it."""
    made = counters(*by_route(0.3, 0.3))
    more = counter({"job": "shop", "instance": "a:1", "route": "/", "code": "503"}, 0.0, 0.2)
    with_503 = replace(made, requests=(*made.requests, more), is_failed=(*made.is_failed, True))

    found = located(with_503, (), IMPACT, (Harm.FAILED,))

    assert concentrating(found) == {"code": ["500"]}
    assert found[0].portions[0].share_of_requests is None


def test_lost_requests_are_told_against_what_was_to_be_expected() -> None:
    """A route that is asked no more lost all; the others lost nothing."""
    found = told(
        Group({"route": PAY}, 3.0, served=0.0), Group({"route": "/"}, 7.0, served=1.0), harm=Harm.LOST
    )

    assert concentrating(found) == {"route": [PAY]}
    assert found[0].portions[0].count == pytest.approx(3.0 * 3600, rel=0.01)


def test_slow_requests_are_told_by_the_buckets() -> None:
    """Requests above a bucket that hardly any exceeded before; the count is over what was read."""

    def buckets(route: str, slow: float) -> list[Samples]:
        labels = {"job": "shop", "instance": "a:1", "route": route}
        rates = {"0.1": (0.6, 0.6), "0.5": (0.99, 1.0 - slow), "+Inf": (1.0, 1.0)}
        return [counter({**labels, "le": le}, 4.0 * b, 4.0 * i) for le, (b, i) in rates.items()]

    made = replace(
        counters(*by_route(0.0, 0.0)),
        buckets=(*buckets(PAY, 0.6), *buckets("/", 0.01), *buckets(REFUND, 0.01)),
        bucket_spans=(span("09:30", "10:30"),),
        bucket_query="http_request_duration_seconds_bucket",
    )

    (one,) = located(made, (), IMPACT, (Harm.SLOW,))

    assert (concentrating([one]), one.slower_than_s) == ({"route": [PAY]}, 0.5)
    assert one.portions[0].count == pytest.approx(4.0 * 0.6 * 1800, rel=0.02)


def test_counters_read_only_at_the_ends_of_a_long_impact_say_nothing() -> None:
    """What happened in most of it was not seen."""
    made = replace(counters(*by_route(0.5, 0.0)), spans=(span("09:30", "10:10"),))

    assert located(made, (), IMPACT, (Harm.FAILED,)) == ()


def test_labels_of_very_many_values_are_no_places() -> None:
    """One value a user: nothing is told by it."""
    groups = [Group({"user": str(k)}, 0.5, 0.9 if k == 7 else 0.0) for k in range(201)]

    assert told(*groups) == ()


def test_order_of_the_counters_changes_nothing() -> None:
    """The same evidence, the same breakdown."""
    made = counters(*by_route(0.5, 0.01))
    turned = replace(made, requests=made.requests[::-1], is_failed=made.is_failed[::-1])

    assert located(turned, (), IMPACT, (Harm.FAILED,)) == located(made, (), IMPACT, (Harm.FAILED,))


@given(
    st.lists(st.floats(0.2, 20.0), min_size=2, max_size=12),
    st.floats(0.005, 1.0),
    st.integers(0, 2**32 - 1),
)
def test_failures_drawn_alike_on_all_routes_never_concentrate(
    rates: list[float], failing: float, seed: int
) -> None:
    """Whatever the routes' traffic, chance alone names none of them."""
    rng = np.random.default_rng(seed)
    groups = [
        Group({"route": f"/{k}"}, rate, float(rng.binomial(int(rate * 3600), failing)) / (rate * 3600))
        for k, rate in enumerate(rates)
    ]

    assert concentrating(told(*groups)) == {}
