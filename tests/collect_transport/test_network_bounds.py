"""Time, size and tries are bounded, whatever a server does within them."""

from __future__ import annotations

import gzip
import socket
import time
from datetime import timedelta

import pytest

from collector.errors import TooExpensive, Unavailable
from collector.http import limits
from tests.collect_transport.asking import GOOD, GRID, error_of, source
from tests.collect_transport.fault_server import (
    Behaviour,
    FaultServer,
    Request,
    answer,
    failure,
    in_turn,
    matrix,
    reset,
)

pytestmark = pytest.mark.usefixtures("quick")


HUGE = b'{"status":"success","data":' + b" " * 3_000_000 + b"}"


def hang(_request: Request, connection: socket.socket) -> None:
    """Say nothing until the client gives up."""
    connection.recv(1)


def drip(_request: Request, connection: socket.socket) -> None:
    """A body that arrives byte by byte, each in time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n")
    for _ in range(200):
        connection.sendall(b"{")
        time.sleep(0.05)


def drip_head(_request: Request, connection: socket.socket) -> None:
    """A head that arrives byte by byte."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(200):
        connection.sendall(b"x")
        time.sleep(0.05)


@pytest.mark.parametrize("behave", [hang, drip, drip_head], ids=["hang", "drip", "dripping head"])
def test_the_deadline_ends_everything(behave: Behaviour) -> None:
    """However little arrives, and however regularly, the run's deadline ends the request."""
    with FaultServer(behave) as server:
        began = time.monotonic()
        error = error_of(server.url, seconds=0.6, query_timeout=timedelta(seconds=30))
        took = time.monotonic() - began

    assert isinstance(error, Unavailable)
    assert "deadline" in str(error)
    assert 0.5 < took < 2.6


def test_a_silent_server_is_given_up_after_the_query_s_own_time() -> None:
    """A server that accepts and says nothing costs one query's time, not the run's, and no second try."""
    with FaultServer(hang) as server:
        error = error_of(server.url)

    assert isinstance(error, Unavailable)
    assert "no answer in time" in str(error)
    assert len(server.asked) == 1


def test_nothing_is_asked_once_the_deadline_has_passed() -> None:
    """After the deadline a further question is refused without a request."""
    with FaultServer(GOOD) as server:
        asked = source(server.url, seconds=0.05)
        time.sleep(0.1)
        with pytest.raises(Unavailable, match="deadline"):
            asked.range("up", GRID)
        asked.close()

    assert server.asked == []


def test_two_failures_and_a_success_are_a_success() -> None:
    """Passing failures leave no trace in the answer, and are counted."""
    with FaultServer(in_turn(reset, answer("", status=502), GOOD)) as server:
        asked = source(server.url)
        found = asked.range("up", GRID)
        asked.close()

    assert [series.labels for series in found.series] == [(("job", "a"),)]
    assert asked.stats.tries == 3
    assert asked.stats.queries == 1


def test_retry_after_is_waited_for() -> None:
    """A server that asks for a second is given a second."""
    busy = answer("", status=429, headers={"Retry-After": "1"})
    with FaultServer(in_turn(busy, GOOD)) as server:
        asked = source(server.url)
        began = time.monotonic()
        asked.range("up", GRID)
        took = time.monotonic() - began
        asked.close()

    assert took >= 1.0


def test_an_endless_answer_stops_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body over the cap is not read to its end, and is told of as too much."""
    monkeypatch.setattr(limits.Budget.__init__, "__defaults__", (1_000_000, 8_000_000))
    with FaultServer(answer(HUGE)) as server:
        error = error_of(server.url)

    assert isinstance(error, TooExpensive)
    assert "the answer is larger than" in str(error)


def test_a_bomb_stops_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cap counts decompressed bytes, so a small bomb is a large answer."""
    monkeypatch.setattr(limits.Budget.__init__, "__defaults__", (1_000_000, 8_000_000))
    bomb = gzip.compress(HUGE * 30)
    with FaultServer(answer(bomb, headers={"Content-Encoding": "gzip"})) as server:
        error = error_of(server.url, compression=True)

    assert len(bomb) < 200_000
    assert isinstance(error, TooExpensive)


def test_the_run_has_a_cap_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many answers that are small enough still end at the run's allowance, without being split."""
    monkeypatch.setattr(limits.Budget.__init__, "__defaults__", (1_000_000, 300))
    with FaultServer(GOOD) as server:
        asked = source(server.url)
        asked.range("up", GRID)
        asked.range("up", GRID)
        with pytest.raises(TooExpensive, match="this run has read"):
            asked.range("up", GRID)
        asked.close()

    assert len(server.asked) == 3


def test_what_may_be_asked_is_asked_in_halves() -> None:
    """A limit on samples is answered by halving the time, three times at most, with the same result."""

    def limited(request: Request, connection: socket.socket) -> None:
        start, end = (float(request.parameters[name][0]) for name in ("start", "end"))
        if end - start > 100:
            text = "query processing would load too many samples into memory in query execution"
            answer(failure("execution", text), status=422)(request, connection)
        else:
            values = [(float(at), str(at)) for at in range(int(start), int(end) + 1, 15)]
            answer(matrix(({"job": "a"}, values)))(request, connection)

    with FaultServer(limited) as server:
        asked = source(server.url)
        found = asked.range("sum(up)", GRID)
        asked.close()

    assert found.series[0].times.tolist() == GRID.times.tolist()
    assert found.series[0].values.tolist() == [at / 1000 for at in GRID.times.tolist()]


def test_a_limit_that_splitting_does_not_help_is_told() -> None:
    """A server that refuses every part is asked fifteen times at most, and its words are passed on."""
    busy = answer(failure("timeout", "query timed out in expression evaluation"), status=503)
    with FaultServer(busy) as server:
        error = error_of(server.url)

    assert isinstance(error, TooExpensive)
    assert error.status == 503
    assert error.error_type == "timeout"
    assert error.server_text == "query timed out in expression evaluation"
    assert error.query == "sum(up)"
    assert len(server.asked) == 1 + limits.SPLIT_LEVELS
