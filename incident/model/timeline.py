"""The Timeline: the finished reasoning, of which Markdown, HTML, charts and JSON are renderings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np

from incident.model.companions import Companion
from incident.model.conditions import ConditionStretch
from incident.model.detection import Detection
from incident.model.evidence import Origin, Scope
from incident.model.facts import AlertInterval, AlertRule, Unknown
from incident.model.policy import Policy
from incident.model.signals import Gap, Measure, SignalSpec
from incident.model.silences import Silenced
from incident.model.spans import Grid, Moment, Span, Values
from incident.model.where import Breakdown
from incident.text.numbers import quantity


class Status(StrEnum):
    """How the window ended, for users of the service."""

    NO_IMPACT = "no_impact"
    ONGOING = "ongoing"
    RECOVERED = "recovered"
    UNKNOWN = "unknown"


class State(StrEnum):
    """How bad it was; in order of severity."""

    DEGRADED = "degraded"
    PARTIAL_OUTAGE = "partial_outage"
    DOWN = "down"

    @property
    def rank(self) -> int:
        return list(State).index(self)

    @property
    def words(self) -> str:
        return self.value.replace("_", " ")


class EventOrigin(StrEnum):
    """Who says so; one of the three clocks, or a change."""

    MEASURED = "measured"
    ALERT = "alert"
    CHANGE = "change"
    ENTERED = "entered"


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of an episode with one state; `improving` marks the way back to normal."""

    start: datetime
    end: datetime | None
    state: State
    improving: bool
    failed_ratio: float | None
    bursts: int = 0
    """How often it came and went inside the phase, where that was often; 0 = all the time."""
    returned: bool = False
    """Back in the normal range, but not for as long as a recovery must hold."""

    @property
    def words(self) -> str:
        """What it was like, for people."""
        if self.returned:
            return "back in the normal range, not yet held"
        return "improving" if self.improving else self.state.words


@dataclass(frozen=True, slots=True)
class ImpactEpisode:
    """One uninterrupted stretch of measured impact on the service."""

    start: Moment
    end: Moment | None
    """Start of the hold that proved recovery; None while it lasts."""
    state: State
    """The worst state reached."""
    signals: tuple[str, ...]
    """Names of the impact signals that carry it, earliest first."""
    phases: tuple[Phase, ...]
    end_uncertain: bool = False
    """The end borders a gap in the data."""
    began_before: bool = False
    """Impact was there at the first sample read."""

    @property
    def quiet_since(self) -> datetime | None:
        """From when on it is back in the normal range, where that was not held yet; None else."""
        last = self.phases[-1] if self.phases else None
        return last.start if last is not None and last.returned else None


@dataclass(frozen=True, slots=True)
class RequestFigures:
    """Requests over exactly the episodes; None = not known, never zero."""

    total: int | None
    failed: int | None
    failed_ratio: float | None
    failed_before_alert: int | None
    """Up to the first firing alert; None where no alert fired or counters were absent."""
    expected_low: int | None
    expected_high: int | None
    lost: int | None
    """Expected less served, where traffic or targets vanished."""
    formula: str
    query: str


@dataclass(frozen=True, slots=True)
class Milestones:
    """The instants every postmortem asks for; None = not recorded."""

    impact_start: Moment | None = None
    first_alert_pending: Moment | None = None
    first_alert_firing: Moment | None = None
    improving: Moment | None = None
    recovered: Moment | None = None
    detected: Moment | None = None
    acknowledged: Moment | None = None
    mitigated: Moment | None = None
    resolved: Moment | None = None
    notified: Moment | None = None
    """When somebody was first sent word of the first alert, as the tools that send it recorded."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A named duration with both ends named; `value` None with the reason beside it."""

    name: str
    start: str
    end: str
    value: timedelta | None
    why_null: str = ""
    plus_minus: timedelta = timedelta(0)
    """How much the value may be off: the uncertainties of both ends."""


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the timeline. `main` rows make the draft's first page; the rest is folded."""

    id: str
    at: datetime
    until: datetime | None
    plus_minus: timedelta
    kind: str
    origin: EventOrigin
    subject: str
    title: str
    value: str
    query: str
    link: str
    """Absolute http(s) address of the graph behind the row, or empty."""
    main: bool = True


@dataclass(frozen=True, slots=True)
class Band:
    """What was normal: the centre and the reach of the baseline, in the signal's unit."""

    centre: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """The level and range to expect at each time of the survey's grid by earlier days, in the signal's unit.

    Each of shape (grid.count,), NaN where no earlier day is known.
    """

    grid: Grid
    centre: Values
    low: Values
    high: Values

    def reach(self, span: Span) -> tuple[float, float] | None:
        """The lowest and the highest that is normal anywhere in the span; None where nothing is known."""
        times = self.grid.times
        inside = (times >= span.start_ms) & (times < span.end_ms)
        low, high = (values[inside & np.isfinite(values)] for values in (self.low, self.high))
        return (float(low.min()), float(high.max())) if low.size else None


@dataclass(frozen=True, slots=True)
class SignalEpisode:
    """One departure of one signal from its baseline, and why it was believed."""

    start: datetime
    end: datetime | None
    before: float
    inside: float
    peak_at: datetime
    peak: float
    direction: str
    reason: str
    impact: bool
    """Counted towards the service's impact; otherwise context."""
    plus_minus: timedelta = timedelta(0)
    """How far the start may be off."""
    capped: bool = False
    """`peak` is the last bound of the histogram it was read from: it was that or more."""

    def worst(self, unit: str) -> str:
        """The peak in words: `3.8 s`, `10 s or more`."""
        return f"{quantity(self.peak, unit)}{' or more' if self.capped else ''}"


@dataclass(frozen=True, slots=True)
class Stray:
    """A moment outside the normal range, too short to be a departure."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class SignalReport:
    """A signal with its baseline, departures and gaps."""

    spec: SignalSpec
    baseline: Band | None
    episodes: tuple[SignalEpisode, ...]
    gaps: tuple[Gap, ...]
    usual: Usual | None = field(default=None, compare=False)
    """What is normal at each time, where it follows the rhythm of the day; then it stands for `baseline`."""
    strayed: Stray | None = None
    """How far it went for a moment of the impact, where it did not depart; None: it stayed in its range."""

    @property
    def is_calm_saturation(self) -> bool:
        """Context that was found without being asked for and never left its normal: one word is enough."""
        return self.spec.measure is Measure.SATURATION and not self.episodes


@dataclass(frozen=True, slots=True)
class Compared:
    """An earlier period that the signals were compared with."""

    ago: timedelta
    step: timedelta
    signals: tuple[str, ...]
    """Those of which it had samples."""
    note: str
    """Why some or all are not known; empty where nothing is missing."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """One incident, or the finding that there was none, in one window."""

    tool_version: str
    origin: Origin
    scope: Scope
    zone: str
    """IANA name, for display only."""
    asked: Span
    window: Span
    """What the draft reports on: the asked window, extended where impact reached beyond it."""
    extended_because: str
    step: timedelta
    scrape_interval: timedelta
    baseline_span: Span | None
    baseline_note: str
    policy: Policy
    status: Status
    episodes: tuple[ImpactEpisode, ...]
    requests: RequestFigures | None
    milestones: Milestones
    durations: tuple[Duration, ...]
    events: tuple[Event, ...]
    alerts: tuple[AlertInterval, ...]
    """Firing intervals of this service's own alerts."""
    alerts_elsewhere: int
    alerts_readable: bool
    alert_rules: tuple[AlertRule, ...] | None
    rules_seen: int | None
    signals: tuple[SignalReport, ...]
    unknowns: tuple[Unknown, ...]
    signals_explained: tuple[str, ...]
    alerts_nearby: tuple[AlertInterval, ...] = ()
    """Firing intervals of alerts in the same namespace, or that name nothing."""
    silenced: tuple[Silenced, ...] = ()
    """Firings of alerts that a silence kept from being sent."""
    conditions: tuple[ConditionStretch, ...] = ()
    """When the conditions of alerts and of signals with a limit were true."""
    compared: tuple[Compared, ...] = ()
    """The earlier periods that were asked for; empty where none were."""
    where: tuple[Breakdown, ...] = ()
    """Where the failures (or the lost or slow requests) concentrate; empty where nothing can be said."""
    detection: Detection = field(default_factory=Detection)
    """What showed the impact first, who watched, and a rule that would have told of it."""
    companions: tuple[Companion, ...] = ()
    """Services that began together with this one, in order of onset."""
    identity: str = ""
    """The incident's id, 12 hex digits; empty until its place is known, and in drafts of earlier versions."""

    @property
    def state(self) -> State | None:
        """The worst state of all episodes."""
        return max((e.state for e in self.episodes), key=lambda s: s.rank, default=None)
