"""The source against a real Prometheus: exact samples, real limits, real refusals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from collector.errors import QueryRejected, TooExpensive
from collector.http.settings import HttpSettings
from collector.prometheus import PrometheusSource, connect
from incident.model.spans import Grid, Millis, Span, Values, aligned, frozen_values, ms
from tests.lab import prometheus as lab
from tests.lab.series import make_series

pytestmark = [
    pytest.mark.server,
    pytest.mark.usefixtures("prometheus_binary", "promtool_binary"),
]

START = datetime(2023, 3, 1, tzinfo=UTC)
WHOLE = Span(START, START + timedelta(hours=48))
SCRAPE = timedelta(seconds=15)
OFFSET_MS = 4_321
"""Scrapes do not happen on whole seconds."""


def scrapes() -> Millis:
    """The times of all scrapes."""
    return np.arange(ms(START) + OFFSET_MS, ms(WHOLE.end), 15_000, dtype=np.int64)


def values(name: str) -> Values:
    """What the series was given: six digits behind the point, which the lab writes out in full."""
    rng = np.random.default_rng(7 if name == "a" else 8)
    return frozen_values(np.exp(rng.normal(0.0, 9.0, scrapes().size)).round(6))


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of two series."""
    folder = tmp_path_factory.mktemp("transport") / "data"
    times = scrapes()
    lab.create_blocks([make_series("depth", {"q": q}.items(), times, values(q)) for q in ("a", "b")], folder)
    return folder


@pytest.fixture(scope="module")
def url(blocks: Path) -> Iterator[str]:
    """A server with default limits."""
    with lab.serve(blocks) as address:
        yield address


@pytest.fixture(scope="module")
def narrow_url(blocks: Path) -> Iterator[str]:
    """A server that loads 6,000 samples for a query and no more."""
    command = lab._command
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lab, "_command", lambda *given: [*command(*given), "--query.max-samples=6000"])
        with lab.serve(blocks) as address:
            yield address


def opened(address: str) -> PrometheusSource:
    settings = HttpSettings(server_stats=True)
    return connect(settings, url=address, deadline=timedelta(seconds=60), on_query=None)


@pytest.fixture
def source(url: str) -> Iterator[PrometheusSource]:
    asked = opened(url)
    yield asked
    asked.close()


@pytest.fixture
def narrow(narrow_url: str) -> Iterator[PrometheusSource]:
    asked = opened(narrow_url)
    yield asked
    asked.close()


def test_raw_samples_are_exact(source: PrometheusSource) -> None:
    """Every sample at its own millisecond, with every digit."""
    found = source.raw("depth", WHOLE).series

    assert [series.label("q") for series in found] == ["a", "b"]
    for series in found:
        assert series.times.tolist() == scrapes().tolist()
        assert series.values.tolist() == values(series.label("q")).tolist()


def test_the_end_of_a_span_is_not_in_it(source: PrometheusSource) -> None:
    """A sample at the start belongs to the span, one at the end to the next: spans tile."""
    first = START + timedelta(milliseconds=OFFSET_MS)
    left = source.raw('depth{q="a"}', Span(first, first + SCRAPE * 4)).series[0]
    right = source.raw('depth{q="a"}', Span(first + SCRAPE * 4, first + SCRAPE * 8)).series[0]

    assert [*left.times.tolist(), *right.times.tolist()] == scrapes()[:8].tolist()


def test_more_points_than_the_server_gives(source: PrometheusSource) -> None:
    """48 h at 15 s are 11,520 points: refused in one piece, whole in two."""
    found = source.range('depth{q="a"}', aligned(WHOLE, SCRAPE)).series[0]

    assert found.times.size == 11_519
    # The first evaluation lies before the first sample; each other one shows the last sample before it.
    assert found.values.tolist() == values("a")[:11_519].tolist()
    assert source.stats.queries == 2


def test_steps_below_a_second(source: PrometheusSource) -> None:
    """Starts and steps keep their milliseconds, although the client rounds to seconds."""
    grid = Grid(ms(START) + 60_250, 500, 20)

    found = source.range('depth{q="a"}', grid).series[0]

    assert found.times.tolist() == grid.times.tolist()


def test_a_limit_on_samples_is_split_around(narrow: PrometheusSource, source: PrometheusSource) -> None:
    """With a small --query.max-samples the same answers come in parts."""
    grid = aligned(WHOLE, SCRAPE * 2)
    query = "sum by (q) (depth)"

    in_parts, whole = narrow.range(query, grid).series, source.range(query, grid).series
    raw = narrow.raw('depth{q="a"}', WHOLE).series

    for left, right in zip(in_parts, whole, strict=True):
        assert left.labels == right.labels
        assert left.times.tolist() == right.times.tolist()
        assert left.values.tolist() == right.values.tolist()
    assert raw[0].times.tolist() == scrapes().tolist()
    assert narrow.stats.queries > 3


def test_too_much_even_for_parts(narrow: PrometheusSource) -> None:
    """What no part of the window makes small enough is told with the server's own words."""
    with pytest.raises(TooExpensive, match="too many samples") as caught:
        narrow.range("sum_over_time(depth[1d])", aligned(WHOLE, SCRAPE * 4))

    assert caught.value.status == 422
    assert caught.value.error_type == "execution"


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("sum(", 400, "parse error"),
        ("depth * on (job) depth", 422, "many-to-many"),
        ("rate(depth)", 400, "expected type range vector"),
    ],
)
def test_a_wrong_query_is_told_with_the_servers_words(
    source: PrometheusSource, query: str, status: int, words: str
) -> None:
    """Status, type and text of the refusal come through, and nothing is tried twice."""
    with pytest.raises(QueryRejected, match=words) as caught:
        source.range(query, aligned(Span(START, START + SCRAPE * 4), SCRAPE))

    assert caught.value.status == status
    assert caught.value.query == query
    assert not isinstance(caught.value, TooExpensive)
    assert source.stats.tries == 1


def test_names_series_rules_and_the_server(source: PrometheusSource) -> None:
    """What the server knows of names, series, rules and itself."""
    assert source.names("dep.*", WHOLE) == ("depth",)
    assert source.names("dep", WHOLE) == ()
    assert source.series(("depth", "nothing"), WHOLE) == (
        (("__name__", "depth"), ("q", "a")),
        (("__name__", "depth"), ("q", "b")),
    )
    assert source.rules() == ()
    info = source.info()
    assert info.product == "Prometheus"
    assert info.version[0].isdigit()
    assert source.retention() == "100y"


def test_a_long_query_arrives(source: PrometheusSource) -> None:
    """A query of a megabyte, which no request line would carry, is answered."""
    names = "|".join(f"queue-number-{number}" for number in range(50_000))

    found = source.range(f'depth{{q=~"a|{names}"}}', aligned(Span(START, START + SCRAPE * 8), SCRAPE))

    assert [series.label("q") for series in found.series] == ["a"]


def test_the_cost_is_counted(source: PrometheusSource) -> None:
    """Samples received and samples loaded by the server are both known."""
    source.range("sum(depth)", aligned(Span(START + SCRAPE, START + SCRAPE * 101), SCRAPE))

    assert source.stats.samples == 100
    assert source.stats.loaded >= 200
    assert source.stats.bytes > 1000
