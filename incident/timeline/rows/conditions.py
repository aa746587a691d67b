"""When conditions were true: crossing, peak and return, on the evaluations of their rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np

from incident.model.conditions import Condition, ConditionStretch
from incident.model.evidence import Evidence
from incident.model.facts import AlertInterval
from incident.model.signals import Worse
from incident.model.spans import Flags, Millis, Span, Values, instant
from incident.model.timeline import Event, EventOrigin
from incident.rules.comparison import Comparison
from incident.rules.said import amount, named, threshold_words
from incident.text.durations import format_duration
from incident.timeline.rows.ids import event_id

_MOST_ROWS = 3
"""Stretches of one condition that are told each by its rows; of more only the first and the last."""


def stretches(evidence: Evidence, window: Span, hold: timedelta) -> tuple[ConditionStretch, ...]:
    """All stretches in the window in which a condition was true, in order of time.

    Pauses shorter than `hold` are bridged, as a recovery of impact would be.
    """
    found = (one for condition in evidence.conditions for one in _of(condition, hold))
    inside = [s for s in found if s.start < window.end and (s.end is None or s.end > window.start)]
    return tuple(sorted(inside, key=lambda s: (s.start, s.condition.signal)))


def _of(condition: Condition, hold: timedelta) -> Iterator[ConditionStretch]:
    known = np.isfinite(condition.samples.values)
    times, values = condition.samples.times[known], condition.samples.values[known]
    compared = Comparison(condition.query, condition.op, condition.limit)
    true = compared.holds(values)
    for runs in _joined(_runs(true), times, hold):
        yield _stretch(condition, compared.worse, times, values, true, runs)


def _runs(true: Flags) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], true.astype(np.int8), [0]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _joined(runs: Sequence[tuple[int, int]], times: Millis, hold: timedelta) -> list[list[tuple[int, int]]]:
    """Runs, those with less than the hold between them together."""
    groups: list[list[tuple[int, int]]] = []
    for first, stop in runs:
        # The pause counts from the first false sample, as a recovery is held from there.
        if groups and times[first] - times[groups[-1][-1][1]] < hold // timedelta(milliseconds=1):
            groups[-1].append((first, stop))
        else:
            groups.append([(first, stop)])
    return groups


def _stretch(
    condition: Condition,
    worse: Worse,
    times: Millis,
    values: Values,
    true: Flags,
    runs: Sequence[tuple[int, int]],
) -> ConditionStretch:
    first, stop = runs[0][0], runs[-1][1]
    inside = np.where(true[first:stop], values[first:stop], np.nan)
    peak = first + int(np.nanargmin(inside) if worse is Worse.DOWN else np.nanargmax(inside))
    ends = stop < times.size
    return ConditionStretch(
        condition=condition,
        start=instant(int(times[first])),
        end=instant(int(times[stop])) if ends else None,
        plus_minus=_within(times, first) if first else condition.interval,
        end_plus_minus=_within(times, stop) if ends else condition.interval,
        peak=float(values[peak]),
        peak_at=instant(int(times[peak])),
        times=len(runs),
        began_before=first == 0,
    )


def _within(times: Millis, index: int) -> timedelta:
    """How long before the sample the change may have been: back to the sample before it."""
    return timedelta(milliseconds=int(times[index] - times[index - 1]))


def of_alert(one: ConditionStretch, alert: AlertInterval) -> bool:
    """Whether the stretch is what this alert was about: its own, true since about when it was pending."""
    since, condition = alert.pending_at or alert.firing_at, one.condition
    if (condition.alert, condition.labels) != (alert.name, alert.labels) or since is None:
        return False
    return abs(since - one.start) <= one.plus_minus + 2 * condition.interval


def condition_events(
    found: Sequence[ConditionStretch], alerts: Sequence[AlertInterval], *, main: bool
) -> Iterator[Event]:
    """Rows for each stretch: true, at its worst, no longer true. `main` where no impact is measured.

    Beside measured impact those are left out that the rows of their alerts tell already.
    """
    numbers: dict[str, int] = {}
    new = [one for one in found if main or not any(of_alert(one, alert) for alert in alerts)]
    for one in _told(new):
        number = numbers[one.condition.signal] = numbers.get(one.condition.signal, -1) + 1
        yield from _rows(one, number, main)


def _told(found: Sequence[ConditionStretch]) -> list[ConditionStretch]:
    """The first stretches of each condition and its last one."""
    by_signal: dict[str, list[ConditionStretch]] = {}
    for one in found:
        by_signal.setdefault(one.condition.signal, []).append(one)
    kept = [s for many in by_signal.values() for s in (many[: _MOST_ROWS - 1] + many[_MOST_ROWS - 1 :][-1:])]
    return sorted(kept, key=lambda s: (s.start, s.condition.signal))


def _rows(one: ConditionStretch, number: int, main: bool) -> Iterator[Event]:
    condition, words = one.condition, threshold_words(one.condition)
    often = f", on and off {one.times} times" if one.times > 1 else ""
    before = "; true already at the first sample read" if one.began_before else ""
    worst = amount(one.peak, condition)
    yield _row(one, "true", number, one.start, f"{named(condition)} {words}{often}{before}", main)
    if one.peak_at != one.start:
        lowest = "Lowest" if _is_low(condition) else "Peak of"
        yield _row(one, "peak", number, one.peak_at, f"{lowest} {condition.what}: {worst}", main)
    if one.end is not None:
        lasted = format_duration(one.end - one.start)
        yield _row(
            one, "over", number, one.end, f"{named(condition)} no longer {words}, after {lasted}", main
        )


def _is_low(condition: Condition) -> bool:
    return Comparison(condition.query, condition.op, condition.limit).worse is Worse.DOWN


_KINDS = {"true": "condition", "peak": "peak", "over": "condition_over"}


def _row(one: ConditionStretch, what: str, number: int, at: datetime, title: str, main: bool) -> Event:
    condition = one.condition
    return Event(
        id=event_id("condition", what, condition.signal, condition.op, f"{condition.limit:g}", str(number)),
        at=at,
        until=one.end if what == "true" else None,
        plus_minus=one.end_plus_minus if what == "over" else one.plus_minus,
        kind=_KINDS[what],
        origin=EventOrigin.MEASURED,
        subject=condition.signal,
        title=title,
        value=f"{one.peak:.6g}" if what == "peak" else "",
        query=condition.query,
        link="",
        main=main,
    )
