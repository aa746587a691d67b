"""Series as Prometheus shows them, drawn from a seed, with the truth about what happened in them.

Requests are drawn per step; a sample is what `rate(...[1m])` over the last minute shows of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from incident.detect.episode import Floats, Kind, Worse

Generator = np.random.Generator
Profile = Callable[[Floats], Floats]
"""From seconds since the start of the row to a factor or a share."""

DAY_S = 86_400.0
MINUTE_S = 60.0
BUCKETS = np.array([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
"""The default buckets of the Prometheus client libraries, seconds."""


@dataclass(frozen=True)
class Drawn:
    """A series, how to ask about it, and the truth."""

    values: Floats
    step_s: float
    baseline: int
    kind: Kind
    worse: Worse
    counts: Floats | None = None
    truth: tuple[tuple[int, int], ...] = field(default=())
    """Half-open index ranges in which something was wrong."""


@dataclass(frozen=True)
class Clock:
    """The points of a row: a lead-in and a window."""

    step_s: float = 15.0
    lead_s: float = 4 * 3600.0
    window_s: float = 2 * 3600.0
    starts_s: float = 9 * 3600.0
    """Time of day of the first point."""

    @property
    def baseline(self) -> int:
        return round(self.lead_s / self.step_s)

    @property
    def seconds(self) -> Floats:
        points = self.baseline + round(self.window_s / self.step_s)
        return np.arange(points, dtype=np.float64) * self.step_s

    def at(self, seconds_into_window: float) -> float:
        """Seconds since the start of the row."""
        return self.lead_s + seconds_into_window

    def spans(self, *between: tuple[float, float]) -> tuple[tuple[int, int], ...]:
        """Index ranges of stretches given in seconds into the window."""
        rows = [(self.at(a) / self.step_s, self.at(b) / self.step_s) for a, b in between]
        return tuple((int(np.ceil(a)), int(np.ceil(b))) for a, b in rows)


def flat(value: float = 0.0) -> Profile:
    """Nothing happens."""
    return lambda t: np.full(len(t), value)


def step(clock: Clock, start: float, stop: float, height: float, base: float = 0.0) -> Profile:
    """`height` between two moments of the window, `base` elsewhere."""
    return lambda t: np.where((t >= clock.at(start)) & (t < clock.at(stop)), height, base)


def ramp(clock: Clock, *corners: tuple[float, float]) -> Profile:
    """Straight lines between (seconds into the window, height) corners, level outside."""
    at, heights = np.array(corners).T
    return lambda t: np.interp(t, clock.lead_s + at, heights)


def rhythm(clock: Clock, depth: float) -> Profile:
    """A daily wave about 1, highest at two in the afternoon."""
    return lambda t: 1.0 + depth * np.cos(2 * np.pi * (t + clock.starts_s - 14 * 3600.0) / DAY_S)


def _last_minute(per_step: Floats, clock: Clock) -> Floats:
    """Sums over the trailing minute along the first axis."""
    steps = max(1, round(MINUTE_S / clock.step_s))
    sums = np.cumsum(per_step, axis=0)
    late = sums.copy()
    late[steps:] -= sums[:-steps]
    return late


def request_rate(
    rng: Generator, clock: Clock, rps: float, shape: Profile | None = None, worse: Worse = "both"
) -> Drawn:
    """Requests per second."""
    expected = rps * clock.step_s * (shape or flat(1.0))(clock.seconds)
    drawn = rng.poisson(expected).astype(np.float64)
    return Drawn(_last_minute(drawn, clock) / MINUTE_S, clock.step_s, clock.baseline, "rate", worse)


def error_ratio(
    rng: Generator, clock: Clock, rps: float, failing: Profile, traffic: Profile | None = None
) -> Drawn:
    """Failed requests over all; no sample in a minute without a request."""
    t = clock.seconds
    total = rng.poisson(rps * clock.step_s * (traffic or flat(1.0))(t)).astype(np.float64)
    failed = rng.binomial(total.astype(np.int64), np.clip(failing(t), 0.0, 1.0)).astype(np.float64)
    requests, failures = _last_minute(total, clock), _last_minute(failed, clock)
    ratio = np.divide(failures, requests, out=np.full(len(t), np.nan), where=requests > 0)
    return Drawn(ratio, clock.step_s, clock.baseline, "ratio", "up", counts=total)


def latency_quantile(
    rng: Generator, clock: Clock, rps: float, slower: Profile, typical_s: float = 0.05, q: float = 0.99
) -> Drawn:
    """`histogram_quantile` over the default buckets, of log-normal response times."""
    t = clock.seconds
    median = typical_s * slower(t)
    spread = 0.6
    below = np.array([_normal_cdf(np.log(b / median) / spread) for b in BUCKETS]).T
    shares = np.diff(np.concatenate([np.zeros((len(t), 1)), below, np.ones((len(t), 1))], axis=1), axis=1)
    shares = np.clip(shares, 0.0, None)
    counts = rng.multinomial(rng.poisson(rps * clock.step_s, len(t)), shares / shares.sum(axis=1)[:, None])
    cumulative = np.cumsum(_last_minute(counts.astype(np.float64), clock), axis=1)
    return Drawn(_quantile(cumulative, q), clock.step_s, clock.baseline, "latency", "up")


def _normal_cdf(z: Floats) -> Floats:
    # Logistic approximation, exact to 0.01: these are test data.
    return 1.0 / (1.0 + np.exp(-1.702 * z))


def _quantile(cumulative: Floats, q: float) -> Floats:
    """As `histogram_quantile` does it: linear inside the bucket, NaN without requests."""
    total = cumulative[:, -1]
    rank = q * total
    bucket = np.minimum((cumulative < rank[:, None]).sum(axis=1), len(BUCKETS))
    rows = np.arange(len(total))
    upper = np.append(BUCKETS, BUCKETS[-1])[bucket]
    lower = np.append(0.0, BUCKETS)[np.minimum(bucket, len(BUCKETS) - 1)]
    before = np.where(bucket > 0, cumulative[rows, np.maximum(bucket - 1, 0)], 0.0)
    inside = np.maximum(cumulative[rows, bucket] - before, 1.0)
    value = np.where(bucket == len(BUCKETS), BUCKETS[-1], lower + (upper - lower) * (rank - before) / inside)
    return np.where(total > 0, value, np.nan)


def gauge(rng: Generator, clock: Clock, level: float, noise: float, shape: Profile | None = None) -> Drawn:
    """A saturation-like gauge with noise that remembers a few minutes."""
    t = clock.seconds
    keep = float(np.exp(-clock.step_s / 120.0))
    shocks = rng.normal(0.0, noise * np.sqrt(1 - keep**2), len(t))
    wander = np.empty(len(t))
    state = 0.0
    for i, shock in enumerate(shocks):
        state = keep * state + shock
        wander[i] = state
    values = level * (shape or flat(1.0))(t) * (1.0 + wander)
    return Drawn(values, clock.step_s, clock.baseline, "gauge", "up")
