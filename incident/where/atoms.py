"""Requests in and before the impact, counted by the finest groups the counters tell apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from incident.impact.ends.counts import TargetCounts, counts_by_target
from incident.model.signals import Counters, Samples
from incident.model.spans import Flags, Millis, Span, Values, ms
from incident.model.where import Placement

_Interval = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Atoms:
    """Groups of requests with the same labels; every array has shape (n,)."""

    labels: tuple[Mapping[str, str], ...]
    whole: Values
    """Requests in the impact."""
    part: Values
    """Of these the harmed ones."""
    whole_before: Values
    part_before: Values

    def only(self, keep: Flags) -> Atoms:
        """The groups chosen."""
        labels = tuple(one for one, kept in zip(self.labels, keep.tolist(), strict=True) if kept)
        return Atoms(
            labels, self.whole[keep], self.part[keep], self.whole_before[keep], self.part_before[keep]
        )

    def having(self, label: str) -> tuple[tuple[str, ...], Millis]:
        """The distinct values of a label, sorted, and which of them each group has."""
        values = [one.get(label, "") for one in self.labels]
        distinct = tuple(sorted(set(values)))
        place = {value: index for index, value in enumerate(distinct)}
        return distinct, np.array([place[value] for value in values], dtype=np.int64)


def request_atoms(
    counters: Counters, placements: Sequence[Placement], inside: Sequence[Span], before: Span
) -> Atoms:
    """Answered requests, failed ones as the part; by version too where a target changed it meanwhile.

    Scrape intervals across an end of the impact count by their share, their failures in full: that is
    how the figures of the impact count them too.
    """
    atoms = _Gathered()
    failed = np.asarray(counters.is_failed, bool)
    for target in counts_by_target(counters.requests, counters.spans):
        for tenure in _tenures(counters.requests[target.rows[0]], placements):
            within = _counted(target, inside, tenure, _shared)
            touched = _counted(target, inside, tenure, _touching)
            earlier = _counted(target, [before], tenure, _shared)
            for k, row in enumerate(target.rows):
                labels = dict(tenure.labels) | dict(counters.requests[row].labels)
                bad = bool(failed[row])
                whole = touched[k] if bad else within[k]
                atoms.add(labels, whole, whole if bad else 0.0, earlier[k], earlier[k] if bad else 0.0)
    return atoms.done()


def slow_atoms(
    counters: Counters, placements: Sequence[Placement], inside: Sequence[Span], before: Span, bound: str
) -> Atoms:
    """Requests by the latency histograms; those above the bucket `bound` as the part."""
    atoms = _Gathered()
    wanted = [one for one in counters.buckets if one.label("le") in (bound, *_ALL)]
    for target in counts_by_target(wanted, counters.bucket_spans):
        for tenure in _tenures(wanted[target.rows[0]], placements):
            within = _counted(target, inside, tenure, _shared)
            earlier = _counted(target, [before], tenure, _shared)
            for k, row in enumerate(target.rows):
                labels = dict(tenure.labels) | dict(wanted[row].labels)
                if labels.pop("le") in _ALL:
                    atoms.add(labels, within[k], within[k], earlier[k], earlier[k])
                else:
                    atoms.add(labels, 0.0, -within[k], 0.0, -earlier[k])
    return atoms.done()


_ALL = ("+Inf", "Inf")


@dataclass(frozen=True, slots=True)
class _Tenure:
    """What is known of a target from one instant to another, epoch ms."""

    labels: tuple[tuple[str, str], ...]
    since: int
    until: int


_EVER = (-(2**62), 2**62)


def _tenures(series: Samples, placements: Sequence[Placement]) -> list[_Tenure]:
    """The times in which everything known of the series' target stays the same."""
    own = dict(series.labels)
    mine = [p for p in placements if all(own.get(k) == v for k, v in p.target)]
    bounds = {_EVER[0], _EVER[1]}
    for one in mine:
        bounds |= set(_reach(one))
    edges = sorted(bounds)
    found: list[_Tenure] = []
    for since, until in pairwise(edges):
        labels = {p.name: p.value for p in mine if _reach(p)[0] <= since and until <= _reach(p)[1]}
        found.append(_Tenure(tuple(sorted(labels.items())), since, until))
    return found


def _reach(one: Placement) -> _Interval:
    since = _EVER[0] if one.since is None else ms(one.since)
    return since, _EVER[1] if one.until is None else ms(one.until)


_Weight = Callable[[TargetCounts, int, int], Values]


def _counted(target: TargetCounts, spans: Sequence[Span], tenure: _Tenure, weight: _Weight) -> list[float]:
    """For each series of the target what it counted in the spans, as long as the tenure lasted."""
    total: Values = np.zeros(target.start.size)
    for span in spans:
        lo, hi = max(span.start_ms, tenure.since), min(span.end_ms, tenure.until)
        if lo < hi:
            total = np.maximum(total, 0.0) + weight(target, lo, hi)
    counted: list[float] = (target.counted @ np.minimum(total, 1.0)).tolist()
    return counted


def _shared(target: TargetCounts, lo: int, hi: int) -> Values:
    shared = np.minimum(target.end, hi) - np.maximum(target.start, lo)
    weight: Values = np.clip(shared / np.maximum(1, target.end - target.start), 0.0, 1.0)
    return weight


def _touching(target: TargetCounts, lo: int, hi: int) -> Values:
    return ((target.end > lo) & (target.start < hi)).astype(np.float64)


class _Gathered:
    """Sums by labels; series of one histogram, or of one target in two lives, come together."""

    def __init__(self) -> None:
        self._sums: dict[tuple[tuple[str, str], ...], list[float]] = {}

    def add(self, labels: Mapping[str, str], *counts: float) -> None:
        key = tuple(sorted((k, v) for k, v in labels.items() if k != "__name__"))
        sums = self._sums.setdefault(key, [0.0] * len(counts))
        for index, count in enumerate(counts):
            sums[index] += count

    def done(self) -> Atoms:
        keys = sorted(self._sums)
        table = np.array([self._sums[key] for key in keys]).reshape(len(keys), 4)
        whole, part, whole_before, part_before = table.T
        labels = tuple(dict(key) for key in keys)
        return Atoms(labels, whole, np.clip(part, 0.0, None), whole_before, np.clip(part_before, 0.0, None))
