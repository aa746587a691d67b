"""What is asked of a live Prometheus, and how its answers are read, split, joined and counted.

The network itself is behind `Door`, which `collector.prometheus` opens.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

from collector.errors import QueryRejected
from collector.http import forms, limits, retry
from collector.http.answers import failures, slices
from collector.http.answers.replies import Reply
from collector.http.deadline import Deadline
from collector.server import decode, decode_facts
from collector.source import Answer, ServerInfo
from incident.model.facts import AlertRule
from incident.model.signals import Labels
from incident.model.spans import Grid, Span
from incident.text.promql import Matcher, selector

T = TypeVar("T")

Pairs = Sequence[tuple[str, str]]


class Door(Protocol):
    """One server, reached within bounds. Each method gives the bytes of a success or raises."""

    @property
    def deadline(self) -> Deadline:
        """For everything that is asked."""
        ...

    @property
    def wording(self) -> failures.Wording:
        """How messages are masked."""
        ...

    @property
    def budget(self) -> limits.Budget:
        """What may be read."""
        ...

    @property
    def last(self) -> Reply:
        """The reply the last bytes came from, for messages about them."""
        ...

    @property
    def tries(self) -> int:
        """How many requests the last bytes took."""
        ...

    def query_range(self, query: str, grid: Grid, params: dict[str, str]) -> bytes:
        """A query over a grid; `params` go along."""
        ...

    def query(self, query: str, params: dict[str, str]) -> bytes:
        """A query at one instant, which is among `params`."""
        ...

    def get(self, path: str, params: Pairs) -> bytes:
        """Any other part of the API."""
        ...

    def post(self, path: str, form: Pairs) -> bytes:
        """The same, with the parameters as a form."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


@dataclass(frozen=True, slots=True)
class QueryStat:
    """What one question cost: for progress and the benchmark."""

    query: str
    seconds: float
    samples: int
    bytes: int
    tries: int
    loaded: int | None
    """Samples the server loaded for it; None unless asked to tell and able to."""


@dataclass(frozen=True, slots=True)
class Stats:
    """Sums over all questions so far, failed ones included."""

    queries: int = 0
    samples: int = 0
    bytes: int = 0
    tries: int = 0
    loaded: int = 0

    def plus(self, one: QueryStat) -> Stats:
        return Stats(
            queries=self.queries + 1,
            samples=self.samples + one.samples,
            bytes=self.bytes + one.bytes,
            tries=self.tries + one.tries,
            loaded=self.loaded + (one.loaded or 0),
        )


@dataclass(frozen=True, slots=True)
class Manners:
    """How to ask: `query_timeout_s` per query, and whether the server is to tell what it loaded."""

    query_timeout_s: float
    server_stats: bool


class PrometheusSource:
    """A live Prometheus, or what speaks its API, as a `collector.source.Source`; several threads may ask."""

    def __init__(
        self, url: str, door: Door, manners: Manners, on_query: Callable[[QueryStat], None] | None
    ) -> None:
        self._url = url
        self._door = door
        self._manners = manners
        self._on_query = on_query
        self._counting = threading.Lock()
        self.stats = Stats()

    @property
    def url(self) -> str:
        """Base address without credentials, query or fragment; safe to print."""
        return self._url

    @property
    def told_time(self) -> datetime | None:
        """The server's clock in its last answer, to a second; None where it does not say."""
        return retry.http_date(self._door.last.date)

    def range(self, query: str, grid: Grid) -> Answer:
        """See `Source.range`. A grid over the server's limits is asked in parts, with the same result."""
        ask = functools.partial(self._range, query)
        if not slices.may_split(query):
            return ask(grid)
        parts = [slices.in_parts(ask, part, slices.halves_of_grid) for part in slices.pieces(grid)]
        return slices.joined(parts)

    def raw(self, selector: str, span: Span) -> Answer:
        """See `Source.raw`. A span over the server's limits is asked in parts."""
        return slices.in_parts(functools.partial(self._raw, selector), span, slices.halves_of_span)

    def series(self, selectors: tuple[str, ...], span: Span) -> tuple[Labels, ...]:
        """See `Source.series`."""
        form = [("match[]", text) for text in selectors] + _times(span)
        return self._ask(
            " ".join(selectors), lambda: self._door.post("/api/v1/series", form), decode.label_sets
        )

    def names(self, pattern: str, span: Span) -> tuple[str, ...]:
        """See `Source.names`."""
        wanted = selector("", [Matcher("__name__", "=~", pattern)])
        params = [("match[]", wanted), *_times(span)]
        return self._ask(
            wanted, lambda: self._door.get("/api/v1/label/__name__/values", params), decode.strings
        )

    def rules(self) -> tuple[AlertRule, ...] | None:
        """See `Source.rules`."""
        params = [("type", "alert")]
        try:
            return self._ask(
                "alerting rules", lambda: self._door.get("/api/v1/rules", params), decode_facts.alert_rules
            )
        except failures.NoEndpoint:
            return None

    def info(self) -> ServerInfo:
        """See `Source.info`. Pages that do not exist or are forbidden count as not said."""
        return decode_facts.server_info(self._status("buildinfo"))

    def retention(self) -> str:
        """See `Source.retention`. Asked for by itself: a draft has no use for it."""
        runtime = self._status("runtimeinfo")
        flags = {} if "storageRetention" in runtime else self._status("flags")
        return decode_facts.retention(runtime, flags)

    def allow(self, samples: int) -> None:
        """That the run may read so many samples more than usual."""
        self._door.budget.allow(samples)

    def close(self) -> None:
        """Let go of the connections."""
        self._door.close()

    def _range(self, query: str, grid: Grid) -> Answer:
        return self._matrix(query, lambda: self._door.query_range(query, grid, self._limits()))

    def _raw(self, selector: str, span: Span) -> Answer:
        # Range selectors are closed on the left before Prometheus 3 and open since: at one millisecond
        # before the end, a range as long as the span holds it whole in both, and is trimmed here.
        query = f"{selector}[{span.end_ms - span.start_ms}ms]"
        params = {"time": forms.seconds(span.end_ms - 1)} | self._limits()
        answer = self._matrix(query, lambda: self._door.query(query, params))
        inside = (slices.clipped(series, span.start_ms, span.end_ms) for series in answer.series)
        return replace(answer, series=tuple(series for series in inside if series is not None))

    def _status(self, page: str) -> decode_facts.Facts:
        try:
            return self._ask(page, lambda: self._door.get(f"/api/v1/status/{page}", ()), decode_facts.facts)
        except (failures.NoEndpoint, failures.Forbidden, QueryRejected):
            return {}

    def _matrix(self, query: str, send: Callable[[], bytes]) -> Answer:
        return self._ask(query, send, decode.matrix).answer

    def _ask(self, query: str, send: Callable[[], bytes], read: Callable[[decode.Envelope], T]) -> T:
        """Send, read and count one question; everything unreadable becomes a typed error."""
        started, before = time.monotonic(), self._door.budget.used_here
        value: T | None = None
        try:
            value = self._read(query, send(), read)
        finally:
            matrix = value if isinstance(value, decode.Matrix) else None
            self._count(
                QueryStat(
                    query=query,
                    seconds=time.monotonic() - started,
                    samples=matrix.samples if matrix else 0,
                    bytes=self._door.budget.used_here - before,
                    tries=self._door.tries,
                    loaded=matrix.loaded if matrix else None,
                )
            )
        return value

    def _read(self, query: str, body: bytes, read: Callable[[decode.Envelope], T]) -> T:
        reply, wording = self._door.last, self._door.wording
        try:
            outer = decode.envelope(body)
            if outer.status == "error":
                error_type, text = wording.text(str(outer.errorType)), wording.text(outer.error)
                raise failures.rejected(reply, error_type, text, query)
            if outer.status != "success":
                raise decode.Malformed("no status - at `$.status`")
            return read(outer)
        except decode.Malformed as error:
            raise failures.unreadable(reply, str(error), wording) from None

    def _count(self, stat: QueryStat) -> None:
        with self._counting:
            self.stats = self.stats.plus(stat)
        if self._on_query is not None:
            self._on_query(stat)

    def _limits(self) -> dict[str, str]:
        """Parameters of every query: stop when we would, and tell the cost if wanted."""
        timeout = self._door.deadline.at_most(self._manners.query_timeout_s)
        stats = {"stats": "true"} if self._manners.server_stats else {}
        return {"timeout": f"{max(1, round(timeout))}s"} | stats


def _times(span: Span) -> list[tuple[str, str]]:
    return [("start", forms.seconds(span.start_ms)), ("end", forms.seconds(span.end_ms))]
