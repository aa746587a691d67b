"""How much may be read: per answer and per run, counted in decoded bytes while they stream in."""

from __future__ import annotations

import threading

MIB = 1024 * 1024

ANSWER_BYTES = 32 * MIB
"""Per answer: about 1.2 million samples; decoding one took 11 times its size in the worst case measured."""

RUN_BYTES = 256 * MIB
"""Per run: ten million samples; a report that needs more asks too finely. A scan is allowed more, as much as
it has announced."""

SAMPLE_BYTES = 40
"""Of a sample in an answer, and the share of its labels: 35 in the longest rows measured."""

ERROR_BYTES = 64 * 1024
"""Of an error page: only its first words are ever shown."""

TEXT_CHARS = 500
"""Of a server's own words in our message."""

MAX_POINTS = 11_000
"""Points per series in one range query; Prometheus refuses more, VictoriaMetrics from 30,000 on."""

SPLIT_LEVELS = 3
"""How often a query that hits a limit is halved in time: at most eight parts."""

LONGEST_URL = 4_000
"""Longer requests go as POST; reverse proxies commonly stop at 8 kB of headers, cookies included."""


class OverLimit(Exception):
    """An answer was larger than allowed; `whole_run` when the run's allowance is used up."""

    def __init__(self, allowed: int, *, whole_run: bool) -> None:
        super().__init__(f"more than {allowed // MIB} MiB")
        self.allowed = allowed
        self.whole_run = whole_run


class Budget:
    """Counts decoded bytes of one run, whichever thread reads them, against the two caps."""

    def __init__(self, per_answer: int = ANSWER_BYTES, per_run: int = RUN_BYTES) -> None:
        self._per_answer = per_answer
        self._per_run = per_run
        self._lock = threading.Lock()
        self._own = threading.local()
        self.used = 0

    @property
    def used_here(self) -> int:
        """What the calling thread has counted."""
        return int(getattr(self._own, "used", 0))

    def allow(self, samples: int) -> None:
        """That so many samples more are expected than a run usually has."""
        with self._lock:
            self._per_run += samples * SAMPLE_BYTES

    def take(self, count: int, so_far: int) -> None:
        """Count bytes of an answer of which `so_far` (these included) were read. Raises OverLimit."""
        self._own.used = self.used_here + count
        with self._lock:
            self.used += count
        if self.used > self._per_run:
            raise OverLimit(self._per_run, whole_run=True)
        if so_far > self._per_answer:
            raise OverLimit(self._per_answer, whole_run=False)
