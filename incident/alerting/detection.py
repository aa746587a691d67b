"""Joins what the section on detection says: what showed it first, who watched, what would have alerted."""

from __future__ import annotations

from datetime import datetime, timedelta

from incident.alerting.hindered import hindrances
from incident.alerting.suggest import suggested
from incident.alerting.watch import watching
from incident.impact.assess import Assessment, in_impact
from incident.model.detection import Detection, Seen, SuggestedRule
from incident.model.evidence import Evidence
from incident.model.timeline import SignalReport

_LATE = timedelta(minutes=5)
"""A first alert within five minutes is as prompt as rules with the usual `for` are."""
_WORTH = timedelta(minutes=1)
"""A rule that gains less than a minute is not worth having."""


def detection(evidence: Evidence, judged: Assessment, notified: datetime | None) -> Detection:
    """What is known of how the impact was noticed; all empty where none was measured.

    `notified` is when somebody was first sent word of an alert, where that was recorded.
    """
    if not judged.episodes:
        return Detection()
    rule, why = _offered(evidence, judged)
    unwatched, silent = _watched(evidence, judged)
    hindered = hindrances(evidence.changes, judged, notified)
    return Detection(_seen(judged), unwatched, silent, rule, why, hindered)


def _watched(
    evidence: Evidence, judged: Assessment
) -> tuple[tuple[str, ...] | None, tuple[tuple[str, str], ...]]:
    """Signals with impact that no rule watches (None: not known), and the silent rules that watch one."""
    rules = evidence.watching
    fired = {a.name for a in judged.alerts if in_impact(a, judged.episodes)}
    if rules is None or (not rules and fired):
        return None, ()
    hurt = [r.spec for r in judged.signals if any(e.impact for e in r.episodes)]
    by_signal = {spec.name: watching(rules, spec) for spec in hurt}
    silent = ((rule, name) for name, names in by_signal.items() for rule in names or () if rule not in fired)
    if any(names is None for names in by_signal.values()):
        return None, tuple(silent)
    return tuple(name for name, names in by_signal.items() if not names), tuple(silent)


def _seen(judged: Assessment) -> tuple[Seen, ...]:
    """The first departure of each signal that carries the first episode, in order of time."""
    first = judged.episodes[0]
    carriers = (report for report in judged.signals if report.spec.name in first.signals)
    found = (Seen(report.spec.name, at) for report in carriers if (at := _begins(report)) is not None)
    return tuple(sorted(found, key=lambda one: one.at))


def _begins(report: SignalReport) -> datetime | None:
    return next((one.start for one in report.episodes if one.impact), None)


def _offered(evidence: Evidence, judged: Assessment) -> tuple[SuggestedRule | None, str]:
    """A rule where nothing paged, or late; or why there is none."""
    if not evidence.alerts_readable or not _wanting(judged):
        return None, ""
    rule = suggested(evidence, judged)
    if rule is None:
        return (
            None,
            "no threshold on its signals would have fired during the impact and could be tested before it",
        )
    if rule.earlier is not None and rule.earlier < _WORTH:
        return None, "no rule on its signals would have fired earlier"
    return rule, ""


def _wanting(judged: Assessment) -> bool:
    """No alert of the service fired in the impact, or its first one late."""
    alert, start = judged.first_alert, judged.episodes[0].start.at
    return alert is None or alert.firing_at is None or alert.firing_at - start > _LATE
