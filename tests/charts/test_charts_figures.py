"""The figures as artists: nothing overlaps, and everything that matters is drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from incident.model.timeline import Band, EventOrigin, State
from report.charts.drawing import measured_signals
from report.charts.frame import frame
from report.charts.single import single
from report.charts.style import FONT
from tests.charts.figures import (
    figure_of,
    key_of,
    panels_on,
    shared_area,
    singles_of,
    summary_of,
    texts_on,
    title_of,
    words_on,
)
from tests.charts_builder import ERRORS, LATENCY, Case, alert, at, episode, event, piecewise, report, wave
from tests.charts_cases import CASES, payments

FIGURES = [(name, place) for name in CASES for place in (-1, 0, 1, 2)]

pytestmark = pytest.mark.usefixtures("in_our_style")


@pytest.mark.parametrize(("name", "place"), FIGURES)
def test_no_two_texts_overlap(name: str, place: int) -> None:
    """Whatever the incident, no words are written over others: two rows or forty, one alert or ten."""
    found = texts_on(figure_of(name, place))

    overlapping = [
        (one.get_text(), other.get_text())
        for (one, box), (other, other_box) in combinations(found.items(), 2)
        if shared_area(box, other_box) > 2
    ]
    assert overlapping == []


_minutes = st.integers(0, 200)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    rows=st.lists(_minutes, max_size=40),
    edges=st.lists(_minutes, min_size=2, max_size=10, unique=True),
    firings=st.lists(st.tuples(st.text("Aa_ ", min_size=1, max_size=60), _minutes, _minutes), max_size=8),
    zone=st.sampled_from(("UTC", "Asia/Kathmandu", "America/Sao_Paulo")),
)
def test_no_words_overlap_whatever_happened_when(
    rows: list[int], edges: list[int], firings: list[tuple[str, int, int]], zone: str
) -> None:
    """Rows, outages and alerts at any times still leave every word readable."""
    at_minute = [at("13:00") + timedelta(minutes=minute) for minute in range(201)]
    clocks = [f"{moment:%H:%M}" for moment in at_minute]
    ordered = sorted(edges)
    case = replace(
        payments(),
        zone=zone,
        events=tuple(event(clocks[minute], "row") for minute in sorted(rows)),
        episodes=tuple(
            episode(clocks[a], clocks[b], State.DOWN)
            for a, b in zip(ordered[::2], ordered[1::2], strict=False)
        ),
        alerts=tuple(alert(name, None, clocks[min(a, b)], clocks[max(a, b)]) for name, a, b in firings),
    )

    boxes = list(texts_on(summary_of(case)).values())
    assert all(shared_area(one, other) <= 2 for one, other in combinations(boxes, 2))


@pytest.mark.parametrize(("name", "place"), FIGURES)
def test_no_text_is_cut_at_the_edge(name: str, place: int) -> None:
    """All words lie within the picture."""
    figure = figure_of(name, place)
    page = figure.bbox

    beyond = [
        text.get_text()
        for text, box in texts_on(figure).items()
        if box.x0 < -1 or box.x1 > page.x1 + 1 or box.y0 < -1 or box.y1 > page.y1 + 1
    ]
    assert beyond == []


@pytest.mark.parametrize("name", CASES)
def test_letters_are_large_enough_for_a_wiki_column(name: str) -> None:
    """No text is smaller than 8 points at the width at which the picture is shown."""
    assert min(float(text.get_fontsize()) for text in texts_on(figure_of(name))) >= FONT


def test_availability_takes_its_place_where_it_carries_the_impact() -> None:
    """Down without requests is told by targets, first of all panels."""
    assert [title_of(panel) for panel in panels_on(figure_of("store"))] == [
        "availability",
        "errors",
        "p99",
        "traffic",
    ]


def test_of_two_latencies_the_one_that_moved_is_shown() -> None:
    """Where failures are fast, the median falls and the tail does not: the median is the panel."""
    case = payments()
    errors, latency, traffic = case.signals
    calm = (replace(latency[0], spec=replace(latency[0].spec, name="p50"), episodes=()), latency[1])
    told = replace(case.episodes[0], signals=("errors",))

    figure = summary_of(replace(case, episodes=(told,), signals=(errors, calm, latency, traffic)))

    assert [title_of(panel) for panel in panels_on(figure)] == ["errors", "p99", "traffic"]


def test_thresholds_are_drawn_where_the_signal_comes_near_them() -> None:
    """25 % belongs into a chart that reaches 41 %, and not into one that reaches a fifth of a per cent."""
    assert "partial outage 25 %" in words_on(figure_of("payments"))
    assert "partial outage 25 %" not in words_on(figure_of("healthy"))


def _touched(figure: Figure) -> list[str]:
    """Words of a threshold that stand on an upright line of their panel."""
    extents = {text: box for text, box in texts_on(figure).items() if "25 %" in text.get_text()}
    lines = [(x, panel) for panel in panels_on(figure) for line in panel.lines for x in _upright_at(line)]
    return [
        text.get_text()
        for text, box in extents.items()
        for x, axes in lines
        if axes is text.axes and box.x0 <= axes.transData.transform((x, 0.0))[0] <= box.x1
    ]


def _upright_at(line: Line2D) -> list[float]:
    x = np.asarray(line.get_xdata(), dtype=float)
    return [float(x[0])] if len(x) == 2 and x[0] == x[1] else []


def _errors_chart(case: Case) -> Figure:
    timeline, evidence = case.built()
    return single(timeline, measured_signals(timeline, evidence)[0], frame(timeline, evidence))


def _changed_at(*minutes: int) -> Case:
    """The first incident with a change at each of these minutes after 13:30."""
    case = payments()
    changes = [event(f"{13 + (30 + m) // 60}:{(30 + m) % 60:02d}", "x", EventOrigin.CHANGE) for m in minutes]
    return replace(case, events=(*case.events, *changes))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 205), min_size=1, max_size=9, unique=True))
def test_words_of_a_threshold_touch_no_line(minutes: list[int]) -> None:
    """Wherever starts and changes were, "partial outage 25 %" is written, and between their lines."""
    figure = _errors_chart(_changed_at(*minutes))

    assert [words for words in words_on(figure) if "25 %" in words]
    assert _touched(figure) == []


def test_between_narrow_lines_only_the_value_of_a_threshold_is_written() -> None:
    """A change every twelve minutes leaves room for "25 %", and none for its name."""
    words = words_on(_errors_chart(_changed_at(*range(0, 210, 12))))

    assert "25 %" in words
    assert "partial outage 25 %" not in words


def test_words_of_a_threshold_leave_the_signal_to_be_seen() -> None:
    """Where the signal runs above the line all through the impact, the words hang below the line."""
    case = payments()
    level = piecewise(1, 0.02, (14.0, 0.001), (14.1, 0.3), (16.4, 0.3), (16.5, 0.001))
    (told, _), *_ = case.signals
    figure = _errors_chart(replace(case, signals=((told, level),)))
    words, box = next((t, b) for t, b in texts_on(figure).items() if "25 %" in t.get_text())
    assert words.axes is not None

    assert box.y1 <= float(words.axes.transData.transform((0.0, 0.25))[1])


def test_calm_errors_look_calm() -> None:
    """Two failures in a thousand are a low line and not a jagged range of mountains."""
    assert panels_on(figure_of("healthy"))[0].get_ylim()[1] > 0.01


def test_a_limit_people_set_is_drawn() -> None:
    """The limit of a custom signal is a line with its value."""
    assert "limit 10,000 messages" in words_on(figure_of("unmeasured"))


def test_a_limit_far_away_is_said() -> None:
    """A limit of five seconds above a signal of 40 ms is words, because its line would flatten the signal."""
    spec = replace(LATENCY, limit=5.0)
    case = Case(signals=((report(spec, Band(0.04, 0.03, 0.05)), wave(1, 0.04, 0.001)),))

    assert "limit 5 s not in view, normal up to 50 ms" in words_on(singles_of(case)[0])


def test_a_ratio_counted_in_per_cent_is_not_held_against_shares() -> None:
    """25 of a signal in `%` is 25 %, and a threshold of a quarter is not drawn into it at 0.25."""
    spec = replace(ERRORS, unit="%")
    case = Case(signals=((report(spec, None), wave(1, 12.0, 1.0)),))

    words = words_on(singles_of(case)[0])
    assert "10 %" in words
    assert not [w for w in words if "partial outage" in w]


def test_what_was_normal_and_the_peak_are_said() -> None:
    """Each panel's figures can be read without the axis."""
    words = words_on(figure_of("payments"))

    assert "normal up to 0.2 %, peak 41.0 % at 15:48" in words
    assert "normal from 85 req/s" in words


def test_the_baseline_is_a_band() -> None:
    """The normal range of response times lies behind the line, from low to high."""
    panel = panels_on(figure_of("payments"))[1]

    bands = [p.get_bbox() for p in panel.patches if isinstance(p, Rectangle) and p.get_alpha()]
    assert [(box.y0, box.y1) for box in bands] == [(0.36, 0.5)]


def test_the_legend_names_only_what_is_there() -> None:
    """A chart without gaps explains no hatching; one without impact no states."""
    key = key_of(figure_of("healthy"))

    assert key == {"change", "normal range"}
