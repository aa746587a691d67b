"""What really happened in a simulated incident, to compare a draft with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
import yaml


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of an episode in one state, with the share of requests meant to fail in it."""

    start: datetime
    end: datetime
    state: str
    failing: float


@dataclass(frozen=True, slots=True)
class Impact:
    """One episode of impact as scripted; `end` None: it lasts beyond the data."""

    start: datetime
    end: datetime | None
    state: str
    phases: tuple[Phase, ...]
    start_is_step: bool = True
    end_is_step: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """A change that happened; `until` is the last instance of a rolling one."""

    kind: str
    at: datetime
    until: datetime
    instances: int
    text: str


@dataclass(frozen=True, slots=True)
class Context:
    """Something true that is no impact by itself."""

    kind: str
    start: datetime
    end: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Held:
    """A condition with a threshold: when it was crossed and left again, and its worst value."""

    alert: str
    start: datetime
    end: datetime
    peak: float


@dataclass(frozen=True, slots=True)
class AlertTruth:
    """One firing (or only pending) interval of an alert, as the rule evaluation wrote it.

    `pending_at` is ActiveAt and None where the rule has no `for`; `resolved_at` is the last
    firing sample plus the group's interval, None where it still fires at the end of the data.
    """

    name: str
    labels: dict[str, str]
    pending_at: datetime | None
    firing_at: datetime | None
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True)
class RequestFigures:
    """Requests over exactly the episodes, as drawn; health checks are not counted.

    `total` and `failed` count answers given within the episodes, `arrived` the demand that was
    drawn, `lost` what of it got no answer, `expected` the mean of the demand.
    """

    total: int
    failed: int
    failed_ratio: float | None
    failed_before_alert: int | None
    arrived: int
    expected: float
    lost: int


@dataclass(frozen=True, slots=True)
class Portion:
    """Answers within the episodes that have one value of a label, health checks left out."""

    label: str
    value: str
    total: int
    failed: int


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of time to ask for."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything a draft of this incident can be checked against. Instants are UTC."""

    name: str
    seed: int
    service: str
    bystander: str
    namespace: str
    zone: str
    data: Window
    windows: dict[str, Window]
    status: str
    episodes: tuple[Impact, ...]
    relapses: int
    start_tolerance_s: float
    end_tolerance_s: float
    alerts: tuple[AlertTruth, ...]
    other_alerts: tuple[AlertTruth, ...]
    changes: tuple[Change, ...]
    context: tuple[Context, ...]
    unknown: tuple[Window, ...]
    requests: RequestFigures | None
    notes: tuple[str, ...]
    conditions: tuple[Held, ...] = ()
    portions: tuple[Portion, ...] = ()
    """By route, instance and version."""


def write_truth(truth: Truth, path: Path) -> None:
    """Write `truth.yaml`; instants become RFC 3339 strings."""
    text = yaml.safe_dump(msgspec.to_builtins(truth), sort_keys=False, width=100)
    path.write_text(text, encoding="utf-8")


def read_truth(path: Path) -> Truth:
    """Read what `write_truth` wrote."""
    return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), Truth)
