"""The instants every postmortem asks for, and the durations between them, each with both ends named."""

from __future__ import annotations

from datetime import datetime, timedelta

from incident.impact.assess import Assessment
from incident.model.facts import AlertInterval, Entered
from incident.model.spans import Moment
from incident.model.timeline import Duration, Milestones, Status

_ENTERED = {
    "detected": ("detected", "reported"),
    "acknowledged": ("acknowledged",),
    "mitigated": ("mitigated",),
    "resolved": ("resolved",),
}
"""Which kinds of entered rows fill which milestone; the earliest counts."""
_WANTED = (
    ("time to alert condition", "impact_start", "first_alert_pending"),
    ("pending", "first_alert_pending", "first_alert_firing"),
    ("time to detect", "impact_start", "first_alert_firing"),
    ("notification", "first_alert_firing", "notified"),
    ("time to acknowledge", "first_alert_firing", "acknowledged"),
    ("time to mitigate", "impact_start", "mitigated"),
    ("time to improvement (inferred)", "impact_start", "improving"),
    ("time to recover", "impact_start", "recovered"),
    ("time to resolve", "impact_start", "resolved"),
)

_STATES = {"first_alert_pending", "first_alert_firing"}


def milestones(judged: Assessment, entered: tuple[Entered, ...]) -> Milestones:
    """All milestones; None where nothing was measured or entered."""
    told, alert = judged.episodes, judged.first_alert
    return Milestones(
        impact_start=told[0].start if told else None,
        first_alert_pending=_alert_moment(alert, alert.pending_at) if alert else None,
        first_alert_firing=_alert_moment(alert, alert.firing_at) if alert else None,
        improving=judged.improving,
        recovered=told[-1].end if told else None,
        detected=_entered("detected", entered),
        acknowledged=_entered("acknowledged", entered),
        mitigated=_entered("mitigated", entered),
        resolved=_entered("resolved", entered),
        notified=_notified(alert, entered),
    )


def _notified(alert: AlertInterval | None, entered: tuple[Entered, ...]) -> Moment | None:
    """The first word of the first alert; what was sent about it names it, unless the tool names none."""
    if alert is None or alert.firing_at is None:
        return None
    since = alert.firing_at - alert.plus_minus
    sent = [e for e in entered if e.kind == "notified" and e.at >= since]
    named = [e.at for e in sent if alert.name in e.text]
    times = named or [e.at for e in sent]
    return Moment(min(times), timedelta(0), "entered") if times else None


def _alert_moment(alert: AlertInterval, at: datetime | None) -> Moment | None:
    return Moment(at, alert.plus_minus, f"{alert.name}: {alert.source}") if at is not None else None


def _entered(name: str, entered: tuple[Entered, ...]) -> Moment | None:
    times = [e.at for e in entered if e.kind in _ENTERED[name]]
    return Moment(min(times), timedelta(0), "entered") if times else None


def durations(found: Milestones, judged: Assessment, alerts_readable: bool) -> tuple[Duration, ...]:
    """Every duration people ask for; an unknown end is said with its reason, never as zero."""
    told = [_duration(name, a, b, found, judged, alerts_readable) for name, a, b in _WANTED]
    return (*told, *_of_impact(found, judged))


def _duration(
    name: str, a: str, b: str, found: Milestones, judged: Assessment, alerts_readable: bool
) -> Duration:
    left, right = getattr(found, a), getattr(found, b)
    if left is None or right is None:
        missing = a if left is None else b
        return Duration(name, a, b, None, _why(missing, judged, alerts_readable))
    if right.at < left.at and left.at - right.at > left.plus_minus + right.plus_minus:
        return Duration(name, a, b, None, f"{b.replace('_', ' ')} came before {a.replace('_', ' ')}")
    return Duration(name, a, b, right.at - left.at, plus_minus=_off(a, b, left, right))


def _off(a: str, b: str, left: Moment, right: Moment) -> timedelta:
    """What both ends may be off together; two states of one alert are stamped by the same evaluations."""
    same = {a, b} == _STATES and left.source == right.source
    return timedelta(0) if same else left.plus_minus + right.plus_minus


def _why(missing: str, judged: Assessment, alerts_readable: bool) -> str:
    if missing == "impact_start":
        return "no impact was measured" if judged.status is not Status.UNKNOWN else "impact is unknown"
    if missing == "first_alert_firing":
        return (
            "no alert of this service fired during the impact"
            if alerts_readable
            else "ALERTS could not be read"
        )
    if missing == "first_alert_pending":
        return "no pending state was stored (no `for`, or no alert)"
    if missing == "recovered":
        return "the impact was not seen to end"
    if missing == "improving":
        return "no gradual improvement was seen"
    return "not recorded"


def _of_impact(found: Milestones, judged: Assessment) -> tuple[Duration, ...]:
    """Impact as it elapsed, and as the sum of its episodes where it came back."""
    if found.impact_start is None or found.recovered is None or len(judged.episodes) < 2:
        return ()
    whole = [(e.start, e.end) for e in judged.episodes if e.end is not None]
    parts = sum((end.at - start.at for start, end in whole), timedelta(0))
    off = sum((start.plus_minus + end.plus_minus for start, end in whole), timedelta(0))
    return (Duration("impacted (sum of episodes)", "impact_start", "recovered", parts, plus_minus=off),)
