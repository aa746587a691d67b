"""One stretch of one signal outside its normal, as the modules that judge impact pass it on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from incident.model.signals import SignalSpec
from incident.text.durations import parse_duration
from incident.text.errors import TextError

_RANGE = re.compile(r"\[\s*(\w+)\s*[\]:]")
_RECORDED = re.compile(r"(?<![\w:])[a-zA-Z_]\w*:[\w:]*?(?<![0-9])(\d+[smhd])\b")
"""A recording rule whose name says over how much time: `job:http_requests:rate5m`."""
_LITERAL = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`""")


@dataclass(frozen=True, slots=True)
class Departure:
    """One stretch of one signal outside its normal; indices count points of the survey's grid."""

    spec: SignalSpec
    onset: int
    end: int | None
    start_after: int
    start_by: int
    """The start lies in (start_after, start_by], epoch ms."""
    end_after: int | None
    end_by: int | None
    before: float
    inside: float
    peak: float
    peak_ms: int
    direction: str
    reason: str
    began_before: bool = False
    end_uncertain: bool = False
    start_uncertain: bool = False
    """Samples are missing just before: it began somewhere in the hole."""
    moving: bool = False
    """It lies on the slope of a daily rhythm: what is normal changes around it."""

    def overlaps(self, other: Departure, slack_ms: int = 0) -> bool:
        """Whether the two share time, each widened by the slack."""
        mine, theirs = self.stop_ms + slack_ms, other.stop_ms + slack_ms
        return self.start_after < theirs and other.start_after < mine

    @property
    def stop_ms(self) -> int:
        """End of the stretch, or the far future while it lasts."""
        return self.end_by if self.end_by is not None else 1 << 62


def looks_back(query: str) -> timedelta:
    """The longest range inside the query: each value speaks of that much time before it.

    What cannot be read as a duration counts as none; a bare number is seconds, as Prometheus 3 reads it.
    """
    asked = _LITERAL.sub('""', query)
    ranges = (_range(found) for found in (*_RANGE.findall(asked), *_RECORDED.findall(asked)))
    return max(ranges, default=timedelta(0))


def _range(text: str) -> timedelta:
    try:
        return parse_duration(f"{text}s" if text.isdigit() else text)
    except TextError:
        return timedelta(0)
