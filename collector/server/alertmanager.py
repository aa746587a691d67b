"""What is asked of an Alertmanager: its silences, with who and why. JSON -> frozen values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from collector.http.answers import failures
from collector.http.answers.replies import Reply
from collector.http.deadline import from_now
from collector.http.forms import checked_base
from collector.http.limits import Budget
from collector.http.settings import HttpSettings
from collector.prometheus import HttpDoor
from collector.server.decode import Malformed, clean, decoded
from incident.model.silences import AlertSilence, SilenceMatcher
from incident.text.controls import cut, one_line
from incident.text.secret import Masker

_LONGEST = 300
"""A comment is a sentence; what people paste beyond that is cut, as everywhere."""


class AlertmanagerDoor(Protocol):
    """One Alertmanager, reached within bounds."""

    wording: failures.Wording

    @property
    def last(self) -> Reply:
        """The reply the last bytes came from, for messages about them."""
        ...

    def get(self, path: str, params: Sequence[tuple[str, str]]) -> bytes:
        """A part of the API."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


class _Matcher(msgspec.Struct):
    name: str
    value: str = ""
    isRegex: bool = False
    isEqual: bool = True


class _Silence(msgspec.Struct):
    id: str
    startsAt: datetime
    endsAt: datetime
    matchers: list[_Matcher] = []
    createdBy: str = ""
    comment: str = ""


class Alertmanager:
    """A live Alertmanager; all methods raise `collector.errors` only."""

    def __init__(self, url: str, door: AlertmanagerDoor) -> None:
        self.url = url
        self._door = door

    def silences(self) -> tuple[AlertSilence, ...]:
        """All silences it still knows, ended ones included (five days, unless configured otherwise)."""
        try:
            body = self._door.get("/api/v2/silences", ())
        except failures.NoEndpoint as error:
            raise failures.NoEndpoint(
                f"{self.url}/api/v2/silences: no Alertmanager there (status {error.status}); give the "
                "address of the Alertmanager itself, such as http://localhost:9093",
                status=error.status,
            ) from None
        try:
            return silences(body, self._door.wording)
        except Malformed as error:
            door = self._door
            raise failures.unreadable(door.last, str(error), door.wording, "Alertmanager") from None

    def close(self) -> None:
        """Let go of the connections."""
        self._door.close()


def connect_alertmanager(settings: HttpSettings, *, url: str, deadline: timedelta) -> Alertmanager:
    """The Alertmanager at `url`; nothing is sent yet. Raises ConfigError for an address it cannot use."""
    base = checked_base(url, "alertmanager url")
    return Alertmanager(base, HttpDoor(settings, base, from_now(deadline), Budget()))


def silences(body: bytes, wording: failures.Wording) -> tuple[AlertSilence, ...]:
    """The silences of an answer, in order of time. Raises Malformed for what is none."""
    found = [_silence(one, wording) for one in decoded(body, list[_Silence])]
    kept = (one for one in found if one.start < one.end)
    return tuple(sorted(kept, key=lambda one: (one.start, one.id)))


def _silence(one: _Silence, wording: failures.Wording) -> AlertSilence:
    return AlertSilence(
        id=_text(one.id, wording),
        start=_instant(one.startsAt),
        end=_instant(one.endsAt),
        by=_text(one.createdBy, wording),
        comment=_text(one.comment, wording),
        matchers=tuple(
            SilenceMatcher(clean(m.name), clean(m.value), m.isRegex, m.isEqual) for m in one.matchers
        ),
    )


def _text(text: str, wording: failures.Wording) -> str:
    """One line, without credentials of ours or in a form that is known."""
    return cut(one_line(_MASK.mask(wording.mask(clean(text)))), _LONGEST)


_MASK = Masker([])


def _instant(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise Malformed("a time without a zone - at `$[...].startsAt`")
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)
