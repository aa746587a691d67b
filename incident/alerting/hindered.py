"""What was wrong with the monitoring itself while nobody had been told: evidence about late detection."""

from __future__ import annotations

from datetime import datetime

from incident.impact.assess import Assessment
from incident.model.detection import Hindrance
from incident.model.facts import MONITORING_GAP, Change, ChangeKind


def hindrances(
    changes: tuple[Change, ...], judged: Assessment, notified: datetime | None
) -> tuple[Hindrance, ...]:
    """Troubles between the first impact and the time somebody was told, in order of time. There is impact.

    Told is who was notified, where that is known; else the first firing counts; where nothing fired, the
    end of the impact.
    """
    start, end = judged.episodes[0].start.at, _told_at(judged, notified)
    inside = (one for one in changes if _is_trouble(one) and _overlaps(one, start, end))
    found = (Hindrance(_words(one), one.at, one.until, one.plus_minus, one.query) for one in inside)
    return tuple(sorted(found, key=lambda one: (one.at, one.what)))


def _told_at(judged: Assessment, notified: datetime | None) -> datetime | None:
    """None while nobody was told and the impact lasts."""
    alert, last = judged.first_alert, judged.episodes[-1].end
    fired = alert.firing_at if alert else None
    known = [at for at in (fired, notified) if at is not None]
    return max(known) if known else last.at if last else None


def _is_trouble(one: Change) -> bool:
    """Rules or notifications in trouble, or nothing scraped; targets that vanished are the incident."""
    return one.kind is ChangeKind.MONITORING_TROUBLE or one.title == MONITORING_GAP


def _overlaps(one: Change, start: datetime, end: datetime | None) -> bool:
    """An alert that fired before the impact was measured leaves nothing between the two."""
    lasting = one.kind is ChangeKind.DATA_GAP and one.until is None
    ends_after = lasting or (one.until or one.at) + one.plus_minus > start
    return ends_after and (end is None or (start < end and one.at - one.plus_minus < end))


def _words(one: Change) -> str:
    return one.title.removeprefix(f"{one.subject}: ")
