"""The time axis: ticks at round clock times of the display zone, and the words that state the zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import gcd
from zoneinfo import ZoneInfo

from incident.model.spans import Moment, Span
from incident.text.durations import bound, format_duration
from incident.text.instants import clock, zone_label

_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

_STEPS = (
    *(n * _SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 3, 6, 12)),
    *(n * _DAY for n in (1, 2, 7, 14, 30, 90, 365, 3650, 36_500, 365_000)),
)
"""Distances between ticks that a clock or a calendar has a word for; the last one fits any span."""
_MOST_TICKS = 10
"""A label is about 30 points wide, the axis 490: more would touch."""
_FINEST_OFFSET = timedelta(minutes=15)
"""Offsets of zones are multiples of it, so round local times are round in UTC at least to it."""


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """The stretch of time that all charts of a draft share; x is seconds since its start."""

    span: Span
    zone: ZoneInfo

    @property
    def length(self) -> float:
        return self.span.length / _SECOND

    def x(self, at: datetime) -> float:
        return (at - self.span.start) / _SECOND

    def clipped_x(self, at: datetime) -> float:
        return min(max(self.x(at), 0.0), self.length)

    def clock(self, at: datetime) -> str:
        """`14:04`, `14:20:45`: seconds where there are any; `02:06 CET` where clocks change on the axis."""
        words = clock(at, self.zone, seconds=bool(at.second))
        return f"{words} {_abbreviation(at, self.zone)}" if self.clocks_change else words

    def stamp(self, at: datetime) -> str:
        """As `clock`, with the day before it where it is not the only day of the axis."""
        day = f"{at.astimezone(self.zone):%Y-%m-%d}"
        return self.clock(at) if days(self) == [day] else f"{day} {self.clock(at)}"

    def moment(self, moment: Moment) -> str:
        """`16:29:30`, or `14:04 ±2 min` where seconds would claim more than was measured."""
        if moment.plus_minus < _MINUTE:
            return self.stamp(moment.at)
        return f"{self.stamp(moment.at.replace(second=0))} ±{format_duration(bound(moment.plus_minus))}"

    @property
    def clocks_change(self) -> bool:
        """Whether the zone's offset differs between the ends: then a time of day may mean two instants."""
        return zone_label(self.span.start, self.zone) != zone_label(self.span.end, self.zone)


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    label: str


def ticks(axis: TimeAxis) -> tuple[Tick, ...]:
    """At most ten ticks at round local times; where there are several days, midnight carries its date."""
    step = next(s for s in _STEPS if axis.span.length / s <= _MOST_TICKS)
    found = _midnights(axis, step // _DAY) if step >= _DAY else _round_clocks(axis, step)
    return tuple(Tick(axis.x(at), _label(at.astimezone(axis.zone), step, axis)) for at in found)


def _midnights(axis: TimeAxis, every: int) -> list[datetime]:
    """The local midnights of each `every`-th day, counted from the calendar's beginning."""
    first, last = (at.astimezone(axis.zone).toordinal() for at in (axis.span.start, axis.span.end))
    days = range(-(-first // every) * every, last + 1, every)
    midnights = (datetime.fromordinal(day).replace(tzinfo=axis.zone).astimezone(UTC) for day in days)
    return [at for at in midnights if axis.span.start <= at <= axis.span.end]


def _round_clocks(axis: TimeAxis, step: timedelta) -> list[datetime]:
    """The instants at which the zone's clocks show a multiple of the step since midnight."""
    stride = timedelta(seconds=gcd(step // _SECOND, _FINEST_OFFSET // _SECOND))
    midnight = axis.span.start.replace(hour=0, minute=0, second=0, microsecond=0)
    first = -((midnight - axis.span.start) // stride)
    last = (axis.span.end - midnight) // stride
    instants = (midnight + k * stride for k in range(first, last + 1))
    return [at for at in instants if _since_midnight(at.astimezone(axis.zone)) % step == timedelta(0)]


def _since_midnight(local: datetime) -> timedelta:
    return timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)


def _label(local: datetime, step: timedelta, axis: TimeAxis) -> str:
    if step >= _DAY:
        return f"{local:%Y-%m-%d}"
    words = f"{local:%H:%M:%S}" if step < _MINUTE else f"{local:%H:%M}"
    is_dated = _since_midnight(local) == timedelta(0) and len(days(axis)) > 1
    return f"{words}\n{local:%Y-%m-%d}" if is_dated else words


def days(axis: TimeAxis) -> list[str]:
    """First and last local day of the axis, once where they are the same."""
    last = axis.span.end - timedelta(microseconds=1)
    return sorted({f"{at.astimezone(axis.zone):%Y-%m-%d}" for at in (axis.span.start, last)})


def axis_words(axis: TimeAxis) -> str:
    """`2023-03-01, America/New_York (EST, UTC-05:00)`: the day and the zone, a change of clocks too."""
    return f"{days_words(axis)}, {_zone_words(axis)}"


def days_words(axis: TimeAxis) -> str:
    """`2023-03-01`, or first and last day: `2023-03-01 to 2023-03-02`."""
    return " to ".join(days(axis))


def _zone_words(axis: TimeAxis) -> str:
    before, after = (_plain_label(at, axis.zone) for at in (axis.span.start, axis.span.end))
    name = str(axis.zone)
    if axis.clocks_change:
        change = _clock_change(axis.span, axis.zone)
        return f"{name} ({before} until {clock(change, axis.zone, seconds=False)}, then {after})"
    return name if before == name else f"{name} ({before})"


def _plain_label(at: datetime, zone: ZoneInfo) -> str:
    """`EST, UTC-05:00`: without the brackets, as it stands inside brackets here."""
    return zone_label(at, zone).replace(" (", ", ").removesuffix(")")


def _abbreviation(at: datetime, zone: ZoneInfo) -> str:
    """`CET`, or `UTC-03:00` where the zone has only numbers."""
    return zone_label(at, zone).partition(" ")[0]


def _clock_change(span: Span, zone: ZoneInfo) -> datetime:
    """The first instant of the span's last offset, to the second."""
    low, high = span.start, span.end
    after = zone_label(high, zone)
    while high - low > _SECOND:
        middle = low + (high - low) // 2
        low, high = (low, middle) if zone_label(middle, zone) == after else (middle, high)
    return high.replace(microsecond=0)
