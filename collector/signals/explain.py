"""Why these signals and not others, in words: for the draft's evidence, `doctor` and `init`."""

from __future__ import annotations

from collector.signals.choose import Requests
from collector.signals.discover import Found
from collector.signals.latency import Latency, Shape


def told_requests(found: Found) -> str:
    """Which counter was taken and why, and what else was possible; empty where there is none."""
    if found.requests is None:
        return ""
    return f"{_taken(found.requests)}{_also(found)}"


def _taken(requests: Requests) -> str:
    family = requests.family
    kind = ", a native histogram" if family.native else ""
    return (
        f"took {family.counter} ({family.title}{kind}) by its label {requests.named.name}, {_why(requests)}"
    )


def _why(requests: Requests) -> str:
    if requests.failing is None:
        return "no label of it tells failures apart"
    return f"because {requests.failing.name} tells failures: {requests.failing.render()}"


def _also(found: Found) -> str:
    return f"; also possible: {', '.join(found.also)} (counts the same requests again)" if found.also else ""


def told_latency(latency: Latency) -> str:
    """Which durations were taken, in which shape and unit."""
    unit = {1.0: "seconds", 1e-3: "milliseconds", 1e-6: "microseconds", 1e-9: "nanoseconds"}
    weak = {
        Shape.SUMMARY: "; quantiles of several instances cannot be joined: the worst one is shown",
        Shape.MEAN: "; there is no histogram: slow requests among many fast ones do not show",
        Shape.GAUGE: "; there is no histogram: slow requests among many fast ones do not show",
    }.get(latency.shape, "")
    shape = latency.shape.value
    return f"took {latency.base}, a {shape} in {unit.get(latency.seconds, 'its own unit')}{weak}"


def explained(found: Found) -> tuple[str, ...]:
    """One line on each choice that the queries themselves do not explain."""
    lines = [found.twice] if found.twice else []
    if found.requests is not None and found.requests.failing is None:
        lines.append(f"errors: none; no label of {found.requests.family.counter} tells failures apart")
    if found.requests is not None and found.also:
        lines.append(f"requests: {told_requests(found)}")
    if found.latency is not None and found.latency.shape is not Shape.BUCKETS:
        lines.append(f"latency: {told_latency(found.latency)}")
    return tuple(lines)
