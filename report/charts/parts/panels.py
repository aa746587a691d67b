"""One signal along the time axis: its line, what was normal, its limits, its gaps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from incident.model.policy import Policy
from incident.model.signals import Kind, Measure, SignalSeries, SignalSpec, Worse
from incident.model.spans import Span
from incident.model.timeline import SignalReport
from incident.text.numbers import digits, quantity
from report.charts.axes.quantity import QuantityAxis, quantity_axis
from report.charts.axes.time import ticks
from report.charts.frame import Frame
from report.charts.parts.band import NormalBand, normal_band
from report.charts.parts.impact import shade
from report.charts.parts.limits import Limit, draw_limits
from report.charts.parts.readings import meaning, normal_words, peak_words, shown_unit, worst_episode
from report.charts.parts.series import Trace, gaps, trace
from report.charts.sheet import Room
from report.charts.style import (
    BAND,
    FONT,
    GAP_FILL,
    GAP_HATCH,
    GRID,
    INK,
    PLOT,
    QUIET,
    SERIES,
)
from report.charts.words import fitted, shown, text_width


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A signal with the samples behind its report."""

    report: SignalReport
    series: SignalSeries

    @property
    def is_empty(self) -> bool:
        """No sample at all was read."""
        return bool(np.isnan(self.series.values).all())


def panel(room: Room, measured: Measured, frame: Frame, policy: Policy) -> None:
    """Draw the signal: impact shaded, gaps hatched, baseline band, thresholds, raw line."""
    report, line = measured.report, trace(measured.series, frame.axis.span)
    limits = thresholds(report.spec, policy)
    band = normal_band(report, frame.axis.span)
    scale = _scale(report, line, band, [limit.value for limit in limits], frame)
    _ruled(room.axes, frame, scale, is_empty=not np.isfinite(line.y).any())
    shade(room.axes, frame)
    _band(room.axes, band, scale)
    inside = [limit for limit in limits if scale.low <= limit.value <= scale.high]
    draw_limits(room, inside, scale, line, frame)
    _line(room.axes, line, scale)
    _gaps(room, gaps(measured.series, report.gaps, frame.axis.span), frame)
    _heading(room, report, scale, frame)


def thresholds(spec: SignalSpec, policy: Policy) -> list[Limit]:
    """The values that decide the signal's state, each with its words: "partial outage 25 %"."""
    found = []
    if _is_failed_share(spec):
        found += [(policy.partial_outage_ratio, "partial outage"), (policy.down_ratio, "down")]
    if spec.limit is not None and math.isfinite(spec.limit):
        found.append((spec.limit, "limit"))
    return [Limit(value, words, _threshold_value(value, spec)) for value, words in found]


def _is_share(spec: SignalSpec) -> bool:
    return spec.kind is Kind.RATIO and spec.unit == "ratio"


def _is_failed_share(spec: SignalSpec) -> bool:
    return spec.measure is Measure.ERRORS and _is_share(spec)


def _threshold_value(value: float, spec: SignalSpec) -> str:
    """Without the decimals of a measurement: people set it."""
    return f"{digits(value * 100)} %" if spec.unit == "ratio" else quantity(value, shown_unit(spec))


_CALM_ERRORS = 0.01
"""Least height of an axis of failures that are normal: a few in ten thousand should look like few."""


def _scale(
    report: SignalReport, line: Trace, band: NormalBand | None, limits: Sequence[float], frame: Frame
) -> QuantityAxis:
    values = line.y[np.isfinite(line.y)].tolist()
    is_calm = worst_episode(report, frame.axis.span) is None
    if is_calm and _is_failed_share(report.spec):
        values.append(_CALM_ERRORS)
    if _is_share(report.spec) and report.spec.worse is Worse.DOWN:
        values.append(1.0)  # what is missing from all is what is read
    wanted = [*limits, *([] if band is None else band.reach)]
    return quantity_axis(report.spec, values, [w for w in wanted if math.isfinite(w)])


def _ruled(axes: Axes, frame: Frame, scale: QuantityAxis, *, is_empty: bool) -> None:
    """Ends, ticks and grid; without any sample there is no scale to be read."""
    marked = () if is_empty else scale.ticks
    axes.set_xlim(0, frame.axis.length)
    axes.set_ylim(scale.low, scale.high)
    axes.set_xticks([tick.x for tick in ticks(frame.axis)])
    axes.set_yticks([value for value, _ in marked], [words for _, words in marked])
    axes.tick_params(axis="x", length=0, labelbottom=False)
    axes.tick_params(axis="y", length=2.5, width=0.6, pad=2, labelsize=FONT, labelcolor=INK)
    axes.grid(visible=True, color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    for side in ("left", "bottom", "right", "top"):
        axes.spines[side].set(linewidth=0.6, color=QUIET, visible=side in ("left", "bottom"))


def _band(axes: Axes, band: NormalBand | None, scale: QuantityAxis) -> None:
    if band is None:
        return
    low, high = (np.clip(bound, scale.low, scale.high) for bound in (band.low, band.high))
    if band.moves:
        axes.fill_between(band.x, low, high, facecolor=BAND, alpha=0.45, linewidth=0, zorder=1)
    else:
        axes.axhspan(low[0], high[0], facecolor=BAND, alpha=0.45, linewidth=0, zorder=1)
    inside = (scale.low < band.high) & (band.high < scale.high)
    # Seen even where the band is thinner than a pixel.
    axes.plot(band.x, np.where(inside, band.high, np.nan), color=BAND, linewidth=0.7, zorder=1)


def _line(axes: Axes, line: Trace, scale: QuantityAxis) -> None:
    axes.plot(line.x, line.y, color=SERIES, linewidth=1.2, solid_joinstyle="round", zorder=3)
    alone = line.alone
    axes.plot(line.x[alone], line.y[alone], color=SERIES, linestyle="", marker="o", markersize=3, zorder=3)
    for x, edge, marker in ((line.above, scale.high, "^"), (line.below, scale.low, "v")):
        places = np.full(x.shape, edge)
        axes.plot(x, places, color=SERIES, linestyle="", marker=marker, markersize=5, clip_on=False, zorder=3)


def _gaps(room: Room, found: Sequence[Span], frame: Frame) -> None:
    """Hatch what was not seen; it is neither zero nor normal."""
    for gap in found:
        left, right = frame.axis.x(gap.start), frame.axis.x(gap.end)
        room.axes.axvspan(
            left, right, facecolor=GAP_FILL, edgecolor=GAP_HATCH, hatch="\\\\\\\\", linewidth=0, zorder=2.5
        )
        if text_width("no data") + 8 <= (right - left) / frame.axis.length * PLOT:
            room.axes.text(
                (left + right) / 2,
                0.5,
                "no data",
                transform=room.axes.get_xaxis_transform(),
                ha="center",
                va="center",
                color=INK,
                zorder=5,
                bbox={"boxstyle": "square,pad=0.2", "facecolor": GAP_FILL, "linewidth": 0},
            )


def _heading(room: Room, report: SignalReport, scale: QuantityAxis, frame: Frame) -> None:
    """Above the panel: name and meaning on the left, what was normal and the peak on the right."""
    parts = (
        _distant_limit(report.spec, scale),
        normal_words(report, frame.axis.span),
        peak_words(report, frame.axis),
    )
    figures = ", ".join(filter(None, parts))
    room.above(figures, PLOT, ha="right")
    left = PLOT - text_width(figures) - 14
    name = fitted(shown(report.spec.name, 40), left, weight="bold")
    room.above(name, 0, weight="bold")
    used = text_width(name, weight="bold") + 6
    room.above(fitted(meaning(report.spec, scale.unit), left - used), used, color=QUIET)


def _distant_limit(spec: SignalSpec, scale: QuantityAxis) -> str:
    """A limit people set that lies beside the axis; stretched to it, the axis would flatten the signal."""
    if spec.limit is None or not math.isfinite(spec.limit) or scale.low <= spec.limit <= scale.high:
        return ""
    return f"limit {_threshold_value(spec.limit, spec)} not in view"
