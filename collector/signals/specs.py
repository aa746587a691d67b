"""The queries of the golden signals, written so that what is missing is never read as what is good.

A missing series of failures is no failures, hence `or 0 *`; no traffic is no ratio, hence `> 0`.
"""

from __future__ import annotations

import math
from datetime import timedelta

from collector.signals.choose import Latency, Requests
from incident.model.signals import Kind, Measure, Role, SignalSpec, Worse
from incident.text.durations import promql_duration

# Below four scrapes one missed scrape leaves `rate` a single interval, two missed ones nothing.
_SCRAPES_A_WINDOW = 4
# Rates over less than a minute are noise at any usual traffic.
_LEAST_WINDOW = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)


def rate_window(scrape: timedelta, step: timedelta) -> str:
    """The range of `rate` as PromQL: at least four scrapes, a minute, and the step, in whole seconds."""
    widest = max(_SCRAPES_A_WINDOW * scrape, _LEAST_WINDOW, step)
    return promql_duration(math.ceil(widest / _SECOND) * _SECOND)


def request_specs(requests: Requests, window: str) -> tuple[SignalSpec, ...]:
    """Errors (where failures can be told) and traffic, from the counter of requests."""
    taken = f"{requests.family.counter} by {requests.named.name}"
    left_out = f", without {requests.left_out}" if requests.left_out else ""
    traffic = SignalSpec(
        name="traffic",
        measure=Measure.TRAFFIC,
        kind=Kind.RATE,
        worse=Worse.DOWN,
        role=Role.IMPACT,
        unit="req/s",
        query=f"sum(rate({requests.selector}[{window}]))",
        why=f"{taken}{left_out}",
    )
    if requests.failing is None:
        return (traffic,)
    errors = SignalSpec(
        name="errors",
        measure=Measure.ERRORS,
        kind=Kind.RATIO,
        worse=Worse.UP,
        role=Role.IMPACT,
        unit="ratio",
        query=error_ratio(requests, window),
        why=f"{taken}, failing is {requests.failing.render()}{left_out}",
    )
    return (errors, traffic)


def error_ratio(requests: Requests, window: str) -> str:
    """The share of requests that failed; empty, not zero, where there were no requests."""
    failed = f"sum(rate({requests.failing_selector}[{window}]))"
    total = f"sum(rate({requests.selector}[{window}]))"
    return f"({failed} or 0 * {total}) / ({total} > 0)"


def latency_specs(latency: Latency, window: str) -> tuple[SignalSpec, ...]:
    """The 99th percentile and the median: the tail feels trouble first, the median is surer of it where
    requests are few or the tail is restless."""
    return (_quantile(latency, window, "p99", 0.99), _quantile(latency, window, "p50", 0.5))


def _quantile(latency: Latency, window: str, name: str, quantile: float) -> SignalSpec:
    # A millisecond histogram is brought to seconds, the unit of every latency here.
    scale = "" if latency.seconds == 1 else f" * {latency.seconds:g}"
    left_out = f", without {latency.left_out}" if latency.left_out else ""
    return SignalSpec(
        name=name,
        measure=Measure.LATENCY,
        kind=Kind.LATENCY,
        worse=Worse.UP,
        role=Role.IMPACT,
        unit="s",
        query=f"histogram_quantile({quantile:g}, sum by (le) (rate({latency.selector}[{window}]))){scale}",
        why=f"{latency.selector.partition('{')[0]}{left_out}",
    )
