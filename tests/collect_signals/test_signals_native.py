"""Native histograms on a real Prometheus: found by their bare name, and their numbers true."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from collector.http.settings import HttpSettings
from collector.prometheus import PrometheusSource, connect
from collector.reading.survey import SurveyRequest, survey
from collector.reading.zoom import zoom
from collector.signals.discover import discover
from collector.signals.latency import Shape
from incident.model.spans import Span, ms
from tests.collect_signals import remote_write
from tests.lab import prometheus as lab

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("prometheus_binary")]

START = datetime(2023, 3, 1, tzinfo=UTC)
WHOLE = Span(START, START + timedelta(minutes=50))
ASKED = Span(START + timedelta(minutes=20), START + timedelta(minutes=40))
NAME = "http_server_request_duration_seconds"
OWN = {"job": "shop", "instance": "a:1"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Ten requests a second, of which one in twenty fails, all of them between 62.5 and 125 ms."""
    folder = tmp_path_factory.mktemp("native") / "data"
    folder.mkdir()
    command = lab._command
    flags = ["--enable-feature=native-histograms", "--web.enable-remote-write-receiver"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lab, "_command", lambda *given: [*command(*given), *flags])
        with lab.serve(folder) as address:
            remote_write.write(address, _series())
            yield address


def _series() -> list[bytes]:
    times = list(range(ms(WHOLE.start), ms(WHOLE.end), 15_000))
    grows = range(len(times))
    made = [remote_write.floats({"__name__": "up", **OWN}, times, [1.0] * len(times))]
    for code, each in (("200", 19), ("500", 1)):
        labels = {"__name__": NAME, "http_response_status_code": code, **OWN}
        # 7.5 and 142.5 a scrape, doubled to stay whole.
        counts = [round(k * each * 7.5 * 2) // 2 for k in grows]
        made.append(remote_write.histograms(labels, times, counts, bucket=-3))
    return made


@pytest.fixture
def source(url: str) -> Iterator[PrometheusSource]:
    asked = connect(HttpSettings(), url=url, deadline=timedelta(minutes=1), on_query=None)
    yield asked
    asked.close()


def test_native_histogram_is_found_by_asking(source: PrometheusSource) -> None:
    """The bare name is told from a gauge by the answer of the server."""
    found = discover(source, "shop", (), ASKED)

    assert found.requests is not None
    assert found.latency is not None
    assert (found.requests.family.counter, found.requests.family.native) == (NAME, True)
    assert found.latency.shape is Shape.NATIVE


def test_native_histogram_comes_to_the_truth(source: PrometheusSource) -> None:
    """Share of failures, requests a second and quantiles are those that were written."""
    request = SurveyRequest("shop", (), ASKED, lead=timedelta(minutes=15), tail=timedelta(0))

    evidence = survey(source, request, WHOLE.end)

    truth = {"errors": 0.05, "traffic": 10.0, "p99": 0.0625 * 1.99, "p50": 0.0625 * 1.5, "availability": 1.0}
    assert {signal.spec.name for signal in evidence.signals} == truth.keys()
    for signal in evidence.signals:
        settled = signal.values[8:]
        assert settled == pytest.approx(np.full(settled.size, truth[signal.spec.name]), rel=0.02)
    assert not [unknown for unknown in evidence.unknowns if unknown.failed]


def test_requests_are_counted_from_native_histograms(source: PrometheusSource) -> None:
    """The zoom reads counts that grow as the histograms did, failures apart from the rest."""
    request = SurveyRequest("shop", (), ASKED, lead=timedelta(minutes=15), tail=timedelta(0))
    evidence = survey(source, request, WHOLE.end)

    counters = zoom(source, evidence, (), (ASKED,)).counters

    assert counters is not None
    grown = {
        failed: one.values[-1] - one.values[0]
        for one, failed in zip(counters.requests, counters.is_failed, strict=True)
    }
    seconds = (counters.requests[0].times[-1] - counters.requests[0].times[0]) / 1000
    assert grown[True] / seconds == pytest.approx(0.5, rel=0.02)
    assert grown[False] / seconds == pytest.approx(9.5, rel=0.02)
