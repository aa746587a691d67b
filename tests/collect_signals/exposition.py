"""One service as rates of growth, with its truth, and the shapes in which it is exposed.

Every service here answers 10 requests a second, of which 5 % fail, and all of them take between 50 and
100 ms: whatever exposes it, errors are 0.05, traffic 10 req/s and the 99th percentile 99.5 ms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Labels = Mapping[str, str]

GOOD, BAD = 9.5, 0.5
ERRORS, TRAFFIC, P99, P50, MEAN = 0.05, 10.0, 0.0995, 0.075, 0.08


@dataclass(frozen=True)
class Row:
    """One counter that grows steadily, or a gauge that stands still."""

    metric: str
    labels: Labels
    per_second: float = 0.0
    stands_at: float | None = None


@dataclass(frozen=True)
class Exposed:
    """A service as one family shows it, what should be taken, and what it should come to."""

    service: str
    rows: tuple[Row, ...]
    counter: str
    latency: str = ""
    """Base name of what durations are taken from; empty where there are none."""
    worth: Mapping[str, float] = field(
        default_factory=lambda: {"errors": ERRORS, "traffic": TRAFFIC, "p99": P99, "p50": P50}
    )
    """Each signal to find, and its true value in seconds, requests a second or as a share."""
    dotted: bool = False
    """Only a Prometheus from 3 on stores such names."""


def counted(metric: str, good: Labels, bad: Labels, /, **both: str) -> tuple[Row, ...]:
    """Requests by how they ended."""
    return Row(metric, {**good, **both}, GOOD), Row(metric, {**bad, **both}, BAD)


def buckets(
    base: str, unit: float = 1.0, per_second: float = GOOD + BAD, /, **labels: str
) -> tuple[Row, ...]:
    """A histogram whose requests all took between 50 and 100 ms; `unit` is a second in its own unit."""
    rows = [
        Row(f"{base}_bucket", {**labels, "le": f"{bound * unit:g}"}, per_second if bound >= 0.1 else 0.0)
        for bound in (0.01, 0.05, 0.1, 0.5, 2.5)
    ]
    rows.append(Row(f"{base}_bucket", {**labels, "le": "+Inf"}, per_second))
    rows += [Row(f"{base}_count", labels, per_second), Row(f"{base}_sum", labels, per_second * MEAN * unit)]
    return tuple(rows)


def timed(base: str, good: Labels, bad: Labels, unit: float = 1.0, /, **both: str) -> tuple[Row, ...]:
    """A histogram that also tells how requests ended."""
    return (
        *buckets(base, unit, GOOD, **good, **both),
        *buckets(base, unit, BAD, **bad, **both),
    )


def by_status(name: str) -> tuple[Labels, Labels]:
    """Labels of what succeeded and of what failed."""
    return {name: "200"}, {name: "503"}


WITHOUT_LATENCY = {"errors": ERRORS, "traffic": TRAFFIC}
WITH_MEAN = {**WITHOUT_LATENCY, "mean latency": MEAN}


def counter_beside(
    service: str, counter: str, base: str, label: str, unit: float = 1.0, **both: str
) -> Exposed:
    """A counter with status codes, and a histogram without them beside it."""
    own = {"job": service, **both}
    rows = (*counted(counter, *by_status(label), **own), *buckets(base, unit, **own))
    return Exposed(service, rows, counter, base)


def one_histogram(
    service: str, base: str, label: str, unit: float = 1.0, *, dotted: bool = False, **both: str
) -> Exposed:
    """A histogram with status codes, which is all there is."""
    own = {"job": service, **both}
    return Exposed(service, timed(base, *by_status(label), unit, **own), f"{base}_count", base, dotted=dotted)


MS = 1000.0
