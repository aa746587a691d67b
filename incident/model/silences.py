"""What kept alerts from being sent: silences of the Alertmanager, and the alerts they hid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from incident.model.facts import AlertInterval


@dataclass(frozen=True, slots=True)
class SilenceMatcher:
    """One condition on a label, as the Alertmanager keeps it."""

    name: str
    value: str
    is_regex: bool
    is_equal: bool

    def __str__(self) -> str:
        """`alertname="X"`, as amtool writes it."""
        op = ("=~" if self.is_regex else "=") if self.is_equal else ("!~" if self.is_regex else "!=")
        return f'{self.name}{op}"{self.value}"'


@dataclass(frozen=True, slots=True)
class AlertSilence:
    """One silence: who kept which alerts from being sent, from when to when, and why."""

    id: str
    start: datetime
    end: datetime
    """When it ends or was ended; later than now while it is active."""
    by: str
    comment: str
    matchers: tuple[SilenceMatcher, ...]

    @property
    def subject(self) -> str:
        return ", ".join(map(str, self.matchers))


@dataclass(frozen=True, slots=True)
class Silenced:
    """One firing of an alert that a silence hid, or hid in part."""

    alert: AlertInterval
    silence: AlertSilence
    certain: bool
    """False where the silence asks for labels that only the Alertmanager's copy of the alert has."""

    @property
    def from_the_start(self) -> bool:
        """Whether the alert fired into the silence, so that nothing was sent when it fired."""
        fired = self.alert.firing_at
        return fired is not None and self.silence.start <= fired < self.silence.end

    @property
    def sent_after(self) -> datetime | None:
        """When the silence ended with the alert still firing; None where it hid the alert to its end."""
        resolved = self.alert.resolved_at
        return self.silence.end if resolved is None or resolved > self.silence.end else None

    @property
    def hidden(self) -> timedelta | None:
        """How long it was hidden; None where the alert's end is not known."""
        fired, resolved = self.alert.firing_at, self.alert.resolved_at
        if fired is None or resolved is None:
            return None
        return min(resolved, self.silence.end) - max(fired, self.silence.start)
