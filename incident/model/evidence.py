"""Everything collected for one draft: enough to make it again with no network."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from incident.model.companions import Companion
from incident.model.conditions import Condition
from incident.model.facts import AlertInterval, AlertRule, Change, Entered, Unknown
from incident.model.policy import Policy
from incident.model.signals import Counters, EarlierPeriod, Measure, SignalSeries, Targets
from incident.model.silences import AlertSilence
from incident.model.spans import Grid, Span
from incident.model.where import Placement


@dataclass(frozen=True, slots=True)
class Scope:
    """Which series are the service's: its name and the label matchers that narrow it."""

    service: str
    matchers: tuple[str, ...]
    """PromQL matchers as rendered, e.g. `namespace="prod"`; asked for or found."""
    label: str
    """The label that carries the service's name in its main metric family, e.g. "service"."""

    def __str__(self) -> str:
        return f"{self.service}{{{','.join(self.matchers)}}}" if self.matchers else self.service


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and when the evidence was collected; no credentials, no query strings."""

    url: str
    server: str
    """Product and version as the server states them, e.g. "Prometheus 2.42.0"; empty if it does not."""
    tenant: str
    collected_at: datetime


@dataclass(frozen=True, slots=True)
class Presentation:
    """How the first draft was shown and judged; kept, so that a replay makes the same one again."""

    zone: str = "UTC"
    """IANA name, for display only."""
    link_base: str = ""
    """Where links to graphs lead; empty for none."""
    policy: Policy = field(default_factory=Policy)
    form: str = "full"
    """Which form of the draft was asked for; empty while nobody has said."""
    generation: int = 1
    """Which generation of the draft's text was made from it; a replay makes that one again."""
    templates: tuple[tuple[str, str], ...] = ()
    """A team's own templates, name and source, in the order of their names."""
    identity: str = ""
    """The incident's id, which its first draft got and every later one keeps; empty before the first one."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What survey and zoom brought. `--replay` of it makes the same draft, byte for byte."""

    origin: Origin
    scope: Scope
    asked: Span
    """The window that was asked for."""
    covered: Span
    """What was read: lead-in, window, and the extension to see the end of the impact."""
    scrape_interval: timedelta
    grid: Grid
    """The survey's grid, shared by all signals."""
    signals: tuple[SignalSeries, ...]
    targets: Targets | None
    probes: Targets | None
    counters: Counters | None
    """None until the zoom, or where the service has no request counters."""
    alerts: tuple[AlertInterval, ...]
    """Own and nearby alerts; those elsewhere are only counted."""
    alerts_elsewhere: int
    alerts_readable: bool
    """False where ALERTS could not be read: then "no alert fired" must not be said."""
    alert_rules: tuple[AlertRule, ...] | None
    """Rules whose alerts fired here, as of collection; None where rules could not be read."""
    rules_seen: int | None
    """How many alerting rules name this service or could not be excluded; None = not known."""
    changes: tuple[Change, ...]
    unknowns: tuple[Unknown, ...]
    signals_explained: tuple[str, ...]
    """One line per signal: what was taken and why, for `doctor` and the evidence."""
    presentation: Presentation = field(default_factory=Presentation)
    entered: tuple[Entered, ...] = ()
    """What people and their tools recorded, from files given with `--events`."""
    requested: Span | None = None
    """The window people gave, where `asked` is the part of it around the impact, read at a finer step."""
    conditions: tuple[Condition, ...] = ()
    """What the rules of the service's firing alerts compare, and signals with a limit."""
    alert: str = ""
    """The alert whose firing was asked for by name."""
    earlier: tuple[EarlierPeriod, ...] = ()
    """The same hours of earlier days, the most alike first; empty where the lead-in holds days itself."""
    placements: tuple[Placement, ...] = ()
    """Version, node and zone of the service's targets, as far as their counters do not say it."""
    watching: tuple[AlertRule, ...] | None = None
    """The service's alerting rules on the metrics of its signals, silent ones too; None = not known."""
    silences: tuple[AlertSilence, ...] = ()
    """Silences of the Alertmanager that overlap what was read; empty also where none was asked."""
    companions: tuple[Companion, ...] = ()
    """Services that began together with this one, in order of onset; empty also where no scan has looked."""

    def signal(self, name: str) -> SignalSeries:
        """The signal of that name, which is one of them."""
        return next(one for one in self.signals if one.spec.name == name)

    def measuring(self, measure: Measure) -> SignalSeries | None:
        """The first signal of that measure; None where there is none."""
        return next((one for one in self.signals if one.spec.measure is measure), None)
