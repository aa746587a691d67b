"""A source that sends each query about names and labels once in a run, however many stages need it."""

from __future__ import annotations

import re
from functools import cache

from collector.source import Relay, ServerInfo, Source
from incident.model.facts import AlertRule
from incident.model.signals import Labels
from incident.model.spans import Span
from incident.text.errors import TextError
from incident.text.promql import Matcher, parse_matchers

_METRIC = re.compile("[a-zA-Z_:][a-zA-Z0-9_:]*")


class OnceSource(Relay):
    """Remembers what a server has and says of itself, not its samples; a question in vain is asked again.

    Label sets of the same span that are only narrowed by further labels are picked from those it has: a
    service's are asked for before its namespace is known, and after.
    """

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._told: dict[tuple[tuple[str, ...], Span], tuple[Labels, ...]] = {}
        self._names = cache(source.names)
        self._rules = cache(source.rules)
        self._info = cache(source.info)

    def series(self, selectors: tuple[str, ...], span: Span) -> tuple[Labels, ...]:
        """See `Source.series`."""
        if (selectors, span) not in self._told:
            told = self._narrowed(selectors, span)
            self._told[selectors, span] = self._source.series(selectors, span) if told is None else told
        return self._told[selectors, span]

    def names(self, pattern: str, span: Span) -> tuple[str, ...]:
        """See `Source.names`."""
        return self._names(pattern, span)

    def rules(self) -> tuple[AlertRule, ...] | None:
        """See `Source.rules`."""
        return self._rules()

    def info(self) -> ServerInfo:
        """See `Source.info`."""
        return self._info()

    def _narrowed(self, selectors: tuple[str, ...], span: Span) -> tuple[Labels, ...] | None:
        """The answer from a wider one of the same span; None where there is none."""
        for (wider, at), told in tuple(self._told.items()):
            added = _added(wider, selectors) if at == span else None
            if added:
                kept = {name for name in selectors if name in wider}
                return tuple(one for one in told if _holds(dict(one), kept, added))
        return None


def _added(wider: tuple[str, ...], selectors: tuple[str, ...]) -> tuple[Matcher, ...]:
    """The labels that each of the selectors demands beyond its wider one; empty where it is not so.

    A plain metric name may stand in both as it is.
    """
    if len(wider) != len(selectors):
        return ()
    pairs = [(a, b) for a, b in zip(wider, selectors, strict=True) if a != b]
    if any(a == b and not _METRIC.fullmatch(a) for a, b in zip(wider, selectors, strict=True)):
        return ()
    if not all(a.endswith("}") and b.startswith(f"{a[:-1]},") for a, b in pairs):
        return ()
    tails = {b[len(a) :] for a, b in pairs}
    try:
        added = parse_matchers(tails.pop().removesuffix("}")) if len(tails) == 1 else ()
    except TextError:
        return ()
    return added if all(one.op == "=" and one.value for one in added) else ()


def _holds(labels: dict[str, str], kept: set[str], added: tuple[Matcher, ...]) -> bool:
    return labels.get("__name__") in kept or all(labels.get(one.name) == one.value for one in added)
