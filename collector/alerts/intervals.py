"""From evaluations to intervals: which samples are one run of an alert, and where it began and ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from collector.alerts.watched import Watched
from collector.signals.samples.raw import FRESH_INTERVALS
from collector.signals.samples.silence import Silence
from incident.model.facts import AlertInterval, Nearness
from incident.model.spans import Millis, Span, instant

# More than this many intervals between two samples, and an evaluation found the alert not active.
_MISSED = 1.5
# After a silence rates need their window again and a restarted rule its second evaluation; an alert that
# is back within this is the same one.
_REFILL_MS = 5 * 60_000
# A server that starts evaluates its rules before it scrapes: targets come 5 s after the start at most, and
# each is scraped within an interval, which is a minute by default.
_BEFORE_FIRST_SCRAPE_MS = 65_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What intervals of one alert are judged by: the evaluation interval, the span, and what was blind."""

    step_ms: int
    span: Span
    blind: tuple[Silence, ...]


def intervals(one: Watched, reading: Reading, nearness: Nearness) -> tuple[AlertInterval, ...]:
    """The pending-firing-resolved runs of an alert, in order of time."""
    times = one.times
    breaks, bridged = _breaks(one, times, reading)
    runs = np.split(times, breaks)
    return tuple(
        _interval(one, run, reading, nearness, bool(np.isin(run[1:], bridged).any()))
        for run in runs
        if run.size
    )


def _breaks(one: Watched, times: Millis, reading: Reading) -> tuple[list[int], Millis]:
    """Indices at which a new run begins, and the times after a hole that was not read as a resolve."""
    wide = np.flatnonzero(np.diff(times) > _MISSED * reading.step_ms) + 1
    breaks: list[int] = []
    bridged: list[int] = []
    for index in wide.tolist():
        before, after = int(times[index - 1]), int(times[index])
        hole = after - before > FRESH_INTERVALS * reading.step_ms
        same = _same_since(one, before, after)
        if same or _across_blind(before, after, reading):
            bridged += [after] * hole
        elif same is False or hole:
            breaks.append(index)
    return breaks, np.array(bridged, dtype=np.int64)


def _same_since(one: Watched, before: int, after: int) -> bool | None:
    """Whether the condition has been true since the same second at both times; None where not stored."""
    earlier, later = _since(one, before), _since(one, after)
    return None if earlier is None or later is None else earlier == later


def _since(one: Watched, at_ms: int) -> int | None:
    """ALERTS_FOR_STATE at an evaluation: the unix second, or None."""
    index = int(np.searchsorted(one.since_times, at_ms))
    if index < one.since_times.size and int(one.since_times[index]) == at_ms:
        return int(one.since[index])
    return None


def _across_blind(before: int, after: int, reading: Reading) -> bool:
    """Whether the alert was active until all went blind, and again soon after."""
    return any(
        _fell_silent(before, blind, reading.step_ms)
        and blind.by_ms - after <= max(reading.step_ms, _BEFORE_FIRST_SCRAPE_MS)
        and after - blind.by_ms <= _REFILL_MS
        for blind in reading.blind
    )


def _fell_silent(last: int, blind: Silence, step_ms: int) -> bool:
    """Whether the blind stretch begins where the samples end."""
    return abs(blind.after_ms - last) <= FRESH_INTERVALS * step_ms


def _interval(one: Watched, run: Millis, reading: Reading, nearness: Nearness, gap: bool) -> AlertInterval:
    first, last = int(run[0]), int(run[-1])
    firing = one.firing[(one.firing >= first) & (one.firing <= last)]
    fired = int(firing[0]) if firing.size else None
    again = _seen_gone(last, reading)
    return AlertInterval(
        name=one.name,
        labels=one.labels,
        pending_at=_pending_at(one, first, fired, reading.step_ms),
        firing_at=instant(fired) if fired is not None else None,
        resolved_at=None if _still_active(last, reading) else instant(again or last + reading.step_ms),
        plus_minus=timedelta(milliseconds=reading.step_ms),
        nearness=nearness,
        source=one.source,
        began_before=_began_before(first, reading),
        evaluation_gap=gap,
        ended_unseen=again is not None,
    )


def _seen_gone(last: int, reading: Reading) -> int | None:
    """When the alert was first seen to be gone, where nothing was evaluated after its last sample."""
    ended = (b.by_ms for b in reading.blind if -reading.step_ms < b.after_ms - last < reading.step_ms)
    return next((by for by in ended if by < reading.span.end_ms), None)


def _pending_at(one: Watched, first: int, fired: int | None, step_ms: int) -> datetime | None:
    """When the condition was first seen true; None where it fired at the evaluation that found it true."""
    since = _since(one, first)
    if since is not None and since * 1000 <= first:
        waited = fired is None or fired - since * 1000 > step_ms
        return instant(since * 1000) if waited or first != fired else None
    return instant(first) if first != fired else None


def _still_active(last: int, reading: Reading) -> bool:
    """Whether no evaluation after the last sample was read that could have found it gone."""
    if last + reading.step_ms >= reading.span.end_ms:
        return True
    return any(
        blind.by_ms >= reading.span.end_ms and _fell_silent(last, blind, reading.step_ms)
        for blind in reading.blind
    )


def _began_before(first: int, reading: Reading) -> bool:
    """Whether it was active at the first evaluation that was read."""
    starts: Sequence[int] = [
        reading.span.start_ms,
        *(blind.by_ms for blind in reading.blind if blind.after_ms <= reading.span.start_ms),
    ]
    return any(abs(first - start) <= reading.step_ms for start in starts)
