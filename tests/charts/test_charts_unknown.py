"""Figures of what is not known, or cannot be: gaps, no signals, one sample, absurd values, hostile names."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from incident.model.spans import Span
from incident.model.timeline import Band, Status
from report.charts.frame import frame
from tests.charts.figures import (
    figure_of,
    panels_on,
    singles_of,
    summary_of,
    texts_on,
    title_of,
    words_on,
    xs_of,
    ys_of,
)
from tests.charts_builder import ERRORS, HOSTILE, Case, alert, at, blanked, report, wave
from tests.charts_cases import payments, store


def test_a_gap_is_hatched_and_named_in_every_signal_that_has_it() -> None:
    """Where the store's metrics vanished, the panels say `no data` twice; the one of targets does not."""
    panels = {title_of(panel): panel for panel in panels_on(figure_of("store"))}

    hatched = {name: [p for p in panel.patches if p.get_hatch()] for name, panel in panels.items()}
    assert {name: len(found) for name, found in hatched.items()} == {
        "availability": 0, "errors": 2, "p99": 2, "traffic": 2,
    }  # fmt: skip
    assert [t.get_text() for t in panels["errors"].texts].count("no data") == 2


pytestmark = pytest.mark.usefixtures("in_our_style")


def test_the_line_is_broken_where_there_is_no_data() -> None:
    """No line is drawn across a gap."""
    panel = next(p for p in panels_on(figure_of("store")) if title_of(p) == "errors")
    line = max(panel.lines, key=lambda drawn: len(xs_of(drawn)))

    xs, ys = np.array(xs_of(line)), np.array(ys_of(line))
    timeline, evidence = store().built()
    axis = frame(timeline, evidence).axis
    inside = (xs > axis.x(at("17:00:30"))) & (xs < axis.x(at("17:29:30")))
    assert inside.any()
    assert np.isnan(ys[inside]).all()


def test_a_signal_without_samples_shows_no_scale() -> None:
    """An empty panel says `no data` and offers no numbers to read."""
    empty = panels_on(figure_of("unmeasured", 2))[0]

    assert [t.get_text() for t in empty.texts].count("no data") == 1
    assert list(empty.get_yticks()) == []


def test_a_window_of_one_sample_is_drawn() -> None:
    """A single sample is a dot."""
    window = Span(at("14:00"), at("14:00") + timedelta(seconds=30))
    case = Case(window=window, lead=timedelta(0), signals=((report(ERRORS, None), wave(1, 0.1, 0.0)),))

    (figure,) = singles_of(case)

    dots = [line for line in panels_on(figure)[0].lines if line.get_marker() == "o" and xs_of(line)]
    assert [ys_of(line) for line in dots] == [[0.1]]


def test_no_signals_at_all_still_make_a_summary() -> None:
    """Without any signal, the alerts and the rows remain."""
    case = replace(payments(), signals=(), episodes=(), status=Status.UNKNOWN)

    words = words_on(summary_of(case))
    assert "HighErrorRate" in words
    assert "not known" in words


def test_infinite_and_absurd_values_are_marked_at_the_edge() -> None:
    """A value that cannot be drawn is a triangle at the upper edge, and does not flatten the rest."""

    def broken(hours: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
        seen = np.full(hours.shape, 0.1)
        seen[hours.size // 2], seen[hours.size // 2 + 4] = np.inf, 1e308
        return seen

    case = Case(lead=timedelta(0), signals=((report(ERRORS, Band(float("nan"), 0, float("inf"))), broken),))

    (figure,) = singles_of(case)

    panel = panels_on(figure)[0]
    assert panel.get_ylim()[1] < 1
    assert [len(xs_of(line)) for line in panel.lines if line.get_marker() == "^"] == [2]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_shown_as_text(text: str) -> None:
    """Mathematics, markup, controls and lone surrogates are drawn as the characters they are, or named."""
    case = replace(
        payments(),
        service=text,
        alerts=(alert(text, "14:10", "14:20", "15:00"),),
        signals=((report(replace(ERRORS, name=text, unit=text), None), wave(1, 0.1, 0.01)),),
    )

    figures = [summary_of(case), *singles_of(case)]

    assert all(len(words_on(figure)) > 5 for figure in figures)
    assert all(not text.get_parse_math() for figure in figures for text in texts_on(figure))


def test_a_short_gap_is_hatched_without_words() -> None:
    """Two minutes without samples in four hours are too narrow for words, and are still seen."""
    case = Case(signals=((report(ERRORS, None), blanked(wave(1, 0.1, 0.01), (14.0, 14.03))),))

    panel = panels_on(singles_of(case)[0])[0]

    assert len([p for p in panel.patches if p.get_hatch()]) == 1
    assert "no data" not in [t.get_text() for t in panel.texts]
