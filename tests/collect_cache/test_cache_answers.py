"""What is remembered of answers: the same samples as if they were asked for, and never what may change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.cache.blocks import packed, unpacked
from collector.cache.cached import SAFE_AGE, CachedSource
from collector.http.answers.slices import clipped
from collector.source import Answer, ServerInfo
from incident.model.facts import AlertRule
from incident.model.signals import Labels, Samples
from incident.model.spans import Grid, Span, aligned, ms

NOW = datetime(2024, 3, 5, tzinfo=UTC)
_DAY = timedelta(days=1)
_SCRAPE_MS = 15_000
_KEY = "1 0 1 raw up"


class _Server:
    """Three series over a day and a half, one of them born late; counts the samples it gives."""

    url = "http://prometheus.example:9090"

    def __init__(self) -> None:
        times = np.arange(ms(NOW - 1.5 * _DAY), ms(NOW), _SCRAPE_MS, dtype=np.int64)
        born = times[times.size // 2 :]
        self._series = [
            Samples((("a", "0"),), times, np.sqrt(times)),
            Samples((("a", "1"),), times + 7, np.cos(times)),
            Samples((("b", "late"),), born, np.where(born % 4, np.inf, np.nan)),
        ]
        self.asked: list[tuple[int, int]] = []
        self.warnings: tuple[str, ...] = ()
        self.partial = False

    def range(self, query: str, grid: Grid) -> Answer:
        self.asked.append((grid.start_ms, grid.end_ms))
        assert query
        found = []
        for one in self._series:
            at = grid.times[(grid.times >= one.times[0]) & (grid.times <= one.times[-1])]
            if at.size:
                found.append(Samples(one.labels, at, np.interp(at, one.times, one.values)))
        return Answer(tuple(found), self.warnings, ("an info",), self.partial)

    def raw(self, selector: str, span: Span) -> Answer:
        self.asked.append((span.start_ms, span.end_ms))
        assert selector
        parts = (clipped(one, span.start_ms, span.end_ms) for one in self._series)
        return Answer(tuple(p for p in parts if p is not None), self.warnings, (), self.partial)

    def series(self, selectors: tuple[str, ...], span: Span) -> tuple[Labels, ...]:
        raise NotImplementedError

    def names(self, pattern: str, span: Span) -> tuple[str, ...]:
        raise NotImplementedError

    def rules(self) -> tuple[AlertRule, ...] | None:
        raise NotImplementedError

    def info(self) -> ServerInfo:
        raise NotImplementedError

    def retention(self) -> str:
        raise NotImplementedError


class _Shelf:
    """In memory."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self.held.get(key)

    def put(self, key: str, data: bytes) -> None:
        self.held[key] = data


def _cached(server: _Server, shelf: _Shelf, identity: str = "one", now: datetime = NOW) -> CachedSource:
    return CachedSource(server, shelf, identity, now)


def _told(answer: Answer) -> list[tuple[Labels, bytes, bytes]]:
    return [(one.labels, one.times.tobytes(), one.values.tobytes()) for one in answer.series]


def _window(hours: tuple[float, float]) -> Span:
    return Span(NOW - timedelta(hours=max(hours)), NOW - timedelta(hours=min(hours)))


_HOURS = st.floats(0, 40).map(lambda h: round(h * 60) / 60)
_WINDOWS = st.tuples(_HOURS, _HOURS).filter(lambda pair: abs(pair[0] - pair[1]) > 0.1).map(_window)


@given(st.lists(st.tuples(_WINDOWS, st.sampled_from([15, 60, 180, 300, 3600])), min_size=1, max_size=5))
def test_grids_are_answered_as_without_a_cache(asked: list[tuple[Span, int]]) -> None:
    """Whatever was asked before, at whatever step, and whatever is on the shelf."""
    shelf, server = _Shelf(), _Server()
    for span, step_s in asked:
        grid = aligned(span, timedelta(seconds=step_s))

        got = _cached(server, shelf).range("q", grid)

        assert _told(got) == _told(_Server().range("q", grid))
        assert got.infos in (("an info",), ())


@given(st.lists(_WINDOWS, min_size=1, max_size=5))
def test_raw_samples_are_answered_as_without_a_cache(asked: list[Span]) -> None:
    """Every sample once, to the bit, NaN and infinity included."""
    shelf, server = _Shelf(), _Server()
    for span in asked:
        assert _told(_cached(server, shelf).raw("s", span)) == _told(_Server().raw("s", span))


def test_the_second_time_only_what_is_young_is_asked() -> None:
    """Of a day and a quarter, no more than the safe age and less than one block before it."""
    shelf, server = _Shelf(), _Server()
    span = Span(NOW - 30 * timedelta(hours=1), NOW)
    _cached(server, shelf).raw("s", span)
    server.asked.clear()
    _cached(server, shelf).raw("s", span)

    assert server.asked[-1][1] == span.end_ms
    assert sum(end - start for start, end in server.asked) <= (SAFE_AGE + timedelta(hours=2)) / timedelta(
        milliseconds=1
    )


def test_nothing_young_is_kept() -> None:
    """What ended two hours ago may still get samples: it is asked again."""
    shelf, server = _Shelf(), _Server()
    _cached(server, shelf).raw("s", Span(NOW - timedelta(hours=4), NOW))

    assert shelf.held == {}


@pytest.mark.parametrize("trouble", ["partial", "warnings"])
def test_an_answer_in_part_is_not_kept(trouble: str) -> None:
    """And is handed on as it is."""
    shelf, server = _Shelf(), _Server()
    server.partial, server.warnings = trouble == "partial", ("a store is gone",)
    answer = _cached(server, shelf).raw("s", Span(NOW - _DAY, NOW))

    assert shelf.held == {}
    assert answer.warnings == ("a store is gone",)


def test_where_nothing_was_nothing_is_kept() -> None:
    """A store that was away unsaid is seen again as soon as it is back."""
    shelf, server = _Shelf(), _Server()
    before = Span(NOW - 4 * _DAY, NOW - 3 * _DAY)

    assert _cached(server, shelf).raw("s", before).series == ()
    assert shelf.held == {}


def test_other_tenants_find_nothing() -> None:
    """The same question of somebody else is asked."""
    shelf, server = _Shelf(), _Server()
    span = Span(NOW - _DAY, NOW)
    _cached(server, shelf, "one").raw("s", span)
    server.asked.clear()
    _cached(server, shelf, "two").raw("s", span)

    assert server.asked == [(span.start_ms, span.end_ms)]


@pytest.mark.parametrize("query", ["rate(x[5m] @ end())", "x offset -5m", "x offset  -1h"])
def test_a_query_that_looks_elsewhere_is_always_asked_whole(query: str) -> None:
    """Its value at a time depends on more than what was before that time."""
    shelf, server = _Shelf(), _Server()
    grid = aligned(Span(NOW - _DAY, NOW), timedelta(minutes=1))
    _cached(server, shelf).range(query, grid)

    assert (shelf.held, len(server.asked)) == ({}, 1)


def test_many_gaps_are_one_question() -> None:
    """A shelf with holes is no reason for a question a hole."""
    shelf, server = _Shelf(), _Server()
    span = Span(NOW - _DAY, NOW)
    _cached(server, shelf).raw("s", span)
    for key in sorted(shelf.held)[::2]:
        del shelf.held[key]
    server.asked.clear()
    got = _cached(server, shelf).raw("s", span)

    assert len(server.asked) == 1
    assert _told(got) == _told(_Server().raw("s", span))


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=3))
def test_a_damaged_block_is_no_block(at: int, damage: bytes) -> None:
    """Whatever byte is another; the question is asked again then."""
    whole = packed(_KEY, _Server().raw("s", Span(NOW - timedelta(hours=1), NOW)))
    at %= len(whole)
    torn = whole[:at] + damage + whole[at + len(damage) :]

    assert unpacked(_KEY, torn) is None or torn == whole
    assert unpacked(_KEY, whole[:at]) is None


def test_a_block_of_another_question_is_no_block() -> None:
    """Also where its file was given this one's name."""
    whole = packed(_KEY, _Server().raw("s", Span(NOW - timedelta(hours=1), NOW)))

    assert unpacked("another", whole) is None
