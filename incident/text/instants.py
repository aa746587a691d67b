"""Instants: read what people write, refuse what could mean two times, show them in a zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING

from incident.text.durations import parse_duration
from incident.text.errors import TextError, excerpt

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)

_STAMP = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})[Tt ]"
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?)?"
    r"(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_UNIX = re.compile(r"(?P<whole>[0-9]{1,16})(?:\.(?P<fraction>[0-9]{1,9}))?")
_RELATIVE = re.compile(r"now(?:(?P<sign>[+-])(?P<duration>.+))?")
_CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# Unix seconds are taken between the years 2000 and 2100, and milliseconds likewise. No number is
# both, and a date written without hyphens (20231215, 202312151420) is neither.
_FIRST_UNIX, _LAST_UNIX = 946_684_800, 4_102_444_800
_FORMS = "write 2023-12-15T14:20:45Z, unix seconds, now or now-2h"

# Keys of the tz database that mean another thing on each machine, or count leap seconds.
_NO_ZONES = re.compile(r"(?:posix|right)/.*|posixrules|localtime|Factory", re.IGNORECASE)
_NUMERIC_NAME = re.compile(r"[+-][0-9]+")


def parse_time(text: str, *, now: datetime, zone: tzinfo | None) -> datetime:
    """The UTC instant of RFC 3339, unix seconds or milliseconds, `now`, `now-2h` or `now+5m`.

    A stamp without offset is a time of `zone`, and refused where `zone` is None or its clocks skip
    or repeat that time. Raises TextError; nothing is guessed or rounded.
    """
    if stamp_match := _STAMP.fullmatch(text):
        return _from_stamp(text, stamp_match, zone)
    if unix_match := _UNIX.fullmatch(text):
        return _from_unix(text, unix_match)
    if relative := _RELATIVE.fullmatch(text):
        return _from_now(text, relative, now)
    raise _refused(text, now)


def _refused(text: str, now: datetime) -> TextError:
    if _CLOCK.fullmatch(text):
        today = f"{now.astimezone(UTC):%Y-%m-%d}"
        if any(int(part) > most for part, most in zip(text.split(":"), (23, 59, 60), strict=False)):
            return TextError(f"time {excerpt(text)}: no such time of day; {_FORMS}")
        clock_text = text.zfill(5) if text.count(":") == 1 else text.zfill(8)
        return TextError(f"time {excerpt(text)}: which day? write e.g. {today}T{clock_text}Z")
    if _DATE.fullmatch(text):
        return TextError(f"time {excerpt(text)}: a date is not an instant; write e.g. {text}T00:00Z")
    return TextError(f"time {excerpt(text)}: not understood; {_FORMS}")


def _microseconds(text: str, fraction: str | None) -> int:
    digits = (fraction or "").rstrip("0")
    if len(digits) > 6:
        raise TextError(
            f"time {excerpt(text)}: finer than a microsecond; cut it to three digits, "
            "Prometheus keeps milliseconds"
        )
    return int(digits.ljust(6, "0"))


def _from_stamp(text: str, match: re.Match[str], zone: tzinfo | None) -> datetime:
    micro = _microseconds(text, match["fraction"])
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    try:
        naive = datetime(year, month, day, hour, minute, second, micro)  # noqa: DTZ001 (wall time)
    except ValueError as error:
        raise TextError(f"time {excerpt(text)}: no such time: {error}; {_FORMS}") from error
    if match["offset"]:
        return _to_utc(text, naive.replace(tzinfo=_offset(text, match["offset"])))
    if zone is None:
        raise TextError(
            f"time {excerpt(text)}: no zone; write {naive.isoformat()}Z if it is UTC, add an "
            "offset such as +01:00, or say with --timezone what it means"
        )
    return _from_wall(text, naive, zone)


def _offset(text: str, offset: str) -> timezone:
    if offset in "Zz":
        return UTC
    hours, minutes = int(offset[1:3]), int(offset[4:6])
    if hours > 23 or minutes > 59:
        raise TextError(f"time {excerpt(text)}: no such offset as {offset}; write e.g. +01:00")
    shift = timedelta(hours=hours, minutes=minutes)
    return timezone(-shift if offset[0] == "-" else shift)


def _to_utc(text: str, at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise TextError(f"time {excerpt(text)}: outside the years 1 to 9999") from error


def _from_wall(text: str, naive: datetime, zone: tzinfo) -> datetime:
    """The instant at which clocks of the zone show this, if there is exactly one."""
    first, second = (_to_utc(text, naive.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    if first == second:
        return first
    candidates = " or ".join(
        f"{rfc3339(at)} ({stamp(at, zone)} {zone_label(at, zone)})" for at in sorted((first, second))
    )
    skipped = first.astimezone(zone).replace(tzinfo=None) != naive
    what = "the clocks skip this time" if skipped else "the clocks show this time twice"
    raise TextError(f"time {excerpt(text)}: {what} in {zone}; write {candidates}")


def _from_unix(text: str, match: re.Match[str]) -> datetime:
    whole = int(match["whole"])
    micro = _microseconds(text, match["fraction"])
    if _FIRST_UNIX <= whole < _LAST_UNIX:
        return _EPOCH + timedelta(seconds=whole, microseconds=micro)
    if _FIRST_UNIX * 1_000 <= whole < _LAST_UNIX * 1_000 and match["fraction"] is None:
        return _EPOCH + timedelta(milliseconds=whole)
    raise TextError(
        f"time {excerpt(text)}: neither unix seconds nor milliseconds between 2000 and 2100; {_FORMS}"
    )


def _from_now(text: str, match: re.Match[str], now: datetime) -> datetime:
    if match["duration"] is None:
        return now.astimezone(UTC)
    if "/" in match["duration"]:
        raise TextError(f"time {excerpt(text)}: rounding with '/' is not supported; {_FORMS}")
    shift = parse_duration(match["duration"])
    try:
        return now.astimezone(UTC) + (shift if match["sign"] == "+" else -shift)
    except OverflowError as error:
        raise TextError(f"time {excerpt(text)}: outside the years 1 to 9999") from error


def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name. Raises TextError with the nearest names where there is none."""
    import zoneinfo  # here: not for runs that show no time

    if not _NO_ZONES.fullmatch(name):
        try:
            return zoneinfo.ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            pass
    known = sorted(zone for zone in zoneinfo.available_timezones() if not _NO_ZONES.fullmatch(zone))
    if not known:
        raise TextError(f"time zone {excerpt(name)}: this machine has no zone data; pip install tzdata")
    near = _nearest(name, known)
    advice = f"did you mean {' or '.join(near)}?" if near else "write e.g. Europe/London or UTC"
    raise TextError(f"time zone {excerpt(name)}: not an IANA zone name; {advice}")


def _nearest(name: str, known: list[str]) -> list[str]:
    """At most three zone names: the same but for case or region, otherwise the most alike."""
    wanted = name.casefold().replace(" ", "_")
    by_fold = {zone.casefold(): zone for zone in known}
    same = [zone for fold, zone in by_fold.items() if wanted in (fold, fold.rpartition("/")[2])]
    import difflib  # here: only for what somebody mistyped

    alike = difflib.get_close_matches(wanted, by_fold, n=3, cutoff=0.7)
    return same[:3] or [by_fold[fold] for fold in alike]


def to_ms(at: datetime) -> int:
    """Epoch milliseconds, the rest cut off downwards. Raises TextError on a naive time."""
    _require_aware(at)
    return (at - _EPOCH) // _MS


def from_ms(epoch_ms: int) -> datetime:
    """The UTC instant of epoch milliseconds. Raises TextError outside the years 1 to 9999."""
    try:
        return _EPOCH + timedelta(milliseconds=int(epoch_ms))
    except OverflowError as error:
        raise TextError(f"time {epoch_ms} ms: outside the years 1 to 9999") from error


def rfc3339(at: datetime) -> str:
    """`2023-12-15T14:20:45Z`, with milliseconds where they are not zero, finer ones cut off."""
    exact = from_ms(to_ms(at))
    whole = exact.replace(microsecond=0, tzinfo=None).isoformat()
    return f"{whole}.{exact.microsecond // 1_000:03d}Z" if exact.microsecond else f"{whole}Z"


def clock(at: datetime, zone: tzinfo, *, seconds: bool = True) -> str:
    """Time of day in the zone: `14:20:45`, without seconds `14:20`; what is finer is cut off."""
    _require_aware(at)
    return f"{at.astimezone(zone):{'%H:%M:%S' if seconds else '%H:%M'}}"


def stamp(at: datetime, zone: tzinfo, *, seconds: bool = True) -> str:
    """Day and time of day in the zone: `2023-12-15 14:20:45`."""
    time_of_day = clock(at, zone, seconds=seconds)
    return f"{at.astimezone(zone).date().isoformat()} {time_of_day}"


def zone_label(at: datetime, zone: tzinfo) -> str:
    """The zone at that instant as readers know it: `PDT (UTC-07:00)`, `UTC-05:00`, `UTC`."""
    _require_aware(at)
    local = at.astimezone(zone)
    name = local.tzname() or ""
    shift = local.utcoffset() or timedelta(0)
    if name == "UTC" and not shift:
        return "UTC"
    minutes = round(abs(shift) / timedelta(minutes=1))
    offset = f"UTC{'-' if shift < timedelta(0) else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    return offset if not name or _NUMERIC_NAME.fullmatch(name) or name == offset else f"{name} ({offset})"


def _require_aware(at: datetime) -> None:
    if at.utcoffset() is None:
        raise TextError(f"time {at.isoformat()}: has no zone; make it an aware UTC instant first")
