"""The kernel asked about one signal, and its indices as brackets of time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import lru_cache

import numpy as np

from incident.detect import Episode, detect_episodes
from incident.impact.departure import Departure, looks_back
from incident.model.signals import Kind, Measure, SignalSeries, Worse
from incident.model.spans import Flags, Grid, Values

BACK = 0.15
"""Within this share of its height above the level before, a signal is back."""
_TRIM = 0.03
"""Samples at an end that rise less than this share of the height are calm."""
_REMEMBERED = 64
"""Answers that are kept: a draft asks three questions about each of its ten to twenty signals."""
_RAMP_LOOKBACK = timedelta(minutes=10)
"""How far before the detected onset a ramp may have begun; longer ramps are told by their bracket."""


def asked(
    series: SignalSeries,
    points: int,
    counts: Values | None,
    days: Values | None,
    pointed_at: Flags | None = None,
) -> tuple[Departure, ...]:
    """What the kernel finds in the signal, in order of time; `points` leading ones say what is normal.

    `counts`, shape (grid.count,), are the requests behind each sample of a ratio, `days` (n_days, grid.count)
    the same hours of earlier days, and `pointed_at` (grid.count,) says where an alert speaks for a departure.
    """
    spec = series.spec
    two_sided = spec.measure in (Measure.LATENCY, Measure.TRAFFIC)
    found = _found(
        (series.grid.step.total_seconds(), points, spec.kind, Worse.BOTH if two_sided else spec.worse),
        series.values.tobytes(),
        None if counts is None or spec.kind is not Kind.RATIO else counts.tobytes(),
        None if days is None else days.tobytes(),
        None if pointed_at is None else pointed_at.tobytes(),
    )
    return tuple(_placed(series, episode) for episode in found)


@lru_cache(_REMEMBERED)
def _found(
    asked: tuple[float, int, Kind, Worse],
    values: bytes,
    counts: bytes | None,
    days: bytes | None,
    pointed_at: bytes | None,
) -> tuple[Episode, ...]:
    """The kernel's answer about one row; a draft asks the same before the zoom, after it, and with notes."""
    step_s, points, kind, worse = asked
    row = np.frombuffer(values)
    (episodes,) = detect_episodes(
        row[np.newaxis, :],
        step_s=step_s,
        baseline=points,
        kind=kind.value,
        worse=worse.value,
        counts=None if counts is None else np.frombuffer(counts)[np.newaxis, :],
        earlier=None if days is None else np.frombuffer(days).reshape(-1, 1, row.size),
        supported=None if pointed_at is None else np.frombuffer(pointed_at, np.bool_),
    )
    return tuple(episodes)


def _placed(series: SignalSeries, episode: Episode) -> Departure:
    """The kernel's indices as brackets of time, undoing what the query's range smears."""
    grid, values = series.grid, series.values
    back_ms = round(looks_back(series.spec.query).total_seconds() * 1000)
    episode = _trimmed(values, episode)
    after = _ramp_foot(grid, values, episode)
    end_after = end_by = None
    if episode.end is not None:
        last_bad = grid.start_ms + _last_seen(values, episode) * grid.step_ms
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
        began_before=episode.onset == first_sample(values),
        end_uncertain=episode.end_uncertain,
        start_uncertain=_after_hole(values, episode.onset),
    )


def _last_seen(values: Values, episode: Episode) -> int:
    """Index of the last sample before the end: beside a hole it ended somewhere in the hole."""
    assert episode.end is not None
    seen = np.flatnonzero(np.isfinite(values[episode.onset : episode.end]))
    return episode.onset + int(seen[-1]) if seen.size else episode.end - 1


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
    level = float(np.median(inside[away > BACK * height]))
    first, last = int(off[0]), int(off[-1]) + 1
    onset = episode.onset + first if np.isfinite(inside[:first]).all() else episode.onset
    seen = episode.end is not None and bool(np.isfinite(inside[last:]).all())
    return replace(episode, onset=onset, end=episode.onset + last if seen else episode.end, inside=level)


def _ramp_foot(grid: Grid, values: Values, episode: Episode) -> int:
    """The last sample at or inside the level before, within the ramp's lookback: the bracket's start."""
    # Never less than a step: between two samples a quarter of an hour apart it may have begun anywhere.
    earliest = max(0, episode.onset - max(1, int(_RAMP_LOOKBACK / grid.step)))
    level, sign = episode.before, 1.0 if episode.direction == "up" else -1.0
    earliest = max(earliest, first_sample(values))
    index = episode.onset - 1
    if _after_hole(values, episode.onset):
        seen = np.flatnonzero(np.isfinite(values[: episode.onset]))
        return grid.start_ms + int(seen[-1]) * grid.step_ms
    while index > earliest and not sign * (values[index] - level) <= 0:
        index -= 1
    return grid.start_ms + min(max(index, earliest), episode.onset) * grid.step_ms


def _after_hole(values: Values, onset: int) -> bool:
    """Whether at least two samples just before the onset are missing, though there were some before them."""
    return onset >= 2 and not np.isfinite(values[onset - 2 : onset]).any() and onset > first_sample(values)


def first_sample(values: Values) -> int:
    """The place of the first sample; 0 where there is none."""
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
