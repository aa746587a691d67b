"""Where charts are drawn: in this process, or side by side in others that get ready while data are fetched.

Drawing is most of a draft's time, and loading the plotting library most of the rest. Workers started
before the first question to the server load it while the server answers.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from incident.model.evidence import Evidence
from incident.model.timeline import Timeline

if TYPE_CHECKING:
    from report.charts import Chart

Draw: TypeAlias = "Callable[[Timeline, Evidence], tuple[Chart, ...]]"
"""Draws all charts of a timeline, the summary first."""

_WORKERS = 2
"""Two draw a draft in half the time; more would wait for each other's start."""


@contextmanager
def studio(*, workers: bool, early: bool = True) -> Iterator[Draw]:
    """Yields the function that draws; with `workers`, in two processes of their own where there are cores.

    The charts are the same bytes either way. `early` starts the workers now; else the first chart does, where
    it is not certain that there will be one.
    """
    if not has_workers(wished=workers):
        yield draw_here
        return
    with ProcessPoolExecutor(_WORKERS, multiprocessing.get_context("spawn"), _made_ready) as pool:
        if early:
            _start(pool)
        yield lambda timeline, evidence: _drawn_beside(pool, timeline, evidence)


def has_workers(*, wished: bool) -> bool:
    """Whether a studio with such a wish draws in other processes."""
    return wished and (os.cpu_count() or 1) >= _WORKERS


def draw_here(timeline: Timeline, evidence: Evidence) -> tuple[Chart, ...]:
    """All charts, drawn in this process."""
    from report.charts import draw

    return draw(timeline, evidence)


def _start(pool: ProcessPoolExecutor) -> None:
    """Starts the workers now, deaf to Ctrl-C: the terminal sends it to them too, and ending is ours to do."""
    with _deaf():
        for _ in range(_WORKERS):
            pool.submit(_nothing)


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes started inside, by this thread, do not hear Ctrl-C before they have made themselves ready."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _made_ready() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import report.charts  # noqa: F401 - what takes long is loaded before it is needed


def _end_with_parent() -> None:
    """A worker whose parent was killed has nobody to tell it to end."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)


def _nothing() -> None:
    """A first task, so that the workers start now."""


def _drawn_beside(pool: ProcessPoolExecutor, timeline: Timeline, evidence: Evidence) -> tuple[Chart, ...]:
    with _deaf():
        asked = [pool.submit(_share, timeline, evidence, k) for k in range(_WORKERS)]
    drawn = {number: chart for one in asked for number, chart in one.result()}
    return tuple(drawn[number] for number in sorted(drawn))


def _share(timeline: Timeline, evidence: Evidence, k: int) -> list[tuple[int, Chart]]:
    """One worker's charts with their numbers."""
    from report.charts import draw, shares

    numbers = shares(len(timeline.signals) + 1, _WORKERS)[k]
    return list(zip(numbers, draw(timeline, evidence, share=(k, _WORKERS)), strict=True))
