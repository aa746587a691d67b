"""What a screening brings and what is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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
