"""When an alert fired last is found with few questions, also where a server answers for a month at most."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from collector.errors import NoData, QueryRejected
from report.pipeline.asked.firing import last_fired
from tests.collect_transport.asking import source
from tests.faults.proxy import Answer, Asked, FaultProxy, failure

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
LENGTH = timedelta(minutes=10)
"""Of each firing."""
_STEP = 15

Refuses = Callable[[float, float], Answer | None]
"""The answer to a question about these seconds where it is refused."""


def _never(_start: float, _end: float) -> Answer | None:
    return None


def _longer_than(most: timedelta) -> Refuses:
    """As Mimir words it; what a range looks back for counts, as there."""
    said = "the query time range exceeds the limit (err-mimir-max-query-length)"
    refusal = failure(422, "execution", said)
    return lambda start, end: refusal if end - start > most.total_seconds() else None


def _before(oldest: datetime) -> Refuses:
    """As VictoriaMetrics words it with -denyQueriesOutsideRetention: as if it were away."""
    said = "the given time range [a..b] is outside the allowed -retentionPeriod=40d"
    return lambda start, _end: failure(503, "503", said) if start < oldest.timestamp() else None


class _Server:
    """Holds the firing samples of one alert, and refuses what it is told to."""

    def __init__(self, *ends: datetime, refuses: Refuses = _never, warnings: tuple[str, ...] = ()) -> None:
        spans = [(int((end - LENGTH).timestamp()), int(end.timestamp())) for end in ends]
        self._times = [at for first, last in spans for at in range(first, last + 1, _STEP)]
        self._refuses = refuses
        self._warnings = warnings

    def __call__(self, asked: Asked) -> Answer | None:
        given = {name: values[0] for name, values in asked.parameters.items()}
        ranged = asked.path.endswith("query_range")
        end = float(given["end" if ranged else "time"])
        reach = re.search(r"\[(\d+)(ms|d)\]", given["query"])
        assert reach is not None
        length = int(reach[1]) / 1000 if reach[2] == "ms" else int(reach[1]) * DAY.total_seconds()
        first = float(given["start"]) if ranged else end
        refused = self._refuses(first - length, end)
        if refused is not None:
            return refused
        steps = range(int(first), int(end) + 1, int(float(given["step"]))) if ranged else ()
        counted = [(t, sum(t - length <= at <= t for at in self._times)) for t in steps]
        values = [(t, str(n)) for t, n in counted if n]
        if not ranged:
            values = [(at, "1") for at in self._times if end - length < at <= end]
        series = [{"metric": {"alertname": "A"}, "values": values}] if values else []
        data = {"resultType": "matrix", "result": series}
        told = {"status": "success", "warnings": list(self._warnings), "data": data}
        return Answer(body=json.dumps(told).encode())


def _asked(server: _Server) -> tuple[datetime, datetime, int]:
    """Start and end of the firing found, and the requests it took."""
    with FaultProxy(server) as proxy:
        start, end, _ = last_fired(source(proxy.url), "A", NOW)
        return start, end, len(proxy.asked)


@pytest.mark.parametrize(
    ("ago", "most"),
    [(timedelta(hours=2), 1), (5 * DAY, 3), (20 * DAY, 4), (300 * DAY, 7), (1800 * DAY, 11)],
    ids=["today", "this week", "last month", "last year", "almost five years ago"],
)
def test_a_firing_however_long_ago_takes_few_questions(ago: timedelta, most: int) -> None:
    """One of today, the usual case, takes one."""
    start, end, requests = _asked(_Server(NOW - ago))

    assert (start, end) == (NOW - ago - LENGTH, NOW - ago)
    assert requests <= most


def test_the_last_of_several_is_found() -> None:
    """Not the one of a month before."""
    assert _asked(_Server(NOW - 40 * DAY, NOW - 9 * DAY))[1] == NOW - 9 * DAY


def test_a_firing_that_began_the_day_before_is_found_whole() -> None:
    """Its first sample lies outside the first question."""
    start, end, _ = _asked(_Server(NOW - DAY + timedelta(minutes=4)))

    assert end - start == LENGTH


@pytest.mark.parametrize("hours", [0, 24, 240])
def test_a_firing_whose_last_sample_is_at_midnight_is_found(hours: int) -> None:
    """Days are counted closed at both ends by some servers, and at one by others."""
    midnight = NOW.replace(hour=0, minute=0) - timedelta(days=3, hours=hours)

    assert _asked(_Server(midnight))[1] == midnight


@pytest.mark.parametrize("days", [20, 45, 400])
def test_a_server_that_answers_for_a_month_at_a_time_is_asked_in_months(days: int) -> None:
    """Mimir and managed services refuse longer questions."""
    assert _asked(_Server(NOW - days * DAY, refuses=_longer_than(32 * DAY)))[1] == NOW - days * DAY


def test_a_server_that_answers_for_a_few_days_at_a_time_is_asked_for_those() -> None:
    """One with very many series, or a low limit of samples."""
    assert _asked(_Server(NOW - 12 * DAY, refuses=_longer_than(3 * DAY)))[1] == NOW - 12 * DAY


def test_what_a_server_keeps_is_searched_and_no_more() -> None:
    """VictoriaMetrics may refuse what is older; the firing of last week is found."""
    assert _asked(_Server(NOW - 9 * DAY, refuses=_before(NOW - 40 * DAY)))[1] == NOW - 9 * DAY


def test_where_the_server_refuses_to_look_further_is_told() -> None:
    """With its reason, at the cost of a few requests; none of them is repeated."""
    with FaultProxy(_Server(refuses=_before(NOW - 40 * DAY))) as proxy:
        with pytest.raises(
            NoData, match=r"between 2026-01-.*refused to look further back.*retention"
        ) as told:
            last_fired(source(proxy.url), "A", NOW)

        assert len(proxy.asked) < 20
    assert "\n" not in str(told.value)


def test_a_name_that_never_fired_is_told_after_few_questions() -> None:
    """A misspelt one, mostly."""
    with FaultProxy(_Server()) as proxy:
        with pytest.raises(NoData, match="no firing sample in ALERTS between 2021-"):
            last_fired(source(proxy.url), "A", NOW)

        assert len(proxy.asked) <= 10


def test_nothing_found_while_a_store_was_away_says_so() -> None:
    """It may have fired, and the samples lie there."""
    with (
        FaultProxy(_Server(warnings=("store-2 is away",))) as proxy,
        pytest.raises(NoData, match="not complete: store-2 is away"),
    ):
        last_fired(source(proxy.url), "A", NOW)


def test_a_server_that_refuses_today_as_well_is_told_as_it_says_it() -> None:
    """Nothing was looked at, so nothing is known of the alert."""
    with (
        FaultProxy(_Server(refuses=_longer_than(timedelta(0)))) as proxy,
        pytest.raises(QueryRejected, match="exceeds the limit"),
    ):
        last_fired(source(proxy.url), "A", NOW)
