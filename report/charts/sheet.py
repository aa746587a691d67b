"""A figure as a stack of rooms, one under the other, all as wide as the time axis; and its bytes."""

from __future__ import annotations

import gc
import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, TypeAlias

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from report.charts.pixels import png_of
from report.charts.style import HEADING, INK, LEFT, LINE, PLOT, PNG_DPI, RC, WIDTH

_FOREIGN = re.compile(rb"<!DOCTYPE[^>]*>\s*|<metadata>.*?</metadata>\s*", re.DOTALL)
"""What names an address outside the file: the document type, and a catalogue card in RDF."""
_TITLE = 20.0
"""Height of the title's line."""


Stroke: TypeAlias = tuple[tuple[float, float], tuple[float, float]]
"""From one point to another."""
HorizontalAlign: TypeAlias = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Room:
    """A part of the figure. Lanes are ruled in points: x from 0 to PLOT, y from 0 to `height`."""

    axes: Axes
    height: float

    def above(
        self, text: str, x: float, *, ha: HorizontalAlign = "left", weight: str = "normal", color: str = INK
    ) -> None:
        """Words on the line above the room, `x` points from its left edge."""
        self.axes.text(
            x / PLOT,
            1 + 4 / self.height,
            text,
            transform=self.axes.transAxes,
            ha=ha,
            va="baseline",
            fontweight=weight,
            color=color,
        )

    def strokes(
        self, strokes: Sequence[Stroke], *, color: str, linewidth: float, zorder: float = 2.0
    ) -> None:
        """Straight lines of one look, drawn as one: each artist costs as much as all its lines.

        Upright ones apart from slanted ones, for only a path of nothing else is set onto whole pixels.
        """
        upright = [stroke for stroke in strokes if stroke[0][0] == stroke[1][0]]
        for some in (upright, [stroke for stroke in strokes if stroke not in upright]):
            if some:
                x = [value for (x0, _), (x1, _) in some for value in (x0, x1, np.nan)]
                y = [value for (_, y0), (_, y1) in some for value in (y0, y1, np.nan)]
                self.axes.plot(x, y, color=color, linewidth=linewidth, zorder=zorder, clip_on=False)

    def beside(self, text: str, y: float) -> None:
        """The lane's name, in the margin to its left."""
        self.axes.text(-6, y, text, ha="right", va="center", color=INK)


@contextmanager
def drawing() -> Iterator[None]:
    """Everything inside is drawn in our style, whatever the user's matplotlibrc says."""
    with mpl.rc_context(), warnings.catch_warnings(), _no_collecting():
        # A letter that the font lacks is a box in the PNG; the SVG holds the letter itself.
        warnings.filterwarnings("ignore", message=r"(?s)Glyph .* missing from font")
        warnings.filterwarnings("ignore", message=r"(?s).*Matplotlib currently does not support")
        mpl.rcParams.update({key: mpl.rcParamsDefault[key] for key in _APPEARANCE})
        mpl.rcParams.update(RC)
        yield


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Figures are webs of objects that live until they are saved: a look for garbage finds none meanwhile."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


_FAMILIES = ("axes.", "figure.", "font.", "grid.", "hatch.", "legend.", "lines.", "patch.", "path.")
_MORE_FAMILIES = ("savefig.", "svg.", "text.", "xtick.", "ytick.", "scatter.", "markers.")
_APPEARANCE = tuple(key for key in mpl.rcParamsDefault if key.startswith(_FAMILIES + _MORE_FAMILIES))
"""The settings that change what a figure looks like."""


def sheet(title: str, heights: Sequence[float], headroom: Sequence[float]) -> tuple[Figure, list[Room]]:
    """A figure with a title line and rooms of these heights; `headroom` is what each has above it."""
    total = _TITLE + sum(heights) + sum(headroom)
    figure = Figure(figsize=(WIDTH / 72, total / 72), dpi=PNG_DPI, facecolor="white")
    figure.text(
        6 / WIDTH, 1 - LINE / total, title, fontsize=HEADING, fontweight="bold", color=INK, va="center"
    )
    rooms, top = [], total - _TITLE
    for height, above in zip(heights, headroom, strict=True):
        top -= above + height
        axes = figure.add_axes((LEFT / WIDTH, top / total, PLOT / WIDTH, height / total))
        rooms.append(Room(axes, height))
    return figure, rooms


def as_lane(room: Room) -> Room:
    """The room ruled in points and without frame or ticks."""
    room.axes.set_axis_off()
    room.axes.set_xlim(0, PLOT)
    room.axes.set_ylim(0, room.height)
    return room


def svg(figure: Figure, title: str) -> bytes:
    """The figure as SVG with real text and a title; no date, no maker, no address."""
    out = io.BytesIO()
    metadata = {"Title": title, "Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(out, format="svg", metadata=metadata)
    return _FOREIGN.sub(b"", out.getvalue())


def png(figure: Figure) -> bytes:
    """The figure as PNG at twice the size of a wiki column, without the name of its maker."""
    out = io.BytesIO()
    figure.savefig(out, format="rgba", dpi=PNG_DPI)
    pixels = np.frombuffer(out.getbuffer(), np.uint8).reshape(-1, int(figure.get_figwidth() * PNG_DPI), 4)
    return png_of(pixels[..., :3], PNG_DPI)
