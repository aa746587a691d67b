"""Which samples belong to one alert: its pending and firing series, and those of a templated label."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from collector.signals.samples.raw import FRESH_INTERVALS, spacing_ms
from incident.model.signals import Labels, Samples
from incident.model.spans import Flags, Millis, all_times
from incident.text.promql import Matcher, selector

# Labels of the mechanism, not of the alert. Grafana writes its own states and ids beside them.
_MECHANICAL = frozenset({"__name__", "alertname", "alertstate", "grafana_alertstate"})
# Numbers here tell alerts apart; in any other label they may be a value that a template printed.
_NUMBERED = frozenset(
    {
        "code",
        "status",
        "status_code",
        "le",
        "quantile",
        "partition",
        "shard",
        "port",
        "cpu",
        "severity",
        "priority",
    }
)
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?\s?(?:%|m?s|[kMGTPE]?i?B?)?")


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """One alert over all that was read: when each evaluation found it pending or firing."""

    metric: str
    name: str
    labels: Labels
    """Without the mechanism's labels and without those a template varies."""
    pending: Millis
    firing: Millis
    since_times: Millis
    since: np.typing.NDArray[np.float64]
    """`ALERTS_FOR_STATE`: at these times, the unix second at which the condition was first seen true."""

    @property
    def times(self) -> Millis:
        """All evaluations that found it active."""
        return all_times([self.pending, self.firing])

    @property
    def source(self) -> str:
        """The selector of its samples."""
        matchers = (Matcher(key, "=", value) for key, value in (("alertname", self.name), *self.labels))
        return selector(self.metric, matchers)


def watched(alerts: Sequence[Samples], states: Sequence[Samples]) -> tuple[Watched, ...]:
    """The alerts behind raw samples of ALERTS and ALERTS_FOR_STATE, each once, by name and labels."""
    whole = _by_labels(alerts)
    since = _since_by_labels(states)
    groups: dict[tuple[str, str], list[Labels]] = defaultdict(list)
    for key in whole:
        groups[key[0], key[1]].append(key[2])
    found: list[Watched] = []
    for (metric, name), members in groups.items():
        for stable, merged in _threads(metric, name, members, whole):
            found.append(_watched(metric, name, stable, merged, whole, since))
    return tuple(sorted(found, key=lambda one: (one.name, one.labels, one.metric)))


_Key = tuple[str, str, Labels]
_States = dict[str, list[Millis]]


def _by_labels(alerts: Sequence[Samples]) -> dict[_Key, _States]:
    found: dict[_Key, _States] = defaultdict(lambda: {"pending": [], "firing": []})
    for samples in alerts:
        state = samples.label("alertstate")
        # Prometheus 1 wrote 0 where an alert had left the state.
        times = samples.times[samples.values > 0]
        if state in ("pending", "firing") and times.size:
            key = (samples.label("__name__"), samples.label("alertname"), _stable(samples.labels))
            found[key][state].append(times)
    return found


def _since_by_labels(states: Sequence[Samples]) -> dict[tuple[str, Labels], list[Samples]]:
    found: dict[tuple[str, Labels], list[Samples]] = defaultdict(list)
    for samples in states:
        found[samples.label("alertname"), _stable(samples.labels)].append(samples)
    return found


def _stable(labels: Labels, without: frozenset[str] = frozenset()) -> Labels:
    return tuple(pair for pair in labels if pair[0] not in _MECHANICAL and pair[0] not in without)


def _threads(
    metric: str, name: str, members: Sequence[Labels], whole: Mapping[_Key, _States]
) -> list[tuple[Labels, list[Labels]]]:
    """Which of the label sets are one alert: those a template tells apart, and that take turns."""
    printed = _printed(members)
    by_rest: dict[Labels, list[Labels]] = defaultdict(list)
    for labels in members:
        by_rest[_stable(labels, printed)].append(labels)
    threads: list[tuple[Labels, list[Labels]]] = []
    for rest, alike in by_rest.items():
        if len(alike) > 1 and _take_turns([_times(whole[metric, name, labels]) for labels in alike]):
            threads.append((rest, alike))
        else:
            threads.extend((labels, [labels]) for labels in alike)
    return threads


def _printed(members: Sequence[Labels]) -> frozenset[str]:
    """Labels whose values are numbers and differ: `{{ $value }}` makes a new alert of every value."""
    values: dict[str, set[str]] = defaultdict(set)
    for labels in members:
        for key, value in labels:
            values[key].add(value)
    return frozenset(
        key
        for key, seen in values.items()
        if key not in _NUMBERED and len(seen) > 1 and all(_NUMBER.fullmatch(value) for value in seen)
    )


def _take_turns(parts: Sequence[Millis]) -> bool:
    """Whether no two are active at one evaluation, and one follows on another somewhere."""
    together = np.concatenate(parts)
    if np.unique(together).size < together.size:
        return False
    ordered = sorted(parts, key=lambda times: int(times[0]))
    steps = np.diff(np.sort(together))
    nearest = min(int(b[0]) - int(a[-1]) for a, b in pairwise(ordered))
    return bool(nearest <= FRESH_INTERVALS * float(np.median(steps)))


def _times(states: _States) -> Millis:
    return all_times([*states["pending"], *states["firing"]])


def _watched(
    metric: str,
    name: str,
    stable: Labels,
    members: Sequence[Labels],
    whole: Mapping[_Key, _States],
    since: Mapping[tuple[str, Labels], Sequence[Samples]],
) -> Watched:
    states = [whole[metric, name, labels] for labels in members]
    active = [samples for labels in members for samples in since.get((name, labels), ())]
    times = np.concatenate([np.empty(0, np.int64), *(samples.times for samples in active)])
    values = np.concatenate([np.empty(0), *(samples.values for samples in active)])
    order = np.argsort(times, kind="stable")
    return Watched(
        metric=metric,
        name=name,
        labels=stable,
        pending=all_times(times for one in states for times in one["pending"]),
        firing=all_times(times for one in states for times in one["firing"]),
        since_times=times[order],
        since=values[order],
    )


def evaluation_ms(one: Watched, others: Sequence[Watched]) -> int:
    """The rule's evaluation interval: the median distance of samples in its runs, else that of all rules.

    One minute, Prometheus' default, where nothing was evaluated twice.
    """
    own = _spacing([one])
    return own or _spacing(others) or 60_000


def _spacing(alerts: Sequence[Watched]) -> int | None:
    """The median distance of neighbouring samples that belong to one run, by their ActiveAt where stored.

    A condition true at every other evaluation would otherwise show twice the interval.
    """
    steps = [np.diff(alert.times)[_within_run(alert)] for alert in alerts]
    apart = np.concatenate([np.empty(0, np.int64), *steps])
    if not apart.size:
        return None
    return spacing_ms([Samples((), np.concatenate([[0], np.cumsum(apart)]), np.empty(apart.size + 1))])


def _within_run(alert: Watched) -> Flags:
    """For each pair of neighbouring samples whether both state the same ActiveAt, or none is stored."""
    times = alert.times
    since = np.full(times.size, np.nan)
    if alert.since_times.size:
        place = np.minimum(np.searchsorted(alert.since_times, times), alert.since_times.size - 1)
        stored = alert.since_times[place] == times
        since[stored] = alert.since[place[stored]]
    before, after = since[:-1], since[1:]
    alike: Flags = (before == after) | (np.isnan(before) & np.isnan(after))
    return alike
