"""The queries of the golden signals, written so that what is missing is never read as what is good.

A missing series of failures is no failures, hence `or 0 *`; no traffic is no ratio, hence `> 0`.
"""

from __future__ import annotations

import math
from datetime import timedelta

from collector.families.present import part_of
from collector.signals.choose import Requests
from collector.signals.latency import Latency, Shape
from incident.model.signals import Kind, Measure, Role, SignalSpec, Worse
from incident.text.durations import promql_duration
from incident.text.promql import Matcher, selector

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
        query=requests.per_second(requests.selector, window),
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
    failed = requests.per_second(requests.failing_selector, window)
    total = requests.per_second(requests.selector, window)
    return f"({failed} or 0 * {total}) / ({total} > 0)"


# The tail feels trouble first; the median is surer of it where requests are few or the tail is restless.
_TAIL, _MIDDLE = 0.99, 0.5


def latency_specs(latency: Latency, window: str) -> tuple[SignalSpec, ...]:
    """The 99th percentile and the median of a histogram; of a summary the quantiles it has nearest to
    them; else the mean, which is all that is known."""
    match latency.shape:
        case Shape.BUCKETS | Shape.NATIVE:
            wanted = [(_percentile(q), _of_histogram(latency, window, q)) for q in (_TAIL, _MIDDLE)]
        case Shape.SUMMARY:
            wanted = [(_percentile(float(q)), _of_summary(latency, q)) for q in _nearest(latency.quantiles)]
        case Shape.MEAN:
            wanted = [("mean latency", _of_sums(latency, window))]
        case Shape.GAUGE:
            wanted = [("mean latency", f"max({latency.selector})")]
    return tuple(_latency_spec(latency, name, query) for name, query in wanted)


def _of_histogram(latency: Latency, window: str, quantile: float) -> str:
    by = "sum by (le) " if latency.shape is Shape.BUCKETS else "sum"
    return f"histogram_quantile({quantile:g}, {by}(rate({latency.selector}[{window}])))"


def _nearest(quantiles: tuple[str, ...]) -> tuple[str, ...]:
    """The quantile nearest to the tail of those from 0.9 on, and the one nearest to the middle."""
    tail = sorted((q for q in quantiles if float(q) >= 0.9), key=lambda q: abs(float(q) - _TAIL))
    middle = sorted((q for q in quantiles if 0.25 <= float(q) <= 0.75), key=lambda q: abs(float(q) - _MIDDLE))
    return (*tail[:1], *middle[:1])


def _of_summary(latency: Latency, quantile: str) -> str:
    """The worst series at each time: quantiles cannot be joined, and a mean of them is none."""
    one = selector(latency.metric, (*latency.matchers, Matcher("quantile", "=", quantile)))
    # A summary without requests in its own time window shows NaN, which is no latency.
    return f"max({one} >= 0)"


def _of_sums(latency: Latency, window: str) -> str:
    sums = selector(part_of(latency.base, "sum"), latency.matchers)
    return f"sum(rate({sums}[{window}])) / (sum(rate({latency.selector}[{window}])) > 0)"


def _percentile(quantile: float) -> str:
    """`p99`, `p99.9`."""
    return f"p{quantile * 100:.6g}"


def _latency_spec(latency: Latency, name: str, query: str) -> SignalSpec:
    # Milliseconds are brought to seconds, the unit of every latency here.
    scale = "" if latency.seconds == 1 else f" * {latency.seconds:g}"
    left_out = f", without {latency.left_out}" if latency.left_out else ""
    unlike = "" if latency.shape is Shape.BUCKETS else f", a {latency.shape.value}"
    return SignalSpec(
        name=name,
        measure=Measure.LATENCY,
        kind=Kind.LATENCY,
        worse=Worse.UP,
        role=Role.IMPACT,
        unit="s",
        query=f"{query}{scale}",
        why=f"{latency.metric}{unlike}{left_out}",
    )
