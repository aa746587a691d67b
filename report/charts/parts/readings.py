"""What a signal's report says, in the few words that stand beside its line or in its alt text."""

from __future__ import annotations

from incident.model.signals import Kind, Measure, SignalSpec, Worse
from incident.model.spans import Span
from incident.model.timeline import SignalEpisode, SignalReport
from incident.text.numbers import quantity
from report.charts.axes.time import TimeAxis
from report.charts.parts.band import normal_band
from report.charts.words import shown

_SHARES = {
    Measure.ERRORS: "share of requests failing",
    Measure.AVAILABILITY: "share of targets up",
    Measure.PROBE: "share of probes succeeding",
}


def meaning(spec: SignalSpec, unit: str) -> str:
    """What the numbers are, with the unit of the axis: "response time, ms"."""
    if spec.kind is Kind.RATIO and spec.measure in _SHARES:
        return _SHARES[spec.measure]
    unit = shown(unit, 16) if unit else ""
    if unit == "req/s":
        return "requests per second"
    if spec.measure is Measure.LATENCY:
        return f"response time, {unit}" if unit else "response time"
    return "share" if unit == "%" else unit


def shown_unit(spec: SignalSpec) -> str:
    """The unit people gave, fit to be shown; empty for none."""
    return shown(spec.unit, 16) if spec.unit else ""


def normal_words(report: SignalReport, span: Span) -> str:
    """What is normal in the span, on the side that matters: "normal up to 0.2 %"."""
    band, unit = normal_band(report, span), shown_unit(report.spec)
    if band is None:
        return "no baseline"
    low, high = band.reach
    if band.moves:
        return f"normal {quantity(low, unit)} to {quantity(high, unit)}, by time of day"
    if low == high:
        return f"normal {quantity(high, unit)}"
    if report.spec.worse is Worse.UP:
        return f"normal up to {quantity(high, unit)}"
    if report.spec.worse is Worse.DOWN:
        return f"normal from {quantity(low, unit)}"
    return f"normal {quantity(low, unit)} to {quantity(high, unit)}"


def worst_episode(report: SignalReport, span: Span) -> SignalEpisode | None:
    """The departure that is told: impact before context, then the one that went farthest."""
    seen = [e for e in report.episodes if e.start < span.end and (e.end is None or e.end > span.start)]
    return max(seen, key=lambda e: (e.impact, abs(e.peak - e.before)), default=None)


def peak_words(report: SignalReport, axis: TimeAxis) -> str:
    """`peak 41.0 % at 15:48`, `lowest 3.1 req/s at 11:02`; empty where nothing departed."""
    episode = worst_episode(report, axis.span)
    if episode is None:
        return ""
    extreme = "lowest" if episode.direction == "down" else "peak"
    return f"{extreme} {episode.worst(shown_unit(report.spec))} at {axis.stamp(episode.peak_at)}"
