"""What the counters do not say about their target: the version it ran, from when to when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from collector.changes.deploys import Arrival, arrivals
from incident.model.signals import Labels, Samples
from incident.model.spans import instant
from incident.model.where import Placement


def version_placements(
    series: Sequence[Samples], version: Callable[[Labels], str], target: Callable[[Samples], Labels]
) -> tuple[Placement, ...]:
    """Each target's version with its time; none where all of them ran the same one all the time."""
    targets = {str(target(one)): target(one) for one in series if target(one)}
    found = arrivals([one for one in series if target(one)], version, lambda one: str(target(one)))
    if len({arrival.version for arrival in found}) < 2:
        return ()
    by_target: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in found:
        by_target[arrival.instance].append(arrival)
    return tuple(
        placement for name in sorted(by_target) for placement in _of_target(targets[name], by_target[name])
    )


def _of_target(target: Labels, found: Sequence[Arrival]) -> list[Placement]:
    """One version after the other; the new one counts from the last sight of the old one on.

    Counters and versions are read in the same scrape: what the first scrape of a new process shows was
    counted by it.
    """
    made: list[Placement] = []
    for place, one in enumerate(found):
        since = instant(one.after_ms) if place else None
        until = instant(found[place + 1].after_ms) if place + 1 < len(found) else None
        made.append(Placement(target, "version", one.version, since, until))
    return made


def scraped_target(samples: Samples) -> Labels:
    """The labels by which a series of the same scrape is known: the job with the instance."""
    return _labels(samples, "instance", "job")


def pod_target(samples: Samples) -> Labels:
    """The pod, as a counter scraped from it names it, from what the cluster says of it."""
    pod = samples.label("exported_pod") or samples.label("pod")
    place = samples.label("exported_namespace") or samples.label("namespace")
    return (("namespace", place), ("pod", pod)) if pod and place else ()


def _labels(samples: Samples, *names: str) -> Labels:
    pairs = tuple((name, samples.label(name)) for name in names)
    return pairs if all(value for _, value in pairs) else ()
