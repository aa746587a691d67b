"""What a row of the table says: which metric, how its samples tell the event, and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from incident.model.facts import ChangeKind


class Reading(Enum):
    """How the samples of a metric tell the event."""

    STATED = auto()
    """The value is the time, in epoch seconds."""
    RISES = auto()
    """A counter that goes up."""
    HOLDS = auto()
    """A state: from the first sample with the value `state` to the last."""
    STEPS = auto()
    """A number that is another one afterwards."""


@dataclass(frozen=True, slots=True)
class Row:
    """One metric and the event it records. Words take labels, and `{before}`, `{after}`, `{n}`."""

    metric: str
    """A pattern that the whole name matches."""
    kind: ChangeKind
    reading: Reading
    one: str
    many: str
    """In words where it befell several within a short time."""
    subject: tuple[str, ...]
    """The labels that name what changed; the first is what the row in the draft is about."""
    only: Mapping[str, str] = field(default_factory=dict)
    """Labels with the pattern their values must match."""
    state: float = 1.0
    names: Mapping[float, str] = field(default_factory=dict)
    """Words for the values of a state that steps."""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that are asked for together: one query for all that carry the service in the same label."""

    what: str
    labels: tuple[str, ...]
    """Where the name stands, best first; the next is tried where the one before has nothing."""
    rows: tuple[Row, ...]
    matchers: tuple[tuple[str, str], ...] = ()
    series: int = 50
    """About as many series as a query brings."""
    placed: bool = True
    """Whether its objects lie in the namespace of the service they belong to."""
