"""Queries for changes: a failed one costs only its own kind of change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collector.signals.samples.measure import COSTS_ITS_OWN, failed, partial
from collector.signals.samples.raw import read_raw
from collector.source import Answer, Source
from incident.model.facts import Unknown
from incident.model.signals import Labels, Samples
from incident.model.spans import Grid, Span
from incident.model.where import Placement
from incident.text.promql import Matcher


@dataclass(frozen=True, slots=True)
class Part:
    """One of several selectors that are asked for together: about how many series, and what it is for."""

    query: str
    series: int
    what: str


class Reader:
    """A source over one span; `unknowns` could not be read, `placements` were learnt on the way.

    `place` narrows questions for a cluster's workloads to the service's namespace, where it is known.
    """

    def __init__(self, source: Source, span: Span) -> None:
        self.source = source
        self.span = span
        self.unknowns: list[Unknown] = []
        self.placements: tuple[Placement, ...] = ()
        self.place: tuple[Matcher, ...] = ()
        self.listed = True
        """Whether the server said which metrics it has; where it did not, none is known to be missing."""

    def read(self, query: str, series: int, what: str) -> tuple[Samples, ...]:
        """Raw samples of a selector of about `series` series; `what` names it where it fails."""
        try:
            read = read_raw(self.source, query, self.span, series=series)
        except COSTS_ITS_OWN as error:
            self._failed(what, error)
            return ()
        if read.partial:
            self.unknowns.append(partial(f"changes ({what})", read.warnings))
        return read.series

    def read_together(self, query: str, parts: Sequence[Part]) -> tuple[Samples, ...]:
        """All samples of the parts, by a selector that selects them all.

        Where that fails each is asked for by itself, so that a question in vain costs its own part.
        """
        try:
            read = read_raw(self.source, query, self.span, series=sum(part.series for part in parts))
        except COSTS_ITS_OWN:
            alone = (self.read(part.query, part.series, part.what) for part in parts)
            return tuple(one for series in alone for one in series)
        if read.partial:
            self.unknowns += [partial(f"changes ({part.what})", read.warnings) for part in parts]
        return read.series

    def names(self, pattern: str) -> frozenset[str]:
        """The metric names that match; none where that cannot be asked."""
        try:
            return frozenset(self.source.names(pattern, self.span))
        except COSTS_ITS_OWN as error:
            self._failed("metric names", error)
            self.listed = False
            return frozenset()

    def label_sets(self, selector: str, what: str) -> tuple[Labels, ...]:
        """The label sets of a selector somewhere in the span."""
        try:
            return self.source.series((selector,), self.span)
        except COSTS_ITS_OWN as error:
            self._failed(what, error)
            return ()

    def evaluated(self, query: str, grid: Grid, what: str) -> tuple[Samples, ...]:
        """A query's answer on a grid, for what only the server can filter or sum."""
        try:
            answer: Answer = self.source.range(query, grid)
        except COSTS_ITS_OWN as error:
            self._failed(what, error)
            return ()
        if answer.partial:
            self.unknowns.append(partial(f"changes ({what})", answer.warnings))
        return answer.series

    def _failed(self, what: str, error: Exception) -> None:
        self.unknowns.append(failed(f"changes ({what})", str(error)))
