"""Numbers as people read them: few digits, a unit, never a digit that was not measured."""

from __future__ import annotations

import math

_BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def count(number: float) -> str:
    """A whole number with thousands separated: `439,559`. NaN is `unknown`."""
    return _not_finite(number) or f"{round(number):,}"


def percent(ratio: float) -> str:
    """A ratio (0.18) as `18.0 %`; what would round to nothing or to all is `<0.1 %`, `>99.9 %`.

    Only exact zero and one are `0 %` and `100 %`: one failed request of a million is not none.
    """
    if strange := _not_finite(ratio):
        return strange
    if ratio in (0, 1, -1):
        return f"{ratio * 100:.0f} %".replace("-0", "0")
    if abs(ratio) < 0.0005:
        return "<0.1 %" if ratio > 0 else ">-0.1 %"
    shown = f"{ratio * 100:,.1f}"
    return ">99.9 %" if shown == "100.0" and ratio < 1 else f"{shown} %"


def quantity(value: float, unit: str) -> str:
    """A measured value with its unit, in two to three significant digits: `0.42 s`, `287 req/s`.

    `unit` is a name as signals carry it. `ratio` and `%` become per cent, seconds below a tenth
    `ms` or `µs`, bytes binary multiples; a whole number without a unit keeps all its digits.
    """
    if strange := _not_finite(value):
        return strange
    if unit == "ratio":
        return percent(value)
    if unit in ("%", "percent"):
        return percent(value / 100)
    if unit in ("s", "ms", "seconds"):
        return _seconds(value / 1_000 if unit == "ms" else value)
    if unit in ("B", "bytes"):
        return _bytes(value)
    if not unit and float(value).is_integer() and abs(value) < 1e15:
        return count(value)
    return f"{digits(value)} {unit}".rstrip()


def digits(value: float) -> str:
    """A finite number in two significant digits, three where the first is 1 or from 100 on.

    Rounding so stays within 2.5 per cent. Closing zeros of the fraction are left out.
    """
    if value == 0:
        return "0"
    if not 1e-6 <= abs(value) < 1e15:
        return f"{value:.2g}"
    from decimal import ROUND_HALF_EVEN, Decimal  # here: not for every number, and it takes its time to load

    exact = Decimal(repr(float(value)))
    kept = 3 if abs(value) >= 100 or exact.as_tuple().digits[0] == 1 else 2
    step = Decimal(1).scaleb(exact.adjusted() - kept + 1)
    shown = f"{exact.quantize(step, ROUND_HALF_EVEN):,f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _seconds(value: float) -> str:
    if value == 0 or abs(value) >= 0.1:
        return f"{digits(value)} s"
    if abs(value) >= 0.001:
        return f"{digits(value * 1e3)} ms"
    return f"{digits(value * 1e6)} µs"


def _bytes(value: float) -> str:
    power = 0
    while abs(value) >= 1024 and power < len(_BYTES) - 1:
        value /= 1024
        power += 1
    return f"{digits(value)} {_BYTES[power]}"


def _not_finite(value: float) -> str | None:
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    return None
