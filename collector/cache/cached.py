"""A source that remembers: what is over for hours is asked once and read from the shelf afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from collector.cache.blocks import packed, unpacked, within
from collector.http.answers.slices import joined
from collector.source import Answer, Relay, Source
from incident.model.spans import Grid, Span, instant, ms

SAFE_AGE = timedelta(hours=3)
"""Younger samples may still arrive: an agent that could not send keeps two hours of them (Prometheus'
remote write reads its log that far back), and an hour is for whoever hears of it late."""
_SHORTEST_MS = 2 * 3600 * 1000
"""The block of Prometheus itself; shorter ones would be many files for few samples."""
_LEAST_POINTS = 64
"""In a block of a coarse grid, so that a period of two days is a dozen files."""
_LONGEST_MS = 2 * _SHORTEST_MS
"""What is not yet a whole block is asked again by each run, half of one on average."""
_MOST_QUESTIONS = 3
"""Gaps between kept blocks that are asked one by one; with more, one question covers them all."""
# What these look at lies after the point or at the ends of the whole question, in no block.
_ELSEWHERE = re.compile(r"@|offset\s*-")


class Shelf(Protocol):
    """Where blocks lie by keys of any form, which it does not tell; all may be thrown away at any time."""

    def get(self, key: str) -> bytes | None:
        """What was put there, or None."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Keeps it, or does not: nothing is raised."""
        ...


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a question, `[start_ms, end_ms)`: a whole block that is over, or what lies between."""

    start_ms: int
    end_ms: int
    block: bool


class CachedSource(Relay):
    """Answers from a shelf what is over. `identity` tells sources, tenants and credentials apart."""

    def __init__(self, source: Source, shelf: Shelf, identity: str, now: datetime) -> None:
        super().__init__(source)
        self._shelf = shelf
        self._identity = identity
        self._settled_ms = ms(now - SAFE_AGE)

    def range(self, query: str, grid: Grid) -> Answer:
        """See `Source.range`."""
        length = max(_SHORTEST_MS, _doubled(_LEAST_POINTS * grid.step_ms))
        if _ELSEWHERE.search(query) or grid.start_ms % grid.step_ms or length % grid.step_ms:
            return self._source.range(query, grid)

        def ask(start_ms: int, end_ms: int) -> Answer:
            return self._source.range(query, _grid_within(grid, start_ms, end_ms))

        return self._answer(f"range {grid.step_ms} {query}", ask, grid.start_ms, grid.end_ms, length)

    def raw(self, selector: str, span: Span) -> Answer:
        """See `Source.raw`."""

        def ask(start_ms: int, end_ms: int) -> Answer:
            return self._source.raw(selector, Span(instant(start_ms), instant(end_ms)))

        return self._answer(f"raw {selector}", ask, span.start_ms, span.end_ms, _SHORTEST_MS)

    def _answer(
        self, what: str, ask: Callable[[int, int], Answer], start_ms: int, end_ms: int, length_ms: int
    ) -> Answer:
        """From the shelf where whole blocks lie there, else from the server; the same as asked at once."""
        pieces = _pieces(start_ms, end_ms, length_ms, self._settled_ms)
        kept = [self._kept(what, piece) for piece in pieces]
        missing = _runs([k for k, one in enumerate(kept) if one is None])
        if len(missing) > _MOST_QUESTIONS:
            missing = [(missing[0][0], missing[-1][1])]
        parts = [one for k, one in enumerate(kept) if one is not None and not _in_any(k, missing)]
        for first, last in missing:
            answer = ask(pieces[first].start_ms, pieces[last].end_ms)
            if not answer.partial and not answer.warnings:
                for piece in pieces[first : last + 1]:
                    self._keep(what, piece, answer)
            parts.append(answer)
        return joined(parts) if parts else Answer(())

    def _kept(self, what: str, piece: _Piece) -> Answer | None:
        if not piece.block:
            return None
        key = _key(what, piece)
        data = self._shelf.get(f"{self._identity} {key}")
        return unpacked(key, data) if data is not None else None

    def _keep(self, what: str, piece: _Piece, answer: Answer) -> None:
        # Nothing there is not kept: the server touches nothing for it, and a store may be away unsaid.
        if piece.block and (part := within(answer, piece.start_ms, piece.end_ms)).series:
            key = _key(what, piece)
            self._shelf.put(f"{self._identity} {key}", packed(key, part))


def _key(what: str, piece: _Piece) -> str:
    return f"1 {piece.start_ms} {piece.end_ms} {what}"


def _doubled(least_ms: int) -> int:
    """The shortest doubling of two hours that is as long, up to four hours."""
    length = _SHORTEST_MS
    while length < min(least_ms, _LONGEST_MS):
        length *= 2
    return length


def _pieces(start_ms: int, end_ms: int, length_ms: int, settled_ms: int) -> list[_Piece]:
    """The stretch cut at multiples of the length; a piece of full length that is over is a block."""
    first = start_ms // length_ms * length_ms
    found = []
    for begin in range(first, end_ms, length_ms):
        a, b = max(begin, start_ms), min(begin + length_ms, end_ms)
        found.append(_Piece(a, b, b - a == length_ms and b <= settled_ms))
    return found


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """First and last of each stretch of successive numbers."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def _in_any(number: int, runs: list[tuple[int, int]]) -> bool:
    return any(first <= number <= last for first, last in runs)


def _grid_within(grid: Grid, start_ms: int, end_ms: int) -> Grid:
    """The grid's points with start <= time < end; there is at least one."""
    first, beyond = grid.index(start_ms), grid.index(end_ms)
    return replace(grid, start_ms=grid.start_ms + first * grid.step_ms, count=beyond - first)
