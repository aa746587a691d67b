"""Other services whose impact began at about the same time, as their own drafts tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Companion:
    """One service that began together with this one. An order of onsets is no cause."""

    service: str
    matchers: tuple[str, ...]
    """Of its scope, as its draft has them."""
    start: datetime
    """Its first measured impact."""
    plus_minus: timedelta
    draft: str
    """Where its draft lies, seen from the directory of this one: `../2024-03-04-ledger-0803`."""
