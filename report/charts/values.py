"""The value that drawing returns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture in both forms, and what it says for those who cannot see it."""

    name: str
    """Safe as a file name and an anchor: "summary", "signal-errors"."""
    title: str
    svg: bytes
    png: bytes
    """Twice the pixels of a wiki column, for screens with two device pixels to one."""
    alt: str
    """One sentence that reads the chart."""
