"""Reading the fields of a record: text made fit to keep, and instants in every notation of the tools."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from collector.events.items import Clock, Fields
from incident.model.signals import Labels
from incident.text.controls import one_line
from incident.text.errors import TextError, excerpt
from incident.text.instants import parse_time
from incident.text.markup.links import url_or_none
from incident.text.secret import Masker

LONGEST = 300
"""Characters of a text that are kept, as many as the renderer shows."""
_CONSIDERED = 4096
"""Characters that are looked at for it, so that a text of a megabyte costs no more than another."""
_MASK = Masker(())
_NOTICE = re.compile(r"\.\.\. \([0-9,]+ characters\)$")

# Unix time between the years 2000 and 2100 in seconds, ms, us or ns: no number is two of them.
_FIRST, _LAST = 946_684_800, 4_102_444_800
_SCALES = (1, 1_000, 1_000_000, 1_000_000_000)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"[0-9]{9,19}(?:\.[0-9]{1,9})?")
# As tools write it: a blank for the T, a comma for the point, nanoseconds, +0100, `UTC`.
_STAMP = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)"
    r"(?:[.,](?P<fraction>[0-9]{1,12}))? ?(?P<offset>[Zz]|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)


def clean(value: object) -> str:
    """The value as text on one line, without secrets, in at most 300 characters."""
    text = str(value)
    if _is_plain(text):
        return text
    shown = one_line(_MASK.mask(text[:_CONSIDERED]))
    if len(text) <= _CONSIDERED:
        return fitted(shown, LONGEST)
    return fitted(f"{shown}... ({len(text):,} characters)", LONGEST)


def fitted(text: str, room: int) -> str:
    """The text in at most `room` characters, with its whole length at the end where something was cut."""
    if len(text) <= room:
        return text
    known = _NOTICE.search(text)
    notice = known[0] if known else f"... ({len(text):,} characters)"
    kept = text[: len(text) - len(notice)] if known else text
    return kept[: max(room - len(notice), 0)].rstrip() + notice


def _is_plain(text: str) -> bool:
    """Whether nothing in the text could be cut, masked or unseen; most texts are so, and there are many."""
    if len(text) > LONGEST or not (text.isascii() and text.isprintable()):
        return False
    telling = ("=", "//", "\\", "  ", "uthorization", "UTHORIZATION")
    return text == text.strip() and not any(part in text for part in telling)


def word(fields: Fields, *names: str) -> str:
    """The first of these fields that holds something, cleaned; empty where none does."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and (text := clean(value)):
            return text
    return ""


def inner(fields: Fields, *path: str) -> Fields:
    """The object at the end of the path; empty where there is none."""
    for name in path:
        value = fields.get(name)
        fields = value if isinstance(value, Mapping) else {}
    return fields


def objects(value: object) -> list[Fields]:
    """The objects of a list; none where it is no list."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def lower(fields: Fields) -> Fields:
    """The fields by their names in lower case, the first of two that differ in case only."""
    found: dict[str, object] = {}
    for name, value in fields.items():
        found.setdefault(str(name).strip().casefold(), value)
    return found


def labels_of(pairs: Iterable[tuple[object, object]]) -> Labels:
    """Labels as they are compared: sorted, clean, without the alert's name and state, none empty."""
    kept = {clean(name): clean(value) for name, value in pairs}
    return tuple(sorted((k, v) for k, v in kept.items() if k and v and k not in ("alertname", "alertstate")))


def web(value: object) -> str:
    """The address, if it may be a link and no secret had to be masked in it; else empty."""
    if not isinstance(value, str) or not value or len(value) > _CONSIDERED:
        return ""
    masked = _MASK.mask(value)
    return (url_or_none(masked) or "") if masked == value else ""


def instant_of(value: object, clock: Clock) -> datetime:
    """The UTC instant of a stamp or of unix s, ms, us or ns. Raises TextError; nothing is guessed.

    Digits below the microsecond are cut off.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TextError("no time in it" if value is None else f"time {excerpt(str(value))}: not a time")
    text = str(value).strip()
    if not text:
        raise TextError("no time in it")
    if _NUMBER.fullmatch(text):
        return _from_unix(text)
    if text.lower().startswith("now"):
        raise TextError(f"time {excerpt(text)}: relative times are not taken here; write it out")
    stamp = _STAMP.fullmatch(text)
    return parse_time(_strict(stamp) if stamp else text, now=clock.now, zone=clock.zone)


def instant_or_none(value: object, clock: Clock) -> datetime | None:
    """As `instant_of`; None for what is absent, or is the year 1 by which Go programs say "not set"."""
    if value is None or value == "" or value == 0 or str(value).startswith("0001-01-01"):
        return None
    return instant_of(value, clock)


def _strict(stamp: re.Match[str]) -> str:
    """The stamp in RFC 3339."""
    fraction = f".{stamp['fraction'][:6]}" if stamp["fraction"] else ""
    offset = stamp["offset"] or ""
    if offset.upper() in ("Z", "UTC", "GMT"):
        offset = "Z"
    elif offset:
        digits = offset[1:].replace(":", "").ljust(4, "0")
        offset = f"{offset[0]}{digits[:2]}:{digits[2:]}"
    clock = stamp["clock"] if stamp["clock"].count(":") == 2 else f"{stamp['clock']}:00"
    return f"{stamp['day']}T{clock}{fraction}{offset}"


def _from_unix(text: str) -> datetime:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise TextError(f"time {excerpt(text)}: not a number") from error
    for scale in _SCALES:
        if _FIRST * scale <= number < _LAST * scale:
            return _EPOCH + timedelta(microseconds=int(number * 1_000_000 / scale))
    raise TextError(f"time {excerpt(text)}: not unix time between 2000 and 2100, in seconds or milliseconds")
