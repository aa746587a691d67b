"""What a metric family is: a counter of answered requests, its latencies, and their units."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """Metrics that one kind of instrumentation exposes."""

    title: str
    """What exposes it, in the words of its users."""
    counter: str
    """The counter of answered requests; `_count` of a histogram where there is no other."""
    histograms: tuple[str, ...]
    """Base names (without `_bucket`) of the latencies that go with it, best first: classic or native
    histograms, else summaries, else their means."""
    seconds: float = 1.0
    """What one unit of a latency is in seconds where its name does not say."""
    only: tuple[tuple[str, str], ...] = ()
    """Labels with the value they must have, where the family counts a request more than once."""
    outermost: tuple[str, tuple[str, ...]] | None = None
    """A label of nested counters, and its values from the outermost on: one of them is counted."""
    without: tuple[tuple[str, str], ...] = ()
    """Labels and patterns of values that are left out: requests that stay open by design."""
    proxied: bool = False
    """The counting process is a proxy in front: its `up` says nothing about the service."""
    named_by: tuple[str, ...] = ()
    """The label that names the service counted, where the usual ones may name who counts."""
    means: tuple[str, ...] = ()
    """Gauges of a mean duration, for what has no distribution of durations at all."""
    dotted: bool = False
    """OpenTelemetry's own names may stand there with dots, as Prometheus 3 stores them."""
    native: bool = False
    """The counter is a native histogram, whose count is asked for by `histogram_count`."""

    @property
    def own_histogram(self) -> str:
        """The histogram whose `_count` the counter is; empty where the counter is a metric of its own."""
        base = re.sub(r"[._]count$", "", self.counter)
        return base if base != self.counter and base in self.histograms else ""


# The unit that stands in the name, as OpenMetrics, older client libraries and statsd bridges write it.
_UNITS = (
    (re.compile(r"(?:^|[._])(?:milliseconds|millis|ms)(?:$|[._])"), 1e-3),
    (re.compile(r"(?:^|[._])(?:microseconds|us)(?:$|[._])"), 1e-6),
    (re.compile(r"(?:^|[._])(?:nanoseconds|ns)(?:$|[._])"), 1e-9),
    (re.compile(r"(?:^|[._])(?:seconds|secs)(?:$|[._])"), 1.0),
)


def seconds_of(base: str, family: Family) -> float:
    """What one unit of the latency is in seconds, by its name; else by what the family is known for."""
    return next((seconds for pattern, seconds in _UNITS if pattern.search(base)), family.seconds)
