"""What a merge cannot decide."""

from __future__ import annotations


class HumanNeeded(Exception):
    """Which draft is meant is not certain. Nothing was written; the text says what to do, in one line."""
