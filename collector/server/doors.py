"""One server, asked by several threads: each has its own connections, all share one deadline and budget."""

from __future__ import annotations

import threading
from collections.abc import Callable

from collector.http import limits
from collector.http.answers import failures
from collector.http.answers.replies import Reply
from collector.http.deadline import Deadline
from collector.server.live import Door, Pairs
from incident.model.spans import Grid


class Doors:
    """A `Door` that is a different one in each thread, because a session remembers its last reply.

    `make` opens one more door; it is called once at once, so that an address or a certificate that cannot
    be used is told before anything is asked.
    """

    def __init__(self, make: Callable[[], Door]) -> None:
        self._make = make
        self._own = threading.local()
        self._lock = threading.Lock()
        self._spare = [make()]
        self._all = list(self._spare)

    @property
    def deadline(self) -> Deadline:
        """Everybody's."""
        return self._mine.deadline

    @property
    def wording(self) -> failures.Wording:
        """How messages are masked."""
        return self._mine.wording

    @property
    def budget(self) -> limits.Budget:
        """Everybody's."""
        return self._mine.budget

    @property
    def last(self) -> Reply:
        """The last reply that this thread got."""
        return self._mine.last

    @property
    def tries(self) -> int:
        """How many requests this thread's last question took."""
        return self._mine.tries

    def query_range(self, query: str, grid: Grid, params: dict[str, str]) -> bytes:
        """See `Door.query_range`."""
        return self._mine.query_range(query, grid, params)

    def query(self, query: str, params: dict[str, str]) -> bytes:
        """See `Door.query`."""
        return self._mine.query(query, params)

    def get(self, path: str, params: Pairs) -> bytes:
        """See `Door.get`."""
        return self._mine.get(path, params)

    def post(self, path: str, form: Pairs) -> bytes:
        """See `Door.post`."""
        return self._mine.post(path, form)

    def close(self) -> None:
        """Let go of everybody's connections."""
        with self._lock:
            for door in self._all:
                door.close()

    @property
    def _mine(self) -> Door:
        door: Door | None = getattr(self._own, "door", None)
        if door is None:
            with self._lock:
                if not self._spare:
                    self._spare.append(self._make())
                    self._all.append(self._spare[-1])
                door = self._spare.pop()
            self._own.door = door
        return door
