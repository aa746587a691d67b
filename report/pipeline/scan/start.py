"""The door of `scan`: settings and the lock, before anything heavy is loaded.

Of runs that meet another one most have left before (`report.occupied`). Here leave those whose words were
not plain, and those that only the configuration tells of the output directory.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from incident.text.controls import terminal
from report.exits import Exit
from report.pipeline.scan import LOCK
from report.write.errors import LockHeld
from report.write.lock import leave_if_held, locked

Given: TypeAlias = Mapping[str, str | bool | tuple[str, ...] | None]
"""As in `report.pipeline.asked.given`, which takes its time to load."""


def run_scan(
    given: Given, *, version: Callable[[], str], now: datetime, clock: Callable[[], datetime], workers: bool
) -> Exit:
    """`scan`: the incidents of a period. Raises LockHeld where another scan works on the same output.

    `version` is asked for behind the lock: looking it up takes as long as all that comes before.
    """
    try:
        output = given.get("output")
        if isinstance(output, str) and output:
            leave_if_held(Path(output) / LOCK)
        return _alone(given, version=version, now=now, clock=clock, workers=workers)
    except LockHeld as held:
        if not given.get("skip_if_locked"):
            raise
        if not given.get("quiet"):
            print(f"skipped  {terminal(str(held))}", file=sys.stderr)
        return Exit.DONE


def _alone(
    given: Given, *, version: Callable[[], str], now: datetime, clock: Callable[[], datetime], workers: bool
) -> Exit:
    from report.pipeline.asked.given import settings_of

    settings = settings_of(given)
    with locked(settings.output / LOCK):
        from report.pipeline.scan.run import scan

        return scan(given, settings, version=version(), now=now, clock=clock, workers=workers)
