"""What a screening brings and what is made of it."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from incident.model.signals import Measure
from incident.model.spans import Grid, Span, Values

SCREENED = (Measure.ERRORS, Measure.LATENCY, Measure.TRAFFIC, Measure.AVAILABILITY)
"""What is screened of every service, in this order."""


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """One service of the fleet; `place` are the labels that tell it from others of its name."""

    service: str
    place: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        inside = ",".join(f'{name}="{value}"' for name, value in self.place)
        return f"{self.service}{{{inside}}}" if inside else self.service


@dataclass(frozen=True, slots=True, eq=False)
class Screening:
    """The fleet on one coarse grid: an array (n_members, grid.count) a measure, NaN = no sample."""

    members: tuple[Member, ...]
    grid: Grid
    window: Span
    values: dict[Measure, Values]
    """Error ratio 0..1, mean latency in the histogram's unit, requests per second, share of targets up."""
    looks_back_ms: int
    """The range of the rates: how far each point looks back."""

    def of(self, members: Set[Member]) -> Screening:
        """The part that is these members', with nothing of the others held any more."""
        rows = [row for row, member in enumerate(self.members) if member in members]
        values = {measure: table[rows] for measure, table in self.values.items()}
        return replace(self, members=tuple(self.members[row] for row in rows), values=values)


def joined(parts: Sequence[Screening]) -> Screening:
    """Screenings of different members on the same grid as one; there is at least one."""
    members = tuple(member for one in parts for member in one.members)
    values = {measure: np.concatenate([one.values[measure] for one in parts]) for measure in parts[0].values}
    return replace(parts[0], members=members, values=values)


@dataclass(frozen=True, slots=True)
class Standout:
    """A stretch in which one measure of a service was worse than what is normal for it."""

    member: Member
    measure: Measure
    start: datetime
    end: datetime | None
    """None: it had not recovered when the samples ended."""
    before: float
    inside: float


@dataclass(frozen=True, slots=True)
class Firing:
    """One firing stretch of an alert that names a service, to the screening's step."""

    member: Member
    name: str
    start: datetime
    end: datetime | None
    """None: still firing at the end of the period."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of one service worth a close look: what stood out and fired, no quiet gap inside."""

    member: Member
    start: datetime
    end: datetime | None
    standouts: tuple[Standout, ...]
    firings: tuple[Firing, ...]

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What stood out, each once, in the order of `SCREENED`."""
        seen = {one.measure for one in self.standouts}
        return tuple(measure for measure in SCREENED if measure in seen)
