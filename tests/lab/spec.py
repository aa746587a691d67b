"""What an incident consists of, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.lab.curves import Curve, constant
from tests.lab.rules import Rule
from tests.lab.truth import Change, Context, Held, Impact

NORMAL_ERROR_RATIO = 0.001
HEALTH_ROUTE = "/healthz"
NAMESPACE = "prod"


@dataclass(frozen=True, slots=True)
class Route:
    """One route of a service: its share of the traffic and its latency relative to the others."""

    method: str
    path: str
    share: float
    slowness: float = 1.0


@dataclass(frozen=True, slots=True)
class Restart:
    """A new process of one instance: it starts at `at`, the old one ended `down` earlier."""

    instance: int
    at: datetime
    down: timedelta
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A service with two instances, and how its traffic and its requests behave over time."""

    name: str
    instances: tuple[str, str]
    scrape_offsets: tuple[float, float]
    routes: tuple[Route, ...]
    requests_per_s: float
    version: str
    replicas: tuple[tuple[datetime | None, int], ...]
    """Desired replicas, each from an instant on; the first from the beginning (None)."""
    swing: float = 0.12
    peak_hour_utc: float = 18.0
    surge: Curve = field(default=constant(1.0))
    """Factor on the arrivals."""
    reaching: Curve = field(default=constant(1.0))
    """Share of the arrivals that reach the service at all."""
    failing: Curve = field(default=constant(NORMAL_ERROR_RATIO))
    """Probability that a request is answered with a 5xx."""
    latency: Curve = field(default=constant(1.0))
    """Factor on the time a request takes."""
    latency_swing: float = 0.0
    median_s: float = 0.08
    sigma: float = 0.6
    """Of the lognormal latency: 99 % of the requests within `median_s * exp(2.33 * sigma)`."""
    failure_median_s: float | None = None
    """Median latency of faulty answers; None: they take as long as the others."""
    failing_route: str | None = None
    """The only route on which `failing` holds; None: on all alike."""
    failing_version: str | None = None
    """The only version that `failing` befalls; None: whichever answers."""
    unavailable_share: float = 0.3
    """Share of the faulty answers that are 503; the others are 500."""
    restarts: tuple[Restart, ...] = ()
    targets_vanish: bool = False
    """Whether a stopped instance leaves service discovery, so that not even `up` is recorded."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """One series that a program measures of others: its value at a scrape is the curve's."""

    metric: str
    labels: tuple[tuple[str, str], ...]
    value: Curve
    offset_s: float = 4.250


@dataclass(frozen=True, slots=True)
class Incident:
    """A span of simulated monitoring: services, rules, and what is meant to happen in it."""

    name: str
    zone: str
    start: datetime
    end: datetime
    service: Service
    bystander: Service
    rules: tuple[Rule, ...]
    impacts: tuple[Impact, ...] = ()
    changes: tuple[Change, ...] = ()
    context: tuple[Context, ...] = ()
    blind: tuple[datetime, datetime] | None = None
    """Prometheus itself was down: no sample of anything."""
    probe: str | None = None
    """URL that a blackbox exporter probes for the service."""
    crash_loop: tuple[datetime, datetime] | None = None
    """A pod in the namespace `batch` that waits in CrashLoopBackOff: unrelated."""
    start_tolerance_s: float = 30.0
    end_tolerance_s: float = 30.0
    notes: tuple[str, ...] = ()
    exporters: tuple[Exporter, ...] = ()
    """Measured by exporters; such an incident has no HTTP services, and its rules are served."""
    conditions: tuple[Held, ...] = ()
