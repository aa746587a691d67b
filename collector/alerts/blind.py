"""When nothing was evaluated: an alert without samples then has not resolved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.alerts.watched import Watched, evaluation_ms
from collector.signals.samples import FRESH_INTERVALS
from collector.signals.silence import anything_scraped
from collector.source import Source
from incident.model.signals import Targets
from incident.model.spans import Millis, Span, instant

# Alerts that fire as long as rules are evaluated, by the names their makers gave them.
_HEARTBEATS = frozenset({"watchdog", "infoinhibitor", "deadmansswitch", "deadmanssnitch"})
# Firing for more of what was read than this is not about an incident in it.
_ALWAYS = 0.95
# Silences of the service's targets that are looked into, the longest first; each costs one small query.
_MOST_CHECKED = 20


@dataclass(frozen=True, slots=True)
class Blind:
    """A stretch without any rule evaluation: last before `after_ms`, first again at `by_ms`."""

    after_ms: int
    by_ms: int


def is_heartbeat(one: Watched) -> bool:
    """Whether the alert is made to fire always."""
    return one.name.lower() in _HEARTBEATS


def fires_always(one: Watched, extent: tuple[int, int]) -> bool:
    """Whether it fired through nearly all evaluations between the first and the last sample of anything."""
    length = extent[1] - extent[0]
    fired = one.firing.size * evaluation_ms(one, ())
    return is_heartbeat(one) or (one.firing.size > 1 and fired > _ALWAYS * length)


def blind_stretches(
    source: Source, alerts: Sequence[Watched], targets: Targets | None, span: Span
) -> tuple[Blind, ...]:
    """Stretches of the span in which nothing was evaluated, its ends included.

    Told by alerts that fire always; without one by silences of the service's own targets in which no
    other target was scraped either. Raises what the source raises.
    """
    heartbeats = [one for one in alerts if is_heartbeat(one)]
    if heartbeats:
        times = np.unique(np.concatenate([one.times for one in heartbeats]))
        return _silences(times, min(evaluation_ms(one, ()) for one in heartbeats), span)
    if targets is None or not targets.samples:
        return ()
    times = np.unique(np.concatenate([samples.times for samples in targets.samples]))
    spacing = round(targets.interval.total_seconds() * 1000)
    longest = sorted(_silences(times, spacing, span), key=lambda one: one.after_ms - one.by_ms)
    checked = (one for one in longest[:_MOST_CHECKED] if not _scraped(source, one, spacing))
    return tuple(sorted(checked, key=lambda one: one.after_ms))


def _silences(times: Millis, spacing: int, span: Span) -> tuple[Blind, ...]:
    # The span's ends stand one interval outside, so that a first sample right after the start is no silence.
    edges = np.concatenate([[span.start_ms - spacing], times, [span.end_ms + spacing]])
    wide = np.flatnonzero(np.diff(edges) > FRESH_INTERVALS * spacing)
    return tuple(Blind(int(edges[i]), int(edges[i + 1])) for i in wide)


def _scraped(source: Source, blind: Blind, spacing: int) -> bool:
    """Whether other targets were scraped meanwhile; the edges are left out, where some scrape differs."""
    start, end = blind.after_ms + spacing, blind.by_ms - spacing
    return end - start < spacing or anything_scraped(source, Span(instant(start), instant(end)))
