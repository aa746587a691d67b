"""Several questions at once: order, errors, and what is not begun."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from collector.server.ahead import ahead
from tests.flow.command import PATIENCE_S


def _squares(count: int) -> list[Callable[[], int]]:
    return [partial(pow, number, 2) for number in range(count)]


@pytest.mark.parametrize("width", [1, 2, 5])
def test_results_come_in_the_order_of_the_tasks(width: int) -> None:
    """However many are at work."""
    assert list(ahead(_squares(20), width)) == [number**2 for number in range(20)]


def test_as_many_are_under_way_as_were_allowed() -> None:
    """Two tasks that wait for each other both end; a third that watches never sees more than two."""
    meeting = threading.Barrier(2)
    tasks = [lambda: meeting.wait(PATIENCE_S) for _ in range(4)]

    assert sorted(ahead(tasks, 2)) == [0, 0, 1, 1]


def test_an_error_is_raised_at_its_turn() -> None:
    """What came before it is there."""

    def wrong() -> int:
        raise ValueError("third")

    results = ahead([*_squares(2), wrong, *_squares(2)], 2)

    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="third"):
        next(results)


def test_nothing_more_is_begun_once_nobody_takes_results() -> None:
    """The rest of a hundred tasks stays undone when the first result was enough."""
    begun: list[int] = []
    results = ahead([partial(begun.append, number) for number in range(100)], 2)
    next(results)
    results.close()  # type: ignore[attr-defined]

    assert len(begun) < 20


def test_few_results_wait_untaken() -> None:
    """Workers pause while the results pile up."""
    begun: list[int] = []
    results = ahead([partial(begun.append, number) for number in range(100)], 2)
    next(results)

    assert len(begun) < 20
