"""Several queries in flight at once, their results in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")

_WAITING = 2
"""Results that may lie ready and untaken for each thread: more would only fill the memory."""


def ahead(tasks: Sequence[Callable[[], T]], width: int) -> Iterator[T]:
    """The results of the tasks, in their order, with up to `width` of them at work at any time.

    What a task raises is raised when its turn comes; no task is begun after that, or after the iterator
    was closed. The threads are daemons: a run that is told to stop does not wait for a server that hangs.
    """
    if width <= 1 or len(tasks) <= 1:
        for task in tasks:
            yield task()
        return
    work = _Work(tasks, width)
    work.start()
    try:
        for future in work.futures:
            yield future.result()
            work.room.release()
    finally:
        work.stop()


class _Work(Generic[T]):
    """Tasks, who does them, and what came of each."""

    def __init__(self, tasks: Sequence[Callable[[], T]], width: int) -> None:
        self.futures: list[Future[T]] = [Future() for _ in tasks]
        self.room = threading.Semaphore(width * _WAITING)
        self._width = width
        self._tasks = iter(list(zip(tasks, self.futures, strict=True)))
        self._lock = threading.Lock()

    def start(self) -> None:
        for _ in range(self._width):
            threading.Thread(target=self._do, daemon=True).start()

    def stop(self) -> None:
        """Nothing more is begun."""
        with self._lock:
            self._tasks = iter(())
        for _ in range(self._width):
            self.room.release()

    def _do(self) -> None:
        while True:
            self.room.acquire()
            with self._lock:
                task, future = next(self._tasks, (None, None))
            if task is None or future is None:
                return
            try:
                future.set_result(task())
            except BaseException as error:  # noqa: BLE001 - handed on to whoever takes the result
                future.set_exception(error)
