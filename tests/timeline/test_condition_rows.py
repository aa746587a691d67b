"""Specification of conditions: from when to when they were true, and which rows tell of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from incident.model.conditions import Condition, ConditionStretch
from incident.model.facts import AlertInterval
from incident.model.signals import Samples
from incident.model.spans import Span, frozen_times, frozen_values, ms
from incident.timeline.rows.conditions import condition_events, of_alert, stretches
from tests.reasoning_builders import alert, at
from tests.timeline.scenes import HEALTHY

MINUTE = timedelta(minutes=1)
HOLD = timedelta(minutes=10)
WINDOW = Span(at("12:00"), at("15:00"))
LABELS = (("service", "shop"), ("severity", "page"))


def _lag(values: Sequence[float], start: str = "12:00", **changes: object) -> Condition:
    """Consumer lag over 10 k, an evaluation a minute."""
    times = [ms(at(start) + k * MINUTE) for k in range(len(values))]
    samples = Samples((), frozen_times(times), frozen_values(list(values)))
    known = Condition(
        signal="HighLag",
        what="kafka_lag",
        alert="HighLag",
        labels=LABELS,
        op=">",
        limit=10_000.0,
        unit="",
        query="kafka_lag",
        interval=MINUTE,
        guarded=False,
        samples=samples,
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def _stretches(condition: Condition, window: Span = WINDOW) -> tuple[ConditionStretch, ...]:
    return stretches(replace(HEALTHY.evidence(), conditions=(condition,)), window, HOLD)


def _highs(*lengths: int) -> list[float]:
    """Low, high, low ... for so many minutes each."""
    return [value for k, n in enumerate(lengths) for value in [20_000.0 if k % 2 else 1_000.0] * n]


def test_a_stretch_is_from_the_first_true_evaluation_to_the_first_false_one() -> None:
    """True from the fifth minute for half an hour; each bound is as uncertain as evaluations are apart."""
    (one,) = _stretches(_lag(_highs(5, 30, 20)))

    assert (one.start, one.end) == (at("12:05"), at("12:35"))
    assert (one.plus_minus, one.end_plus_minus) == (MINUTE, MINUTE)
    assert (one.times, one.began_before) == (1, False)


def test_what_is_still_true_has_no_end() -> None:
    """At the last evaluation it was true."""
    (one,) = _stretches(_lag(_highs(5, 30)))

    assert one.end is None


def test_what_was_true_from_the_first_sample_began_before() -> None:
    """Nothing is known of the time before it."""
    (one,) = _stretches(_lag(_highs(0, 30, 20)))

    assert one.began_before


@pytest.mark.parametrize(("pause", "found"), [(9, 1), (10, 2)])
def test_pauses_shorter_than_a_recovery_must_hold_are_bridged(pause: int, found: int) -> None:
    """Ten minutes false are a return; nine are not."""
    told = _stretches(_lag(_highs(5, 10, pause, 10, 20)))

    assert len(told) == found
    assert sum(one.times for one in told) == 2


@pytest.mark.parametrize(("window", "found"), [(("12:34", "13:00"), 1), (("12:35", "13:00"), 0)])
def test_a_stretch_that_ended_as_the_window_begins_is_outside(window: tuple[str, str], found: int) -> None:
    """Stretches are half open: at the evaluation that found it false it is over."""
    assert len(_stretches(_lag(_highs(5, 30, 60)), Span(at(window[0]), at(window[1])))) == found


@pytest.mark.parametrize(("window", "found"), [(("12:00", "12:06"), 1), (("12:00", "12:05"), 0)])
def test_a_stretch_that_begins_as_the_window_ends_is_outside(window: tuple[str, str], found: int) -> None:
    """The window's end is not in it."""
    assert len(_stretches(_lag(_highs(5, 30, 60)), Span(at(window[0]), at(window[1])))) == found


def test_the_peak_is_the_worst_while_it_was_true() -> None:
    """Of lag the highest; a value in a pause does not count."""
    values = _highs(5, 10, 5, 10, 20)
    values[8], values[17] = 50_000.0, 9_999.0
    (one,) = _stretches(_lag(values))

    assert (one.peak, one.peak_at) == (50_000.0, at("12:08"))


def test_of_what_must_not_fall_the_peak_is_the_lowest() -> None:
    """Free space under a limit is worst where there was least of it."""
    values = np.array(_highs(5, 10, 20))
    values = np.where(values > 10_000, 300.0, 20_000.0)
    values[9] = 100.0
    (one,) = _stretches(_lag(values.tolist(), op="<"))

    assert (one.peak, one.peak_at) == (100.0, at("12:09"))


def test_missing_evaluations_are_neither_true_nor_false() -> None:
    """A gap inside a stretch does not end it, and widens the bound it lies at."""
    values = _highs(5, 30, 20)
    values[10] = values[35] = values[36] = float("nan")
    (one,) = _stretches(_lag(values))

    assert (one.end, one.end_plus_minus) == (at("12:37"), 3 * MINUTE)


def _page(pending: str | None, firing: str | None, **changes: object) -> AlertInterval:
    page = alert("HighLag", firing, "12:36", pending=pending, severity="page", service="shop")
    return replace(page, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("page", "own"),
    [
        (_page("12:05", "12:10"), True),
        (_page("12:08", "12:13"), True),
        (_page("12:09", "12:14"), False),
        (_page(None, "12:06"), True),
        (_page("12:05", None), True),
        (_page(None, None), False),
        (_page("12:05", "12:10", name="OtherLag"), False),
        (_page("12:05", "12:10", labels=(("service", "other"),)), False),
    ],
    ids="pending-then late-pending too-late only-firing only-pending never other-name other-labels".split(),
)
def test_an_alert_is_about_the_stretch_that_its_rule_saw(page: AlertInterval, own: bool) -> None:
    """Its own name and labels, and pending within two evaluations and the uncertainty of the start."""
    (one,) = _stretches(_lag(_highs(5, 30, 20)))

    assert of_alert(one, page) is own


def test_beside_measured_impact_the_rows_of_an_alert_are_not_told_twice() -> None:
    """The alert's own rows say when the condition was true; where no impact is measured both are told."""
    found, page = _stretches(_lag(_highs(5, 30, 20))), _page("12:05", "12:10")

    assert list(condition_events(found, [page], main=False)) == []
    assert [e.kind for e in condition_events(found, [page], main=True)] == ["condition", "condition_over"]
    assert [e.kind for e in condition_events(found, [], main=False)] == ["condition", "condition_over"]


def test_a_peak_has_a_row_where_it_is_later_than_the_start() -> None:
    """Lag that grows is worst later; with its value as it was measured."""
    values = _highs(5, 30, 20)
    values[20] = 45_678.0
    told = list(condition_events(_stretches(_lag(values)), [], main=True))

    assert [(e.kind, e.at, e.value) for e in told] == [
        ("condition", at("12:05"), ""),
        ("peak", at("12:20"), "45678"),
        ("condition_over", at("12:35"), ""),
    ]


@pytest.mark.parametrize(("count", "told_of"), [(2, [0, 1]), (3, [0, 1, 2]), (4, [0, 1, 3]), (5, [0, 1, 4])])
def test_of_many_stretches_the_first_two_and_the_last_are_told(count: int, told_of: list[int]) -> None:
    """More of them are in the chart; each row keeps an id of its own."""
    found = _stretches(_lag(_highs(5, *[12] * (2 * count - 1))))
    told = list(condition_events(found, [], main=True))

    assert [e.at for e in told if e.kind == "condition"] == [found[k].start for k in told_of]
    assert len({e.id for e in told}) == len(told)


def test_the_rows_say_how_long_how_often_and_how_exactly() -> None:
    """True with its end and how often it came, over after how long, each with its own uncertainty."""
    values = _highs(5, 10, 5, 10, 20)
    values[30] = values[31] = float("nan")
    begun, over = condition_events(_stretches(_lag(values)), [], main=True)

    assert (begun.until, begun.plus_minus, over.until, over.plus_minus) == (over.at, MINUTE, None, 3 * MINUTE)
    assert "on and off 2 times" in begun.title
    assert over.title.endswith("after 27 min")


def test_what_came_once_is_not_told_as_coming_and_going() -> None:
    """No count where there is nothing to count."""
    begun, _ = condition_events(_stretches(_lag(_highs(5, 10, 20))), [], main=True)

    assert "times" not in begun.title


@pytest.mark.parametrize(("op", "word"), [(">", "Peak of"), ("<", "Lowest")])
def test_the_worst_is_named_by_its_direction(op: str, word: str) -> None:
    """What must not fall is worst at its lowest."""
    values = np.array(_highs(5, 10, 20)) if op == ">" else 21_000.0 - np.array(_highs(5, 10, 20))
    values[9] = 50_000.0 if op == ">" else 10.0
    (peak,) = (
        e
        for e in condition_events(_stretches(_lag(values.tolist(), op=op)), [], main=True)
        if e.kind == "peak"
    )

    assert peak.title.startswith(word)
