"""Stable names of events: made from what an event is, never from its time or its wording."""

from __future__ import annotations

import hashlib

_DIGITS = 12
"""48 bits: 16 collided in test documents, 48 did not in a hundred thousand."""


def event_id(*what: str) -> str:
    """An id that stays the same when the event is re-timed or re-worded: `ev-` and 12 hex digits."""
    text = "\x1f".join(what)
    return f"ev-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:_DIGITS]}"
