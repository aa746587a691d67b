"""`scan`: the incidents of a period, one draft each, for cron.

Read in this order: start (the lock, before anything heavy is loaded), run (one scan from screening to
index), looking (which services to look at closely), drafting (one candidate to one draft, or to a line),
known (drafts that are there), index, outcome (what a run came to) and monitoring (told to machines).
"""
