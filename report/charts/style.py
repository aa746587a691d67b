"""Sizes, inks and letters of every chart. Lengths are points (1/72 in) unless a name says otherwise."""

from __future__ import annotations

from typing import Any, Final

from incident.model.timeline import EventOrigin, State

WIDTH: Final = 547.2
"""7.6 in: 730 CSS pixels as SVG, 1,520 pixels as PNG, the column of a wiki or an A4 page."""
PNG_DPI: Final = 200
"""Twice the 100 dots an inch at which 7.6 in fill a column of 760 px."""

LEFT: Final = 48.0
"""Room for the longest tick label ("1,250") and the names of the lanes."""
RIGHT: Final = 17.0
"""Room for the half of a time label ("17:00") that ends the axis."""
PLOT: Final = WIDTH - LEFT - RIGHT
"""Width of the time axis."""

FONT: Final = 8.0
"""The smallest size that is still read at the width of a column and on paper."""
HEADING: Final = 10.0
LINE: Final = 12.0
"""A line of text with its leading."""
STRIP: Final = 14.0
"""Height of the bars of impact: a line of text and air."""
HEADING_ROOM: Final = 17.0
"""The line of text above a panel and the air above it."""

INK: Final = "#1a1a1a"
QUIET: Final = "#5c5c5c"
"""Grey text; 6.7 : 1 on white."""
GRID: Final = "#dedede"
SERIES: Final = "#12427a"
BAND: Final = "#8fb8de"
GAP_FILL: Final = "#f1f1f1"
GAP_HATCH: Final = "#a8a8a8"
THRESHOLD: Final = "#7a3e00"
ALERT: Final = "#8c1d18"
NEARBY: Final = "#6f6f6f"
START: Final = "#8c1d18"
END: Final = "#1b5e20"
CHANGE: Final = "#4a3aa0"

STATE_FILL: Final = {
    # Luminance falls by state, so that the order survives grey print and every colour blindness.
    State.DEGRADED: "#fff0cf",
    State.PARTIAL_OUTAGE: "#ffd5a8",
    State.DOWN: "#efada2",
}
STATE_HATCH: Final = {State.DEGRADED: "", State.PARTIAL_OUTAGE: "////", State.DOWN: "xxxx"}
STATE_EDGE: Final = "#b3876b"

MARK_FACE: Final = {
    EventOrigin.MEASURED: "#ffffff",
    EventOrigin.ALERT: ALERT,
    EventOrigin.CHANGE: "#ffffff",
    EventOrigin.ENTERED: "#d9d9d9",
}
MARK_EDGE: Final = {
    EventOrigin.MEASURED: INK,
    EventOrigin.ALERT: ALERT,
    EventOrigin.CHANGE: CHANGE,
    EventOrigin.ENTERED: INK,
}
MARK_TEXT: Final = {
    EventOrigin.MEASURED: INK,
    EventOrigin.ALERT: "#ffffff",
    EventOrigin.CHANGE: CHANGE,
    EventOrigin.ENTERED: INK,
}

RC: Final[dict[Any, Any]] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    # DejaVu comes with matplotlib, so the PNG is the same everywhere. Where the SVG is read without it,
    # another sans-serif stands in; hardly any is wider, so the layout holds.
    "font.size": FONT,
    "text.parse_math": False,  # "$" in a label is a character, not mathematics
    "svg.fonttype": "none",  # real text: searched, selected, read aloud
    "svg.hashsalt": "incident-timeline",  # ids come from the content alone
    "hatch.linewidth": 0.5,
    "axes.unicode_minus": False,
    "path.simplify_threshold": 1.0,  # below a point nothing is seen, and the SVG is a third of the size
}
