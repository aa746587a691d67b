"""What one record of a file says, before duplicates are joined and anything is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TypeAlias

from incident.model.signals import Labels

Fields: TypeAlias = Mapping[str, object]
"""A record as its file holds it: decoded JSON, or text by column name."""

SOURCE = "file "
"""How the source of everything from a file begins, where others have a query."""
_MOST_PLACES = 3
"""Places that a row names; a page of them helps nobody."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a record stands: the file's name, its number among the files given, line from 1, item from 1."""

    file: str
    number: int
    line: int
    item: int = 0

    def __str__(self) -> str:
        return f"{self.file} line {self.line}" + (f" item {self.item}" if self.item else "")


def source(places: tuple[Place, ...]) -> str:
    """The places as the source of a row: `file a.jsonl line 3 and b.json line 1`."""
    named = sorted({str(place) for place in places})
    spare = len(named) - _MOST_PLACES
    shown = [*named[:_MOST_PLACES], f"{spare} more"] if spare > 0 else named
    return SOURCE + (" and ".join(shown) if len(shown) < 3 else f"{', '.join(shown[:-1])} and {shown[-1]}")


@dataclass(frozen=True, slots=True)
class Record:
    """One object of a file; `container` is the file's notation: JSON, YAML or CSV."""

    place: Place
    fields: Fields
    container: str


@dataclass(frozen=True, slots=True)
class Clock:
    """What a written time may lean on: the present, and the zone of stamps without offset."""

    now: datetime
    zone: tzinfo | None


@dataclass(frozen=True, slots=True)
class Seen:
    """An alert that fired, as one record tells it."""

    name: str
    labels: Labels
    firing_at: datetime
    resolved_at: datetime | None
    place: Place
    pending_at: datetime | None = None
    evaluation_gap: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """An alert's step from one state to the next; states in lower case, `normal` is the calm one."""

    name: str
    labels: Labels
    at: datetime
    before: str
    state: str
    place: Place


@dataclass(frozen=True, slots=True)
class Told:
    """A notification that was sent: to whom, through what, about which alerts."""

    at: datetime
    receiver: str
    through: str
    alerts: tuple[tuple[str, Labels, bool, str], ...]
    """Name, labels, whether firing, and its start as written: what tells news from a repetition."""
    place: Place


@dataclass(frozen=True, slots=True)
class Fact:
    """A timed fact: a change, or what people or their tools did and wrote."""

    kind: str
    """A kind of timeline.json."""
    at: datetime
    until: datetime | None
    text: str
    places: tuple[Place, ...]
    labels: Labels = ()
    """Labels that say whose it is; empty where nothing does."""
    subject: str = ""
    value: str = ""
    count: int = 1
    by_hand: bool = False
    """Written down for this incident, as against exported with everybody's."""
    hints: str = ""
    """Tags and the like, in which the service may be named."""


@dataclass(frozen=True, slots=True)
class Observed:
    """A Kubernetes event: the same thing seen `count` times between two instants."""

    uid: str
    reason: str
    owner: str
    """The workload, without the pod's hashes."""
    last: datetime
    fact: Fact


@dataclass(frozen=True, slots=True)
class Left:
    """A record that was understood and left out, and why in words that follow a number."""

    place: Place
    why: str


@dataclass(frozen=True, slots=True)
class Bad:
    """A record that could not be read, and why."""

    place: Place
    why: str


Item: TypeAlias = Seen | Turn | Told | Fact | Observed | Left | Bad
