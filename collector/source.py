"""The seam between what is asked and who answers: a live Prometheus, or a fake in a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from incident.model.facts import AlertRule
from incident.model.signals import Labels, Samples
from incident.model.spans import Grid, Span


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """Series as the server gave them, with what it said beside them.

    `partial` is True when the server says that part of the data is missing (Thanos warnings,
    VictoriaMetrics isPartial). Sample times are the server's: multiples of the step for `range`,
    scrape or evaluation times for `raw`.
    """

    series: tuple[Samples, ...]
    warnings: tuple[str, ...] = ()
    infos: tuple[str, ...] = ()
    partial: bool = False


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What the server says of itself; empty strings where it does not."""

    product: str
    version: str


class Source(Protocol):
    """Everything the collecting stages may ask. All methods raise `collector.errors` only."""

    @property
    def url(self) -> str:
        """Base address without credentials, query or fragment; safe to print."""
        ...

    def range(self, query: str, grid: Grid) -> Answer:
        """The query evaluated at the grid's times; long grids and server limits are split inside."""
        ...

    def raw(self, selector: str, span: Span) -> Answer:
        """Raw samples of a plain selector (no functions) in the span, at their true times."""
        ...

    def series(self, selectors: tuple[str, ...], span: Span) -> tuple[Labels, ...]:
        """Label sets (with `__name__`) matching any of the selectors somewhere in the span."""
        ...

    def names(self, pattern: str, span: Span) -> tuple[str, ...]:
        """Metric names that match an anchored RE2 pattern; approximate in time."""
        ...

    def rules(self) -> tuple[AlertRule, ...] | None:
        """All alerting rules now; None where the endpoint does not exist."""
        ...

    def info(self) -> ServerInfo:
        """Product and version, as far as the server tells."""
        ...

    def retention(self) -> str:
        """How long it keeps samples, in its own words; empty where it does not tell."""
        ...


class Relay:
    """A `Source` before another: what it does not answer by itself it passes on."""

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def url(self) -> str:
        """See `Source.url`."""
        return self._source.url

    def range(self, query: str, grid: Grid) -> Answer:
        """See `Source.range`."""
        return self._source.range(query, grid)

    def raw(self, selector: str, span: Span) -> Answer:
        """See `Source.raw`."""
        return self._source.raw(selector, span)

    def series(self, selectors: tuple[str, ...], span: Span) -> tuple[Labels, ...]:
        """See `Source.series`."""
        return self._source.series(selectors, span)

    def names(self, pattern: str, span: Span) -> tuple[str, ...]:
        """See `Source.names`."""
        return self._source.names(pattern, span)

    def rules(self) -> tuple[AlertRule, ...] | None:
        """See `Source.rules`."""
        return self._source.rules()

    def info(self) -> ServerInfo:
        """See `Source.info`."""
        return self._source.info()

    def retention(self) -> str:
        """See `Source.retention`."""
        return self._source.retention()
