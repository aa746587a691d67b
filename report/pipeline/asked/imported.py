"""`--events FILE`: what files recorded, joined to what was measured, and kept with it for a replay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path

from collector.config.files import read_regular
from collector.events.joining import with_known
from collector.events.read import LARGEST_FILE, read_events
from collector.signals.labels.home import home_of
from incident.model.evidence import Evidence

# Bad rows whose reason stands on the terminal; the draft's evidence names more.
_TOLD = 3


def readable(paths: Sequence[Path]) -> None:
    """Raises ConfigError for a file that cannot be read, before a source is asked for minutes."""
    for path in paths:
        read_regular(path, limit=LARGEST_FILE, what="events file")


def with_events(
    evidence: Evidence,
    paths: Sequence[Path],
    *,
    now: datetime,
    zone: tzinfo | None,
    tell: Callable[[str], None],
) -> Evidence:
    """The evidence with what the files tell; `tell` gets a line a file and its first bad rows.

    Raises ConfigError.
    """
    if not paths:
        return evidence
    home = home_of(evidence.scope, evidence.targets, evidence.probes)
    found = read_events(paths, window=evidence.covered, home=home, now=now, zone=zone)
    for file in found.files:
        tell(str(file))
    for problem in found.problems[:_TOLD]:
        tell(f"{problem.what.removeprefix('events file ')}: {problem.why}")
    known = {e.id for e in evidence.entered}
    return replace(
        evidence,
        alerts=with_known(evidence.alerts, found.alerts),
        alerts_elsewhere=evidence.alerts_elsewhere + found.alerts_elsewhere,
        changes=(*evidence.changes, *(c for c in found.changes if c not in evidence.changes)),
        entered=(*evidence.entered, *(e for e in found.entered if e.id not in known)),
        unknowns=tuple(dict.fromkeys((*evidence.unknowns, *found.problems))),
    )
