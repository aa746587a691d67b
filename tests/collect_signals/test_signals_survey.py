"""The survey as a whole, on a source in memory: what comes, what is unknown, and what ends the run."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from collector.errors import NoData, QueryRejected, Unavailable
from collector.reading.extend import extend, extend_back
from collector.reading.survey import SurveyRequest, survey
from collector.reading.zoom import zoom
from collector.signals.custom import WantedSignal
from incident.model.evidence import Evidence
from incident.model.signals import Measure
from incident.model.spans import ms
from tests.lab_fakes import T0, FakeSource, at, by_time, constant, http_service, samples, span, ticks

REQUEST = SurveyRequest("payments", (), span(120, 180), lead=timedelta(hours=2), tail=timedelta(minutes=30))
NOW = at(600)
REFUSED = QueryRejected(
    "errors: many-to-many", status=422, error_type="execution", server_text="many-to-many", query="q"
)


def _wave(t: int) -> float:
    return math.sin((t - ms(T0)) / 1e6) + 2


def _source(**more: object) -> FakeSource:
    ranges = {"histogram_quantile": by_time(_wave), "/ (sum": constant(0.01), "sum(rate": by_time(_wave)}
    source = FakeSource(http_service("payments", 0, 300), ranges=ranges)
    for name, value in more.items():
        setattr(source, name, value)
    return source


def _names(evidence: Evidence) -> list[str]:
    return [signal.spec.name for signal in evidence.signals]


def test_everything_of_a_usual_service_is_surveyed() -> None:
    """Errors, latencies, traffic and availability share one grid over lead-in, window and tail."""
    evidence = survey(_source(), REQUEST, NOW)

    assert _names(evidence) == ["errors", "p99", "p50", "traffic", "availability"]
    assert evidence.covered == span(0, 210)
    assert evidence.asked == REQUEST.asked
    assert evidence.scrape_interval == timedelta(seconds=15)
    assert all(signal.grid == evidence.grid for signal in evidence.signals)
    assert evidence.unknowns == ()
    assert evidence.origin.server == "Prometheus 2.42.0"
    assert evidence.counters is None


def test_the_future_is_not_asked_for() -> None:
    """The tail ends now; a window that has not begun is no data."""
    assert survey(_source(), REQUEST, at(190)).covered.end == at(190)
    with pytest.raises(NoData, match="lies in the future"):
        survey(_source(), REQUEST, at(60))


def test_a_refused_query_costs_its_own_signal() -> None:
    """The others come, and the refused one is a failed unknown with the server's reason."""
    source = _source()
    source.ranges = {**source.ranges, "/ (sum": REFUSED}

    evidence = survey(source, REQUEST, NOW)

    assert _names(evidence) == ["p99", "p50", "traffic", "availability"]
    (unknown,) = evidence.unknowns
    assert (unknown.what, unknown.failed) == ("signal errors", True)
    assert "many-to-many" in unknown.why


def test_a_source_that_is_gone_ends_the_run() -> None:
    """When no query comes through, the run ends with the source's own error."""
    source = _source()
    source.ranges = {"rate": Unavailable("prometheus.example: refused")}

    with pytest.raises(Unavailable):
        survey(source, REQUEST, NOW)


def test_partial_answers_make_a_failed_unknown() -> None:
    """Values of a partial answer are kept, and the missing part is named."""
    evidence = survey(_source(partial="histogram_quantile(0.99"), REQUEST, NOW)

    assert "p99" in _names(evidence)
    assert [(u.what, u.failed) for u in evidence.unknowns] == [("signal p99", True)]


def test_lost_alert_history_is_not_an_empty_one() -> None:
    """Where ALERTS cannot be read, the evidence says so instead of having none."""
    evidence = survey(_source(raws={"ALERTS": REFUSED}), REQUEST, NOW)

    assert not evidence.alerts_readable
    assert [u.what for u in evidence.unknowns] == ["alert history"]


def test_window_after_the_last_sample_of_anything_is_no_data() -> None:
    """A window in which nothing at all was scraped makes no draft, and says when samples end."""
    late = replace(REQUEST, asked=span(310, 360))
    source = _source()
    source.ranges = {
        "rate": lambda grid: by_time(lambda t: 1.0 if t < ms(at(300)) else np.nan)(grid),
    }

    with pytest.raises(NoData, match=r"no samples of anything between .*; the last before it is of"):
        survey(source, late, NOW)


def test_window_in_which_only_the_service_is_gone_is_kept() -> None:
    """Where others were scraped, the absence of the service is a finding, not an error."""
    late = replace(REQUEST, asked=span(310, 360))
    other = samples("up", ticks(0, 400), 1, job="other", instance="b:1")
    source = FakeSource([*http_service("payments", 0, 300), other])

    evidence = survey(source, late, NOW)

    assert np.isnan(evidence.signals[-1].values[-60:]).all()


def test_wanted_signals_stand_alone_without_discovery() -> None:
    """With discovery off nothing but what was asked for is read."""
    wanted = (WantedSignal("lag", "sum(kafka_lag)"),)
    source = FakeSource(ranges={"kafka_lag": constant(5)})

    evidence = survey(source, replace(REQUEST, wanted=wanted, discovery=False), NOW)

    assert _names(evidence) == ["lag"]
    assert evidence.signals[0].spec.measure is Measure.OTHER
    assert all(kind != "series" for kind, _ in source.asked)
    assert [u.what for u in evidence.unknowns] == ["scrape interval"]


def test_wanted_signal_of_several_series_shows_the_worst() -> None:
    """Many series become one by the direction that harms, and the evidence says how many."""
    wanted = (WantedSignal("lag", "kafka_lag"),)

    def two(grid):  # type: ignore[no-untyped-def]
        a, b = constant(5)(grid).series, constant(7)(grid).series
        return replace(constant(5)(grid), series=(*a, *b))

    evidence = survey(
        FakeSource(ranges={"kafka_lag": two}), replace(REQUEST, wanted=wanted, discovery=False), NOW
    )

    assert (evidence.signals[0].values == 7).all()
    assert "the greatest of 2 series" in evidence.signals[0].spec.why


def test_unknown_service_is_no_excuse_for_wanted_signals() -> None:
    """A service nothing knows is no error when somebody brings a query for it."""
    wanted = (WantedSignal("lag", "sum(kafka_lag)"),)
    evidence = survey(FakeSource(ranges={"kafka_lag": constant(5)}), replace(REQUEST, wanted=wanted), NOW)

    assert _names(evidence) == ["lag"]


def test_too_many_targets_are_counted_by_the_server() -> None:
    """Thousands of targets are not read raw; their share is asked for, and that is said."""
    many = [samples("up", ticks(0, 300, 300), 1, service="payments", instance=f"a:{i}") for i in range(4000)]
    source = FakeSource(many, ranges={"last_over_time(up": constant(1)})

    evidence = survey(source, REQUEST, NOW)

    assert evidence.targets is None
    assert _names(evidence) == ["availability"]
    assert [u.what for u in evidence.unknowns] == ["restarts, deploys and single targets"]


def test_extending_gives_what_reading_it_all_at_once_gives() -> None:
    """Reading on at both ends joins without a seam and asks only for the new stretches."""
    source = _source()
    short = survey(source, replace(REQUEST, lead=timedelta(hours=1), tail=timedelta(0)), NOW)
    whole = survey(source, REQUEST, NOW)

    longer = extend_back(source, extend(source, short, whole.covered.end), whole.covered.start)

    assert longer.covered == whole.covered
    assert longer.grid == whole.grid
    for mine, theirs in zip(longer.signals, whole.signals, strict=True):
        assert np.array_equal(mine.values, theirs.values, equal_nan=True)
    assert longer.targets is not None
    assert whole.targets is not None
    assert np.array_equal(longer.targets.samples[0].times, whole.targets.samples[0].times)


def test_extending_to_what_is_covered_changes_nothing() -> None:
    """No question is asked for a stretch that is there already."""
    source = _source()
    evidence = survey(source, REQUEST, NOW)
    asked = len(source.asked)

    assert extend(source, evidence, at(150)) is evidence
    assert len(source.asked) == asked


def test_a_stretch_in_vain_is_unknown_not_zero() -> None:
    """When the further stretch fails, its values are missing and the failure is named."""
    source = _source()
    evidence = survey(source, REQUEST, NOW)
    source.ranges = {"rate": REFUSED}

    longer = extend(source, evidence, at(240))

    assert np.isnan(longer.signals[0].values[evidence.grid.count :]).all()
    assert {u.what for u in longer.unknowns} == {
        "signal errors",
        "signal p99",
        "signal p50",
        "signal traffic",
    }


def test_zoom_reads_counters_over_the_impact_and_buckets_at_its_ends() -> None:
    """All request counters but those of health routes are read raw; buckets only near the brackets."""
    source = _source()
    evidence = survey(source, REQUEST, NOW)

    zoomed = zoom(source, evidence, (span(120, 122), span(160, 162)), (span(121, 161),))

    counters = zoomed.counters
    assert counters is not None
    assert len(counters.spans) == 1
    assert len(counters.bucket_spans) == 2
    assert counters.left_out == "route /healthz"
    assert sorted(counters.is_failed) == [False, True]
    failed = counters.requests[counters.is_failed.index(True)]
    assert failed.label("code") == "500"
    assert {one.label("le") for one in counters.buckets} == {"0.1", "1", "+Inf"}


def test_zoom_has_the_sample_before_each_boundary() -> None:
    """Spans are read a few scrapes wider, so that a difference across an edge has both its ends."""
    source = _source()
    evidence = survey(source, REQUEST, NOW)

    counters = zoom(source, evidence, (span(120, 122),), ()).counters

    assert counters is not None
    assert counters.requests[0].times[0] < ms(at(120)) - 15_000


def test_counters_do_not_tell_failures_of_another_kind() -> None:
    """Where people define errors themselves, status codes are not what failed; requests are counted still."""
    wanted = (WantedSignal("errors", 'sum(rate(orders{result="bad"}[5m])) / sum(rate(orders[5m]))'),)
    source = _source()
    evidence = survey(source, replace(REQUEST, wanted=wanted), NOW)

    counters = zoom(source, evidence, (span(120, 122),), ()).counters

    assert counters is not None
    assert counters.failed_query == ""
    assert not any(counters.is_failed)
    assert len(counters.requests) == 2


def test_counters_tell_failures_of_the_same_label() -> None:
    """An error ratio of one's own over the same counter and label leaves the failures what they are."""
    query = 'sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))'
    source = _source()
    evidence = survey(source, replace(REQUEST, wanted=(WantedSignal("errors", query),)), NOW)

    counters = zoom(source, evidence, (span(120, 122),), ()).counters

    assert counters is not None
    assert sorted(counters.is_failed) == [False, True]


def test_zoom_without_impact_or_counters_changes_nothing() -> None:
    """Nothing is read where there is nothing to place."""
    source = _source()
    evidence = survey(source, REQUEST, NOW)

    assert zoom(source, evidence, (), ()) is evidence
    bare = FakeSource([http_service("payments", 0, 300)[0]])
    without = survey(bare, REQUEST, NOW)
    assert zoom(bare, without, (span(120, 122),), ()) is without


def test_zoom_in_vain_leaves_the_survey_standing() -> None:
    """Counters that cannot be read are a failed unknown."""
    source = _source()
    evidence = survey(source, REQUEST, NOW)
    source.raws = {"http_requests_total": REFUSED}

    zoomed = zoom(source, evidence, (span(120, 122),), ())

    assert zoomed.counters is None
    assert [(u.what, u.failed) for u in zoomed.unknowns] == [("request counters", True)]


def test_pushed_counters_tell_the_interval_where_there_is_no_up() -> None:
    """What is pushed has no `up`; its counters say how often it comes, and nothing is unknown."""
    pushed = [one for one in http_service("payments", 0, 300, every_s=30) if one.label("__name__") != "up"]
    source = FakeSource(pushed, ranges=_source().ranges)

    evidence = survey(source, REQUEST, NOW)

    assert evidence.targets is None
    assert evidence.scrape_interval == timedelta(seconds=30)
    assert evidence.unknowns == ()
