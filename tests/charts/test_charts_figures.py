"""The figures as artists: nothing overlaps, everything that matters is drawn, unknown is hatched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import combinations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from incident.model.spans import Span
from incident.model.timeline import Band, EventOrigin, State, Status
from report.charts.drawing import measured_signals
from report.charts.frame import frame
from report.charts.sheet import drawing
from report.charts.single import single
from report.charts.style import FONT, STATE_FILL, STATE_HATCH
from report.charts.summary import summary
from tests.charts_builder import (
    CASES,
    ERRORS,
    HOSTILE,
    LATENCY,
    Case,
    alert,
    at,
    blanked,
    episode,
    event,
    payments,
    piecewise,
    report,
    store,
    wave,
)


@pytest.fixture(autouse=True)
def _in_our_style() -> Iterator[None]:
    with drawing():
        yield


def _summary(case: Case) -> Figure:
    timeline, evidence = case.built()
    return summary(timeline, measured_signals(timeline, evidence), frame(timeline, evidence))


def _singles(case: Case) -> list[Figure]:
    timeline, evidence = case.built()
    shared = frame(timeline, evidence)
    return [single(timeline, signal, shared) for signal in measured_signals(timeline, evidence)]


@cache
def _figure(name: str, place: int = -1) -> Figure:
    """The summary of a case, or the chart of its k-th signal."""
    case = CASES[name]()
    return _summary(case) if place < 0 else _singles(case)[place]


@cache
def _texts(figure: Figure) -> dict[Text, Bbox]:
    """What is written and where, in pixels."""
    figure.draw_without_rendering()
    written = [text for text in figure.findobj(_is_written) if isinstance(text, Text)]
    return {text: text.get_window_extent() for text in written if _is_drawn(text)}


def _is_written(artist: Artist) -> bool:
    return isinstance(artist, Text) and bool(artist.get_text()) and artist.get_visible()


def _is_drawn(text: Text) -> bool:
    """Tick labels of axes that are switched off exist, and are not drawn."""
    return text.axes is None or text.axes.axison or text in text.axes.texts


def _words(figure: Figure) -> list[str]:
    return [text.get_text() for text in _texts(figure)]


def _panels(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.axison]


def _shared_area(one: Bbox, other: Bbox) -> float:
    both = Bbox.intersection(one, other)
    return 0.0 if both is None else both.width * both.height


FIGURES = [(name, place) for name in CASES for place in (-1, 0, 1, 2)]


@pytest.mark.parametrize(("name", "place"), FIGURES)
def test_no_two_texts_overlap(name: str, place: int) -> None:
    """Whatever the incident, no words are written over others: two rows or forty, one alert or ten."""
    found = _texts(_figure(name, place))

    overlapping = [
        (one.get_text(), other.get_text())
        for (one, box), (other, other_box) in combinations(found.items(), 2)
        if _shared_area(box, other_box) > 2
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

    boxes = list(_texts(_summary(case)).values())
    assert all(_shared_area(one, other) <= 2 for one, other in combinations(boxes, 2))


@pytest.mark.parametrize(("name", "place"), FIGURES)
def test_no_text_is_cut_at_the_edge(name: str, place: int) -> None:
    """All words lie within the picture."""
    figure = _figure(name, place)
    page = figure.bbox

    beyond = [
        text.get_text()
        for text, box in _texts(figure).items()
        if box.x0 < -1 or box.x1 > page.x1 + 1 or box.y0 < -1 or box.y1 > page.y1 + 1
    ]
    assert beyond == []


@pytest.mark.parametrize("name", CASES)
def test_letters_are_large_enough_for_a_wiki_column(name: str) -> None:
    """No text is smaller than 8 points at the width at which the picture is shown."""
    assert min(float(text.get_fontsize()) for text in _texts(_figure(name))) >= FONT


def test_the_numbers_are_those_of_the_main_rows() -> None:
    """The k-th main row has the number k; rows that are only supporting have none."""
    case = payments()
    folded = [replace(event("15:00", "folded"), main=False), *case.events]

    lane = _summary(replace(case, events=tuple(folded))).axes[0]

    assert [t.get_text() for t in lane.texts] == ["row", *(str(k) for k in range(1, 11))]


def test_forty_rows_have_their_numbers_in_ranges() -> None:
    """Forty rows within ten minutes share a few labels that count them all."""
    labels = [w for w in _words(_figure("crowded")) if w.replace("-", "").isdigit() and "-" in w]

    counted = [n for label in labels for n in range(int(label.split("-")[0]), int(label.split("-")[1]) + 1)]
    assert counted == list(range(1, 41))


def test_without_rows_there_is_no_lane_for_them() -> None:
    """A draft without events does not show an empty lane."""
    assert "row" not in _words(_figure("unmeasured"))


def test_impact_is_shaded_by_state_in_every_panel() -> None:
    """Degraded, partly out and the way back are seen behind every signal."""
    for panel in _panels(_figure("payments")):
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
    lines = [line for line in _panels(_figure("payments"))[0].lines if _is_vertical(line)]

    assert len({(str(line.get_linestyle()), line.get_linewidth()) for line in lines}) == 3


def _xs(line: Line2D) -> list[float]:
    return [float(x) for x in np.asarray(line.get_xdata(), dtype=float)]


def _ys(line: Line2D) -> list[float]:
    return [float(y) for y in np.asarray(line.get_ydata(), dtype=float)]


def _is_vertical(line: Line2D) -> bool:
    xs = _xs(line)
    return len(xs) == 2 and xs[0] == xs[1]


def test_a_change_is_drawn_at_its_time() -> None:
    """The scaling at 16:00 is a dashed line 16:00 along the axis of every panel."""
    timeline, evidence = payments().built()
    x = frame(timeline, evidence).axis.x(at("16:00"))

    for panel in _panels(_figure("payments")):
        assert x in [_xs(line)[0] for line in panel.lines if _is_vertical(line)]


def test_impact_that_began_before_the_data_has_no_start_line() -> None:
    """A start that was not measured is not drawn; the strip says so in words."""
    figure = _figure("ongoing")

    assert "began before" in _words(figure)
    assert "impact starts" not in _words(figure)
    assert "impact ends" not in _words(figure)


def test_times_of_impact_stand_beside_its_bars() -> None:
    """Between outages of minutes there is no room for all their times: one alone would look like the one
    that matters, so they are left to the rows."""
    strip = _figure("flickering").axes[1]
    boxes = {
        text.get_text(): box for text, box in _texts(_figure("flickering")).items() if text.axes is strip
    }

    bars = [bar.get_window_extent() for bar in strip.patches]
    times = {words: box for words, box in boxes.items() if ":" in words}
    assert set(times) == {"14:00", "15:40"}
    assert all(_shared_area(box, bar) == 0 for box in times.values() for bar in bars)


def test_an_uncertain_start_says_so() -> None:
    """A start known to within two minutes is written without seconds and with its reach."""
    case = payments()
    start = replace(case.episodes[0].start, plus_minus=timedelta(minutes=2))
    blurred = replace(case, episodes=(replace(case.episodes[0], start=start),))

    assert "14:04 ±2 min" in _words(_summary(blurred))


def test_a_gap_is_hatched_and_named_in_every_signal_that_has_it() -> None:
    """Where the store's metrics vanished, the panels say `no data` twice; the one of targets does not."""
    panels = {_title(panel): panel for panel in _panels(_figure("store"))}

    hatched = {name: [p for p in panel.patches if p.get_hatch()] for name, panel in panels.items()}
    assert {name: len(found) for name, found in hatched.items()} == {
        "availability": 0, "errors": 2, "p99": 2, "traffic": 2,
    }  # fmt: skip
    assert [t.get_text() for t in panels["errors"].texts].count("no data") == 2


def _title(panel: Axes) -> str:
    return next(text.get_text() for text in panel.texts if text.get_fontweight() == "bold")


def test_the_line_is_broken_where_there_is_no_data() -> None:
    """No line is drawn across a gap."""
    panel = next(p for p in _panels(_figure("store")) if _title(p) == "errors")
    line = max(panel.lines, key=lambda drawn: len(_xs(drawn)))

    xs, ys = np.array(_xs(line)), np.array(_ys(line))
    timeline, evidence = store().built()
    axis = frame(timeline, evidence).axis
    inside = (xs > axis.x(at("17:00:30"))) & (xs < axis.x(at("17:29:30")))
    assert inside.any()
    assert np.isnan(ys[inside]).all()


def test_availability_takes_its_place_where_it_carries_the_impact() -> None:
    """Down without requests is told by targets, first of all panels."""
    assert [_title(panel) for panel in _panels(_figure("store"))] == [
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

    figure = _summary(replace(case, episodes=(told,), signals=(errors, calm, latency, traffic)))

    assert [_title(panel) for panel in _panels(figure)] == ["errors", "p99", "traffic"]


def test_thresholds_are_drawn_where_the_signal_comes_near_them() -> None:
    """25 % belongs into a chart that reaches 41 %, and not into one that reaches a fifth of a per cent."""
    assert "partial outage 25 %" in _words(_figure("payments"))
    assert "partial outage 25 %" not in _words(_figure("healthy"))


def _touched(figure: Figure) -> list[str]:
    """Words of a threshold that stand on an upright line of their panel."""
    extents = {text: box for text, box in _texts(figure).items() if "25 %" in text.get_text()}
    lines = [(x, panel) for panel in _panels(figure) for line in panel.lines for x in _upright_at(line)]
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

    assert [words for words in _words(figure) if "25 %" in words]
    assert _touched(figure) == []


def test_between_narrow_lines_only_the_value_of_a_threshold_is_written() -> None:
    """A change every twelve minutes leaves room for "25 %", and none for its name."""
    words = _words(_errors_chart(_changed_at(*range(0, 210, 12))))

    assert "25 %" in words
    assert "partial outage 25 %" not in words


def test_words_of_a_threshold_leave_the_signal_to_be_seen() -> None:
    """Where the signal runs above the line all through the impact, the words hang below the line."""
    case = payments()
    level = piecewise(1, 0.02, (14.0, 0.001), (14.1, 0.3), (16.4, 0.3), (16.5, 0.001))
    (told, _), *_ = case.signals
    figure = _errors_chart(replace(case, signals=((told, level),)))
    words, box = next((t, b) for t, b in _texts(figure).items() if "25 %" in t.get_text())
    assert words.axes is not None

    at_limit = float(words.axes.transData.transform((0.0, 0.25))[1])
    assert box.y1 <= at_limit or box.x1 < words.axes.transData.transform((frame_x(case, "14:00"), 0.0))[0]


def frame_x(case: Case, clock: str) -> float:
    """Where a time of the test day is on the case's axis."""
    return frame(*case.built()).axis.x(at(clock))


def test_calm_errors_look_calm() -> None:
    """Two failures in a thousand are a low line and not a jagged range of mountains."""
    assert _panels(_figure("healthy"))[0].get_ylim()[1] > 0.01


def test_a_limit_people_set_is_drawn() -> None:
    """The limit of a custom signal is a line with its value."""
    assert "limit 10,000 messages" in _words(_figure("unmeasured"))


def test_a_limit_far_away_is_said() -> None:
    """A limit of five seconds above a signal of 40 ms is words, because its line would flatten the signal."""
    spec = replace(LATENCY, limit=5.0)
    case = Case(signals=((report(spec, Band(0.04, 0.03, 0.05)), wave(1, 0.04, 0.001)),))

    assert "limit 5 s not in view, normal up to 50 ms" in _words(_singles(case)[0])


def test_a_ratio_counted_in_per_cent_is_not_held_against_shares() -> None:
    """25 of a signal in `%` is 25 %, and a threshold of a quarter is not drawn into it at 0.25."""
    spec = replace(ERRORS, unit="%")
    case = Case(signals=((report(spec, None), wave(1, 12.0, 1.0)),))

    words = _words(_singles(case)[0])
    assert "10 %" in words
    assert not [w for w in words if "partial outage" in w]


def test_what_was_normal_and_the_peak_are_said() -> None:
    """Each panel's figures can be read without the axis."""
    words = _words(_figure("payments"))

    assert "normal up to 0.2 %, peak 41.0 % at 15:48" in words
    assert "normal from 85 req/s" in words


def test_the_baseline_is_a_band() -> None:
    """The normal range of response times lies behind the line, from low to high."""
    panel = _panels(_figure("payments"))[1]

    bands = [p.get_bbox() for p in panel.patches if isinstance(p, Rectangle) and p.get_alpha()]
    assert [(box.y0, box.y1) for box in bands] == [(0.36, 0.5)]


def test_alerts_are_rows_hollow_while_pending_filled_while_firing() -> None:
    """Two alerts, each pending first: four bars, two of them white."""
    lane = next(axes for axes in _figure("payments").axes if "alerts" in [t.get_text() for t in axes.texts])

    bars = [patch for patch in lane.patches if isinstance(patch, Rectangle)]
    assert sorted(bar.get_facecolor() == (1, 1, 1, 1) for bar in bars) == [False, False, True, True]


def test_names_of_alerts_hide_no_bar() -> None:
    """A name stands beside its bars, inside a filled one in white, or on a line of its own."""
    figure = _figure("flapping_names")
    lane = next(axes for axes in figure.axes if "alerts" in [t.get_text() for t in axes.texts])
    boxes = {text: box for text, box in _texts(figure).items() if text.axes is lane}

    bars = [bar.get_window_extent() for bar in lane.patches if isinstance(bar, Rectangle)]
    for text, box in boxes.items():
        over = [bar for bar in bars if _shared_area(box, bar) > 2]
        assert over == [] or (text.get_color() == "white" and len(over) == 1)


def test_the_time_to_the_first_alert_is_said() -> None:
    """The gap between the first two clocks stands above the alerts."""
    assert "first alert fired 16 min 45 s after impact began" in _words(_figure("payments"))


def test_alerts_before_the_impact_are_said_to_be_before() -> None:
    """A negative time to detect is put in words."""
    case = payments()
    early = replace(case.milestones, first_alert_firing=replace(case.episodes[0].start, at=at("14:01")))

    assert "first alert fired 3 min before impact was measured" in _words(
        _summary(replace(case, milestones=early))
    )


def test_no_alert_and_alerts_that_could_not_be_read_differ() -> None:
    """Silence is told as silence only where it was heard."""
    assert "no alert fired" in _words(_figure("healthy"))
    assert "alerts could not be read" in _words(_figure("unmeasured"))


def test_more_alerts_than_rows_are_counted() -> None:
    """Nine alerts make six rows and a word about the other three."""
    assert "and 3 more alerts, see the table" in _words(_figure("crowded"))


def test_a_nearby_alert_is_called_nearby() -> None:
    """An alert of another service is not taken for one of this."""
    assert "Neighbour (nearby)" in _words(_figure("flapping_names"))


def test_an_alert_beside_the_axis_has_no_row() -> None:
    """What fired and ended before the chart begins is left to the table."""
    case = replace(payments(), alerts=(alert("Yesterday", "12:31", "12:32", "12:40"),))

    assert "Yesterday" not in _words(_summary(case))


def test_a_signal_without_samples_shows_no_scale() -> None:
    """An empty panel says `no data` and offers no numbers to read."""
    empty = _panels(_figure("unmeasured", 2))[0]

    assert [t.get_text() for t in empty.texts].count("no data") == 1
    assert list(empty.get_yticks()) == []


def test_a_window_of_one_sample_is_drawn() -> None:
    """A single sample is a dot."""
    window = Span(at("14:00"), at("14:00") + timedelta(seconds=30))
    case = Case(window=window, lead=timedelta(0), signals=((report(ERRORS, None), wave(1, 0.1, 0.0)),))

    (figure,) = _singles(case)

    dots = [line for line in _panels(figure)[0].lines if line.get_marker() == "o" and _xs(line)]
    assert [_ys(line) for line in dots] == [[0.1]]


def test_no_signals_at_all_still_make_a_summary() -> None:
    """Without any signal, the alerts and the rows remain."""
    case = replace(payments(), signals=(), episodes=(), status=Status.UNKNOWN)

    words = _words(_summary(case))
    assert "HighErrorRate" in words
    assert "not known" in words


def test_infinite_and_absurd_values_are_marked_at_the_edge() -> None:
    """A value that cannot be drawn is a triangle at the upper edge, and does not flatten the rest."""

    def broken(hours: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
        seen = np.full(hours.shape, 0.1)
        seen[hours.size // 2], seen[hours.size // 2 + 4] = np.inf, 1e308
        return seen

    case = Case(lead=timedelta(0), signals=((report(ERRORS, Band(float("nan"), 0, float("inf"))), broken),))

    (figure,) = _singles(case)

    panel = _panels(figure)[0]
    assert panel.get_ylim()[1] < 1
    assert [len(_xs(line)) for line in panel.lines if line.get_marker() == "^"] == [2]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_shown_as_text(text: str) -> None:
    """Mathematics, markup, controls and lone surrogates are drawn as the characters they are, or named."""
    case = replace(
        payments(),
        service=text,
        alerts=(alert(text, "14:10", "14:20", "15:00"),),
        signals=((report(replace(ERRORS, name=text, unit=text), None), wave(1, 0.1, 0.01)),),
    )

    figures = [_summary(case), *_singles(case)]

    assert all(len(_words(figure)) > 5 for figure in figures)
    assert all(not text.get_parse_math() for figure in figures for text in _texts(figure))


def _key(figure: Figure) -> set[str]:
    """What is explained at the foot."""
    return {text.get_text() for text in figure.axes[-1].texts}


def test_the_legend_names_only_what_is_there() -> None:
    """A chart without gaps explains no hatching; one without impact no states."""
    key = _key(_figure("healthy"))

    assert key == {"change", "normal range"}


def test_a_changed_row_is_square_and_the_others_round() -> None:
    """The shape of a number tells its origin without colour."""
    lane = _figure("payments").axes[0]

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

    figure = _summary(replace(payments(), episodes=(brief,)))

    assert [w for w in _words(figure) if w == "down"] == ["down"]
    assert "down" in _key(figure)


def test_a_short_gap_is_hatched_without_words() -> None:
    """Two minutes without samples in four hours are too narrow for words, and are still seen."""
    case = Case(signals=((report(ERRORS, None), blanked(wave(1, 0.1, 0.01), (14.0, 14.03))),))

    panel = _panels(_singles(case)[0])[0]

    assert len([p for p in panel.patches if p.get_hatch()]) == 1
    assert "no data" not in [t.get_text() for t in panel.texts]


def test_entered_rows_are_told_apart() -> None:
    """What people entered is in the key as such."""
    case = replace(payments(), events=(event("15:00", "Called", EventOrigin.ENTERED),))

    assert "row: entered" in _key(_summary(case))
