"""One deadline for everything a source is asked, on the monotonic clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta


class Deadline:
    """Counts down from its making. `clock` gives monotonic seconds, handed in so that tests own time."""

    def __init__(self, length: timedelta, clock: Callable[[], float]) -> None:
        self.length = length
        self._clock = clock
        self._end = clock() + length.total_seconds()

    def left(self) -> float:
        """Seconds left; zero or less once it has passed."""
        return self._end - self._clock()

    @property
    def passed(self) -> bool:
        return self.left() <= 0

    def at_most(self, seconds: float) -> float:
        """The smaller of `seconds` and what is left; never quite zero, which sockets read as "no limit"."""
        return max(0.001, min(seconds, self.left()))


def from_now(length: timedelta) -> Deadline:
    """A deadline this long from now on."""
    return Deadline(length, time.monotonic)
