"""The real clock: in this test the truth is when something was really done."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The instant, aware."""
    return datetime.now(UTC)  # noqa: TID251 - the log of what was done has no other clock
