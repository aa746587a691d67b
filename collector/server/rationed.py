"""A source that splits long queries from the start, where it is known how many samples they load."""

from __future__ import annotations

from collections.abc import Callable

from collector.http.answers.slices import joined, may_split, pieces
from collector.source import Answer, Relay, Source
from incident.model.spans import Grid

ANSWER_SAMPLES = 700_000
"""In one answer: at 35 bytes a sample three quarters of what is read of one (`collector.http.limits`)."""


class RationedSource(Relay):
    """No question that was announced holds more than `most` samples at once.

    `allow` is told how many samples the answer to each that is asked may have.
    """

    def __init__(self, source: Source, most: int, allow: Callable[[int], None]) -> None:
        super().__init__(source)
        self._most = most
        self._allow = allow
        self._points: dict[str, int] = {}
        self._rows: dict[str, int] = {}

    def expect(self, query: str, series: int, rows: int) -> None:
        """That the query evaluates so many series at each point, and answers with so many rows.

        A server holds a sample for every series and point until the query is done: that is what
        `--query.max-samples` limits.
        """
        self._rows[query] = rows
        self._points[query] = max(1, min(self._most // max(series, 1), ANSWER_SAMPLES // max(rows, 1)))

    def range(self, query: str, grid: Grid) -> Answer:
        """See `Source.range`; in parts of time where all of it would be too much, with the same result."""
        most = self._points.get(query, grid.count)
        self._allow(self._rows.get(query, 0) * grid.count)
        if grid.count <= most or not may_split(query):
            return self._source.range(query, grid)
        return joined([self._source.range(query, part) for part in _even(grid, most)])


def _even(grid: Grid, most: int) -> tuple[Grid, ...]:
    """The grid in as few parts as may be, all about as long."""
    parts = -(-grid.count // most)
    return pieces(grid, -(-grid.count // parts))
