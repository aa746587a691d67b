"""Long windows and server limits are asked in parts; nobody can tell from the answer."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import TooExpensive, Unavailable
from collector.http.answers import slices
from collector.http.answers.failures import TooMuchAtOnce, Wording
from collector.http.answers.replies import Reply
from collector.http.deadline import Deadline
from collector.http.limits import MAX_POINTS, Budget
from collector.server.live import Manners, Pairs, PrometheusSource
from collector.source import Answer
from incident.model.spans import Grid, Span, instant
from tests.collect_transport.fault_server import matrix

START = 1_700_000_040_000
SECOND = timedelta(seconds=1)


@dataclass
class FakeDoor:
    """A server of two known series that refuses more than `most` points, or an odd share of the queries.

    Series "a" is there all the time, "b" only at every seventh step, so that a part may lack it.
    """

    most: int
    deadline: Deadline = field(default_factory=lambda: Deadline(SECOND * 60, lambda: 0.0))
    wording: Wording = field(default_factory=lambda: Wording(str, ""))
    budget: Budget = field(default_factory=Budget)
    last: Reply = field(default_factory=lambda: Reply("http://fake", 200, b""))
    tries: int = 1
    counts: list[int] = field(default_factory=list)
    spans: list[tuple[float, int]] = field(default_factory=list)
    scrape_ms: int = 15_000

    def query_range(self, query: str, grid: Grid, params: dict[str, str]) -> bytes:
        assert query
        assert params["timeout"] == "30s"
        self.counts.append(grid.count)
        self._limit(grid.count)
        every = [(at / 1000, str(at % 997)) for at in grid.times.tolist()]
        rare = [pair for pair in every if round(pair[0] * 1000) // grid.step_ms % 7 == 0]
        series = [({"s": "a"}, every), ({"s": "b"}, rare)]
        return matrix(*((labels, values) for labels, values in series if values)).encode()

    def query(self, query: str, params: dict[str, str]) -> bytes:
        length = int(query.removeprefix("up[").removesuffix("ms]"))
        end = round(float(params["time"]) * 1000)
        self.spans.append((end, length))
        first = -(-(end - length) // self.scrape_ms) * self.scrape_ms
        # Closed on the left, as before Prometheus 3.
        times = range(first, end + 1, self.scrape_ms)
        self._limit(len(times))
        return matrix(({"s": "a"}, [(at / 1000, str(at % 997)) for at in times])).encode()

    def get(self, path: str, params: Pairs) -> bytes:
        raise Unavailable(f"{path} {params}: not here")

    def post(self, path: str, form: Pairs) -> bytes:
        raise Unavailable(f"{path} {form}: not here")

    def close(self) -> None:
        """Nothing is open."""

    def _limit(self, count: int) -> None:
        if count > self.most:
            raise TooMuchAtOnce("too many", status=422, error_type="execution", server_text="", query="")


def source(door: FakeDoor) -> PrometheusSource:
    return PrometheusSource("http://fake", door, Manners(30.0, server_stats=False), None)


def plain(answer: Answer) -> list[tuple[object, list[int], list[float]]]:
    """An answer in values that compare."""
    return [(series.labels, series.times.tolist(), series.values.tolist()) for series in answer.series]


@given(count=st.integers(1, 300), share=st.integers(1, 8), step=st.sampled_from([500, 1000, 15_000, 60_000]))
def test_halves_are_the_whole(count: int, share: int, step: int) -> None:
    """Whatever the server's limit, down to an eighth, the answer is the one of a server without limit."""
    grid = Grid(START, step, count)
    whole = source(FakeDoor(most=count)).range("x", grid)

    parts = source(FakeDoor(most=-(-count // share))).range("x", grid)

    assert plain(parts) == plain(whole)
    assert plain(whole)[0][1] == grid.times.tolist()


@given(count=st.integers(MAX_POINTS - 2, 3 * MAX_POINTS + 2))
def test_long_grids_are_cut_before_they_are_asked(count: int) -> None:
    """No request has more points than Prometheus takes, and none is made in vain."""
    pieces = slices.pieces(Grid(START, 15_000, count))

    assert sum(piece.count for piece in pieces) == count
    assert max(piece.count for piece in pieces) <= MAX_POINTS
    assert len(pieces) == -(-count // MAX_POINTS)
    assert all(left.end_ms == right.start_ms for left, right in itertools.pairwise(pieces))


def test_a_long_window_is_whole() -> None:
    """A window of more than 11,000 points comes back as one series with all of them."""
    door = FakeDoor(most=MAX_POINTS)
    grid = Grid(START, 15_000, 11_520)

    found = source(door).range("x", grid)

    assert found.series[0].times.tolist() == grid.times.tolist()
    assert door.counts == [11_000, 520]


@given(length=st.integers(2, 900_000), share=st.integers(1, 8), offset=st.integers(-20_000, 20_000))
def test_raw_samples_are_those_of_the_span(length: int, share: int, offset: int) -> None:
    """The samples with start <= time < end, all of them once, however often the span was halved."""
    span = Span(instant(START + offset), instant(START + offset + length))
    most = length // 15_000 // share + 3

    found = source(FakeDoor(most=most)).raw("up", span)

    first = -(-span.start_ms // 15_000) * 15_000
    expected = list(range(first, span.end_ms, 15_000))
    assert [time for series in found.series for time in series.times.tolist()] == expected


def test_splitting_ends() -> None:
    """A server that refuses every part is asked once for each level, and the refusal comes out."""
    door = FakeDoor(most=0)

    with pytest.raises(TooExpensive):
        source(door).range("x", Grid(START, 1000, 64))

    assert door.counts == [64, 32, 16, 8]


def test_a_query_tied_to_its_range_is_never_split() -> None:
    """`@ end()` means the end of the whole; in parts it would mean another time."""
    door = FakeDoor(most=10)

    with pytest.raises(TooExpensive):
        source(door).range("x @ end ()", Grid(START, 1000, 64))

    assert door.counts == [64]


def test_answers_join_what_they_say_beside() -> None:
    """Warnings are kept once, and one partial part makes the whole partial."""
    first = Answer(series=(), warnings=("w",), infos=("i",))
    second = Answer(series=(), warnings=("w", "v"), partial=True)

    both = slices.joined([first, second])

    assert (both.warnings, both.infos, both.partial) == (("w", "v"), ("i",), True)


def test_a_span_of_a_millisecond_is_not_halved() -> None:
    """There is nothing between two milliseconds."""
    start = datetime(2024, 1, 1, tzinfo=UTC)

    assert slices.halves_of_span(Span(start, start + timedelta(milliseconds=1))) is None
    assert slices.halves_of_grid(Grid(0, 1000, 1)) is None


def test_each_question_is_counted() -> None:
    """Progress hears of each request, failed ones included, and the sums add up."""
    heard: list[str] = []
    door = FakeDoor(most=8)
    asked = PrometheusSource(
        "http://fake", door, Manners(30.0, server_stats=False), lambda stat: heard.append(stat.query)
    )

    asked.range("x", Grid(START, 1000, 16))
    with pytest.raises(Unavailable):
        asked.names("http.*", Span(instant(START), instant(START + 1)))

    assert heard == ["x", "x", "x", '{__name__=~"http.*"}']
    assert (asked.stats.queries, asked.stats.tries) == (4, 4)
    assert asked.stats.samples == 16 + sum(1 for at in range(16) if (START // 1000 + at) % 7 == 0)
