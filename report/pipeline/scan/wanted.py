"""What a scan was asked to do: its flags, read and checked."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from collector.config.settings import NamedSource, Settings
from collector.errors import ConfigError
from incident.model.spans import Span
from incident.text.durations import parse_duration
from report.pipeline.asked.given import Given, text

LATE_SAMPLES = timedelta(minutes=2)
"""Samples younger than this may not have arrived yet and would look like lost traffic."""
_HELD = timedelta(minutes=5)
"""Beyond the time that an end must hold, so that it is seen to."""
_PERIOD = "24h"
"""Where none is given: a day, so that a run that was missed is made up for by the next."""
_SHARD = re.compile(r"(\d{1,4})/(\d{1,4})")


@dataclass(frozen=True, slots=True)
class Shard:
    """One of `of` equal parts of the fleet; `number` counts from 1."""

    number: int
    of: int

    def holds(self, service: str) -> bool:
        """Whether the service is in this part: by a hash of its name, the same everywhere."""
        return int.from_bytes(sha256(service.encode()).digest()[:8]) % self.of == self.number - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """The flags of one scan."""

    period: Span
    settings: Settings
    sources: tuple[NamedSource, ...]
    """What to ask in place of the settings' own server; none where a flag names that one."""
    form: str
    shard: Shard | None
    execute: tuple[str, ...]
    """Command and arguments to run with each new or refreshed draft's path; empty for none."""
    status_file: Path | None
    textfile: Path | None
    quiet: bool
    remembers: bool
    """Whether answers about the past are kept for the next run, and taken from the last."""

    @property
    def tail(self) -> timedelta:
        """How much is read beyond the window of a draft, to see an end near its edge hold."""
        from report.pipeline.asked.window import TAIL

        return max(TAIL, self.settings.policy.recovery_hold + _HELD)

    def covers(self, service: str) -> bool:
        """Whether the service is one of those that this run is about."""
        if self.settings.service and service != self.settings.service:
            return False
        return self.shard is None or self.shard.holds(service)


def wanted(given: Given, settings: Settings, now: datetime) -> Wanted:
    """The flags as values. Raises ConfigError or TextError for one that cannot be read."""
    from report.pipeline.asked.window import Asked, window

    zone = settings.timezone if settings.timezone_given else None
    latest = now - LATE_SAMPLES
    start, last = text(given, "start"), text(given, "last")
    asked = Asked(start, text(given, "end"), last if last or start else _PERIOD)
    period = window(asked, now=latest, zone=zone)
    assert period is not None  # only an alert's window has to be looked up
    deadline = text(given, "deadline")
    if deadline:
        settings = replace(settings, deadline=_positive("--deadline", deadline))
    return Wanted(
        period=period,
        settings=settings,
        sources=_sources(given, settings),
        form=text(given, "form") or "path",
        shard=_shard(text(given, "shard")),
        execute=_command(text(given, "execute")),
        status_file=_path(text(given, "status_file")),
        textfile=_path(text(given, "textfile")),
        quiet=bool(given.get("quiet")),
        remembers=not given.get("no_cache"),
    )


def _sources(given: Given, settings: Settings) -> tuple[NamedSource, ...]:
    """The configured ones, with the flag's deadline, unless `--prometheus` names the one to ask."""
    if text(given, "prometheus"):
        return ()
    if not text(given, "deadline"):
        return settings.sources
    return tuple(replace(one, deadline=settings.deadline) for one in settings.sources)


def _positive(flag: str, value: str) -> timedelta:
    length = parse_duration(value)
    if length < timedelta(seconds=1):
        raise ConfigError(f"{flag} {value}: must be at least 1s")
    return length


def _shard(value: str) -> Shard | None:
    if not value:
        return None
    found = _SHARD.fullmatch(value)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise ConfigError(f"--shard {value}: expected NUMBER/OF, such as 3/16, counted from 1")
    return Shard(int(found[1]), int(found[2]))


def _command(value: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        raise ConfigError(f"--exec: {error}; quote it as for a shell (none is started)") from error


def _path(value: str) -> Path | None:
    return Path(value) if value else None
