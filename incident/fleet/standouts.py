"""Which stretches of which services stand out: the detection kernel over the whole fleet at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

import numpy as np

from incident.detect import Episode, detect_episodes
from incident.detect.episode import Kind, Worse
from incident.fleet.model import Screening, Standout
from incident.fleet.quiet import may_stand_out
from incident.model.signals import Measure
from incident.model.spans import instant, ms

_HOW: dict[Measure, tuple[Kind, Worse]] = {
    Measure.ERRORS: ("ratio", "up"),
    Measure.LATENCY: ("latency", "up"),
    Measure.TRAFFIC: ("rate", "down"),
}
_SEARCHED = timedelta(hours=1)
"""What began just before the period is found too: this much of the lead-in is no baseline."""


def in_order(found: Iterable[Standout]) -> tuple[Standout, ...]:
    """By member and time."""
    return tuple(sorted(found, key=lambda one: (one.member, one.start, one.measure.value)))


def standouts_of(screening: Screening, measure: Measure) -> list[Standout]:
    """What was worse than usual in one measure and reaches into the window; errors need the traffic, too."""
    found = _of_measure(screening, measure) if measure in _HOW else _all_down(screening)
    return [one for one in found if one.end is None or one.end > screening.window.start]


def _of_measure(screening: Screening, measure: Measure) -> Iterator[Standout]:
    kind, worse = _HOW[measure]
    values = screening.values[measure]
    counts = None
    if measure is Measure.ERRORS:
        counts = screening.values[Measure.TRAFFIC] * (screening.looks_back_ms / 1000)
    step_s, baseline = screening.grid.step.total_seconds(), _baseline(screening)
    loud = np.flatnonzero(
        may_stand_out(values, step_s=step_s, baseline=baseline, kind=kind, worse=worse, counts=counts)
    )
    rows = detect_episodes(
        values[loud],
        step_s=step_s,
        baseline=baseline,
        kind=kind,
        worse=worse,
        counts=None if counts is None else counts[loud],
    )
    for row, episodes in zip(loud.tolist(), rows, strict=True):
        for episode in episodes:
            yield _standout(screening, row, measure, episode)


def _baseline(screening: Screening) -> int:
    """How many points lie before what is searched."""
    grid = screening.grid
    lead = timedelta(milliseconds=ms(screening.window.start) - grid.start_ms)
    ends = screening.window.start - min(_SEARCHED, lead / 4)
    return min(max(0, grid.index(ms(ends))), grid.count)


def _standout(screening: Screening, row: int, measure: Measure, episode: Episode) -> Standout:
    grid = screening.grid
    # A rate at t tells of the range before it: what is first seen at t began since the point before.
    start = grid.start_ms + max(0, episode.onset - 1) * grid.step_ms
    end = None if episode.end is None else instant(grid.start_ms + episode.end * grid.step_ms)
    return Standout(
        screening.members[row], measure, instant(start), end, float(episode.before), float(episode.inside)
    )


def _all_down(screening: Screening) -> list[Standout]:
    """Stretches in which targets were known and none of them was up; holes in between are part of them."""
    grid, values = screening.grid, screening.values[Measure.AVAILABILITY]
    found: list[Standout] = []
    for row in np.flatnonzero((values == 0.0).any(axis=1)).tolist():
        known = np.flatnonzero(np.isfinite(values[row]))
        down = values[row][known] == 0.0
        if down.all():
            continue  # never seen up: a target that is not there, and no incident that began
        edges = np.flatnonzero(np.diff(np.concatenate(([0], down.astype(np.int8), [0]))))
        for first, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            begins = grid.start_ms + int(known[max(0, first - 1)]) * grid.step_ms
            ends = instant(grid.start_ms + int(known[stop]) * grid.step_ms) if stop < known.size else None
            found.append(
                Standout(screening.members[row], Measure.AVAILABILITY, instant(begins), ends, 1.0, 0.0)
            )
    return found
