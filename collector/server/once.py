"""A source that sends each query about names and labels once in a run, however many stages need it."""

from __future__ import annotations

from functools import cache

from collector.source import Relay, ServerInfo, Source
from incident.model.facts import AlertRule
from incident.model.signals import Labels
from incident.model.spans import Span


class OnceSource(Relay):
    """Remembers what a server has and says of itself, not its samples; a question in vain is asked again."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._series = cache(source.series)
        self._names = cache(source.names)
        self._rules = cache(source.rules)
        self._info = cache(source.info)

    def series(self, selectors: tuple[str, ...], span: Span) -> tuple[Labels, ...]:
        """See `Source.series`."""
        return self._series(selectors, span)

    def names(self, pattern: str, span: Span) -> tuple[str, ...]:
        """See `Source.names`."""
        return self._names(pattern, span)

    def rules(self) -> tuple[AlertRule, ...] | None:
        """See `Source.rules`."""
        return self._rules()

    def info(self) -> ServerInfo:
        """See `Source.info`."""
        return self._info()
