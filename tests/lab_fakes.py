"""A small Prometheus for tests: it holds raw samples and answers selectors from them, no network."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from collector.errors import CollectError
from collector.source import Answer, ServerInfo
from incident.model.facts import AlertRule
from incident.model.signals import Labels, Samples
from incident.model.spans import Grid, Span, aligned, frozen_times, frozen_values, ms
from incident.text.promql import Matcher, parse_matchers

T0 = datetime(2023, 12, 15, 10, 0, tzinfo=UTC)

Canned = Callable[[Grid], Answer] | CollectError


def at(minutes: float) -> datetime:
    """An instant so many minutes after T0."""
    return T0 + timedelta(minutes=minutes)


def span(start: float, end: float) -> Span:
    """A span in minutes after T0."""
    return Span(at(start), at(end))


def ticks(start: float, end: float, every_s: float = 15.0, jitter_ms: int = 0) -> list[int]:
    """Sample times in [start, end) minutes, in epoch ms; with jitter every other one is late by it."""
    count = round((end - start) * 60 / every_s)
    first = ms(at(start))
    return [first + round(k * every_s * 1000) + (k % 2) * jitter_ms for k in range(count)]


def samples(name: str, /, times: Sequence[int], values: Sequence[float] | float, **labels: str) -> Samples:
    """A series with its name among the labels; one value stands for all."""
    listed = [values] * len(times) if isinstance(values, int | float) else values
    named: Labels = tuple(sorted({"__name__": name, **labels}.items()))
    return Samples(named, frozen_times(list(times)), frozen_values([float(v) for v in listed]))


@dataclass
class FakeSource:
    """A `collector.source.Source` over samples in memory.

    `ranges` answers range queries by a piece of their text: with a function of the grid, or by raising.
    Queries for whether anything was scraped are answered from the `up` samples held. `asked` is what was
    asked, in order.
    """

    held: Sequence[Samples] = ()
    ranges: Mapping[str, Canned] = field(default_factory=dict)
    raws: Mapping[str, CollectError] = field(default_factory=dict)
    partial: str = ""
    """Raw and range answers to queries with this text inside are partial."""
    alerting: tuple[AlertRule, ...] | None = ()
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return "http://prometheus.example:9090"

    def range(self, query: str, grid: Grid) -> Answer:
        self.asked.append(("range", query))
        scraped = re.fullmatch(r"count\(count_over_time\(up\[(\d+)(ms|s|m|h|d)\]\)\)", query)
        if scraped:
            return self._scraped(grid, int(scraped[1]) * _UNIT_MS[scraped[2]])
        for text, canned in self.ranges.items():
            if text in query:
                if isinstance(canned, CollectError):
                    raise canned
                return self._marked(query, canned(grid))
        return Answer(())

    def raw(self, selector: str, span: Span) -> Answer:
        self.asked.append(("raw", selector))
        for text, error in self.raws.items():
            if text in selector:
                raise error
        found = (_cut(one, span) for one in self.held if _matches(selector, one.labels))
        return self._marked(selector, Answer(tuple(one for one in found if one.times.size)))

    def series(self, selectors: tuple[str, ...], span: Span) -> tuple[Labels, ...]:
        self.asked.append(("series", " ".join(selectors)))
        inside = [one.labels for one in self.held if _cut(one, span).times.size]
        return tuple(
            sorted({labels for labels in inside if any(_matches(text, labels) for text in selectors)})
        )

    def names(self, pattern: str, span: Span) -> tuple[str, ...]:
        found = {one.label("__name__") for one in self.held if _cut(one, span).times.size}
        return tuple(sorted(name for name in found if re.fullmatch(pattern, name)))

    def rules(self) -> tuple[AlertRule, ...] | None:
        return self.alerting

    def info(self) -> ServerInfo:
        return ServerInfo("Prometheus", "2.42.0")

    def retention(self) -> str:
        return "15d"

    def _scraped(self, grid: Grid, length_ms: int) -> Answer:
        up = [one.times for one in self.held if one.label("__name__") == "up"]
        count = sum(int(((t > grid.start_ms - length_ms) & (t <= grid.start_ms)).any()) for t in up)
        return Answer((samples("", [grid.start_ms], count),) if count else ())

    def _marked(self, query: str, answer: Answer) -> Answer:
        if self.partial and self.partial in query:
            return Answer(answer.series, warnings=("store-2 is down",), partial=True)
        return answer


_UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def constant(value: float) -> Callable[[Grid], Answer]:
    """A range answer of one series with this value at all times."""
    return lambda grid: Answer((samples("", grid.times.tolist(), value),))


def by_time(value: Callable[[int], float]) -> Callable[[Grid], Answer]:
    """A range answer whose value is a function of epoch ms, whatever grid asks."""
    return lambda grid: Answer((samples("", grid.times.tolist(), [value(t) for t in grid.times.tolist()]),))


def grid_of(start: float, end: float, step_s: int = 15) -> Grid:
    """The grid over a span of minutes after T0."""
    return aligned(span(start, end), timedelta(seconds=step_s))


def http_service(
    service: str, start: float, end: float, *, every_s: float = 15.0, **labels: str
) -> list[Samples]:
    """A service of one instance as a scrape sees it: `up`, requests by code and route, and a histogram."""
    times = ticks(start, end, every_s)
    own = {"service": service, "job": service, "instance": "10.0.0.1:80", "namespace": "prod", **labels}
    grows = np.arange(len(times), dtype=float)
    made = [
        samples("up", times, 1, **own),
        samples("http_requests_total", times, (grows * 100).tolist(), code="200", route="/", **own),
        samples("http_requests_total", times, grows.tolist(), code="500", route="/", **own),
        samples("http_requests_total", times, grows.tolist(), code="200", route="/healthz", **own),
        samples("process_start_time_seconds", times, 1_700_000_000, **own),
    ]
    bucket = "http_request_duration_seconds_bucket"
    made += [samples(bucket, times, grows.tolist(), le=le, route="/", **own) for le in ("0.1", "1", "+Inf")]
    return made


def _matches(text: str, labels: Labels) -> bool:
    """Whether a selector, `name{...}` or `{...}`, selects a series with these labels."""
    name, brace, inside = text.partition("{")
    matchers: Iterable[Matcher] = parse_matchers("{" + inside) if brace else ()
    named = dict(labels)
    if name and named.get("__name__") != name:
        return False
    return all(_accepts(matcher, named.get(matcher.name, "")) for matcher in matchers)


def _accepts(matcher: Matcher, value: str) -> bool:
    if matcher.op in ("=", "!="):
        return (value == matcher.value) is (matcher.op == "=")
    return (re.fullmatch(matcher.value, value) is not None) is (matcher.op == "=~")


def _cut(one: Samples, span: Span) -> Samples:
    inside = (one.times >= span.start_ms) & (one.times < span.end_ms)
    return Samples(one.labels, frozen_times(one.times[inside]), frozen_values(one.values[inside]))
