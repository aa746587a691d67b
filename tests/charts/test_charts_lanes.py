"""The lanes of the figures: rows, bars of impact and alerts, each where it belongs and told apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Rectangle

from incident.model.timeline import EventOrigin, State
from report.charts.frame import frame
from report.charts.style import STATE_FILL, STATE_HATCH
from tests.charts.figures import (
    figure_of,
    key_of,
    panels_on,
    shared_area,
    summary_of,
    texts_on,
    words_on,
    xs_of,
)
from tests.charts_builder import alert, at, episode, event
from tests.charts_cases import payments

pytestmark = pytest.mark.usefixtures("in_our_style")


def test_the_numbers_are_those_of_the_main_rows() -> None:
    """The k-th main row has the number k; rows that are only supporting have none."""
    case = payments()
    folded = [replace(event("15:00", "folded"), main=False), *case.events]

    lane = summary_of(replace(case, events=tuple(folded))).axes[0]

    assert [t.get_text() for t in lane.texts] == ["row", *(str(k) for k in range(1, 11))]


def test_forty_rows_have_their_numbers_in_ranges() -> None:
    """Forty rows within ten minutes share a few labels that count them all."""
    labels = [w for w in words_on(figure_of("crowded")) if w.replace("-", "").isdigit() and "-" in w]

    counted = [n for label in labels for n in range(int(label.split("-")[0]), int(label.split("-")[1]) + 1)]
    assert counted == list(range(1, 41))


def test_without_rows_there_is_no_lane_for_them() -> None:
    """A draft without events does not show an empty lane."""
    assert "row" not in words_on(figure_of("unmeasured"))


def test_impact_is_shaded_by_state_in_every_panel() -> None:
    """Degraded, partly out and the way back are seen behind every signal."""
    for panel in panels_on(figure_of("payments")):
        fills = [patch.get_facecolor() for patch in panel.patches]
        assert len([fill for fill in fills if fill == to_rgba(STATE_FILL[State.PARTIAL_OUTAGE])]) == 1
        assert len([fill for fill in fills if fill == to_rgba(STATE_FILL[State.DEGRADED])]) == 2


def test_states_differ_without_colour() -> None:
    """Each worse state is darker in grey, and hatched in its own way."""
    greys = [np.dot(to_rgba(STATE_FILL[state])[:3], (0.299, 0.587, 0.114)) for state in State]

    assert greys[0] - greys[1] > 0.05
    assert greys[1] - greys[2] > 0.05
    assert len({STATE_HATCH[state] for state in State}) == len(State)


def test_start_end_and_change_differ_without_colour() -> None:
    """Each of the three lines has a pattern of its own."""
    lines = [line for line in panels_on(figure_of("payments"))[0].lines if _is_vertical(line)]

    assert len({(str(line.get_linestyle()), line.get_linewidth()) for line in lines}) == 3


def _is_vertical(line: Line2D) -> bool:
    xs = xs_of(line)
    return len(xs) == 2 and xs[0] == xs[1]


def test_a_change_is_drawn_at_its_time() -> None:
    """The scaling at 16:00 is a dashed line 16:00 along the axis of every panel."""
    timeline, evidence = payments().built()
    x = frame(timeline, evidence).axis.x(at("16:00"))

    for panel in panels_on(figure_of("payments")):
        assert x in [xs_of(line)[0] for line in panel.lines if _is_vertical(line)]


def test_impact_that_began_before_the_data_has_no_start_line() -> None:
    """A start that was not measured is not drawn; the strip says so in words."""
    figure = figure_of("ongoing")

    assert "began before" in words_on(figure)
    assert "impact starts" not in words_on(figure)
    assert "impact ends" not in words_on(figure)


def test_times_of_impact_stand_beside_its_bars() -> None:
    """Between outages of minutes there is no room for all their times: one alone would look like the one
    that matters, so they are left to the rows."""
    strip = figure_of("flickering").axes[1]
    boxes = {
        text.get_text(): box for text, box in texts_on(figure_of("flickering")).items() if text.axes is strip
    }

    bars = [bar.get_window_extent() for bar in strip.patches]
    times = {words: box for words, box in boxes.items() if ":" in words}
    assert set(times) == {"14:00", "15:40"}
    assert all(shared_area(box, bar) == 0 for box in times.values() for bar in bars)


def test_an_uncertain_start_says_so() -> None:
    """A start known to within two minutes is written without seconds and with its reach."""
    case = payments()
    start = replace(case.episodes[0].start, plus_minus=timedelta(minutes=2))
    blurred = replace(case, episodes=(replace(case.episodes[0], start=start),))

    assert "14:04 ±2 min" in words_on(summary_of(blurred))


def test_alerts_are_rows_hollow_while_pending_filled_while_firing() -> None:
    """Two alerts, each pending first: four bars, two of them white."""
    lane = next(axes for axes in figure_of("payments").axes if "alerts" in [t.get_text() for t in axes.texts])

    bars = [patch for patch in lane.patches if isinstance(patch, Rectangle)]
    assert sorted(bar.get_facecolor() == (1, 1, 1, 1) for bar in bars) == [False, False, True, True]


def test_names_of_alerts_hide_no_bar() -> None:
    """A name stands beside its bars, inside a filled one in white, or on a line of its own."""
    figure = figure_of("flapping_names")
    lane = next(axes for axes in figure.axes if "alerts" in [t.get_text() for t in axes.texts])
    boxes = {text: box for text, box in texts_on(figure).items() if text.axes is lane}

    bars = [bar.get_window_extent() for bar in lane.patches if isinstance(bar, Rectangle)]
    for text, box in boxes.items():
        over = [bar for bar in bars if shared_area(box, bar) > 2]
        assert over == [] or (text.get_color() == "white" and len(over) == 1)


def test_the_time_to_the_first_alert_is_said() -> None:
    """The gap between the first two clocks stands above the alerts."""
    assert "first alert fired 16 min 45 s after impact began" in words_on(figure_of("payments"))


def test_alerts_before_the_impact_are_said_to_be_before() -> None:
    """A negative time to detect is put in words."""
    case = payments()
    early = replace(case.milestones, first_alert_firing=replace(case.episodes[0].start, at=at("14:01")))

    assert "first alert fired 3 min before impact was measured" in words_on(
        summary_of(replace(case, milestones=early))
    )


def test_no_alert_and_alerts_that_could_not_be_read_differ() -> None:
    """Silence is told as silence only where it was heard."""
    assert "no alert fired" in words_on(figure_of("healthy"))
    assert "alerts could not be read" in words_on(figure_of("unmeasured"))


def test_more_alerts_than_rows_are_counted() -> None:
    """Nine alerts make six rows and a word about the other three."""
    assert "and 3 more alerts, see the table" in words_on(figure_of("crowded"))


def test_a_nearby_alert_is_called_nearby() -> None:
    """An alert of another service is not taken for one of this."""
    assert "Neighbour (nearby)" in words_on(figure_of("flapping_names"))


def test_an_alert_beside_the_axis_has_no_row() -> None:
    """What fired and ended before the chart begins is left to the table."""
    case = replace(payments(), alerts=(alert("Yesterday", "12:31", "12:32", "12:40"),))

    assert "Yesterday" not in words_on(summary_of(case))


def test_a_changed_row_is_square_and_the_others_round() -> None:
    """The shape of a number tells its origin without colour."""
    lane = figure_of("payments").axes[0]

    filled = [_filled(patch) for patch in lane.patches if isinstance(patch, FancyBboxPatch)]
    assert [share > 0.99 for share in filled] == [number == 7 for number in range(1, 11)]


def _filled(patch: FancyBboxPatch) -> float:
    """The share of its bounding box that a shape covers: 1 for a square, 0.8 for a disc."""
    x, y = np.transpose(patch.get_path().to_polygons()[0])
    area = abs(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2
    return float(area / np.ptp(x) / np.ptp(y))


def test_short_phases_without_room_for_words_have_none() -> None:
    """A state of a minute in hours is a bar; its meaning is in the key."""
    brief = episode("14:04", "16:29:30", State.DOWN, ("14:04", State.DEGRADED), ("16:28", State.DOWN))

    figure = summary_of(replace(payments(), episodes=(brief,)))

    assert [w for w in words_on(figure) if w == "down"] == ["down"]
    assert "down" in key_of(figure)


def test_entered_rows_are_told_apart() -> None:
    """What people entered is in the key as such."""
    case = replace(payments(), events=(event("15:00", "Called", EventOrigin.ENTERED),))

    assert "row: entered" in key_of(summary_of(case))
