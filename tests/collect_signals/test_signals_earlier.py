"""The same hours of earlier days: what is asked, what it costs, and what is said where they are not there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from collector.errors import QueryRejected, Unavailable
from collector.reading.extend import extend, extend_back
from collector.reading.survey import SurveyRequest, survey
from collector.source import Answer
from incident.model.evidence import Evidence
from incident.model.spans import Grid, ms
from tests.lab_fakes import FakeSource, at, by_time, constant, http_service, span

WEEK, DAY = timedelta(days=7), timedelta(days=1)
REQUEST = SurveyRequest("payments", (), span(240, 300), lead=timedelta(hours=4), tail=timedelta(minutes=20))
NOW = at(900)
REFUSED = QueryRejected("too many samples", status=422, error_type="execution", server_text="", query="q")


def _source(**ranges: Callable[[Grid], Answer]) -> FakeSource:
    usual: dict[str, Callable[[Grid], Answer]] = {
        "histogram_quantile": constant(0.2),
        "/ (sum": constant(0.01),
        "sum(rate": by_time(float),
    }
    return FakeSource(http_service("payments", 0, 600), ranges={**usual, **ranges})


def _since(first: float, answer: Callable[[Grid], Answer]) -> Callable[[Grid], Answer]:
    """Answers as `answer` does, but nothing from before so many minutes after T0."""
    return lambda grid: answer(grid) if grid.start_ms >= ms(at(first)) else Answer(())


def _earlier(source: FakeSource, request: SurveyRequest = REQUEST) -> Evidence:
    return survey(source, request, NOW)


def test_latency_and_traffic_are_read_a_week_and_a_day_earlier_in_steps_of_five_minutes() -> None:
    """The same hours, at their true times; failures and targets have no rhythm."""
    evidence = _earlier(_source())

    assert [period.ago for period in evidence.earlier] == [WEEK, DAY]
    for period in evidence.earlier:
        assert [one.name for one in period.signals] == ["traffic", "p99", "p50"]
        assert period.grid.step == timedelta(minutes=5)
        assert period.grid.start_ms <= evidence.grid.start_ms - period.ago / timedelta(milliseconds=1)
        assert period.grid.end_ms >= evidence.covered.end_ms - period.ago / timedelta(milliseconds=1)
        assert period.note == ""
        traffic = period.signals[0].values
        np.testing.assert_array_equal(traffic, period.grid.times.astype(np.float64))


def test_a_signal_costs_two_queries_more() -> None:
    """One a period; latency p50 and p99 are a signal each."""
    source = _source()
    _earlier(source)
    asked = [query for kind, query in source.asked if kind == "range" and "histogram_quantile" in query]

    assert len(asked) == 2 * (1 + 2)


def test_a_lead_in_of_days_needs_no_more() -> None:
    """It holds its own earlier days."""
    request = replace(REQUEST, lead=timedelta(days=2))
    evidence = _earlier(_source(), request)

    assert evidence.earlier == ()


def test_wide_windows_are_read_more_coarsely() -> None:
    """At most six hundred points a signal and period, and one to draw a line to."""
    request = replace(REQUEST, asked=span(-2000, 300), lead=timedelta(hours=40))
    evidence = _earlier(_source(), request)

    assert all(300 < period.grid.count <= 602 for period in evidence.earlier)


def test_where_there_was_no_traffic_no_more_is_asked() -> None:
    """A service younger than a week, or a server that keeps less: one question a period."""
    source = _source(**{"sum(rate": _since(0, constant(9.0))})
    evidence = _earlier(source)
    asked = [query for kind, query in source.asked if kind == "range" and "histogram_quantile" in query]

    assert [(period.signals, period.note) for period in evidence.earlier] == [((), "no samples")] * 2
    assert len(asked) == 2
    assert evidence.unknowns == ()


def test_a_refused_query_costs_its_own_signal_only_and_no_exit_code() -> None:
    """The draft is complete without it: it is said beside the period, not among what could not be seen."""

    def refusing(grid: Grid) -> Answer:
        if grid.start_ms < ms(at(0)):
            raise REFUSED
        return constant(0.2)(grid)

    evidence = _earlier(_source(histogram_quantile=refusing))

    assert [one.name for one in evidence.earlier[0].signals] == ["traffic"]
    assert "p99 could not be read" in evidence.earlier[0].note
    assert evidence.unknowns == ()


def test_a_source_that_does_not_answer_is_not_asked_again() -> None:
    """One question a period is lost, and nothing else."""
    calls = []

    def gone(grid: Grid) -> Answer:
        if grid.start_ms < ms(at(0)):
            calls.append(grid.start_ms)
            raise Unavailable("http://prometheus.example:9090: timed out")
        return constant(9.0)(grid)

    evidence = _earlier(_source(**{"sum(rate": gone}))

    assert len(calls) == 2
    assert all(not period.signals and "could not be read" in period.note for period in evidence.earlier)


@pytest.mark.parametrize("way", ["on", "back"])
def test_reading_further_asks_for_the_new_stretch_only(way: str) -> None:
    """What is known of the earlier days stays, and covers the longer window afterwards."""
    source = _source()
    evidence = _earlier(source)
    before = len(source.asked)
    further = extend(source, evidence, at(400)) if way == "on" else extend_back(source, evidence, at(-120))
    asked = [query for kind, query in source.asked[before:] if kind == "range" and "quantile(0.99" in query]

    assert len(asked) == 1 + 2  # the new stretch of the window, and of each period
    for period in further.earlier:
        moved = further.covered.start_ms - period.ago / timedelta(milliseconds=1)
        assert period.grid.start_ms <= moved
        np.testing.assert_array_equal(period.signals[0].values, period.grid.times.astype(np.float64))
