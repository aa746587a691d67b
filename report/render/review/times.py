"""Times as people type them into a draft's timeline, and the instants of its timeline.json."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, TypeAlias

from incident.text.errors import TextError
from incident.text.instants import zone

Document: TypeAlias = Mapping[str, Any]
"""A draft's timeline.json, schema `incident-timeline/1`; what it does not hold is not known."""

_CLOCK = re.compile(
    r"(?:(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[ T]+)?(?P<clock>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)"
    r"\s*(?P<zone>[A-Za-z]{1,5})?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Told:
    """An instant as it was told: `known` is how far it may lie off, from its digits or its measurement."""

    at: datetime
    known: timedelta


@dataclass(frozen=True, slots=True)
class Days:
    """How a draft writes times: in one zone; a time without a date is on the day of its title."""

    zone: tzinfo
    day: date

    def read(self, cell: str) -> Told | None:
        """The instant that a cell of the timeline begins with; None where it does not begin with a time."""
        found = _CLOCK.match(cell.strip())
        if found is None:
            return None
        digits = found["clock"].zfill(5 if found["clock"].count(":") == 1 else 8)
        try:
            on = date.fromisoformat(found["day"]) if found["day"] else self.day
            local = datetime.combine(on, time.fromisoformat(digits))
        except ValueError:
            return None
        return Told(self._instant(local, found["zone"] or ""), _SECOND if len(digits) > 5 else _MINUTE)

    def _instant(self, local: datetime, named: str) -> datetime:
        """The UTC instant; of a time the clocks show twice, the one whose abbreviation is named."""
        if named in ("Z", "UTC", "GMT"):
            return local.replace(tzinfo=UTC)
        both = [local.replace(tzinfo=self.zone, fold=fold) for fold in (0, 1)]
        return next((each for each in both if each.tzname() == named), both[0]).astimezone(UTC)

    def shown(self, at: datetime) -> str:
        """The instant as the draft writes it."""
        local = at.astimezone(self.zone)
        clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
        return clock if local.date() == self.day else f"{local.date().isoformat()} {clock}"


def days_of(document: Document) -> Days:
    """How the draft of this document writes times."""
    shown_in: tzinfo = UTC
    with suppress(TextError):  # a zone that this machine does not know
        shown_in = zone(str(document.get("timezone") or "UTC"))
    began = instant(part(document, "impact").get("start"))
    start = began or instant(part(document, "reported", "window").get("start")) or _EPOCH
    return Days(shown_in, start.astimezone(shown_in).date())


def part(document: Document, *names: str) -> Mapping[str, Any]:
    """The first of the document's objects that is there; empty where none is."""
    return next((each for name in names if isinstance(each := document.get(name), Mapping)), {})


def parts(document: Document, name: str) -> list[Mapping[str, Any]]:
    """The objects in one of the document's lists."""
    each = document.get(name)
    return [one for one in each if isinstance(one, Mapping)] if isinstance(each, list) else []


def instant(value: object) -> datetime | None:
    """The UTC instant of an RFC 3339 string, None for anything else."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at.astimezone(UTC) if at is not None and at.tzinfo is not None else None


def moment(value: object) -> Told | None:
    """A milestone or event of the document."""
    if not isinstance(value, Mapping) or (at := instant(value.get("at"))) is None:
        return None
    seconds = value.get("plus_minus_s")
    return Told(at, timedelta(seconds=seconds) if isinstance(seconds, (int, float)) else timedelta(0))
