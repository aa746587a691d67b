"""Every family of the registry, with no configuration: what is taken, and what it comes to on a server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from collector.families.present import name_patterns
from collector.families.rows import FAMILIES
from collector.http.settings import HttpSettings
from collector.prometheus import PrometheusSource, connect
from collector.signals.discover import Found, discover
from collector.signals.samples.measure import measure
from collector.signals.services import list_services
from collector.signals.specs import latency_specs, request_specs
from collector.source import Answer
from incident.model.signals import SignalSpec
from incident.model.spans import Span, aligned, ms
from tests.collect_signals.exposed import EXPOSED
from tests.collect_signals.exposition import Exposed, Row
from tests.lab import prometheus as lab
from tests.lab.series import Series, make_series
from tests.lab_fakes import FakeSource, samples, span, ticks

START = datetime(2023, 3, 1, tzinfo=UTC)
WINDOW = Span(START + timedelta(minutes=5), START + timedelta(minutes=20))
SCRAPE = timedelta(seconds=15)
# What Prometheus 2.42 stores.
PLAIN = [one for one in EXPOSED if not one.dotted]


def _specs(found: Found) -> tuple[SignalSpec, ...]:
    assert found.requests is not None
    latencies = latency_specs(found.latency, "1m") if found.latency else ()
    return (*request_specs(found.requests, "1m"), *latencies)


def _held(exposed: Exposed) -> FakeSource:
    times = ticks(0, 10)
    return FakeSource([samples(row.metric, times, 1, **row.labels) for row in exposed.rows])


@pytest.mark.parametrize("exposed", EXPOSED, ids=lambda one: one.service)
def test_each_family_is_found_by_the_service_s_name_alone(exposed: Exposed) -> None:
    """The counter, the durations and the signals to make of them are those the family is known by."""
    found = discover(_held(exposed), exposed.service, (), span(0, 10))

    assert found.requests is not None
    assert found.requests.family.counter == exposed.counter
    assert (found.latency.base if found.latency else "") == exposed.latency
    assert {spec.name for spec in _specs(found)} == set(exposed.worth)


@pytest.mark.parametrize("exposed", EXPOSED, ids=lambda one: one.service)
def test_each_family_is_listed_as_a_service(exposed: Exposed) -> None:
    """What can be drafted is also what a list of services shows, with how it was found."""
    counted = Answer((samples(exposed.counter, [0], 1, **exposed.rows[0].labels),))
    source = _held(exposed)
    source.ranges = {"count by": lambda _: counted}

    (known,) = list_services(source, span(0, 10))

    assert (known.metric, known.has_requests) == (exposed.counter, True)
    assert known.name.rpartition("/")[2].partition("@")[0] == exposed.service


def test_every_row_of_the_registry_is_shown_at_work() -> None:
    """No family is listed that was not found in an exposition of its own."""
    shown = {one.counter for one in EXPOSED} | {row.metric for one in EXPOSED for row in one.rows}

    # The routers of Traefik have the labels of its services, one level further out.
    assert {family.counter for family in FAMILIES} - shown == {"traefik_router_requests_total"}


def test_the_question_for_names_fits_into_an_address() -> None:
    """Proxies refuse requests of more than 8 kB; the pattern of all names stays far below."""
    assert len("|".join(name_patterns())) < 4_000


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with all of them at once, half an hour of 15 s scrapes."""
    folder = tmp_path_factory.mktemp("families") / "data"
    distinct = {(row.metric, tuple(sorted(row.labels.items()))): row for one in PLAIN for row in one.rows}
    lab.create_blocks([_series(row) for row in distinct.values()], folder)
    with lab.serve(folder) as address:
        yield address


def _series(row: Row) -> Series:
    times = np.arange(ms(START) + 321, ms(START) + 1_800_000, 15_000, dtype=np.int64)
    steady = (times - times[0]) / 1000 * row.per_second
    values = steady if row.stands_at is None else np.full(times.size, row.stands_at)
    return make_series(row.metric, row.labels.items(), times, values)


@pytest.fixture(scope="module")
def source(url: str) -> Iterator[PrometheusSource]:
    asked = connect(HttpSettings(), url=url, deadline=timedelta(minutes=2), on_query=None)
    yield asked
    asked.close()


@pytest.mark.server
@pytest.mark.usefixtures("prometheus_binary", "promtool_binary")
@pytest.mark.parametrize("exposed", PLAIN, ids=lambda one: one.service)
def test_each_family_comes_to_the_truth_on_a_real_server(source: PrometheusSource, exposed: Exposed) -> None:
    """With all families on one server each service's share of failures, traffic and durations are exact,
    in shares, requests a second and seconds, whatever units it was exposed in."""
    found = discover(source, exposed.service, (), WINDOW)
    measured = measure(source, _specs(found), aligned(WINDOW, timedelta(minutes=1)), lambda _: None)

    assert measured.unknowns == ()
    assert {signal.spec.name for signal in measured.signals} == set(exposed.worth)
    for signal in measured.signals:
        assert signal.values == pytest.approx(exposed.worth[signal.spec.name], rel=1e-3)
        assert signal.spec.unit == {"errors": "ratio", "traffic": "req/s"}.get(signal.spec.name, "s")


@pytest.mark.server
@pytest.mark.usefixtures("prometheus_binary", "promtool_binary")
def test_a_real_server_lists_all_services(source: PrometheusSource) -> None:
    """Two questions list every service, each by the label and family it is drafted from."""
    known = {one.name: one for one in list_services(source, WINDOW)}

    missing = [
        one.service
        for one in PLAIN
        if not any(name.rpartition("/")[2].partition("@")[0] == one.service for name in known)
    ]
    assert missing == []
    assert all(one.has_requests for one in known.values())
