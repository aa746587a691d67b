"""Figures of the cases, and what is found on them."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from report.charts.drawing import measured_signals
from report.charts.frame import frame
from report.charts.single import single
from report.charts.summary import summary
from tests.charts_builder import Case
from tests.charts_cases import CASES


def summary_of(case: Case) -> Figure:
    """The summary, as the drawing makes it."""
    timeline, evidence = case.built()
    return summary(timeline, measured_signals(timeline, evidence), frame(timeline, evidence))


def singles_of(case: Case) -> list[Figure]:
    """The chart of each signal."""
    timeline, evidence = case.built()
    shared = frame(timeline, evidence)
    return [single(timeline, signal, shared) for signal in measured_signals(timeline, evidence)]


@cache
def figure_of(name: str, place: int = -1) -> Figure:
    """The summary of a case, or the chart of its k-th signal."""
    case = CASES[name]()
    return summary_of(case) if place < 0 else singles_of(case)[place]


@cache
def texts_on(figure: Figure) -> dict[Text, Bbox]:
    """What is written and where, in pixels."""
    figure.draw_without_rendering()
    written = [text for text in figure.findobj(_is_written) if isinstance(text, Text)]
    return {text: text.get_window_extent() for text in written if _is_drawn(text)}


def _is_written(artist: Artist) -> bool:
    return isinstance(artist, Text) and bool(artist.get_text()) and artist.get_visible()


def _is_drawn(text: Text) -> bool:
    """Tick labels of axes that are switched off exist, and are not drawn."""
    return text.axes is None or text.axes.axison or text in text.axes.texts


def words_on(figure: Figure) -> list[str]:
    """What is written."""
    return [text.get_text() for text in texts_on(figure)]


def panels_on(figure: Figure) -> list[Axes]:
    """The parts with axes of their own."""
    return [axes for axes in figure.axes if axes.axison]


def shared_area(one: Bbox, other: Bbox) -> float:
    """How far two boxes overlap, in square pixels."""
    both = Bbox.intersection(one, other)
    return 0.0 if both is None else both.width * both.height


def xs_of(line: Line2D) -> list[float]:
    """The places of a line along the time axis."""
    return [float(x) for x in np.asarray(line.get_xdata(), dtype=float)]


def ys_of(line: Line2D) -> list[float]:
    """The values of a line."""
    return [float(y) for y in np.asarray(line.get_ydata(), dtype=float)]


def key_of(figure: Figure) -> set[str]:
    """What is explained at the foot."""
    return {text.get_text() for text in figure.axes[-1].texts}


def title_of(panel: Axes) -> str:
    """What stands above a panel."""
    return next(text.get_text() for text in panel.texts if text.get_fontweight() == "bold")
