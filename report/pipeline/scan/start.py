"""The door of `scan`: settings and the lock, before anything heavy is loaded.

Most runs hold the lock by now, or have left (`report.occupied`). The others take it here, or leave: those
whose arguments were not plain, and those whose output directory only the configuration knows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TypeAlias

from report.exits import Exit
from report.pipeline.scan import LOCK, skipped
from report.write.errors import LockHeld
from report.write.lock import locked

Given: TypeAlias = Mapping[str, str | bool | tuple[str, ...] | None]
"""As in `report.pipeline.asked.given`, which takes its time to load."""


def run_scan(
    given: Given,
    *,
    version: Callable[[], str],
    now: datetime,
    clock: Callable[[], datetime],
    workers: bool,
    lock: AbstractContextManager[object] | None = None,
) -> Exit:
    """`scan`: the incidents of a period. Raises LockHeld where another scan works on the same output.

    `version` is asked for behind the lock: looking it up takes as long as all that comes before. `lock` is
    that of the output, where it has been taken.
    """
    try:
        return _alone(given, version, now, clock, workers, lock)
    except LockHeld as held:
        if not given.get("skip_if_locked"):
            raise
        if not given.get("quiet"):
            print(skipped(held), file=sys.stderr)
        return Exit.DONE


def _alone(
    given: Given,
    version: Callable[[], str],
    now: datetime,
    clock: Callable[[], datetime],
    workers: bool,
    lock: AbstractContextManager[object] | None,
) -> Exit:
    from report.pipeline.asked.given import settings_of

    settings = settings_of(given)
    with lock or locked(settings.output / LOCK):
        from report.pipeline.scan.run import scan

        return scan(given, settings, version=version(), now=now, clock=clock, workers=workers)
