"""What is measured: the definition of a signal, its samples, and the gaps in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

from incident.model.spans import Grid, Millis, Span, Values

Labels: TypeAlias = tuple[tuple[str, str], ...]
"""Sorted (name, value) pairs: hashable, and the same for the same series."""


class Kind(StrEnum):
    """How a signal's numbers behave; decides the scale on which change is judged."""

    LATENCY = "latency"
    RATIO = "ratio"
    RATE = "rate"
    GAUGE = "gauge"


class Worse(StrEnum):
    """Which direction harms users."""

    UP = "up"
    DOWN = "down"
    BOTH = "both"


class Role(StrEnum):
    """Whether departures of the signal are impact on users or only context."""

    IMPACT = "impact"
    CONTEXT = "context"


class Measure(StrEnum):
    """What a signal says about the service; the rules of impact are written in these words."""

    ERRORS = "errors"
    LATENCY = "latency"
    TRAFFIC = "traffic"
    AVAILABILITY = "availability"
    PROBE = "probe"
    SATURATION = "saturation"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SignalSpec:
    """One signal: a query and how to read it. `why` tells how it was found, for the evidence."""

    name: str
    measure: Measure
    kind: Kind
    worse: Worse
    role: Role
    unit: str
    """"ratio" (0..1), "s", "req/s", or any word a person gave; empty for none."""
    query: str
    """The PromQL asked, complete; for availability and probes the selector whose raw samples were read."""
    limit: float | None = None
    """A threshold people set; drawn, and crossed means worse whatever the baseline says."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which a signal has no samples. Unknown is not zero, and not recovery."""

    span: Span
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class SignalSeries:
    """A signal on the survey's grid: `values` has shape (grid.count,), NaN = no sample."""

    spec: SignalSpec
    grid: Grid
    values: Values


@dataclass(frozen=True, slots=True, eq=False)
class EarlierSignal:
    """A signal's values on the grid of an earlier period, shape (grid.count,), NaN = no sample."""

    name: str
    values: Values


@dataclass(frozen=True, slots=True, eq=False)
class EarlierPeriod:
    """The same hours some time ago, read coarsely: what the signals are like at this time of day."""

    ago: timedelta
    grid: Grid
    """The times then; `ago` later they cover the survey's."""
    signals: tuple[EarlierSignal, ...]
    """Those that had samples then."""
    note: str = ""
    """Why some or all are not known; empty where nothing is missing."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Raw samples of one series as they were scraped: times in epoch ms, strictly increasing."""

    labels: Labels
    times: Millis
    values: Values

    def label(self, name: str) -> str:
        """The label's value, empty when absent, as Prometheus reads it."""
        return dict(self.labels).get(name, "")


@dataclass(frozen=True, slots=True, eq=False)
class Counters:
    """Raw counters of the service's requests around its impact, for boundaries and figures.

    `requests` are the per-series counters of answered requests; `is_failed` (same order) says which
    of them count failures. `buckets` are the cumulative latency histogram counters (label `le`), read
    only near the boundaries. `spans` are the intervals that were read.
    """

    spans: tuple[Span, ...]
    requests: tuple[Samples, ...]
    is_failed: tuple[bool, ...]
    buckets: tuple[Samples, ...]
    bucket_spans: tuple[Span, ...]
    query: str
    """The selector of the request counters."""
    failed_query: str
    """The selector of those that count as failed."""
    left_out: str
    """Routes that were left out (health checks, metrics), in words; empty when none."""
    bucket_query: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """Raw `up` (or `probe_success`) samples of the service, one series a target."""

    query: str
    samples: tuple[Samples, ...]
    interval: timedelta
