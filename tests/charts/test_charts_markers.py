"""The numbers above a chart: none touches another, all stand in order and near their times."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.charts.markers import CLEAR, FARTHEST, Label, Mark, place
from report.charts.parts.lanes import label_width
from report.charts.style import PLOT


def _marks(places: list[float]) -> list[Mark]:
    return [Mark(k, x, "measured") for k, x in enumerate(sorted(places), start=1)]


def _numbers(label: Label) -> list[int]:
    first, _, last = label.text.strip("\u2039\u203a").partition("-")
    return list(range(int(first), int(last or first) + 1))


anywhere = st.lists(st.floats(-200, PLOT + 200), max_size=120)
on_the_lane = st.lists(st.floats(0, PLOT), max_size=60)


@given(anywhere)
def test_labels_never_touch_and_stay_on_the_lane(places: list[float]) -> None:
    """Whatever the times, labels keep their distance from each other and end within the lane."""
    labels = place(_marks(places), PLOT, label_width)

    for left, right in pairwise(labels):
        assert right.left - left.right >= CLEAR - 1e-6
    assert all(label.left >= -1e-6 and label.right <= PLOT + 1e-6 for label in labels)


@given(anywhere)
def test_every_number_stands_once_and_in_order(places: list[float]) -> None:
    """Read from left to right, the labels count every row of the timeline once."""
    labels = place(_marks(places), PLOT, label_width)

    assert [n for label in labels for n in _numbers(label)] == list(range(1, len(places) + 1))


@given(on_the_lane)
def test_labels_stay_near_their_times(places: list[float]) -> None:
    """A label never stands farther from what it points at than an eye follows a leader."""
    labels = place(_marks(places), PLOT, label_width)

    assert all(label.shift <= FARTHEST + 1e-6 for label in labels)


@given(on_the_lane)
def test_labels_point_at_their_own_times(places: list[float]) -> None:
    """The places a label points at are those of its numbers."""
    labels = place(_marks(places), PLOT, label_width)

    assert [x for label in labels for x in label.anchors] == pytest.approx(sorted(places))


@given(st.lists(st.integers(0, 12), min_size=1, max_size=13, unique=True))
def test_labels_with_room_stand_exactly_at_their_times(slots: list[int]) -> None:
    """Nothing is moved or shared where there is no need."""
    places = [20 + 36.0 * slot for slot in sorted(slots)]

    labels = place(_marks(places), PLOT, label_width)

    assert [label.middle for label in labels] == pytest.approx(places)


def test_forty_rows_in_ten_minutes_share_a_few_labels() -> None:
    """Forty rows within 23 points, as ten minutes of three and a half hours, become ranges like 1-14."""
    labels = place(_marks([240 + k * 23 / 39 for k in range(40)]), PLOT, label_width)

    assert 1 < len(labels) < 6
    assert all(re.fullmatch(r"\d+-\d+", label.text) for label in labels)


def test_thousands_of_rows_are_placed() -> None:
    """A flapping alert with ten thousand rows still makes one readable lane."""
    labels = place(_marks([k * PLOT / 9999 for k in range(10_000)]), PLOT, label_width)

    assert sum(len(_numbers(label)) for label in labels) == 10_000


def test_rows_beside_the_axis_are_gathered_at_its_edges() -> None:
    """Rows before and after the chart's time keep their numbers, with an arrow to where they are."""
    labels = place(_marks([-300, -20, 100, PLOT + 5]), PLOT, label_width)

    assert [label.text for label in labels] == ["\u20391-2", "3", "4\u203a"]
    assert labels[0].anchors == (0.0, 0.0)


def test_a_shared_label_keeps_a_style_only_if_all_agree() -> None:
    """A range of alerts looks like an alert; a mixed one looks like none of its parts."""
    agreed = place([Mark(k, 100, "alert") for k in range(1, 41)], PLOT, label_width)
    mixed = place([Mark(k, 100, "alert" if k % 2 else "change") for k in range(1, 41)], PLOT, label_width)

    assert {label.style for label in agreed} == {"alert"}
    assert {label.style for label in mixed} == {""}


def test_no_rows_make_no_labels() -> None:
    """An empty timeline has an empty lane."""
    assert place([], PLOT, label_width) == ()
