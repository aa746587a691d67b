"""Which services a fleet has, told from label sets alone."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from collector.families.present import assumed
from collector.screening.listing import list_services, listed, place_of, service_of
from collector.source import Answer
from incident.fleet.model import Member
from incident.model.signals import Labels, Samples
from incident.model.spans import Grid, Span
from report.pipeline.scan.wanted import Shard


def _labels(name: str, **labels: str) -> Labels:
    return tuple(sorted({"__name__": name, **labels}.items()))


def test_a_service_is_named_by_the_label_that_names_the_service_and_not_the_exporter() -> None:
    """`exported_service` beats its twin, and `job` as namespace/name is the name."""
    assert service_of(_labels("up", exported_service="shop", service="exporter")) == (
        "exported_service",
        "shop",
    )
    assert service_of(_labels("up", job="prod/shop")) == ("job", "shop")
    assert service_of(_labels("up", instance="a:1")) == ("", "")


def test_an_exporters_own_place_does_not_count_where_the_services_is_known() -> None:
    """Of `exported_namespace` and `namespace` on one series only the first is where the service is."""
    labels = _labels("up", exported_namespace="shop", namespace="monitoring", cluster="eu")

    assert place_of(labels) == (("exported_namespace", "shop"), ("cluster", "eu"))


def test_one_name_in_two_namespaces_is_two_services() -> None:
    """They are screened apart, and never summed."""
    series = [_labels("http_requests_total", service="api", namespace=ns, code="200") for ns in ("a", "b")]

    assert [one.member for one in listed(series, assumed())] == [
        Member("api", (("namespace", "a"),)),
        Member("api", (("namespace", "b"),)),
    ]


def test_the_counter_that_tells_failures_is_taken_first() -> None:
    """A counter without a status is only taken where there is no better one."""
    (one,) = listed(
        [
            _labels("http_requests_total", service="api"),
            _labels("grpc_server_handled_total", service="api", grpc_code="OK"),
        ],
        assumed(),
    )

    assert one.requests is not None
    assert one.requests.metric == "grpc_server_handled_total"
    assert one.failing is not None


def test_targets_without_requests_are_services_too() -> None:
    """A job that only has `up` is screened by its targets; one that has requests is not listed twice."""
    found = listed(
        [
            _labels("up", job="node", instance="n:1"),
            _labels("up", service="api", job="api", namespace="prod"),
            _labels("http_requests_total", service="api", code="200"),
        ],
        assumed(),
    )

    assert [(str(one.member), one.requests is not None, one.up is not None) for one in found] == [
        ("api", True, True),
        ("node", False, True),
    ]


@given(st.lists(st.text(min_size=1), min_size=1, unique=True), st.integers(1, 40))
def test_shards_share_the_services_out_without_rest(names: list[str], of: int) -> None:
    """Each service is in exactly one part."""
    held = [sum(Shard(number, of).holds(name) for number in range(1, of + 1)) for name in names]

    assert held == [1] * len(names)


def test_a_services_shard_is_the_same_everywhere() -> None:
    """The hash is of the name alone: it does not change from process to process or version to version."""
    assert [number for number in range(1, 17) if Shard(number, 16).holds("payments")] == [1]


class _Counting:
    """Answers the listing with one series a label set and these values."""

    url = "http://prometheus.example:9090"

    def __init__(self, *found: tuple[Labels, tuple[float, ...]]) -> None:
        self._found = found

    def names(self, _pattern: str, _span: Span) -> tuple[str, ...]:
        return ("http_requests_total", "up")

    def range(self, _query: str, grid: Grid) -> Answer:
        return Answer(
            tuple(
                Samples(labels, grid.times[: len(values)], np.array(values)) for labels, values in self._found
            )
        )


def test_the_series_of_each_metric_and_service_are_counted_at_their_most() -> None:
    """Of several label sets together; what is no number of series counts as one, or as very many."""
    ok, failed = (_labels("http_requests_total", service="api", code=code) for code in ("200", "500"))
    source = _Counting(
        (ok, (3.0, 5.0)), (failed, (2.0,)), (_labels("up", service="api"), (math.nan, math.inf))
    )
    window = Span(datetime(2024, 3, 4, tzinfo=UTC), datetime(2024, 3, 4, 6, tzinfo=UTC))
    listing = list_services(source, (), window)  # type: ignore[arg-type]

    assert listing.series["http_requests_total", "api"] == 7
    assert listing.series["up", "api"] >= 1_000_000
    assert [one.member.service for one in listing.services] == ["api"]
