"""Foreign text made fit for a figure, and how wide a text will be."""

from __future__ import annotations

from functools import lru_cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from incident.text.controls import cut, one_line
from report.charts.style import FONT


def shown(text: str, limit: int = 60) -> str:
    """Text from labels on one line, nothing in it that reorders, hides or breaks; `(empty)` if so."""
    return cut(one_line(text), limit) or "(empty)"


@lru_cache(maxsize=1024)
def text_width(text: str, size: float = FONT, weight: str = "normal") -> float:
    """Width in points, as drawn with the letters that come with matplotlib."""
    font = FontProperties(family=["DejaVu Sans"], size=size, weight=weight)
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0])


def fitted(text: str, room: float, size: float = FONT, weight: str = "normal") -> str:
    """The text, cut until it is at most `room` points wide; empty where not even four letters fit."""
    if text_width(text, size, weight) <= room:
        return text
    for limit in range(len(text) - 1, 3, -1):
        shorter = cut(text, limit)
        if text_width(shorter, size, weight) <= room:
            return shorter
    return ""
