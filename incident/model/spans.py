"""Instants, intervals and grids: aware UTC outside arrays, int64 epoch milliseconds inside them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from incident.text.instants import from_ms, to_ms

Millis: TypeAlias = npt.NDArray[np.int64]
Values: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]

_MS = timedelta(milliseconds=1)

ms = to_ms
"""Epoch milliseconds of an aware instant."""
instant = from_ms
"""The aware UTC instant of epoch milliseconds."""


def whole_second(epoch_ms: float) -> datetime:
    """The nearest whole second, for estimates between scrapes."""
    return instant(round(epoch_ms / 1000) * 1000)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open interval [start, end) of UTC time. Raises ValueError when naive, not UTC or empty."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for at in (self.start, self.end):
            if at.utcoffset() != timedelta(0):
                raise ValueError(f"span: {at!r} is not an aware UTC instant; convert it first")
        if self.end <= self.start:
            raise ValueError(f"span: end {self.end} is not after start {self.start}")

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    @property
    def start_ms(self) -> int:
        return ms(self.start)

    @property
    def end_ms(self) -> int:
        return ms(self.end)

    def holds(self, at: datetime) -> bool:
        return self.start <= at < self.end

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end

    def widened(self, before: timedelta, after: timedelta) -> Span:
        return Span(self.start - before, self.end + after)

    def clipped(self, outer: Span) -> Span | None:
        start, end = max(self.start, outer.start), min(self.end, outer.end)
        return Span(start, end) if start < end else None


def merged(spans: Iterable[Span], gap: timedelta) -> tuple[Span, ...]:
    """The spans in order, those nearer to each other than `gap` joined."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start - joined[-1].end <= gap:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant with its uncertainty and where it was read: a query, an alert, a person.

    `at` is the best estimate inside the bracket (after, by] that was measured; `plus_minus` reaches from
    there over the whole of it, and is zero where the value itself is the time.
    """

    at: datetime
    plus_minus: timedelta
    source: str


def bracketed(after_ms: float, by_ms: float, source: str, estimate_ms: float | None = None) -> Moment:
    """The moment of something known only to lie in (after, by], at `estimate_ms` or the middle.

    Told to the whole second: no scrape knows it better, and digits that were not measured are not shown.
    """
    at = whole_second((after_ms + by_ms) / 2 if estimate_ms is None else estimate_ms)
    reach = max(ms(at) - after_ms, by_ms - ms(at))
    return Moment(at=at, plus_minus=timedelta(milliseconds=math.ceil(reach)), source=source)


@dataclass(frozen=True, slots=True)
class Grid:
    """`count` evaluation times `start_ms + k * step_ms`, aligned to the step."""

    start_ms: int
    step_ms: int
    count: int

    @property
    def times(self) -> Millis:
        return self.start_ms + self.step_ms * np.arange(self.count, dtype=np.int64)

    @property
    def end_ms(self) -> int:
        """One step past the last evaluation: each point stands for [t, t + step)."""
        return self.start_ms + self.step_ms * self.count

    @property
    def step(self) -> timedelta:
        return timedelta(milliseconds=self.step_ms)

    def index(self, epoch_ms: int) -> int:
        """Index of the first evaluation at or after the instant; may lie outside 0..count."""
        return -((self.start_ms - epoch_ms) // self.step_ms)


def aligned(span: Span, step: timedelta) -> Grid:
    """The grid of multiples of `step` that covers the span: from the step at or before its start."""
    step_ms = step // _MS
    first = span.start_ms // step_ms * step_ms
    count = max(1, -((first - span.end_ms) // step_ms))
    return Grid(first, step_ms, count)


def all_times(parts: Iterable[Millis]) -> Millis:
    """Every instant of several series once, in order; of none, none.

    Times of series are nearly in order, and sorting those takes a fiftieth of what numpy's `unique` takes,
    which hashes them.
    """
    together = np.sort(np.concatenate([np.empty(0, np.int64), *parts]))
    first: Flags = np.ones(together.size, np.bool_)
    first[1:] = together[1:] != together[:-1]
    return together[first]


def frozen_values(values: Sequence[float] | Values) -> Values:
    """A read-only float64 copy, so that a value shared between stages cannot be changed."""
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def frozen_times(times: Sequence[int] | Millis) -> Millis:
    """A read-only int64 copy of epoch milliseconds."""
    array = np.array(times, dtype=np.int64)
    array.setflags(write=False)
    return array
