"""One fact from several records becomes one row that names them all, in whatever order files were given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from collector.events.items import Fact, Left, Place, Seen, Told
from collector.events.kinds import telling
from incident.model.facts import AlertInterval
from incident.model.signals import Labels

SAME_START = timedelta(seconds=60)
"""Two sources date the same alert within the evaluation interval and group_wait, 30 s each as installed."""
_MOST_COMPARED = 1_000
"""Alerts of one name within a minute that another one is compared with; more are instances of one storm."""
_SAME_TIME = timedelta(seconds=1)
"""Some tools keep whole seconds, cut or rounded."""
_MOST_NAMES = 5
"""Alerts that one notification names."""


@dataclass(frozen=True, slots=True)
class Joined:
    """An alert with every record of it."""

    seen: Seen
    places: tuple[Place, ...]


def joined_alerts(found: Iterable[Seen]) -> tuple[Joined, ...]:
    """Each alert once, in order of time.

    In one file labels must be equal, since one notation writes them one way; across files one set may
    lack labels of the other (external labels, those that relabelling took).
    """
    alike = sorted(found, key=lambda one: (one.name, one.labels, one.firing_at, _end(one), one.place))
    once: list[Joined] = []
    for _, group in groupby(alike, key=lambda one: (one.name, one.labels)):
        once += _grouped([Joined(one, (one.place,)) for one in group], _goes_on)
    kept: list[Joined] = []
    for _, named in groupby(once, key=lambda one: one.seen.name):
        several = sorted(named, key=_when)
        files = {place.number for one in several for place in one.places}
        kept += _grouped(several, _elsewhere_too) if len(files) > 1 else several
    return tuple(sorted(kept, key=_when))


def _when(one: Joined) -> tuple[object, ...]:
    return (one.seen.firing_at, one.seen.name, one.seen.labels, _end(one.seen), one.places)


def _grouped(ordered: list[Joined], same: Callable[[Joined, Joined], bool]) -> list[Joined]:
    done: list[Joined] = []
    near: list[Joined] = []
    for one in ordered:
        done += [other for other in near if one.seen.firing_at - other.seen.firing_at > SAME_START]
        near = [other for other in near if one.seen.firing_at - other.seen.firing_at <= SAME_START]
        index = next((i for i, other in enumerate(near[-_MOST_COMPARED:]) if same(other, one)), None)
        if index is None:
            near.append(one)
        else:
            index += max(0, len(near) - _MOST_COMPARED)
            near[index] = _both(near[index], one)
    return done + near


def _goes_on(known: Joined, one: Joined) -> bool:
    """Whether the second lies in the first's run: an alert that ended and fires again is a second one."""
    return known.seen.resolved_at is None or known.seen.resolved_at >= one.seen.firing_at


def _elsewhere_too(known: Joined, one: Joined) -> bool:
    """Whether another file tells the same alert, with labels more or less."""
    mine = {place.number for place in known.places}
    if mine & {place.number for place in one.places} or not _goes_on(known, one):
        return False
    return _subset(known.seen.labels, one.seen.labels)


def _subset(a: Labels, b: Labels) -> bool:
    return set(a) <= set(b) or set(b) <= set(a)


def _both(known: Joined, other: Joined) -> Joined:
    """The alert as both tell it: the earlier start, the end that one of them knows, the fuller labels."""
    one = other.seen
    ends = [end for end in (known.seen.resolved_at, one.resolved_at) if end is not None]
    starts = [at for at in (known.seen.pending_at, one.pending_at) if at is not None]
    seen = replace(
        known.seen,
        labels=max(known.seen.labels, one.labels, key=lambda labels: (len(labels), labels)),
        resolved_at=max(ends, default=None),
        pending_at=min(starts, default=None),
        evaluation_gap=known.seen.evaluation_gap or one.evaluation_gap,
    )
    return Joined(seen, tuple(sorted({*known.places, *other.places})))


def _end(one: Seen) -> tuple[bool, datetime]:
    return one.resolved_at is None, one.resolved_at or one.firing_at


def with_known(known: Sequence[AlertInterval], found: Sequence[AlertInterval]) -> tuple[AlertInterval, ...]:
    """The alerts that metrics tell, and those that only files tell; one told by both names both.

    What was measured keeps its times and labels. A known alert's end, where none was seen, may come
    from a file.
    """
    merged, spare = list(known), []
    for one in found:
        index = next((i for i, other in enumerate(merged[: len(known)]) if _told_twice(other, one)), None)
        if index is None:
            spare.append(one)
            continue
        other = merged[index]
        ends = other.resolved_at or (one.resolved_at if other.firing_at else None)
        merged[index] = replace(other, source=f"{other.source} and {one.source}", resolved_at=ends)
    return tuple(sorted([*merged, *spare], key=_order))


def _told_twice(known: AlertInterval, one: AlertInterval) -> bool:
    if known.firing_at is None or one.firing_at is None or known.name != one.name:
        return False
    return abs(known.firing_at - one.firing_at) <= SAME_START and _subset(known.labels, one.labels)


def _order(one: AlertInterval) -> tuple[object, ...]:
    return (one.pending_at or one.firing_at, one.firing_at is None, one.name, one.labels)


def joined_facts(found: Iterable[Fact]) -> tuple[Fact, ...]:
    """Each fact once: the same text within a second, of the more telling kind, on nothing different."""
    ordered = sorted(found, key=lambda one: (one.text, one.at, telling(one.kind), one.kind, one.places))
    kept: list[Fact] = []
    for one in ordered:
        index = len(kept) - 1
        while index >= 0 and _near(kept[index], one) and not _subset(kept[index].labels, one.labels):
            index -= 1
        if index >= 0 and _near(kept[index], one):
            kept[index] = _one_of(kept[index], one)
        else:
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: (one.at, one.kind, one.text, one.labels)))


def _near(known: Fact, one: Fact) -> bool:
    return known.text == one.text and one.at - known.at <= _SAME_TIME


def _one_of(known: Fact, one: Fact) -> Fact:
    first = min(known, one, key=lambda fact: (telling(fact.kind), fact.kind))
    ends = [end for end in (known.until, one.until) if end is not None]
    return replace(
        first,
        at=known.at,
        until=max(ends, default=None),
        places=tuple(sorted({*known.places, *one.places})),
        labels=max(known.labels, one.labels, key=lambda labels: (len(labels), labels)),
        subject=max(known.subject, one.subject),
        value=max(known.value, one.value),
        by_hand=known.by_hand or one.by_hand,
        hints=max(known.hints, one.hints),
    )


def notifications(found: Iterable[Told]) -> Iterable[Fact | Left]:
    """Each notification that brought news; what only says the same again is left out.

    Alertmanager repeats what still fires, and each of several instances records for itself.
    """
    seen: set[object] = set()
    for one in sorted(found, key=lambda one: (one.at, one.receiver, one.through, one.alerts, one.place)):
        news = (one.receiver, one.through, one.alerts or one.at)
        if news in seen:
            yield Left(one.place, "of a notification repeated")
            continue
        seen.add(news)
        yield Fact("notified", one.at, None, _words(one), (one.place,))


def _words(one: Told) -> str:
    who = one.receiver or "a receiver"
    told = f"{who} notified by {one.through}" if one.through else f"{who} notified"
    firing, over = (sorted({a[0] for a in one.alerts if a[2] is state and a[0]}) for state in (True, False))
    about = [f"{_list(names)} {verb}" for names, verb in ((firing, "firing"), (over, "resolved")) if names]
    return f"{told}: {'; '.join(about)}" if about else told


def _list(names: list[str]) -> str:
    spare = len(names) - _MOST_NAMES
    return ", ".join([*names[:_MOST_NAMES], *([f"{spare} more"] if spare > 0 else [])])
