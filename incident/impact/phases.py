"""How bad it was when: the stretches of one state inside an episode, and the way back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from incident.impact.departure import Departure
from incident.impact.ends.counts import Increments
from incident.impact.ends.steps import Level, place_share_step
from incident.impact.fusion import RawEpisode
from incident.model.policy import Policy
from incident.model.signals import Measure, SignalSeries
from incident.model.spans import Flags, Grid, Millis, Values, instant, ms, whole_second
from incident.model.timeline import Phase, State

_DWELL = timedelta(minutes=3)
"""A state must last this long to be told; shorter ones are the blur of a rate or noise."""
_MOST_PHASES = 6
"""More changes than a reader can follow are told as one phase with the worst of their states."""
_ENOUGH_REQUESTS = 50
"""Requests behind one reading of the failing share: its error is then about seven points."""
_WIDEST_MS = 15 * 60_000
_NARROWEST_MS = 60_000
_MIN_COVERAGE = 0.5
"""Counters absent in most of a phase say nothing about its failing share."""
_FALLING_FOR = timedelta(minutes=5)
"""A way back shorter than this is the end itself."""
_BURST = 0.05
"""A failing share below this comes and goes by chance."""
_FEWEST_TO_FIT = 4
"""Fewer readings on the way back than this are no line."""
_FELL = 0.9
"""Below this share of the plateau the fall has begun; its start is where the fitted line meets it."""

Ranks: TypeAlias = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The failing share and the state rank at the grid's times inside one episode."""

    times: Millis
    share: Values
    rank: Ranks
    thresholds: tuple[float, float] = (Policy().partial_outage_ratio, Policy().down_ratio)
    """Failing shares from which a service is partly out, and down."""


def reading(
    episode: RawEpisode,
    start: datetime,
    end: datetime | None,
    series: dict[str, SignalSeries],
    failures: Increments | None,
    policy: Policy,
) -> Reading:
    """State by state: what share failed, and how bad that is by the policy."""
    grid = next(iter(series.values())).grid
    lo, hi = ms(start), ms(end) if end is not None else _last_seen(series, grid)
    times = grid.times[(grid.times >= lo) & (grid.times < hi)]
    share = _share(times, lo, hi, series, failures)
    rank = np.zeros(times.size, np.int8)
    rank[share >= policy.partial_outage_ratio] = State.PARTIAL_OUTAGE.rank
    rank[share >= policy.down_ratio] = State.DOWN.rank
    known = np.isfinite(share)
    for one in episode.carriers:
        lasts = (times >= one.start_after) & (times < one.stop_ms)
        if one.spec.measure is Measure.TRAFFIC:
            there = _sampled(series[one.spec.name], times)
            rank[lasts & (there <= policy.lost_traffic_ratio * one.before)] = State.DOWN.rank
            known |= lasts & np.isfinite(there)
        elif _means_down(one, policy):
            rank[lasts] = State.DOWN.rank
            known |= lasts
    return Reading(times, share, _carried(rank, known), (policy.partial_outage_ratio, policy.down_ratio))


def _last_seen(series: dict[str, SignalSeries], grid: Grid) -> int:
    """End of the last grid point at which any signal has a sample."""
    ends = [
        int(np.flatnonzero(np.isfinite(s.values))[-1]) for s in series.values() if np.isfinite(s.values).any()
    ]
    return grid.start_ms + (max(ends, default=0) + 1) * grid.step_ms


def _carried(rank: Ranks, known: Flags) -> Ranks:
    """The ranks with holes filled by what was known last: a gap is neither better nor worse."""
    latest = np.maximum.accumulate(np.where(known, np.arange(rank.size), -1))
    return np.where(latest >= 0, rank[np.maximum(latest, 0)], rank).astype(np.int8)


def _means_down(one: Departure, policy: Policy) -> bool:
    return one.spec.measure in (Measure.AVAILABILITY, Measure.PROBE) and one.inside <= 1.0 - policy.down_ratio


def _sampled(series: SignalSeries, times: Millis) -> Values:
    """The signal at the grid's times."""
    return series.values[(times - series.grid.start_ms) // series.grid.step_ms]


def _share(
    times: Millis, lo: int, hi: int, series: dict[str, SignalSeries], failures: Increments | None
) -> Values:
    """The failing share around each time, over enough requests to be read; NaN where not known."""
    if failures is None or not times.size:
        return _surveyed(times, series)
    total, _ = failures.within(lo, hi)
    per_ms = total / max(1, hi - lo)
    wanted = _ENOUGH_REQUESTS / per_ms if per_ms > 0 else _WIDEST_MS
    width = int(np.clip(wanted, _NARROWEST_MS, _WIDEST_MS))
    share = failures.share_curve().windowed(times, width, lo, hi)
    return np.where(failures.seen(times), share, np.nan)


def _surveyed(times: Millis, series: dict[str, SignalSeries]) -> Values:
    errors = next((s for s in series.values() if s.spec.measure is Measure.ERRORS), None)
    if errors is None:
        return np.full(times.size, np.nan)
    return _sampled(errors, times)


def phases(
    read: Reading, start: datetime, end: datetime | None, grid: Grid, failures: Increments | None
) -> tuple[Phase, ...]:
    """The episode as phases that touch each other, the last one `improving` where it fell slowly."""
    short = _short(read, start, end, grid, failures)
    if short is not None:
        return (short,)
    turns = improving_from(read, end)
    worst_until = read.times.size if turns is None else int(np.searchsorted(read.times, ms(turns)))
    runs = _runs(read.rank[: max(1, worst_until)], grid)
    starts = [start, *(_turn(read, a, grid, failures) for a, _, _ in runs[1:])]
    ends = [*starts[1:], turns if turns is not None else end]
    told = [
        Phase(a, b, list(State)[rank], False, _ratio(failures, a, b, grid))
        for a, b, (_, _, rank) in zip(starts, ends, runs, strict=True)
        if b is None or b > a
    ]
    if turns is not None:
        before = told[-1].state if told else list(State)[runs[0][2]]
        told.append(Phase(turns, end, before, True, _ratio(failures, turns, end, grid)))
    return tuple(_with_bursts(told, read, grid))


def returned(since: datetime, grid: Grid, failures: Increments | None) -> Phase:
    """What follows on a return that was not held yet: as slight as a state can be."""
    ratio = _ratio(failures, since, None, grid)
    return Phase(since, None, State.DEGRADED, False, ratio, returned=True)


def _short(
    read: Reading, start: datetime, end: datetime | None, grid: Grid, failures: Increments | None
) -> Phase | None:
    """An episode too short for phases: one state, by the share of all that failed in it."""
    if end is None or end - start >= 2 * _DWELL or failures is None:
        return None
    ratio = _ratio(failures, start, end, grid)
    sure = failures.part_within(ms(start), ms(end), ms(end))
    total = failures.within(ms(start), ms(end))[0]
    share = min(1.0, sure / total) if total > 0 else 0.0
    rank = sum(share >= least for least in read.thresholds)
    seen = int(np.median(read.rank)) if read.rank.size else 0
    return Phase(start, end, list(State)[max(rank, seen)], False, ratio)


def _with_bursts(told: list[Phase], read: Reading, grid: Grid) -> list[Phase]:
    """A single phase whose share came and went often enough is told with its number of bursts."""
    if len(told) != 1 or not np.isfinite(read.share).any():
        return told
    worst = float(np.nanquantile(read.share, 0.95))
    if worst < _BURST:
        return told
    high = np.nan_to_num(read.share) >= 0.5 * worst
    dwell = max(2, -int(-_DWELL // grid.step) // 2)
    runs = _dwelling(_split(high.astype(np.int8)), dwell)
    bursts = sum(rank for _, _, rank in runs)
    return [replace(told[0], bursts=bursts)] if bursts > 2 else told


def _ratio(failures: Increments | None, start: datetime, end: datetime | None, grid: Grid) -> float | None:
    if failures is None:
        return None
    lo, hi = ms(start), ms(end) if end is not None else grid.end_ms
    return failures.ratio(lo, hi) if failures.coverage(lo, hi) >= _MIN_COVERAGE else None


def _runs(rank: Ranks, grid: Grid) -> list[tuple[int, int, int]]:
    """(first, stop, rank) of the stretches that dwell long enough, few enough to be told."""
    if not rank.size:
        return [(0, 0, 0)]
    runs = _dwelling(_split(rank), max(2, -int(-_DWELL // grid.step)))
    if len(runs) <= _MOST_PHASES:
        return runs
    return [(0, rank.size, max(r for _, _, r in runs))]


def _split(rank: Ranks) -> list[tuple[int, int, int]]:
    edges = [0, *(np.flatnonzero(np.diff(rank)) + 1).tolist(), rank.size]
    return [(a, b, int(rank[a])) for a, b in pairwise(edges)]


def _dwelling(runs: list[tuple[int, int, int]], dwell: int) -> list[tuple[int, int, int]]:
    """The runs with the shortest swallowed by its longer neighbour until all dwell."""
    while len(runs) > 1:
        i = min(range(len(runs)), key=lambda k: runs[k][1] - runs[k][0])
        if runs[i][1] - runs[i][0] >= dwell:
            break
        beside = [k for k in (i - 1, i + 1) if 0 <= k < len(runs)]
        into = max(beside, key=lambda k: runs[k][1] - runs[k][0])
        a, b = min(runs[i][0], runs[into][0]), max(runs[i][1], runs[into][1])
        runs[min(i, into) : max(i, into) + 1] = [(a, b, runs[into][2])]
        runs = _same_joined(runs)
    return runs


def _same_joined(runs: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    joined: list[tuple[int, int, int]] = []
    for run in runs:
        if joined and joined[-1][2] == run[2]:
            joined[-1] = (joined[-1][0], run[1], run[2])
        else:
            joined.append(run)
    return joined


def _turn(read: Reading, index: int, grid: Grid, failures: Increments | None) -> datetime:
    """The instant between two phases, placed on raw counts where the share stepped."""
    at = int(read.times[index])
    if failures is not None:
        lo, hi = at - 2 * _NARROWEST_MS, at + 2 * _NARROWEST_MS
        before = Level(*failures.within(lo - 3 * _NARROWEST_MS, lo))
        after = Level(*failures.within(hi, hi + 3 * _NARROWEST_MS))
        if before.total > 0 and after.total > 0 and before.share != after.share:
            placed = place_share_step(failures.near(lo, hi), before, after, lo, hi)
            if placed is not None and placed.by - placed.after <= 2 * grid.step_ms:
                return whole_second(placed.at)
    return instant(at)


def improving_from(read: Reading, end: datetime | None) -> datetime | None:
    """When the share began to fall for good, inferred from a line fitted to the way back.

    None while the impact lasts, where nothing failed, or where it ended as a step.
    """
    known = np.isfinite(read.share)
    if end is None or known.sum() < 8:
        return None
    times, share = read.times[known], read.share[known]
    if not (share > 0).any():
        return None
    plateau = float(np.median(share[share >= 0.5 * np.quantile(share, 0.95)]))
    last = int(np.flatnonzero(share >= _FELL * plateau)[-1])
    late = timedelta(milliseconds=int(ms(end) - times[last])) >= _FALLING_FOR
    if not late or share.size - last < _FEWEST_TO_FIT:
        return None
    x = (times[last:] - times[last]).astype(float)
    slope, level = np.polyfit(x, share[last:], 1)
    if slope >= 0 or _steps_better(x, share[last:], level + slope * x):
        return None
    meets = float(np.clip((plateau - level) / slope, -10 * _NARROWEST_MS, _NARROWEST_MS))
    return whole_second(max(float(times[last]) + meets, float(times[0])))


def _steps_better(x: Values, share: Values, line: Values) -> bool:
    """Whether two levels explain the way back better than a line: it stepped, it did not fall slowly."""
    misfit = float(((share - line) ** 2).sum())
    cuts = range(1, share.size)
    best = min(float(share[:k].var() * k + share[k:].var() * (share.size - k)) for k in cuts)
    return bool(x.size) and best < misfit


def worst(told: tuple[Phase, ...]) -> State:
    """The worst state of the phases."""
    return max((p.state for p in told), key=lambda s: s.rank)
