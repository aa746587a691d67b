"""Where each signal left its own normal, and how firmly that is known in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from incident.impact.departure import Departure, looks_back
from incident.impact.signals.asked import BACK, asked, first_sample
from incident.impact.signals.limits import beyond_limit, limit_of
from incident.impact.signals.losses import with_losses
from incident.impact.signals.pooled import with_pooled
from incident.impact.signals.rhythm import earlier_rows, usual
from incident.impact.signals.support import pointed_at
from incident.model.evidence import Evidence
from incident.model.signals import Measure, SignalSeries, Worse
from incident.model.spans import Grid, Span, Values, instant, ms
from incident.model.timeline import Band

_MIN_BASELINE = 20
"""Fewer samples than this say nothing about a 99th percentile; the calm part of the window serves."""
_LEAD_SEARCHED = timedelta(hours=1)
"""Impact often begins before the window people give; this much of the lead-in is searched as well."""
_GAP_SAMPLES = 3
"""Fewer missing samples in a row are a missed scrape or two."""
_SLOPE_NEAR = timedelta(minutes=30)
_SLOPE = 0.1
"""Within half an hour a level that is usual changes by less than a tenth, but on the slopes of a day."""


def baseline_points(series: SignalSeries, evidence: Evidence) -> int:
    """How many leading points serve as the baseline; 0 where the lead-in holds too few samples."""
    lead = evidence.asked.start - evidence.covered.start
    ends = evidence.asked.start - min(_LEAD_SEARCHED, lead / 4)
    points = min(max(0, series.grid.index(ms(ends))), series.grid.count)
    return points if np.isfinite(series.values[:points]).sum() >= _MIN_BASELINE else 0


def departures(series: SignalSeries, evidence: Evidence, counts: Values | None) -> tuple[Departure, ...]:
    """All departures of one signal, in order of time, limits that people set included.

    `counts`, shape (grid.count,), is how many requests stand behind each sample of a ratio.
    """
    points = baseline_points(series, evidence)
    days = earlier_rows(series, evidence)
    found = _seen(series, evidence, points, counts, days)
    found = tuple(piece for one in found for piece in split_at_calm(one, series, evidence))
    if points and series.spec.measure is Measure.ERRORS:
        found = with_pooled(found, series, points, counts)
    found = _from_the_rhythm(series, evidence, found)
    if series.spec.measure is Measure.TRAFFIC and series.spec.worse is not Worse.UP:
        found = with_losses(found, series, days)
    over = beyond_limit(series, limit_of(series, evidence))
    extra = [d for d in over if not any(d.overlaps(f) and f.direction == d.direction for f in found)]
    return tuple(sorted([*found, *extra], key=lambda d: d.onset))


def _seen(
    series: SignalSeries, evidence: Evidence, points: int, counts: Values | None, days: Values | None
) -> tuple[Departure, ...]:
    """What the kernel sees beside the `points` before the window, and what began among these already."""
    if points == 0:
        return _without_lead_in(series, counts, days)
    support = pointed_at(evidence, points)
    found = asked(series, points, counts, days, support)
    half = points // 2 if points >= 2 * _MIN_BASELINE else 0
    earlier = asked(series, half, counts, days, support) if half else ()
    if any(d.onset < points and (d.end is None or d.end > points) for d in earlier):
        return (*earlier, *_worse_beside(found, earlier, series))
    return found


def _worse_beside(
    found: tuple[Departure, ...], earlier: tuple[Departure, ...], series: SignalSeries
) -> tuple[Departure, ...]:
    """What is found upwards beside the departures that began in the lead-in: a fall in it hides no fault.

    Of what gets worse downwards nothing: where a surge in the lead-in ends, that is the way back.
    """
    if series.spec.worse is not Worse.UP:
        return ()
    up = [d for d in earlier if d.direction == "up"]
    return tuple(d for d in found if d.direction == "up" and not any(d.overlaps(e) for e in up))


def _from_the_rhythm(
    series: SignalSeries, evidence: Evidence, found: tuple[Departure, ...]
) -> tuple[Departure, ...]:
    """The departures with the foot of each where the signal left what is usual at that time of day.

    On the slope of a rhythm the samples before a step are all above those before them.
    """
    told = usual(series, evidence, found) if found else None
    if told is None:
        return found
    away = series.values - told.centre
    return tuple(
        replace(
            one,
            start_after=max(one.start_after, _foot(away, one, series.grid)),
            moving=_on_slope(told.centre, one, series.grid),
        )
        for one in found
    )


def _on_slope(centre: Values, one: Departure, grid: Grid) -> bool:
    """Whether what is usual changes by more than a tenth from before the departure to after it."""
    near = int(_SLOPE_NEAR / grid.step)
    around = centre[max(0, one.onset - near) : (grid.count if one.end is None else one.end) + near]
    known = around[np.isfinite(around)]
    return bool(known.size and known.max() - known.min() > _SLOPE * np.abs(known).max())


def _foot(away: Values, one: Departure, grid: Grid) -> int:
    """The last time before the onset at which the signal was not beyond what is usual; NaN is not known."""
    beyond = away if one.direction == "up" else -away
    inside = np.flatnonzero(beyond[: one.onset] <= 0)
    return grid.start_ms + int(inside[-1]) * grid.step_ms if inside.size else one.start_after


def _reference_points(series: SignalSeries, evidence: Evidence) -> int:
    """The baseline's points; for traffic without a lead-in the opening, because a surge may stay for good."""
    points = baseline_points(series, evidence)
    return _opening(series) if points == 0 and series.spec.measure is Measure.TRAFFIC else points


def _opening(series: SignalSeries) -> int:
    """Where the first quarter of the samples ends: the baseline of a window that slowly went bad."""
    present = np.flatnonzero(np.isfinite(series.values))
    if present.size < 4 * _MIN_BASELINE:
        return 0
    return int(present[present.size // 4])


def _without_lead_in(
    series: SignalSeries, counts: Values | None, days: Values | None
) -> tuple[Departure, ...]:
    """What both views find where there is no lead-in: the calm part as normal, and the opening as normal.

    The calm part misses what slowly got worse for good, the opening what happened in it.
    """
    calm, opening = (asked(series, points, counts, days) for points in (0, _opening(series)))
    if series.spec.measure is not Measure.TRAFFIC:
        return calm or opening
    known = first_sample(series.values) + _MIN_BASELINE // 4
    lost = (d for d in calm if d.direction == "down" and d.end is not None)
    early = [d for d in lost if known <= d.onset < _opening(series)]
    return (*(d for d in early if not any(d.overlaps(o) for o in opening)), *opening)


def split_at_calm(one: Departure, series: SignalSeries, evidence: Evidence) -> tuple[Departure, ...]:
    """The departure cut where it was back at its level before for as long as a recovery must hold.

    A detector of single signals joins what looks like one disturbance; recovery is the policy's to say.
    """
    hold = max(2, -int(-evidence.presentation.policy.recovery_hold // series.grid.step))
    stop = series.grid.count if one.end is None else one.end
    values = series.values[one.onset : stop]
    sign = 1.0 if one.direction == "up" else -1.0
    bad = sign * (values - one.before) > BACK * abs(one.inside - one.before)
    where = np.flatnonzero(bad)
    calm = np.isfinite(values) & ~bad
    runs: list[tuple[int, int]] = []
    for index in where.tolist():
        if runs and int(calm[runs[-1][1] + 1 : index].sum()) < hold:
            runs[-1] = (runs[-1][0], index)
        else:
            runs.append((index, index))
    if len(runs) < 2:
        return (one,)
    return tuple(_piece(one, series, one.onset + a, one.onset + b, b == where[-1]) for a, b in runs)


def _piece(one: Departure, series: SignalSeries, first: int, last: int, final: bool) -> Departure:
    """One part of a departure, from its first to its last bad sample."""
    grid, values = series.grid, series.values[first : last + 1]
    back_ms = round(looks_back(series.spec.query).total_seconds() * 1000)
    worst = first + int(np.nanargmax(values) if one.direction == "up" else np.nanargmin(values))
    begins, ends = grid.start_ms + first * grid.step_ms, grid.start_ms + last * grid.step_ms - back_ms
    open_end = final and one.end is None
    return replace(
        one,
        onset=first,
        end=one.end if final else last + 1,
        start_after=one.start_after if first == one.onset else begins - grid.step_ms,
        start_by=begins,
        end_after=None if open_end else one.end_after if final else ends,
        end_by=None if open_end else one.end_by if final else ends + grid.step_ms + back_ms // 2,
        inside=float(np.nanmedian(values)),
        peak=float(series.values[worst]),
        peak_ms=grid.start_ms + worst * grid.step_ms,
        began_before=one.began_before and first == one.onset,
        end_uncertain=one.end_uncertain and final,
    )


def band(series: SignalSeries, evidence: Evidence, found: tuple[Departure, ...]) -> Band | None:
    """The baseline's centre and reach (median, 1 % and 99 %), from samples outside every departure.

    A signal that never departed is its own baseline, its daily rhythm included; otherwise the lead-in is.
    """
    calm = np.isfinite(series.values)
    for one in found:
        calm[one.onset : one.end] = False
    points = _reference_points(series, evidence)
    lead = calm.copy()
    lead[points:] = False
    chosen = series.values[lead if found and lead.sum() >= _MIN_BASELINE else calm]
    if not chosen.size:
        return None
    low, centre, high = np.quantile(chosen, (0.01, 0.5, 0.99))
    return Band(float(centre), float(low), float(high))


def gaps(series: SignalSeries, covered: Span) -> tuple[Span, ...]:
    """Stretches of at least three missing samples inside what was read."""
    missing = ~np.isfinite(series.values)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], missing.astype(np.int8), [0]))))
    runs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    grid = series.grid
    spans = (
        Span(instant(grid.start_ms + a * grid.step_ms), instant(grid.start_ms + b * grid.step_ms))
        for a, b in runs
        if b - a >= _GAP_SAMPLES
    )
    return tuple(clipped for span in spans if (clipped := span.clipped(covered)))
