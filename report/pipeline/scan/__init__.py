"""`scan`: the incidents of a period, one draft each, for cron.

Read in this order: start (the lock, before anything heavy is loaded), run (one scan from screening to index),
wanted (what was asked for); then the rooms: sought (looking: which services to look at closely, known:
drafts that are there, memory: what earlier runs asked), drafts (handling: all candidates, some looked at
while others are drawn, candidate: one to its draft, companions), told (lines, index, monitoring). What a
run came to is gathered in outcome.
"""

LOCK = ".incident-timeline-scan.lock"
"""Beside the drafts, and not the lock that each writing of a draft takes."""
