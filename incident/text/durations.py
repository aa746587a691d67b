"""Durations as Prometheus writes them, and as people read them."""

from __future__ import annotations

import re
from datetime import timedelta

from incident.text.errors import TextError, excerpt

_MS = timedelta(milliseconds=1)
_MINUTE = timedelta(minutes=1)
# A duration whose ends may be off by this much together is known to the minute at best.
_VAGUE = timedelta(minutes=5)
_UNIT_MS = {
    "y": 365 * 86_400_000,  # Prometheus: a year is 365 days, whatever the calendar says
    "w": 7 * 86_400_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1_000,
    "ms": 1,
}
_GRAMMAR = re.compile("".join(f"(?:(?P<{unit}>[0-9]+){unit})?" for unit in _UNIT_MS))
# Prometheus keeps a duration in signed 64-bit nanoseconds, about 292 years.
_LONGEST_MS = (2**63 - 1) // 1_000_000
# More digits than any duration within the limit has; Python refuses to convert very long ones.
_MOST_DIGITS = 18


def parse_duration(text: str) -> timedelta:
    """Read `1h30m`, `90s`, `0`: whole numbers with the units y w d h m s ms, in that order.

    Source: the duration grammar of the Prometheus configuration. Raises TextError on anything else,
    blanks, fractions and signs included.
    """
    if text == "0":
        return timedelta(0)
    match = _GRAMMAR.fullmatch(text)
    if match is None or not text:
        raise TextError(
            f"duration {excerpt(text)}: not understood; write whole numbers with the units "
            "y w d h m s ms, largest first and without blanks, e.g. 90s or 1h30m"
        )
    parts = {unit: digits for unit, digits in match.groupdict().items() if digits is not None}
    if any(len(digits.lstrip("0")) > _MOST_DIGITS for digits in parts.values()):
        raise _too_long(text)
    total = sum(int(digits) * _UNIT_MS[unit] for unit, digits in parts.items())
    if total > _LONGEST_MS:
        raise _too_long(text)
    return timedelta(milliseconds=total)


def _too_long(text: str) -> TextError:
    return TextError(f"duration {excerpt(text)}: longer than 292 years, the most Prometheus can hold")


def promql_duration(duration: timedelta) -> str:
    """The duration for a range selector, `offset` or step: one whole number and one unit, exact.

    Raises TextError where PromQL has no such duration: zero, negative, or finer than 1 ms.
    """
    if duration <= timedelta(0) or duration % _MS:
        raise TextError(
            f"duration {duration}: PromQL takes only whole milliseconds above zero; round it first"
        )
    total = duration // _MS
    unit = next(unit for unit in ("d", "h", "m", "s", "ms") if total % _UNIT_MS[unit] == 0)
    return f"{total // _UNIT_MS[unit]}{unit}"


def format_duration(duration: timedelta) -> str:
    """The duration in words for a sentence: `2 h 25 min 30 s`, `45 s`, `7.5 s`, `250 ms`.

    From a minute on it is rounded to seconds, below to a tenth, below a second to milliseconds.
    """
    return _joined(duration, {"d": "d", "h": "h", "m": "min", "s": "s", "ms": "ms"}, " ", " ")


def compact(duration: timedelta, *, signed: bool = False) -> str:
    """The duration for a table or a label: `16m45s`, `2h25m`, `7.5s`; with `signed`, `+16m45s`.

    From an hour on whole minutes are given and from a day on whole hours, the rest cut off, so that
    a row never claims a time that is not reached yet. Zero is `0`.
    """
    total = abs(duration) // _MS
    for floor in ("d", "h"):
        if total >= _UNIT_MS[floor]:
            finest = _UNIT_MS["h" if floor == "d" else "m"]
            total -= total % finest
            break
    if total == 0:
        return "0"
    sign = "-" if duration < timedelta(0) else "+" if signed else ""
    units = {unit: unit for unit in ("d", "h", "m", "s", "ms")}
    return sign + _joined(timedelta(milliseconds=total), units, "", "")


def as_known(duration: timedelta, off: timedelta) -> timedelta:
    """The duration in whole minutes where it may be `off` by minutes: its seconds would claim too much."""
    vague = off >= _VAGUE and duration >= _MINUTE
    return round(duration / _MINUTE) * _MINUTE if vague else duration


def bound(off: timedelta) -> timedelta:
    """An uncertainty in whole seconds, and in whole minutes from two on; rounded up, never down."""
    unit = _MINUTE if off >= 2 * _MINUTE else timedelta(seconds=1)
    return -(-off // unit) * unit


def _joined(duration: timedelta, names: dict[str, str], gap: str, between: str) -> str:
    """The units of the duration that are not zero, each as number, `gap`, name."""
    total = round(abs(duration) / _MS)
    sign = "-" if duration < timedelta(0) and total else ""
    if 0 < total < 1_000:
        return f"{sign}{total}{gap}{names['ms']}"
    if total < 59_950:  # what is rounded up from here is a minute
        tenths = round(total / 100)
        return f"{sign}{tenths / 10:g}{gap}{names['s']}"
    left = round(total / 1_000) * 1_000
    words = []
    for unit in ("d", "h", "m", "s"):
        number, left = divmod(left, _UNIT_MS[unit])
        if number:
            words.append(f"{number}{gap}{names[unit]}")
    return sign + between.join(words)
