"""How the incident showed itself and to whom: which signal first, and what rule would have told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Seen:
    """A signal that left its normal range in the first episode, and when."""

    signal: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SuggestedRule:
    """An alerting rule and what it would have done on the samples of this draft."""

    name: str
    signal: str
    expr: str
    """The condition as Prometheus takes it, threshold included."""
    threshold: float
    hold: timedelta
    """The rule's `for`."""
    interval: timedelta
    """The group's evaluation interval."""
    labels: tuple[tuple[str, str], ...]
    summary: str
    condition_at: datetime
    """When the condition of the firing was first true."""
    would_fire_at: datetime
    plus_minus: timedelta
    """The distance of the samples it was tested on: both instants may lie so much off."""
    earlier: timedelta | None
    """Before the first alert that fired; None where none did."""
    episodes_seen: int
    """Episodes of the impact in which it would have fired."""
    false_firings: int
    """Firings while no impact was measured, before the impact began."""
    looked_at: timedelta
    """How much calm time with samples stands behind `false_firings`."""
    earlier_days: int = 0
    """Earlier days of whose same hours it was tried too, where they were read."""
    earlier_firings: int = 0
    """How often it would have fired in them, at the coarse step at which they were read."""

    @property
    def needless(self) -> int:
        """Firings without measured impact, as far as is known: nobody judged the earlier days."""
        return self.false_firings + self.earlier_firings


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Trouble of the monitoring while nobody had been told of the impact: co-timed, no cause."""

    what: str
    at: datetime
    until: datetime | None
    """None where it was seen once, or still lasts."""
    plus_minus: timedelta
    query: str


@dataclass(frozen=True, slots=True)
class Detection:
    """What the draft's section on detection says beside the durations."""

    seen: tuple[Seen, ...] = ()
    """In order of time."""
    unwatched: tuple[str, ...] | None = None
    """Signals with impact that no alerting rule watches; None where the rules are not known."""
    silent: tuple[tuple[str, str], ...] = ()
    """Rules that watch a signal with impact and did not fire in it: (rule, signal)."""
    rule: SuggestedRule | None = None
    why_no_rule: str = ""
    """Why none is offered although nothing paged in time; empty where there was no need."""
    hindered: tuple[Hindrance, ...] = ()
    """Trouble of the monitoring between the first impact and the first word of it, in order of time."""
