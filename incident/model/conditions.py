"""Conditions with a threshold: what an alert's rule compares, and when it was true."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from incident.model.signals import Labels, Samples


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """The measured side of a comparison, at the times at which its rule was evaluated."""

    signal: str
    """Name of the signal on the survey's grid that charts the same."""
    what: str
    """What is measured, in a word: the metric, or the alert."""
    alert: str
    """The alert whose rule compares so; empty for a signal that people named."""
    labels: Labels
    op: str
    """One of > >= < <= == !=."""
    limit: float
    unit: str
    query: str
    interval: timedelta
    guarded: bool
    """The rule has further conditions beside this one, which are not timed."""
    samples: Samples
    of_threshold: bool = False
    """The threshold is measured too: values are shares of it."""


@dataclass(frozen=True, slots=True)
class ConditionStretch:
    """One stretch in which a condition was true, as exact as its evaluations are."""

    condition: Condition
    start: datetime
    """The first evaluation that found it true."""
    end: datetime | None
    """The first evaluation seen that found it false again; None while it lasts."""
    plus_minus: timedelta
    end_plus_minus: timedelta
    peak: float
    peak_at: datetime
    times: int
    """How often it became true within the stretch, pauses shorter than the hold included."""
    began_before: bool
    """True already at the first sample read."""
