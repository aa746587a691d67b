"""One service told by two: each of a pair of Prometheus servers, or two jobs, scraped the same targets.

Joined without deduplication their series differ in one label only, and every sum is twice too high.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations

import numpy as np

from collector.errors import QueryRejected
from collector.signals.choose import of_metric
from collector.signals.labels.sets import label, of_service, values_of
from collector.source import Source
from incident.model.signals import Labels
from incident.model.spans import Span, aligned
from incident.text.promql import Matcher, label_name, selector

# What nobody but a pair of servers, its receivers or its rulers is told apart by.
REPLICA_LABELS = ("prometheus_replica", "__replica__", "receive_replica", "thanos_replica", "rule_replica")
# A program may call its own parts so: it counts as the server's only where `up` carries it too.
_ON_TARGETS = "replica"
# The same address scraped by two jobs.
_BY_JOBS = "job"
# Looks at how much each told: enough to find the one that was away for a part.
_LOOKS = 40
_SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Twice:
    """A label whose values tell the same series, and the metric by which that was seen."""

    label: str
    values: tuple[str, ...]
    metric: str

    def words(self, taken: Matcher) -> str:
        """What was done about it, for the draft's evidence."""
        names = ", ".join(self.values)
        return (
            f'series: {self.label} {names} hold the same targets; "{taken.value}" is read, as their sum '
            f"would count each request {len(self.values)} times; choose another with --match"
        )


def told_twice(series: Sequence[Labels], scope: Sequence[Matcher]) -> Twice | None:
    """The label by which the same is told more than once; None where each series is one of a kind.

    A label that the scope pins already is the asker's choice.
    """
    pinned = {matcher.name for matcher in scope}
    counted = [labels for labels in series if label(labels, "__name__") not in ("probe_success", "up")]
    targets = [labels for labels in series if label(labels, "__name__") == "up"]
    addressed = [labels for labels in counted if label(labels, "instance")]
    looks = [(name, [*counted, *targets]) for name in REPLICA_LABELS]
    looks += [(_ON_TARGETS, targets), (_BY_JOBS, addressed)]
    found = (_twins(name, some) for name, some in looks if name not in pinned)
    return next((each for each in found if each is not None), None)


def _twins(name: str, series: Collection[Labels]) -> Twice | None:
    """Series that are the same but for this label."""
    alike: dict[Labels, list[Labels]] = defaultdict(list)
    for labels in series:
        if label(labels, name):
            alike[tuple(pair for pair in labels if pair[0] != name)].append(labels)
    doubled = [labels for group in alike.values() if len(group) > 1 for labels in group]
    if not doubled:
        return None
    return Twice(name, values_of(doubled, name), label(doubled[0], "__name__"))


def chosen(
    source: Source, twice: Twice, series: Sequence[Labels], service: str, span: Span
) -> Matcher | None:
    """The one of them that told most of the span, the first by name among equals.

    None where they told one after another, as after a change of names: those sums are right.
    """
    own = of_service(of_metric(series, twice.metric), service)
    if own is None:
        return None
    grid = aligned(span, max(span.length / _LOOKS, _SHORTEST))
    told = f"count by ({label_name(twice.label)}) ({selector(twice.metric, own.matchers)})"
    try:
        answer = source.range(told, grid)
    except QueryRejected:
        return None
    seen = {one.label(twice.label): set(one.times[np.isfinite(one.values)].tolist()) for one in answer.series}
    times = [seen.get(value, set()) for value in twice.values]
    if not any(one & other for one, other in combinations(times, 2)):
        return None
    return Matcher(twice.label, "=", max(twice.values, key=lambda value: len(seen.get(value, ()))))
