"""Screening a fleet: which services there are, and their golden signals in a few grouped queries.

A handful of questions for all services together, at a coarse step: the cost of a night without incidents
is theirs. Latency is the mean here, from `_sum` and `_count`: quantiles need every bucket of every route,
ten times the samples, and are read of the few services that stand out.
"""
