"""One figure per signal, on the same time axis as the summary and with the same numbers."""

from __future__ import annotations

from matplotlib.figure import Figure

from incident.model.timeline import Timeline
from report.charts.frame import Frame
from report.charts.parts.impact import impact_strip
from report.charts.parts.lanes import clock_lane, clock_lane_height, marker_lane, marker_lane_height
from report.charts.parts.legend import entries, legend, legend_height
from report.charts.parts.panels import Measured, panel
from report.charts.parts.series import gaps
from report.charts.parts.titles import single_title, strip_words
from report.charts.sheet import as_lane, sheet
from report.charts.style import HEADING_ROOM, STRIP

_PANEL = 130.0
"""Half as high again as in the summary: here the signal is what one came for."""


def single(timeline: Timeline, measured: Measured, frame: Frame) -> Figure:
    """Draw one signal."""
    has_gaps = bool(gaps(measured.series, measured.report.gaps, frame.axis.span))
    key = entries(frame, [measured.report], has_gaps)
    heights = [
        *(marker_lane_height(frame), STRIP, _PANEL),
        *(clock_lane_height(frame.axis), legend_height(key)),
    ]
    headroom = [0.0, 1.0, HEADING_ROOM, 0.0, 0.0]
    figure, (marks, strip, room, clock, foot) = sheet(
        single_title(timeline, measured.report), heights, headroom
    )
    marker_lane(as_lane(marks), frame)
    impact_strip(as_lane(strip), frame, otherwise=strip_words(timeline))
    panel(room, measured, frame, timeline.policy)
    clock_lane(as_lane(clock), frame.axis)
    legend(as_lane(foot), key)
    return figure
