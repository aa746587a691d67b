"""What a check-up says: one line for each thing looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from collector.signals.samples.measure import COSTS_ITS_OWN


class Health(Enum):
    """How one finding stands."""

    GOOD = "ok"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check-up: what was looked at, how it stands, and what to do where it is bad."""

    what: str
    health: Health
    says: str


def guarded(what: str, look: Callable[[], Finding]) -> Iterator[Finding]:
    """One finding, bad where its question failed; the next ones are asked all the same."""
    try:
        yield look()
    except COSTS_ITS_OWN as error:
        yield Finding(what, Health.BAD, str(error))
