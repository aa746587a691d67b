"""From the finished reasoning to pictures."""

from __future__ import annotations

import numpy as np

from incident.impact.signals.trust import trusted
from incident.model.evidence import Evidence
from incident.model.signals import SignalSeries
from incident.model.spans import frozen_values
from incident.model.timeline import SignalReport, Timeline
from incident.text.slug import slug, unique_slug
from report.charts.alt import single_alt, summary_alt
from report.charts.frame import Frame, frame
from report.charts.parts.panels import Measured
from report.charts.parts.titles import single_title, title
from report.charts.sheet import drawing, png, svg
from report.charts.single import single
from report.charts.summary import summary
from report.charts.values import Chart


def draw(timeline: Timeline, evidence: Evidence, *, share: tuple[int, int] = (0, 1)) -> tuple[Chart, ...]:
    """The summary, then one chart per signal in the timeline's order.

    The same values make the same bytes, on any machine with the same matplotlib. `share` (k, n) draws
    only the k-th of n shares of about the same work, for processes that draw side by side.
    """
    shared = frame(timeline, evidence)
    measured = measured_signals(timeline, evidence)
    names = chart_names(measured)
    with drawing():
        return tuple(
            _summary(timeline, measured, shared)
            if number == 0
            else _single(timeline, measured[number - 1], shared, names[number - 1])
            for number in shares(len(measured) + 1, share[1])[share[0]]
        )


def shares(charts: int, among: int) -> list[list[int]]:
    """Which charts each of several processes draws; the summary, number 0, weighs as much as two others."""
    split: list[list[int]] = [[] for _ in range(among)]
    load = [0] * among
    for number in range(charts):
        least = load.index(min(load))
        split[least].append(number)
        load[least] += 2 if number == 0 else 1
    return split


def _summary(timeline: Timeline, measured: tuple[Measured, ...], shared: Frame) -> Chart:
    figure, words = summary(timeline, measured, shared), title(timeline)
    return Chart("summary", words, svg(figure, words), png(figure), summary_alt(timeline, measured, shared))


def _single(timeline: Timeline, signal: Measured, shared: Frame, name: str) -> Chart:
    figure, words = single(timeline, signal, shared), single_title(timeline, signal.report)
    return Chart(name, words, svg(figure, words), png(figure), single_alt(timeline, signal, shared))


def measured_signals(timeline: Timeline, evidence: Evidence) -> tuple[Measured, ...]:
    """Each reported signal with its samples; without any, where the evidence has none.

    Saturation that never left its normal has no picture: a sentence says so. Beside a hole in the scrapes
    the values of a rate are not drawn, as they are not judged: they fall because its range runs empty.
    """
    by_name = {series.spec.name: trusted(series, evidence) for series in evidence.signals}
    return tuple(
        Measured(report, by_name.get(report.spec.name) or _unseen(report, evidence))
        for report in timeline.signals
        if not report.is_calm_saturation
    )


def _unseen(report: SignalReport, evidence: Evidence) -> SignalSeries:
    return SignalSeries(report.spec, evidence.grid, frozen_values(np.full(evidence.grid.count, np.nan)))


def chart_names(measured: tuple[Measured, ...]) -> list[str]:
    """The names of the signals' charts, `signal-errors`: as file names, each once.

    What would share a slug carries a digest of its name.
    """
    names = [signal.report.spec.name for signal in measured]
    slugs = [slug(name) for name in names]
    return [
        f"signal-{short if slugs.count(short) == 1 else unique_slug(name)}"
        for name, short in zip(names, slugs, strict=True)
    ]
