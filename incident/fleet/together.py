"""Services whose impact began together, in the order in which it began. An order, not a cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

TOGETHER = timedelta(minutes=15)
"""Trouble that spreads from a shared dependency reaches its callers within timeouts and retries, that is
within minutes; a quarter of an hour covers slow queues and still keeps a day's incidents apart."""


@dataclass(frozen=True, slots=True)
class Onset:
    """One service's impact, by a key of the caller's (its draft)."""

    key: str
    start: datetime
    end: datetime | None


def together(onsets: Sequence[Onset]) -> tuple[tuple[str, ...], ...]:
    """The keys in groups, earliest onset first within a group and among them.

    A group holds what began within a quarter of an hour of its first and while that one lasted; what
    began later begins a group of its own, so that a day of incidents is no chain.
    """
    groups: list[list[Onset]] = []
    near: list[list[Onset]] = []
    for one in sorted(onsets, key=lambda one: (one.start, one.key)):
        near = [group for group in near if one.start - group[0].start <= TOGETHER]
        lasting = (group for group in near if group[0].end is None or one.start < group[0].end)
        home = next(lasting, None)
        if home is None:
            home = []
            groups.append(home)
            near.append(home)
        home.append(one)
    return tuple(tuple(one.key for one in group) for group in groups)
