"""When nothing was evaluated: an alert without samples then has not resolved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.alerts.watched import Watched, evaluation_ms
from collector.signals.samples.measure import COSTS_ITS_OWN
from collector.signals.samples.silence import Silence, scraped_meanwhile, silences
from collector.source import Source
from incident.model.signals import Targets
from incident.model.spans import Span, all_times

# Alerts that fire as long as rules are evaluated, by the names their makers gave them.
_HEARTBEATS = frozenset({"watchdog", "infoinhibitor", "deadmansswitch", "deadmanssnitch"})
# Firing for more of what was read than this is not about an incident in it.
_ALWAYS = 0.95
# A shorter read proves nothing: an outage may fill it.
_TELLING_MS = 2 * 3_600_000
# Silences of the service's targets that are looked into, the longest first; each costs one small query.
_MOST_CHECKED = 20


def is_heartbeat(one: Watched) -> bool:
    """Whether the alert is made to fire always."""
    return one.name.lower() in _HEARTBEATS


def about_incidents(alerts: Sequence[Watched], targets: Targets | None, span: Span) -> tuple[Watched, ...]:
    """The alerts without those that fire always: heartbeats, and what fired through nearly all that was read.

    How long that was is told by heartbeats and targets, as the span may reach beyond the data.
    """
    times = [one.times for one in alerts if is_heartbeat(one)]
    times += [samples.times for samples in targets.samples] if targets else []
    read = np.concatenate([np.empty(0, np.int64), *times])
    length = int(read.max() - read.min()) if read.size else span.end_ms - span.start_ms
    return tuple(one for one in alerts if not is_heartbeat(one) and not _fires_always(one, alerts, length))


def _fires_always(one: Watched, alerts: Sequence[Watched], length_ms: int) -> bool:
    if length_ms < _TELLING_MS:
        return False
    return one.firing.size * evaluation_ms(one, alerts) > _ALWAYS * length_ms


def blind_stretches(
    source: Source, alerts: Sequence[Watched], targets: Targets | None, span: Span
) -> tuple[Silence, ...]:
    """Stretches of the span in which nothing was evaluated, its ends included.

    Told by alerts that fire always; without one by silences of the service's own targets in which no
    other target was scraped either.
    """
    heartbeats = [one for one in alerts if is_heartbeat(one)]
    if heartbeats:
        times = all_times(one.times for one in heartbeats)
        return silences(times, min(evaluation_ms(one, ()) for one in heartbeats), span)
    if targets is None or not targets.samples:
        return ()
    times = all_times(samples.times for samples in targets.samples)
    spacing = round(targets.interval.total_seconds() * 1000)
    longest = sorted(silences(times, spacing, span), key=lambda one: one.after_ms - one.by_ms)
    checked = (one for one in longest[:_MOST_CHECKED] if not _scraped(source, one, spacing))
    return tuple(sorted(checked, key=lambda one: one.after_ms))


def _scraped(source: Source, silence: Silence, spacing: int) -> bool:
    """Whether others were scraped; taken for granted where that cannot be asked, so that alerts do end."""
    try:
        return scraped_meanwhile(source, silence, spacing)
    except COSTS_ITS_OWN:
        return True
