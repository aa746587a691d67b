"""The door of `scan`: settings and the lock, before anything heavy is loaded.

Of fifty runs started at once forty-nine leave here, and should not have loaded a plotting library.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime

from incident.text.controls import terminal
from report.exits import Exit
from report.pipeline.asked.given import Given, settings_of
from report.write.errors import LockHeld
from report.write.lock import locked

LOCK = ".incident-timeline-scan.lock"
"""Beside the drafts, and not the lock that each writing of a draft takes."""


def run_scan(
    given: Given, *, version: str, now: datetime, clock: Callable[[], datetime], workers: bool
) -> Exit:
    """`scan`: the incidents of a period. Raises LockHeld where another scan works on the same output."""
    settings = settings_of(given)
    try:
        with locked(settings.output / LOCK):
            from report.pipeline.scan.run import scan

            return scan(given, settings, version=version, now=now, clock=clock, workers=workers)
    except LockHeld as held:
        if not given.get("skip_if_locked"):
            raise
        if not given.get("quiet"):
            print(f"skipped  {terminal(str(held))}", file=sys.stderr)
        return Exit.DONE
