"""Raw counters as what they counted between two scrapes, restarts and late births included."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from incident.model.signals import Labels, Samples
from incident.model.spans import Flags, Millis, Span, Values, all_times

_TARGET = ("namespace", "exported_namespace", "cluster", "job", "instance", "pod")
"""Labels that name the process that was scraped; its series share their scrape times."""


_HOLE = 4.0
"""Scrape intervals this many times the usual are holes: two or three missed scrapes are not."""


_NEWBORN = 2.0
"""A process that appears while others are watched was born since the scrape that it was not in: until its
first scrape it has counted at most what so many intervals bring it then. One that ran before counted more.
"""


_FEWEST_SCATTERED = 8
"""Fewer intervals than this say little about how much their counts vary."""


@dataclass(frozen=True, slots=True, eq=False)
class ShareCurve:
    """Cumulative `total` and `part` at sorted times, all of shape (n,)."""

    times: Millis
    total: Values
    part: Values

    def windowed(self, centres: Millis, width_ms: int, lo: int, hi: int) -> Values:
        """part / total in windows around the centres, cut to [lo, hi]; NaN where nothing was counted."""
        a = np.clip(centres - width_ms // 2, lo, hi)
        b = np.clip(centres + width_ms // 2, lo, hi)
        total = np.interp(b, self.times, self.total) - np.interp(a, self.times, self.total)
        part = np.interp(b, self.times, self.part) - np.interp(a, self.times, self.part)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(total > 1e-9, part / total, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Increments:
    """What one kind of counter counted in (start, end], one element a target and scrape interval."""

    start: Millis
    end: Millis
    total: Values
    part: Values
    """The share of `total` in question: failed, or slower than a bound."""
    blind: Flags
    """A restart hides inside a hole in the scrapes: what was counted there is partly lost."""
    restarted: Flags
    """The process began anew inside: what it had counted since the scrape before is lost with it."""

    def within(self, start_ms: int, end_ms: int) -> tuple[float, float]:
        """(total, part) counted in the interval; scrape intervals across its ends count by their share."""
        here = np.flatnonzero((self.end > start_ms) & (self.start < end_ms))
        start, end = self.start[here], self.end[here]
        shared = np.minimum(end, end_ms) - np.maximum(start, start_ms)
        weight = np.clip(shared / np.maximum(1, end - start), 0.0, 1.0)
        return float(weight @ self.total[here]), float(weight @ self.part[here])

    def part_within(self, start_ms: int, end_ms: int, until_ms: int) -> float:
        """`part` counted in an episode up to `until_ms`; what a scrape interval across an end of the
        episode counted is taken to have happened inside, where failures do."""
        lo, hi = np.maximum(self.start, start_ms), np.minimum(self.end, end_ms)
        reached = (np.minimum(hi, until_ms) - lo) / np.maximum(1, hi - lo)
        weight = np.where(hi > lo, np.clip(reached, 0.0, 1.0), 0.0)
        return float(weight @ self.part)

    def ratio(self, start_ms: int, end_ms: int) -> float | None:
        """part / total in the interval, None where nothing was counted."""
        total, part = self.within(start_ms, end_ms)
        return part / total if total > 0 else None

    def scatter(self, start_ms: int, end_ms: int) -> float:
        """By how much `part` varies more than chance around its share of `total`: a variance ratio, >= 1."""
        inside = (self.start >= start_ms) & (self.end <= end_ms) & (self.total > 0)
        total, part = self.total[inside], self.part[inside]
        if total.size < _FEWEST_SCATTERED or not 0 < part.sum() < total.sum():
            return 1.0
        p = float(part.sum() / total.sum())
        squares = (part - p * total) ** 2 / (p * (1 - p) * total)
        return max(1.0, float(squares.sum()) / (total.size - 1))

    def near(self, start_ms: int, end_ms: int) -> Increments:
        """The elements that touch the interval."""
        return self.only((self.end > start_ms) & (self.start < end_ms))

    def only(self, keep: Flags) -> Increments:
        """The elements that are marked."""
        return Increments(*(getattr(self, name)[keep] for name in _COLUMNS))

    def without_holes(self) -> Increments:
        """The elements that are no hole: where a target was away, its scrapes begin and end."""
        return self.only(self._short())

    def ended(self) -> Millis:
        """Scrapes after which a target was not scraped any more, sorted; the last of the data among them."""
        return _unmatched(self.end, self.start)

    def begun(self) -> Millis:
        """First scrapes of targets, sorted: new, back, or the first of the data."""
        return _unmatched(self.start, self.end)

    def share_curve(self) -> ShareCurve:
        """Cumulative counts as curves that can be read at any instant."""
        times = all_times([self.start, self.end])
        return ShareCurve(times, self._cumulative(self.total, times), self._cumulative(self.part, times))

    def seen(self, times: Millis) -> Flags:
        """Whether some target was scraped around each time; inside a hole only the sum over it is known."""
        short = self._short()
        order = np.argsort(self.start[short], kind="stable")
        start, reach = self.start[short][order], np.maximum.accumulate(self.end[short][order])
        latest = np.searchsorted(start, times, side="left") - 1
        return (
            (latest >= 0) & (reach[np.maximum(latest, 0)] >= times)
            if start.size
            else np.zeros(times.size, bool)
        )

    def _short(self) -> Flags:
        length = self.end - self.start
        return length <= _HOLE * max(1.0, float(np.median(length))) if length.size else length > 0

    def _cumulative(self, counted: Values, times: Millis) -> Values:
        """Counts so far at each time, each increment spread evenly over its scrape interval."""
        density = counted / np.maximum(1, self.end - self.start)
        slope = np.zeros(times.size)
        np.add.at(slope, np.searchsorted(times, self.start), density)
        np.add.at(slope, np.searchsorted(times, self.end), -density)
        return np.concatenate([[0.0], np.cumsum(np.cumsum(slope)[:-1] * np.diff(times))])

    def coverage(self, start_ms: int, end_ms: int) -> float:
        """Share of the interval in which some target's counters were read without a blind hole."""
        seen = self.near(start_ms, end_ms)
        clear = ~seen.blind
        spans = sorted(zip(seen.start[clear].tolist(), seen.end[clear].tolist(), strict=True))
        covered, reached = 0, start_ms
        for a, b in spans:
            a, b = max(a, reached), min(b, end_ms)
            covered, reached = covered + max(0, b - a), max(reached, b)
        return covered / max(1, end_ms - start_ms)


_COLUMNS = tuple(one.name for one in fields(Increments))


def _unmatched(times: Millis, others: Millis) -> Millis:
    """Those of the times that are not among the others as often, sorted."""
    found, count = np.unique(times, return_counts=True)
    theirs, often = np.unique(others, return_counts=True)
    place = np.minimum(np.searchsorted(theirs, found), max(0, theirs.size - 1))
    matched = np.where(theirs[place] == found, often[place], 0) if theirs.size else 0
    return np.repeat(found, np.maximum(0, count - matched))


def increments(
    series: Sequence[Samples], is_part: Sequence[bool], spans: Sequence[Span], interval_ms: int
) -> Increments:
    """Increments of all series, per target; only inside the spans that were read."""
    groups: dict[Labels, list[int]] = defaultdict(list)
    for i, one in enumerate(series):
        groups[_target(one.labels)].append(i)
    watched = _watched(series, spans)
    parts = [
        _of_target([series[i] for i in rows], [is_part[i] for i in rows], watched, interval_ms)
        for _, rows in sorted(groups.items())
    ]
    if not parts:
        empty = np.empty(0, np.int64)
        return Increments(empty, empty, np.empty(0), np.empty(0), np.empty(0, bool), np.empty(0, bool))
    found = Increments(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return found.only(_in_one_span(found.start, found.end, spans))


@dataclass(frozen=True, slots=True, eq=False)
class TargetCounts:
    """What each series of one target counted in (start, end]: `counted` has shape (rows, intervals)."""

    rows: tuple[int, ...]
    """Places of the series among all that were given."""
    start: Millis
    end: Millis
    counted: Values


def counts_by_target(series: Sequence[Samples], spans: Sequence[Span]) -> tuple[TargetCounts, ...]:
    """The increments of every series by itself, restarts and late births allowed for as in `increments`."""
    groups: dict[Labels, list[int]] = defaultdict(list)
    for i, one in enumerate(series):
        groups[_target(one.labels)].append(i)
    found: list[TargetCounts] = []
    watched = _watched(series, spans)
    for _, rows in sorted(groups.items()):
        times, grid = _grid([series[i] for i in rows])
        keep = _in_one_span(times[:-1], times[1:], spans)
        counted = _counted(grid)[0][:, 1:]
        counted[:, :1] += _at_birth(times, grid, counted, watched)
        found.append(TargetCounts(tuple(rows), times[:-1][keep], times[1:][keep], counted[:, keep]))
    return tuple(found)


def _target(labels: Labels) -> Labels:
    return tuple((k, v) for k, v in labels if k in _TARGET)


def _of_target(
    series: Sequence[Samples], is_part: Sequence[bool], watched: Sequence[tuple[int, int]], interval_ms: int
) -> tuple[Millis, Millis, Values, Values, Flags, Flags]:
    times, grid = _grid(series)
    counted, restarted = _counted(grid)
    counted, restarted = counted[:, 1:], restarted[1:]
    flags = np.asarray(is_part, bool)
    start, end = times[:-1], times[1:]
    blind = restarted & (end - start > 4 * interval_ms)
    born = _at_birth(times, grid, counted, watched)
    if born.any():
        # Counted with the next interval, which so says nothing about when; a scrape before was not made.
        counted[:, :1] += born
        restarted[0] = True
    return start, end, counted.sum(axis=0), counted[flags].sum(axis=0), blind, restarted


def _watched(series: Sequence[Samples], spans: Sequence[Span]) -> list[tuple[int, int]]:
    """From the first sample of any series in each span to its end: before it, nobody was seen."""
    times = all_times(one.times for one in series)
    first = [int(np.searchsorted(times, span.start_ms)) for span in spans]
    return [(int(times[at]), span.end_ms) for at, span in zip(first, spans, strict=True) if at < times.size]


def _at_birth(times: Millis, grid: Values, counted: Values, watched: Sequence[tuple[int, int]]) -> Values:
    """What each series of a target had counted at its first scrape, shape (rows, 1); 0 where not since then.

    `counted` (rows, intervals) is what they counted after it; `watched` is when others were scraped.
    """
    none = np.zeros((len(grid), 1))
    before = (
        [int(times[0]) - start for start, stop in watched if start <= times[0] <= stop] if times.size else []
    )
    if times.size < 3 or not before:
        return none
    interval = float(np.median(np.diff(times[:_FEWEST_SCATTERED])))
    first, later = np.nan_to_num(grid[:, :1]), counted[:, :_FEWEST_SCATTERED]
    pace = float(later.sum()) / float(times[later.shape[1]] - times[0]) * interval
    unseen = max(before) <= _NEWBORN * interval
    return none if unseen or float(first.sum()) > _NEWBORN * pace else first


def _grid(series: Sequence[Samples]) -> tuple[Millis, Values]:
    """The scrape times of one target, and its series upon them: NaN where one has no sample."""
    times = all_times(s.times for s in series)
    grid = np.full((len(series), times.size), np.nan)
    for row, one in zip(grid, series, strict=True):
        row[np.searchsorted(times, one.times)] = one.values
    return times, grid


def _counted(grid: Values) -> tuple[Values, Flags]:
    """Per series and scrape, what was counted since the scrape before; and where the process restarted.

    A counter that falls began again at zero, and so did all others of the same process. One that
    appears later than its target was born at zero with its first event, as clients do.
    """
    last = _last_seen(grid)
    present = np.isfinite(grid)
    restarted = _restarts(grid, last)
    counted = np.where(np.isfinite(last), grid - np.nan_to_num(last), grid)
    era: Millis = np.cumsum(restarted, dtype=np.int64)
    seen_era = np.where(np.isfinite(last), _era_of_last(present, era), -1)
    counted = np.where(seen_era < era, grid, counted)
    counted[~present] = 0.0
    counted[:, 0] = 0.0
    return np.maximum(counted, 0.0), restarted


def _restarts(grid: Values, last: Values) -> Flags:
    """Scrapes before which the process began anew: a counter fell, and no restart is known that explains it.

    A series that is born late after a restart falls later than the others; that is the same restart, and
    it happened when the series vanished, not when it came back.
    """
    with np.errstate(invalid="ignore"):
        fell = np.argwhere((np.isfinite(grid) & (grid < last)).T)
    since = _last_index(np.isfinite(grid))
    restarted = np.zeros(grid.shape[1], bool)
    for column, row in fell.tolist():
        if not restarted[since[row, column] + 1 : column + 1].any():
            restarted[since[row, column] + 1] = True
    return restarted


def _last_seen(grid: Values) -> Values:
    """For each cell the series' latest value before it, NaN where there was none."""
    index = _last_index(np.isfinite(grid))
    rows = np.arange(grid.shape[0])[:, np.newaxis]
    return np.where(index >= 0, grid[rows, np.maximum(index, 0)], np.nan)


def _last_index(present: Flags) -> Millis:
    columns = np.where(present, np.arange(present.shape[1]), -1)
    latest = np.maximum.accumulate(columns, axis=1)
    return np.concatenate([np.full((present.shape[0], 1), -1), latest[:, :-1]], axis=1)


def _era_of_last(present: Flags, era: Millis) -> Millis:
    return era[np.maximum(_last_index(present), 0)]


def _in_one_span(start: Millis, end: Millis, spans: Iterable[Span]) -> Flags:
    keep = np.zeros(start.size, bool)
    for span in spans:
        keep |= (start >= span.start_ms) & (end <= span.end_ms)
    return keep
