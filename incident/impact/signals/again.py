"""A second look at a signal: does it stand out from the whole window too, and did it stray for a moment?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from incident.impact.departure import Departure
from incident.impact.signals.asked import asked
from incident.impact.signals.departures import baseline_points
from incident.impact.signals.rhythm import earlier_rows
from incident.model.evidence import Evidence
from incident.model.signals import SignalSeries
from incident.model.spans import Flags, Values, instant
from incident.model.timeline import Stray

_NEAR = timedelta(minutes=30)
"""So much around a departure is not held against it: a ramp, or what still rings."""


def stands_out_again(one: Departure, series: SignalSeries, evidence: Evidence) -> bool:
    """Whether the departure is still one when all that came before it, or all that came after, is normal.

    What wanders farther in a day than in the four hours before it departs from those four hours by chance.
    True where the window is no longer than the lead-in: that has shown what such a time brings.
    """
    lead, count = baseline_points(series, evidence), series.grid.count
    spare = int(_NEAR / series.grid.step)
    days = earlier_rows(series, evidence)
    before = one.onset - spare
    asked = evidence.asked
    if asked.length <= asked.start - evidence.covered.start or not 0 < lead < before:
        return True
    stop = count if one.end is None else one.end
    if _found_again(series, days, one, before):
        return True
    after = count - stop - spare
    turned = replace(one, onset=count - stop, end=count - one.onset)
    backwards = replace(series, values=series.values[::-1])
    return after > lead and _found_again(backwards, None if days is None else days[:, ::-1], turned, after)


def _found_again(series: SignalSeries, days: Values | None, one: Departure, points: int) -> bool:
    found = asked(series, points, None, days)
    stop = series.grid.count if one.end is None else one.end
    return any(
        d.direction == one.direction and d.onset < stop and (d.end is None or d.end > one.onset)
        for d in found
    )


def strayed(series: SignalSeries, evidence: Evidence, counts: Values | None, within: Flags) -> Stray | None:
    """The farthest that a signal went from its normal range `within` these points, shape (grid.count,).

    That is as short as a sample, and more than chance; None where it stayed.
    """
    points = baseline_points(series, evidence)
    if points == 0 or not within.any():
        return None
    short = [
        d
        for d in asked(series, points, counts, earlier_rows(series, evidence), within)
        if d.direction == series.spec.worse.value and within[d.onset : d.end].any()
    ]
    worst = max(short, key=lambda d: abs(d.peak - d.before), default=None)
    return Stray(instant(worst.peak_ms), worst.peak) if worst is not None else None
