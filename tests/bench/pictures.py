"""The pictures of docs/detection.md, drawn from what the detector says: `python -m tests.bench.pictures`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from incident.detect import Episode
from incident.detect.baseline.scale import scaled
from incident.detect.candidates import boxes
from incident.detect.episode import Floats
from tests.bench.rivals import Stretches
from tests.detect.asking import found_in
from tests.detect.shapes import Clock, Drawn, error_ratio, latency_quantile, step

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
INK, BLUE, RED, GREY = "#24292f", "#1f6feb", "#c62828", "#8c959f"
HOUR = 3600.0


def seen() -> Drawn:
    """A 99th percentile with a burst of slow requests every hour, and ten minutes of trouble."""
    clock = Clock(step_s=30.0)
    trouble = step(clock, 2700.0, 3300.0, 2.4, 1.0)

    def slower(t: Floats) -> Floats:
        return trouble(t) * np.where(t % HOUR < 240.0, 1.35, 1.0)

    return latency_quantile(np.random.default_rng(3), clock, 60.0, slower, typical_s=0.05)


def with_gap() -> Drawn:
    """Errors that were still there when the samples stopped, and gone when they came back."""
    clock = Clock(step_s=30.0, lead_s=2 * HOUR)
    failing = step(clock, 2100.0, 3600.0, 0.2, 0.002)
    drawn = error_ratio(np.random.default_rng(5), clock, 40.0, failing)
    values = drawn.values.copy()
    values[clock.baseline + 100 : clock.baseline + 130] = np.nan
    return Drawn(values, drawn.step_s, drawn.baseline, drawn.kind, drawn.worse, drawn.counts)


def with_few_requests() -> Drawn:
    """Three requests a minute, of which one in thirty fails; for seven minutes nearly all of them do."""
    clock = Clock(step_s=60.0, lead_s=2 * HOUR)
    failing = step(clock, 4500.0, 4920.0, 0.95, 0.03)
    return error_ratio(np.random.default_rng(11), clock, 0.05, failing)


def draw_seen() -> Figure:
    """Baseline, reach, largest bump, episode."""
    drawn = seen()
    (one,) = found_in(drawn)
    figure, axes = _panel(1)
    axis = axes[0]
    minutes = _minutes(drawn)
    lead = drawn.values[: drawn.baseline]
    centre, high = (float(q) for q in np.quantile(lead, [0.5, 0.99]))
    _line(axis, drawn, "99th percentile of latency, s")
    # Latencies are compared by their ratio: on this axis the eye does the same.
    axis.set_yscale("log")
    axis.set_ylim(0.18, 1.0)
    ticks = [0.2, 0.3, 0.4, 0.6, 0.8]
    axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    _episode(axis, drawn, one)
    axis.hlines(centre, minutes[0], minutes[-1], color=INK, lw=0.9, ls=":")
    axis.hlines(high, minutes[0], minutes[-1], color=INK, lw=0.9, ls="--")
    axis.annotate("", (-232, high), (-232, centre), arrowprops={"arrowstyle": "<->", "color": INK})
    axis.text(-229, high + 0.015, "reach: centre (dotted)\nto 99th percentile (dashed)", color=INK)
    start, stop = _largest_bump(drawn, one)
    axis.axvspan(minutes[start], minutes[stop], color="#bf8700", alpha=0.3, lw=0)
    axis.text(minutes[start] - 2, 1.45 * high, "the baseline's largest\nbump of this length", color="#7d5a00")
    axis.annotate(
        "", (minutes[start] + 3, 1.03 * high), (minutes[start] + 8, 1.42 * high), arrowprops=_arrow()
    )
    text = (
        f"episode: {one.reach_ratio:.1f} reaches from the centre,\n"
        f"{one.bump_ratio:.1f} times the largest bump,\n"
        f"its jump {one.jump_ratio:.1f} times the largest"
    )
    axis.text(minutes[one.onset] - 3, one.inside, text, color=RED, ha="right", va="center")
    return figure


def draw_unknown() -> Figure:
    """A gap at the end of an episode; ratios of few requests."""
    figure, axes = _panel(2)
    gap, few = with_gap(), with_few_requests()
    for axis, drawn in zip(axes, (gap, few), strict=True):
        _line(axis, drawn, "failed requests, %", 100.0)
        for one in found_in(drawn):
            _episode(axis, drawn, one)
    minutes = _minutes(gap)
    for a, b in _gaps(gap.values):
        axes[0].axvspan(minutes[a - 1], minutes[b], color="#d0d7de", lw=0)
        axes[0].text(
            minutes[b] + 2, 17, "no samples: neither good nor bad.\nIt ended somewhere in here", color=INK
        )
    most = int(np.nanargmax(np.where(_outside(few), few.values, np.nan)))
    assert few.counts is not None
    failed = round(few.values[most] * few.counts[most])
    axes[1].annotate(
        f"{failed} failed of {few.counts[most]:.0f} requests:\nmay be chance,\nno episode",
        (_minutes(few)[most], 100 * few.values[most]),
        (88.0, 70.0),
        arrowprops=_arrow(),
        color=INK,
    )
    return figure


def _panel(count: int) -> tuple[Figure, list[Any]]:
    figure = Figure(figsize=(9.0, 3.2 * count), dpi=100, layout="constrained")
    axes = list(np.atleast_1d(np.asarray(figure.subplots(count, 1))))
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    axes[-1].set_xlabel("minutes from the beginning of the window")
    return figure, axes


def _line(axis: Any, drawn: Drawn, label: str, unit: float = 1.0) -> None:
    minutes = _minutes(drawn)
    axis.plot(minutes, unit * drawn.values, color=BLUE, lw=0.9)
    axis.axvline(0.0, color=GREY, lw=1)
    axis.axvspan(minutes[0], 0.0, color="#eef2f6", lw=0, zorder=-3)
    above = axis.get_xaxis_transform()
    axis.text(minutes[0], 1.02, "baseline", color=GREY, transform=above)
    axis.text(0.0, 1.02, "window", color=GREY, transform=above)
    axis.set_ylabel(label)
    axis.set_ylim(bottom=0.0)
    axis.margins(x=0.0)


def _episode(axis: Any, drawn: Drawn, one: Episode) -> None:
    minutes = _minutes(drawn)
    end = minutes[-1] if one.end is None else minutes[one.end]
    axis.axvspan(minutes[one.onset], end, color=RED, alpha=0.13, lw=0, zorder=-2)
    unit = 100.0 if drawn.kind == "ratio" else 1.0
    seen_bad = np.flatnonzero(np.isfinite(drawn.values[: one.end]))[-1]
    axis.hlines(unit * one.inside, minutes[one.onset], minutes[seen_bad], color=RED, lw=1.6)
    name = "onset" if not one.onset_uncertain else "onset, uncertain"
    above = axis.get_xaxis_transform()
    axis.text(minutes[one.onset], 0.04, f"{name} ", color=RED, ha="right", transform=above)
    axis.text(end, 0.04, " end, uncertain" if one.end_uncertain else " end", color=RED, transform=above)


def _largest_bump(drawn: Drawn, one: Episode) -> tuple[int, int]:
    """Where the baseline's bump lies with which an episode of this length is compared."""
    lead = drawn.values[: drawn.baseline]
    y = scaled(drawn.values, lead, drawn.kind).y[: drawn.baseline]
    length = max(n for n in boxes.lengths(len(y)) if n <= one.samples)
    contrast = boxes.Contrasts(y).of(length)
    inside = contrast[boxes.LEAST_FLANK : len(y) - length - boxes.flank_of(length) + 1]
    start = int(np.argmax(inside)) + boxes.LEAST_FLANK
    return start, start + length


def _minutes(drawn: Drawn) -> Floats:
    places: Floats = np.arange(len(drawn.values) + 1, dtype=np.float64) - drawn.baseline
    return (places * drawn.step_s / 60.0)[: len(drawn.values)]


def _gaps(values: Floats) -> Stretches:
    edges = np.flatnonzero(np.diff(np.pad(np.isnan(values), 1).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _outside(drawn: Drawn) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """The samples of the window that are in no episode."""
    outside = np.arange(len(drawn.values)) >= drawn.baseline
    for one in found_in(drawn):
        outside[one.onset : one.end] = False
    return outside


def _arrow() -> dict[str, object]:
    return {"arrowstyle": "->", "color": INK, "lw": 0.8}


def main() -> None:
    """Writes both pictures."""
    argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0]).parse_args()
    FOLDER.mkdir(exist_ok=True)
    for name, figure in (("detection-seen", draw_seen()), ("detection-unknown", draw_unknown())):
        figure.savefig(FOLDER / f"{name}.png", metadata={"Software": None})


if __name__ == "__main__":
    main()
