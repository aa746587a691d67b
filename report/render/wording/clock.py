"""Times as the draft shows them: one zone, stated once, and no more digits than were measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from incident.model.spans import Moment
from incident.model.timeline import Timeline
from incident.text.durations import as_known, bound, compact, format_duration
from incident.text.instants import clock, zone, zone_label
from report.render.wording.md import Md

_SECOND = timedelta(seconds=1)
# From here on the seconds of an instant are noise.
_COARSE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Clock:
    """How this draft writes instants. Instants are UTC inside and shown in `zone`."""

    zone: tzinfo
    name: str
    """IANA name as the reader sees it; heads the table's column."""
    day: date
    """The day in the title; a time without a date is on this day."""
    tolerance: timedelta
    """Uncertainty that is said once for all instants and not repeated at each."""
    shifts: bool
    """The zone's offset changes inside the window: each time says which of the two it means."""
    label: str
    """The zone and its offset in words, stated once."""

    def at(self, instant: datetime, plus_minus: timedelta = timedelta(0)) -> Md:
        """`14:20:45`; `14:20` where it is known to minutes only; with the date on another day."""
        local = instant.astimezone(self.zone)
        words = [clock(instant, self.zone, seconds=plus_minus < _COARSE)]
        if local.date() != self.day:
            words.insert(0, local.date().isoformat())
        if self.shifts:
            words.append(local.tzname() or zone_label(instant, self.zone))
        return Md(" ".join(words))

    def said(self, instant: datetime) -> Md:
        """An instant in a sentence: as `at`, but `14:20` where it is on the minute."""
        on_the_minute = instant.second == instant.microsecond == 0
        return self.at(instant, _COARSE if on_the_minute else timedelta(0))

    def point(self, moment: Moment) -> Md:
        """An instant in a sentence: `14:04 (±2 min)`."""
        if moment.plus_minus <= self.tolerance:
            return self.said(moment.at)
        coarse = moment.plus_minus >= _COARSE
        shown = self.at(moment.at, moment.plus_minus) if coarse else self.said(moment.at)
        return Md(f"{shown} (±{format_duration(bound(moment.plus_minus))})")

    def row(self, instant: datetime, plus_minus: timedelta) -> Md:
        """An instant in a table: `14:04 ±2m`."""
        shown = self.at(instant, plus_minus)
        return shown if plus_minus <= self.tolerance else Md(f"{shown} ±{compact(bound(plus_minus))}")

    def span(self, start: datetime, end: datetime) -> Md:
        """A stretch in a sentence: `14:00 to 16:29:30`; over days both ends are dated."""
        days = [at.astimezone(self.zone).date() for at in (start, end)]
        dated = f"{days[1]} " if days[0] != days[1] == self.day else ""
        return Md(f"{self.said(start)} to {dated}{self.said(end)}")


def length(duration: timedelta, off: timedelta = timedelta(0)) -> str:
    """A duration in a sentence, in whole seconds: `16 min 45 s`; below ten seconds as it is.

    One that may be `off` by minutes is told in minutes: its seconds would claim what nobody knows.
    """
    duration = as_known(duration, off)
    if timedelta(0) < duration < 10 * _SECOND:
        return format_duration(duration)
    return format_duration(round(duration / _SECOND) * _SECOND) or "0 s"


def since(start: datetime, instant: datetime) -> Md:
    """Signed distance for a table: `+16m45s`, `-3m`, `0`; in whole minutes from an hour on."""
    gap = instant - start
    unit = _COARSE if abs(gap) >= timedelta(hours=1) else _SECOND
    # Half a unit counts as none, so that 2 h 25 min 30 s is the 2h25m that people read off a clock.
    size = math.ceil(abs(gap) / unit - 0.5) * unit
    return Md(compact(size if gap > timedelta(0) else -size, signed=True))


def first_day(timeline: Timeline, shown_in: tzinfo) -> date:
    """The day the draft is about: that of the first impact, else of what held first, else of the window."""
    impact = [each.start.at for each in timeline.episodes[:1]]
    held = [each.start for each in timeline.conditions]
    return min(impact or held, default=timeline.window.start).astimezone(shown_in).date()


def clock_of(timeline: Timeline) -> Clock:
    """The clock of a timeline's own zone."""
    return _clock(timeline, timeline.zone)


def utc_clock(timeline: Timeline) -> Clock:
    """The same in UTC, for the evidence."""
    return _clock(timeline, "UTC")


def _clock(timeline: Timeline, name: str) -> Clock:
    shown_in = zone(name)
    first, last = (zone_label(at, shown_in) for at in (timeline.window.start, timeline.window.end))
    return Clock(
        zone=shown_in,
        name=name,
        day=first_day(timeline, shown_in),
        tolerance=timeline.scrape_interval,
        shifts=first != last,
        label=_label(name, first, last),
    )


def _label(name: str, first: str, last: str) -> str:
    if name == first == last:
        return name
    return f"{name}, {first}" if first == last else f"{name}, {first}, then {last}"
