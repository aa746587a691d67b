"""Where each signal left its own normal, and how firmly that is known in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from incident.detect import Episode, detect_episodes
from incident.impact.departure import Departure, looks_back
from incident.impact.limits import beyond_limit, limit_of
from incident.impact.rhythm import earlier_rows, usual
from incident.model.evidence import Evidence
from incident.model.signals import Kind, Measure, SignalSeries, Worse
from incident.model.spans import Grid, Span, Values, instant, ms
from incident.model.timeline import Band

_MIN_BASELINE = 20
"""Fewer samples than this say nothing about a 99th percentile; the calm part of the window serves."""
_LEAD_SEARCHED = timedelta(hours=1)
"""Impact often begins before the window people give; this much of the lead-in is searched as well."""
_GAP_SAMPLES = 3
"""Fewer missing samples in a row are a missed scrape or two."""
_BACK = 0.15
"""Within this share of its height above the level before, a signal is back."""
_TRIM = 0.03
"""Samples at an end that rise less than this share of the height are calm."""
_SLOPE_NEAR = timedelta(minutes=30)
_SLOPE = 0.1
"""Within half an hour a level that is usual changes by less than a tenth, but on the slopes of a day."""
_RAMP_LOOKBACK = timedelta(minutes=10)
"""How far before the detected onset a ramp may have begun; longer ramps are told by their bracket."""


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
    if points == 0:
        found = _without_lead_in(series, counts, days)
    else:
        found = _kernel(series, points, counts, days)
        earlier = _kernel(series, points // 2, counts, days) if points >= 2 * _MIN_BASELINE else ()
        if any(d.onset < points and (d.end is None or d.end > points) for d in earlier):
            found = earlier
    found = tuple(piece for one in found for piece in split_at_calm(one, series, evidence))
    found = _from_the_rhythm(series, evidence, found)
    over = beyond_limit(series, limit_of(series, evidence))
    extra = [d for d in over if not any(d.overlaps(f) and f.direction == d.direction for f in found)]
    return tuple(sorted([*found, *extra], key=lambda d: d.onset))


def stands_out_again(one: Departure, series: SignalSeries, evidence: Evidence) -> bool:
    """Whether the departure is still one when all that came before it, or all that came after, is normal.

    What wanders farther in a day than in the four hours before it departs from those four hours by chance.
    True where the window is no longer than the lead-in: that has shown what such a time brings.
    """
    lead, count = baseline_points(series, evidence), series.grid.count
    spare = int(_SLOPE_NEAR / series.grid.step)
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
    found = _kernel(series, points, None, days)
    stop = series.grid.count if one.end is None else one.end
    return any(
        d.direction == one.direction and d.onset < stop and (d.end is None or d.end > one.onset)
        for d in found
    )


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
    calm, opening = (_kernel(series, points, counts, days) for points in (0, _opening(series)))
    if series.spec.measure is not Measure.TRAFFIC:
        return calm or opening
    known = _first_sample(series.values) + _MIN_BASELINE // 4
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
    bad = sign * (values - one.before) > _BACK * abs(one.inside - one.before)
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


def _kernel(
    series: SignalSeries, points: int, counts: Values | None, days: Values | None
) -> tuple[Departure, ...]:
    spec = series.spec
    two_sided = spec.measure in (Measure.LATENCY, Measure.TRAFFIC)
    rows = detect_episodes(
        series.values[np.newaxis, :],
        step_s=series.grid.step.total_seconds(),
        baseline=points,
        kind=spec.kind.value,
        worse=Worse.BOTH.value if two_sided else spec.worse.value,
        counts=None if counts is None or spec.kind is not Kind.RATIO else counts[np.newaxis, :],
        earlier=None if days is None else days[:, np.newaxis, :],
    )
    return tuple(_placed(series, episode) for episode in rows[0])


def _placed(series: SignalSeries, episode: Episode) -> Departure:
    """The kernel's indices as brackets of time, undoing what the query's range smears."""
    grid, values = series.grid, series.values
    back_ms = round(looks_back(series.spec.query).total_seconds() * 1000)
    episode = _trimmed(values, episode)
    after = _ramp_foot(grid, values, episode)
    end_after = end_by = None
    if episode.end is not None:
        last_bad = grid.start_ms + (episode.end - 1) * grid.step_ms
        end_after = last_bad - back_ms
        end_by = max(end_after + grid.step_ms, grid.start_ms + episode.end * grid.step_ms - back_ms // 2)
    peak = float(values[episode.peak])
    return Departure(
        spec=series.spec,
        onset=episode.onset,
        end=episode.end,
        start_after=after,
        start_by=grid.start_ms + episode.onset * grid.step_ms,
        end_after=end_after,
        end_by=end_by,
        before=episode.before,
        inside=episode.inside,
        peak=peak,
        peak_ms=grid.start_ms + episode.peak * grid.step_ms,
        direction=episode.direction,
        reason=_reason(episode),
        began_before=episode.onset == _first_sample(values),
        end_uncertain=episode.end_uncertain,
        start_uncertain=_after_hole(values, episode.onset),
    )


def _trimmed(values: Values, episode: Episode) -> Episode:
    """The episode without calm samples at its ends, its level that of the samples that are off.

    An end is not moved across missing samples: they are no recovery, and no calm before it.

    The kernel's ends weigh the whole shape; what comes and goes has calm inside, and steps that follow
    one another draw the first end outwards.
    """
    stop = values.size if episode.end is None else episode.end
    inside = values[episode.onset : stop]
    up = episode.direction == "up"
    away = (inside - episode.before) * (1.0 if up else -1.0)
    known = away[np.isfinite(away)]
    height = float(np.quantile(known, 0.9)) if known.size else 0.0
    if height <= 0:
        return episode
    off = np.flatnonzero(away > _TRIM * height)
    level = float(np.median(inside[away > _BACK * height]))
    first, last = int(off[0]), int(off[-1]) + 1
    onset = episode.onset + first if np.isfinite(inside[:first]).all() else episode.onset
    seen = episode.end is not None and bool(np.isfinite(inside[last:]).all())
    return replace(episode, onset=onset, end=episode.onset + last if seen else episode.end, inside=level)


def _ramp_foot(grid: Grid, values: Values, episode: Episode) -> int:
    """The last sample at or inside the level before, within the ramp's lookback: the bracket's start."""
    earliest = max(0, episode.onset - int(_RAMP_LOOKBACK / grid.step))
    level, sign = episode.before, 1.0 if episode.direction == "up" else -1.0
    earliest = max(earliest, _first_sample(values))
    index = episode.onset - 1
    if _after_hole(values, episode.onset):
        seen = np.flatnonzero(np.isfinite(values[: episode.onset]))
        return grid.start_ms + int(seen[-1]) * grid.step_ms
    while index > earliest and not sign * (values[index] - level) <= 0:
        index -= 1
    return grid.start_ms + min(max(index, earliest), episode.onset) * grid.step_ms


def _after_hole(values: Values, onset: int) -> bool:
    """Whether at least two samples just before the onset are missing, though there were some before them."""
    return onset >= 2 and not np.isfinite(values[onset - 2 : onset]).any() and onset > _first_sample(values)


def _first_sample(values: Values) -> int:
    present = np.flatnonzero(np.isfinite(values))
    return int(present[0]) if present.size else 0


def _reason(episode: Episode) -> str:
    return (
        f"{_ratio(episode.reach_ratio)} x the baseline's reach, "
        f"{_ratio(episode.bump_ratio)} x its largest bump of this length, {episode.samples} samples"
    )


def _ratio(value: float) -> str:
    """In three digits, never in the notation of machines."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


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
