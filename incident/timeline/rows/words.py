"""Words that titles of rows share."""

from __future__ import annotations

from incident.text.numbers import quantity


def change(name: str, before: float, after: float, unit: str) -> str:
    """`errors 0.1 -> 40.0 %`: the unit once where both sides share it."""
    left, right = quantity(before, unit), quantity(after, unit)
    suffix = right.rpartition(" ")[2]
    if suffix and left.endswith(f" {suffix}"):
        left = left.removesuffix(f" {suffix}")
    return f"{name} {left} -> {right}"


def capital(text: str) -> str:
    """The text as a title begins; names inside stay as they are."""
    return text[:1].upper() + text[1:]
