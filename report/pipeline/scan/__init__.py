"""`scan`: the incidents of a period, one draft each, for cron.

Read in this order: start (the lock, before anything heavy is loaded), run (one scan from screening to index),
wanted (what was asked for); then the rooms: sought (looking: which services to look at closely, known:
drafts that are there, memory: what earlier runs asked), drafts (handling: all candidates, some looked at
while others are drawn, candidate: one to its draft, companions), told (lines, index, monitoring). What a
run came to is gathered in outcome.
"""

from incident.text.controls import terminal
from report.write.errors import LockHeld

LOCK = ".incident-timeline-scan.lock"
"""Beside the drafts, and not the lock that each writing of a draft takes."""


def skipped(held: LockHeld) -> str:
    """The line of a run that leaves because another one works on the same output."""
    return f"skipped  {terminal(str(held))}"
