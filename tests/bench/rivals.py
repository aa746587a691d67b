"""Other ways to find the bad stretches of a series, asked the same question as the product's detector.

Each is told the direction in which the series gets worse, and what the lead-in looked like. Change points
become stretches the same way for all that give change points: the pieces between them whose median lies more
than three robust standard deviations of the lead-in on the bad side, adjacent ones joined.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from incident.detect import detect_episodes
from incident.detect.baseline.smooth import spans
from incident.detect.episode import Floats
from tests.detect.shapes import Drawn

HOUR = 3600.0
OFF_SIGMAS = 3.0
"""A piece between two change points is bad from here on."""

Z_WIDEST = 50.0
"""A series that was constant has no deviation; one of its samples must not be infinitely far off."""

Stretches = list[tuple[int, int]]
"""Half-open index ranges; all reach into the window."""


@dataclass(frozen=True)
class Rival:
    """A method with the settings that are tried, and the one that its row is drawn with."""

    name: str
    find: Callable[[Drawn, float], Stretches]
    grid: tuple[float, ...]
    """Values of the one setting that matters, in the order in which they are tried."""

    setting: float
    """The best of the grid on draws of other seeds: `python -m tests.bench.compare_bench --tune`."""

    library: str | None = None
    """The distribution that it needs; None: numpy only."""

    @property
    def version(self) -> str | None:
        """Version of the library; None where it is needed and not installed."""
        if self.library is None:
            return ""
        try:
            return importlib.metadata.version(self.library)
        except importlib.metadata.PackageNotFoundError:
            return None


def kernel(drawn: Drawn, _setting: float = 0.0) -> Stretches:
    """The product's detector."""
    counts = None if drawn.counts is None else drawn.counts[np.newaxis]
    (found,) = detect_episodes(
        drawn.values[np.newaxis],
        step_s=drawn.step_s,
        baseline=drawn.baseline,
        kind=drawn.kind,
        worse=drawn.worse,
        counts=counts,
    )
    return [(e.onset, len(drawn.values) if e.end is None else e.end) for e in found]


def static_for_5m(drawn: Drawn, times: float) -> Stretches:
    """An alert rule: five minutes beyond so many times the lead-in's median, or below that share of it.

    A ratio must also exceed 1 %. The stretch begins where the alert becomes pending: read afterwards, that
    is known too, though the rule itself speaks five minutes later.
    """
    base = float(np.nanmedian(drawn.values[: drawn.baseline]))
    bad = np.zeros(len(drawn.values), dtype=np.bool_)
    if drawn.worse != "down":
        bad |= drawn.values > max(times * base, 0.01 if drawn.kind == "ratio" else 0.0)
    if drawn.worse != "up":
        bad |= drawn.values < base / times
    least = max(1, round(300.0 / drawn.step_s))
    return [(a, b) for a, b in spans(bad) if b - a > least and b > drawn.baseline]


def rolling_z(drawn: Drawn, sigmas: float) -> Stretches:
    """Three samples in a row (two at steps of two minutes and more) so many deviations off the last hour.

    Where an hour holds fewer than 20 samples, off the last 20.
    """
    width = max(20, round(HOUR / drawn.step_s))
    y = _without_gaps(drawn.values)
    if len(y) <= width + 1:
        return []
    view = np.lib.stride_tricks.sliding_window_view(y, width)[:-1]
    mean, deviation = view.mean(axis=1), view.std(axis=1)
    z = np.zeros(len(y))
    z[width:] = (y[width:] - mean) / np.maximum(deviation, 1e-9 + 1e-6 * np.abs(mean))
    least = 3 if drawn.step_s < 120.0 else 2
    return [(a, b) for a, b in spans(_bad(z, drawn, sigmas)) if b - a >= least and b > drawn.baseline]


def pelt(drawn: Drawn, penalty: float) -> Stretches:
    """The optimal partition by squared error (R. Killick, 2012), as ruptures computes it in C.

    The penalty is in units of the logarithm of the number of samples, on deviations of the lead-in.
    """
    ruptures: Any = importlib.import_module("ruptures")
    z = _deviations(drawn)
    found = ruptures.KernelCPD(kernel="linear", min_size=2).fit(z.reshape(-1, 1))
    return _bad_pieces(z, found.predict(pen=penalty * float(np.log(len(z))))[:-1], drawn)


def otava(drawn: Drawn, p_value: float) -> Stretches:
    """Apache Otava (once Hunter): E-divisive with a t-test in windows of 50, then merged."""
    analysis: Any = importlib.import_module("otava.analysis")
    z = _deviations(drawn)
    # A list: of an array, release 0.8.0 takes the whole for every window.
    points, _ = analysis.compute_change_points(z.tolist(), max_pvalue=p_value)
    return _bad_pieces(z, [int(p.index) for p in points], drawn)


def _without_gaps(values: Floats) -> Floats:
    """Missing samples take the one before: none of the others knows missing ones."""
    present = np.isfinite(values)
    last = np.maximum.accumulate(np.where(present, np.arange(len(values)), -1))
    filled: Floats = values[np.where(last < 0, int(np.argmax(present)), last)]
    return filled


def _deviations(drawn: Drawn) -> Floats:
    """How far each sample lies off the lead-in's median, in robust standard deviations of the lead-in."""
    y = _without_gaps(drawn.values)
    lead = y[: drawn.baseline]
    centre = float(np.median(lead))
    sigma = 1.4826 * float(np.median(np.abs(lead - centre)))
    sigma = sigma or float(np.std(lead)) or max(0.01 * abs(centre), 1e-9)
    z: Floats = np.clip((y - centre) / sigma, -Z_WIDEST, Z_WIDEST)
    return z


def _bad_pieces(z: Floats, points: list[int], drawn: Drawn) -> Stretches:
    bad = np.zeros(len(z), dtype=np.bool_)
    for a, b in pairwise([0, *points, len(z)]):
        bad[a:b] = _bad(np.array([np.median(z[a:b])]), drawn, OFF_SIGMAS)[0]
    return [(a, b) for a, b in spans(bad) if b > drawn.baseline]


def _bad(z: Floats, drawn: Drawn, limit: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if drawn.worse == "both":
        return np.abs(z) > limit
    return (z if drawn.worse == "up" else -z) > limit


OURS = Rival("this detector", kernel, (0.0,), 0.0)
RIVALS = (
    OURS,
    Rival("ruptures, PELT", pelt, (10, 30, 100, 200, 300), 100, library="ruptures"),
    Rival("Apache Otava", otava, (1e-3, 1e-5, 1e-7, 1e-9, 1e-12), 1e-12, library="apache-otava"),
    Rival("rolling z-score, one hour", rolling_z, (3, 4, 5, 6, 9), 3),
    Rival("static threshold, `for: 5m`", static_for_5m, (1.25, 1.5, 2, 3, 5), 1.5),
)
