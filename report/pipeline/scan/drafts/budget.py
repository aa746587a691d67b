"""What one run may ask for, and what becomes of the looks that it cannot afford."""

from __future__ import annotations

from collections.abc import Sequence

from collector.config.settings import Settings
from report.pipeline.scan.outcome import StoodOut

_NAMED = 5
"""Services named on stderr; the index and the status file have all of them."""


def over_budget(settings: Settings, queries: int, samples: int) -> str:
    """Why no close look is begun after so many questions and samples of others; empty while one may be.

    Looks that are under way are finished: half a draft is none.
    """
    if queries >= settings.run_queries:
        return f"put off to the next run: scan.run_queries, {settings.run_queries:,} questions, is spent"
    if samples >= settings.run_samples:
        return f"put off to the next run: scan.run_samples, {settings.run_samples:,} samples, is spent"
    return ""


def put_off_line(waiting: Sequence[StoodOut]) -> str:
    """One line about all of them, the most severe first."""
    named = ", ".join(one.service for one in waiting[:_NAMED])
    more = f" and {len(waiting) - _NAMED} more" if len(waiting) > _NAMED else ""
    return f"{named}{more}: {waiting[0].why}"
