"""Where it hurt: which routes, versions or places the failures concentrate on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from incident.model.signals import Labels


class Harm(StrEnum):
    """What happened to the requests that are told apart."""

    FAILED = "failed"
    LOST = "lost"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Placement:
    """What the request counters do not say of their target themselves: its version, node or zone."""

    target: Labels
    """The labels that name the target; a counter with all of them is the target's."""
    name: str
    """What is known, in the word of a label: "version"."""
    value: str
    since: datetime | None
    """From when on it was so; None: from before the first sample."""
    until: datetime | None
    """Until when; None: to the last sample."""


@dataclass(frozen=True, slots=True)
class Portion:
    """The requests with one value of a label."""

    value: str
    count: float
    """Harmed requests with this value."""
    share: float
    """Of all harmed requests."""
    share_of_requests: float | None
    """Of all requests; None for a label that tells failures apart itself, such as the code."""
    ratio: float | None
    """Harmed share of the requests with this value, in the impact."""
    ratio_before: float | None
    """The same in the half hour before; None where hardly any of its requests were read there."""
    new: bool = False
    """Other values had requests before, this one hardly any: a version that had just come."""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One label over whose values the harmed requests concentrate, or spread as requests do."""

    harm: Harm
    label: str
    concentrated: bool
    """False: spread evenly, each value about as often among the harmed as among all."""
    portions: tuple[Portion, ...]
    """The values it concentrates on, the largest first; where it is even, none."""
    values: int
    """How many values the label has."""
    harmed: float
    """Harmed requests in all."""
    query: str
    """What a person can ask for the same, near enough."""
    slower_than_s: float | None = None
    """For slow requests, the bound."""

    @property
    def share(self) -> float:
        """Of the harmed requests, on the values it concentrates on."""
        return sum(portion.share for portion in self.portions)

    @property
    def share_of_requests(self) -> float | None:
        """Of all requests, on the same values."""
        known = [p.share_of_requests for p in self.portions if p.share_of_requests is not None]
        return sum(known) if len(known) == len(self.portions) else None
