"""How fast the service is scraped, and how coarse a survey that fits."""

from __future__ import annotations

from datetime import timedelta

from collector.signals.discover import Found
from collector.signals.samples.raw import read_raw, spacing_ms
from collector.source import Source
from incident.model.signals import Targets
from incident.model.spans import Span

# Steps that people read off an axis without counting.
_LADDER_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400)
# Evaluations a signal: enough to see minutes in a day, few enough for one answer well below any limit.
MOST_POINTS = 1500
# Long enough for several scrapes of the slowest usual interval, and cheap.
_PEEK = timedelta(minutes=15)
# Taken where nothing could be measured: Prometheus' own default.
DEFAULT_SCRAPE = timedelta(minutes=1)
_MS = timedelta(milliseconds=1)


def scrape_interval(
    source: Source,
    targets: Targets | None,
    probes: Targets | None,
    found: Found | None,
    covered: Span,
) -> timedelta | None:
    """The median distance of raw samples: of `up`, else of the counters, else of the probes."""
    if targets is not None:
        return targets.interval
    for selector, count in _selectors(found):
        for peek in _peeks(covered):
            read = read_raw(source, selector, peek, series=count)
            if (spacing := spacing_ms(read.series)) is not None:
                return spacing * _MS
    return probes.interval if probes is not None else None


def _selectors(found: Found | None) -> list[tuple[str, int]]:
    """What can be peeked at: the targets' `up`, then the counters of requests: what is pushed has no `up`."""
    if found is None:
        return []
    ups = [(found.targets, found.target_count)] if found.targets else []
    return [*ups, *([(found.requests.selector, found.requests.count)] if found.requests else [])]


def _peeks(covered: Span) -> tuple[Span, ...]:
    """Short stretches at the start, in the middle and at the end: one of them has samples."""
    length = min(_PEEK, covered.length)
    starts = (covered.start, covered.start + (covered.length - length) / 2, covered.end - length)
    return tuple(Span(start, start + length) for start in starts)


def survey_step(scrape: timedelta, covered: timedelta) -> timedelta:
    """The least step of the ladder that is a multiple of the scrape interval and keeps to 1,500 points.

    An interval that fits no such step (7 s) gives the least multiple of itself that does.
    """
    least = max(scrape, covered / MOST_POINTS)
    for seconds in _LADDER_S:
        step = timedelta(seconds=seconds)
        if step >= least and step % scrape == timedelta(0):
            return step
    return scrape * -(-least // scrape)
