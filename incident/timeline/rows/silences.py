"""Which firings of which alerts a silence hid, and the rows that say so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from incident.model.evidence import Evidence
from incident.model.facts import AlertInterval, Nearness
from incident.model.silences import AlertSilence, Silenced, SilenceMatcher
from incident.model.spans import Span
from incident.model.timeline import Event, EventOrigin
from incident.text.instants import rfc3339
from incident.timeline.rows.ids import event_id

_LONGEST_PATTERN, _LONGEST_VALUE = 500, 300
"""Beyond these a pattern is not tried: it is somebody else's, and Python has no limit of its own."""
_EXPLOSIVE = re.compile(r"[+*}]\)?[+*{]|\((?:[^()\\]|\\.)*(?:[+*}|])(?:[^()\\]|\\.)*\)[+*{]|\\[1-9]|\(\?")
"""Repeated repetitions, back references and look-arounds: what can take for ever, or is no RE2."""


def silenced(evidence: Evidence, alerts: Sequence[AlertInterval], window: Span) -> tuple[Silenced, ...]:
    """The firings in the window that a silence hid wholly or in part, in order of firing."""
    found = [
        Silenced(alert, silence, certain)
        for alert in alerts
        if alert.firing_at is not None and alert.firing_at < window.end
        for silence in evidence.silences
        if alert.fires_in(silence.start, silence.end) and (certain := hides(silence, alert)) is not None
    ]
    return tuple(sorted(found, key=lambda one: (str(one.alert.firing_at), one.alert.name, one.silence.id)))


def hides(silence: AlertSilence, alert: AlertInterval) -> bool | None:
    """Whether the silence matches the alert: True surely, False as far as can be told, None if it does not.

    The Alertmanager's copy of an alert has further labels (those of the server), and a label that a
    template varies is not kept; a matcher on a label that is not there can neither be met nor failed.
    """
    labels = {"alertname": alert.name, **dict(alert.labels)}
    told = [
        (_accepts(one, labels[one.name]) if one.name in labels else _absent(one)) for one in silence.matchers
    ]
    if not told or any(one is False for one in told):
        return None
    known = any(one.name in labels and accepted for one, accepted in zip(silence.matchers, told, strict=True))
    return all(one is True for one in told) if known else None


def _accepts(matcher: SilenceMatcher, value: str) -> bool | None:
    """Whether the value passes; None for a pattern that is not tried."""
    if not matcher.is_regex:
        return (value == matcher.value) == matcher.is_equal
    if (
        len(matcher.value) > _LONGEST_PATTERN
        or len(value) > _LONGEST_VALUE
        or _EXPLOSIVE.search(matcher.value)
    ):
        return None
    try:
        return (re.fullmatch(matcher.value, value) is not None) == matcher.is_equal
    except re.error:
        return None


def _absent(matcher: SilenceMatcher) -> bool | None:
    """A label that is not seen may be there or not; only what any value passes is sure."""
    return True if matcher.is_regex and matcher.is_equal and matcher.value in (".*", "") else None


def silence_events(found: Sequence[Silenced]) -> Iterator[Event]:
    """A row for each silence that hid something, on the first page where it hid an own alert as it fired."""
    by_id: dict[str, list[Silenced]] = {}
    for one in found:
        by_id.setdefault(one.silence.id, []).append(one)
    for key, hits in by_id.items():
        yield _row(key, hits)


def _row(key: str, hits: Sequence[Silenced]) -> Event:
    silence = hits[0].silence
    names = list(dict.fromkeys(one.alert.name for one in hits))
    sure = all(one.certain for one in hits)
    hid = f"{'hides' if sure else 'probably hides'} {', '.join(names[:3])}" + (
        f" and {len(names) - 3} more" if len(names) > 3 else ""
    )
    return Event(
        id=event_id("silence", key),
        at=silence.start,
        until=silence.end,
        plus_minus=hits[0].alert.plus_minus * 0,
        kind="silence",
        origin=EventOrigin.ALERT,
        subject=silence.subject,
        title=f"Silence by {silence.by or 'somebody'}{why(silence)}, until {rfc3339(silence.end)}: {hid}",
        value=silence.id,
        query="",
        link="",
        main=any(one.alert.nearness is Nearness.OWN and one.from_the_start for one in hits),
    )


def why(silence: AlertSilence) -> str:
    """` ("known, INC-1")`, or nothing where no comment was left."""
    return f' ("{silence.comment}")' if silence.comment else ""
