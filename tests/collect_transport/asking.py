"""Asking a server for one thing, with a credential that must never show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collector.errors import CollectError
from collector.http.settings import HttpSettings
from collector.prometheus import PrometheusSource, connect
from incident.model.spans import Grid, Span
from incident.text.secret import Secret
from tests.collect_transport.fault_server import answer, matrix

CANARY = "c4nary-t0ken-must-not-show"
GRID = Grid(1_700_000_000_000 // 15_000 * 15_000, 15_000, 20)
SPAN = Span(datetime(2023, 11, 14, tzinfo=UTC), datetime(2023, 11, 15, tzinfo=UTC))
GOOD = answer(matrix(({"job": "a"}, [(GRID.start_ms / 1000, "1")])))


def settings(**changes: object) -> HttpSettings:
    """Access with a canary for a credential."""
    given: dict[str, object] = {
        "headers": (("Authorization", Secret(f"Bearer {CANARY}")), ("X-Scope-OrgID", Secret("tenant-7"))),
        "masked": (Secret(CANARY),),
        "credential": "bearer_token of http.yml",
        "query_timeout": timedelta(seconds=1),
    }
    return HttpSettings(**given | changes)  # type: ignore[arg-type]


def source(url: str, *, seconds: float = 10, **changes: object) -> PrometheusSource:
    return connect(settings(**changes), url=url, deadline=timedelta(seconds=seconds), on_query=None)


def error_of(url: str, *, seconds: float = 10, **changes: object) -> CollectError:
    """The error of one range query."""
    asked = source(url, seconds=seconds, **changes)
    try:
        with pytest.raises(CollectError) as caught:
            asked.range("sum(up)", GRID)
    finally:
        asked.close()
    return caught.value
