"""Answers about a past that no longer changes, kept between runs so that nothing is asked twice.

Only whole blocks of time that are over for hours are kept, never a failure, a partial answer or an answer
with warnings; a block that cannot be read is asked for again. Where and how they lie on disk is `Shelf`'s.
"""
