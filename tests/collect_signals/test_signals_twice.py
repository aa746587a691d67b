"""A service that two servers or two jobs scraped: what is told twice is counted once."""

from __future__ import annotations

from typing import Any

import pytest

from collector.errors import QueryRejected
from collector.signals.discover import Found, discover
from collector.signals.explain import explained
from collector.source import Answer
from incident.model.signals import Samples
from incident.model.spans import Grid
from tests.lab_fakes import Canned, FakeSource, http_service, samples, span

WINDOW = span(0, 60)


def _twice(label: str, *values: str) -> list[Samples]:
    return [one for value in values for one in _service(label, value)]


def _service(label: str, value: str) -> list[Samples]:
    own: dict[str, Any] = {label: value}
    return http_service("shop", 0, 60, **own)


def _seen(label: str, **shares: tuple[float, float]) -> dict[str, Canned]:
    """How much of the grid each of them told, from one share of it to another."""

    def answer(grid: Grid) -> Answer:
        times = grid.times.tolist()
        parts = {value: times[int(a * len(times)) : int(b * len(times))] for value, (a, b) in shares.items()}
        return Answer(tuple(samples("", part, 1, **{label: value}) for value, part in parts.items() if part))

    return {f"count by ({label})": answer}


def _found(label: str, *, matchers: tuple[str, ...] = (), **shares: tuple[float, float]) -> Found:
    held = _twice(label, *shares)
    return discover(FakeSource(held, ranges=_seen(label, **shares)), "shop", matchers, WINDOW)


WHOLE = (0.0, 1.0)


@pytest.mark.parametrize("label", ["prometheus_replica", "receive_replica", "replica", "job"])
def test_what_two_tell_of_the_same_targets_is_read_of_one(label: str) -> None:
    """A pair of servers joined without deduplication would count each request twice."""
    found = _found(label, a=WHOLE, b=WHOLE)

    assert found.requests is not None
    assert f'{label}="a"' in found.requests.selector
    assert f'{label}="a"' in found.targets
    assert found.target_count == 1
    assert f'{label}="a"' in found.scope.matchers
    assert explained(found)[0].startswith(f'series: {label} a, b hold the same targets; "a" is read')


def test_the_one_that_told_more_is_read() -> None:
    """One of the pair was away for half of the window: the other has no hole."""
    found = _found("prometheus_replica", a=(0.0, 0.5), b=WHOLE)

    assert found.scope.matchers[0] == 'prometheus_replica="b"'


def test_one_after_another_is_told_once() -> None:
    """A label whose value changed within the window names two halves, and their sum is right."""
    found = _found("prometheus_replica", a=(0.0, 0.5), b=(0.5, 1.0))

    assert found.scope.matchers == ('namespace="prod"',)
    assert found.twice == ""


def test_a_chosen_replica_is_enough() -> None:
    """Who names one by a matcher has chosen, and nothing is asked about it."""
    found = _found("prometheus_replica", matchers=('prometheus_replica="b"',), a=WHOLE, b=WHOLE)

    assert found.scope.matchers == ('prometheus_replica="b"', 'namespace="prod"')
    assert found.twice == ""


def test_replicas_of_a_program_are_summed() -> None:
    """A label `replica` that only the program's own counters have tells its parts, not two servers."""
    counted = [one for one in _twice("replica", "0", "1") if one.label("__name__") != "up"]
    up = [one for one in http_service("shop", 0, 60) if one.label("__name__") == "up"]

    found = discover(FakeSource([*counted, *up]), "shop", (), WINDOW)

    assert found.requests is not None
    assert "replica" not in found.requests.selector


@pytest.mark.parametrize("jobs", [("job-1", "job-2"), ("shop", "shop")])
def test_two_instances_are_summed(jobs: tuple[str, str]) -> None:
    """Targets at two addresses are two, under one job or under two."""
    held = [
        one
        for k, job in enumerate(jobs)
        for one in http_service("shop", 0, 60, instance=f"10.0.0.{k}:80", job=job)
    ]

    found = discover(FakeSource(held), "shop", (), WINDOW)

    assert found.target_count == 2
    assert found.twice == ""


def test_a_refused_look_costs_nothing_else() -> None:
    """Where the server refuses to say who told how much, the service is found as it is."""
    refusal = QueryRejected(
        "refused", status=422, error_type="execution", server_text="too many samples", query="count"
    )
    ranges: dict[str, Canned] = {"count by (prometheus_replica)": refusal}

    found = discover(FakeSource(_twice("prometheus_replica", "a", "b"), ranges=ranges), "shop", (), WINDOW)

    assert found.requests is not None
    assert found.twice == ""
