"""`scan`: the incidents of a period, one draft each, for cron.

Read in this order: start (the lock, before anything heavy is loaded), run (one scan from screening to
index), looking (which services to look at closely), handling (all candidates, some looked at while others
are drawn), candidate (one to its draft, or to a line: lines), known (drafts that are there), memory (what
earlier runs asked), index, outcome (what a run came to) and monitoring (told to machines).
"""

LOCK = ".incident-timeline-scan.lock"
"""Beside the drafts, and not the lock that each writing of a draft takes."""
