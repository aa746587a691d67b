"""Where charts are drawn: in this process, or side by side in others that get ready while data are fetched.

Drawing is most of a draft's time, and loading the plotting library most of the rest. It is loaded once,
while the server answers the first questions, by a process of its own that then splits into workers.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing.context import BaseContext
from typing import TYPE_CHECKING, TypeAlias

from incident.model.evidence import Evidence
from incident.model.timeline import Timeline
from report.pipeline.plotting import with_a_home

if TYPE_CHECKING:
    from report.charts import Chart

Draw: TypeAlias = "Callable[[Timeline, Evidence], tuple[Chart, ...]]"
"""Draws all charts of a timeline, the summary first."""

_WORKERS = 2
"""Two draw a draft in half the time; more would wait for each other's start."""
_NO_WORKERS = (OSError, EOFError, BrokenProcessPool)
"""A system that has no processes left, or no place for the way to them: then this process draws."""
_SAFE_PATH = "PYTHONSAFEPATH"
_starting = threading.Lock()


@contextmanager
def studio(*, workers: bool, early: bool = True) -> Iterator[Draw]:
    """Yields the function that draws; with `workers`, in two processes of their own where there are cores.

    The charts are the same bytes either way. `early` starts the workers now; else the first chart does, where
    it is not certain that there will be one.
    """
    with with_a_home():
        yield from _open(workers=workers, early=early)


def _open(*, workers: bool, early: bool) -> Iterator[Draw]:
    if not has_workers(wished=workers):
        yield draw_here
        return
    with ProcessPoolExecutor(_WORKERS, _context(), _made_ready) as pool:
        if early:
            # A thread's, for the first worker is waited for until the plotting library is loaded.
            threading.Thread(target=_start, args=(pool,), daemon=True).start()
        yield lambda timeline, evidence: _drawn_beside(pool, timeline, evidence)


def has_workers(*, wished: bool) -> bool:
    """Whether a studio with such a wish draws in other processes."""
    return wished and (os.cpu_count() or 1) >= _WORKERS


def draw_here(timeline: Timeline, evidence: Evidence) -> tuple[Chart, ...]:
    """All charts, drawn in this process."""
    with with_a_home():
        from report.charts.drawing import draw

        return draw(timeline, evidence)


def _context() -> BaseContext:
    """How workers begin: split off from a process that has loaded the plotting library, where that is safe.

    Each of them would take half a second of a processor to load it. On systems other than Linux libraries
    may have begun what does not survive a split.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["report.charts.drawing"])
    return context


def _start(pool: ProcessPoolExecutor) -> None:
    """Starts the workers now; the first drawing tells where that was not to be."""
    with suppress(RuntimeError, *_NO_WORKERS), _begun_safely():  # the run may have ended meanwhile
        for _ in range(_WORKERS):
            pool.submit(_nothing)


@contextmanager
def _begun_safely() -> Iterator[None]:
    """Processes started inside are deaf to Ctrl-C, and take no module from the working directory.

    The terminal sends it to them too, and ending is ours to do. What splits into workers would load a
    `report.py` that lies where the command is called in place of the plotting library.
    """
    with _starting, _deaf(), _safe_path():
        yield


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes started inside, by this thread, do not hear Ctrl-C before they have made themselves ready."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _safe_path() -> Iterator[None]:
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before


def _made_ready() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import report.charts.drawing  # noqa: F401 - what takes long is loaded before it is needed


def _end_with_parent() -> None:
    """A worker whose parent was killed has nobody to tell it to end."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)


def _nothing() -> None:
    """A first task, so that the workers start now."""


def _drawn_beside(pool: ProcessPoolExecutor, timeline: Timeline, evidence: Evidence) -> tuple[Chart, ...]:
    try:
        with _begun_safely():
            asked = [pool.submit(_share, timeline, evidence, k) for k in range(_WORKERS)]
        drawn = {number: chart for one in asked for number, chart in one.result()}
    except _NO_WORKERS:
        return draw_here(timeline, evidence)
    return tuple(drawn[number] for number in sorted(drawn))


def _share(timeline: Timeline, evidence: Evidence, k: int) -> list[tuple[int, Chart]]:
    """One worker's charts with their numbers."""
    from report.charts.drawing import draw, shares

    numbers = shares(len(timeline.signals) + 1, _WORKERS)[k]
    return list(zip(numbers, draw(timeline, evidence, share=(k, _WORKERS)), strict=True))
