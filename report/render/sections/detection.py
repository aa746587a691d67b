"""How it was noticed: the gaps between the clocks, and the alerts that told nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from incident.model.detection import Hindrance
from incident.model.timeline import Duration, Status, Timeline
from incident.text.durations import bound, format_duration
from report.render.sections.suggestion import no_rule, seen_first, watchers
from report.render.wording.clock import Clock, clock_of, length
from report.render.wording.figures import without_impact
from report.render.wording.md import Md, counted, line, listed

# Ends of the durations that tell how it was noticed; the others tell how long it hurt.
_NOTICED = frozenset(
    {"first_alert_pending", "first_alert_firing", "notified", "detected", "acknowledged", "declared"}
)
_OPTIONAL = frozenset({"first_alert_pending", "improving"})
# Nobody is told of an alert that did not fire; that none fired is said once.
_SENT = frozenset({"notified"})
# A sum has no two ends: between its first and its last instant lies time that did not hurt.
_SUMS = frozenset({"impacted (sum of episodes)"})
_NAMED = 3
_NO_REASON = "Not recorded"


def detection_durations(timeline: Timeline) -> tuple[Md, ...]:
    """The durations that end with somebody or something knowing."""
    return _told([each for each in timeline.durations if each.end in _NOTICED and _matters(each)])


def impact_durations(timeline: Timeline) -> tuple[Md, ...]:
    """The durations that end with users being better off."""
    return _told([each for each in timeline.durations if each.end not in _NOTICED and _matters(each)])


def _matters(duration: Duration) -> bool:
    """Not every incident improves bit by bit or has a pending alert: that is none, not an unknown."""
    if duration.end in _SENT and duration.why_null not in ("", "not recorded"):
        return False
    return duration.value is not None or not {duration.start, duration.end} & _OPTIONAL


def _told(durations: Sequence[Duration]) -> tuple[Md, ...]:
    """One line for each known duration, then one for each reason why others are not known."""
    known = [_known(each, each.value) for each in durations if each.value is not None]
    reasons = dict.fromkeys(each.why_null for each in durations if each.value is None)
    return (*known, *(_unknown(reason, durations) for reason in reasons))


def _known(duration: Duration, value: timedelta) -> Md:
    """`time to detect: impact start -> first alert firing = 16 min 45 s`."""
    if value < timedelta(0):
        return line(
            "{}: {} = {} before{}",
            duration.name,
            _ends(duration),
            length(-value, duration.plus_minus),
            _off(duration),
        )
    if duration.name in _SUMS:
        return line("{} = {}{}", duration.name, length(value, duration.plus_minus), _off(duration))
    return line(
        "{}: {} = {}{}", duration.name, _ends(duration), length(value, duration.plus_minus), _off(duration)
    )


def _off(duration: Duration) -> Md:
    """` (±38 s)`, where the ends are not exact."""
    if not duration.plus_minus:
        return Md("")
    return Md(f" (±{format_duration(bound(duration.plus_minus))})")


def _ends(duration: Duration) -> Md:
    """`impact start -> first alert firing`."""
    return line("{} -> {}", duration.start.replace("_", " "), duration.end.replace("_", " "))


def _unknown(reason: str, durations: Sequence[Duration]) -> Md:
    """`Not recorded: time to acknowledge (first alert firing -> acknowledged)`, many for one reason."""
    same = [each for each in durations if each.value is None and each.why_null == reason]
    names = listed([line("{} ({})", each.name, _ends(each)) for each in same])
    return line(
        "{}: {}.",
        _NO_REASON if reason.lower() in ("", _NO_REASON.lower()) else f"Not known ({reason})",
        names,
    )


def alert_remarks(timeline: Timeline) -> tuple[Md, ...]:
    """What the alert history shows beside the first alert, one sentence each."""
    if not timeline.alerts_readable:
        unread = Md("Alert history could not be read; nothing is said here about alerts.")
        return (unread, *hindered(timeline))
    remarks = [
        seen_first(timeline),
        *hindered(timeline),
        _silent_rules(timeline),
        *watchers(timeline),
        _false_alarms(timeline),
        _elsewhere(timeline),
        no_rule(timeline),
    ]
    return tuple(remark for remark in remarks if remark)


def hindered(timeline: Timeline) -> tuple[Md, ...]:
    """What was wrong with the monitoring itself before anybody was told."""
    clock, found = clock_of(timeline), timeline.detection.hindered
    if not found:
        return ()
    told = listed([line("{} ({})", one.what, _when(one, clock)) for one in found[:_NAMED]])
    rest = Md(f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")
    until = "before the first alert" if timeline.alerts and _fired(timeline) else "during the impact"
    return (line("The monitoring itself was in trouble {}: {}{}.", Md(until), told, rest),)


def _when(one: Hindrance, clock: Clock) -> Md:
    return clock.span(one.at, one.until) if one.until else clock.at(one.at, one.plus_minus)


def _fired(timeline: Timeline) -> bool:
    return timeline.milestones.first_alert_firing is not None


def _silent_rules(timeline: Timeline) -> Md:
    if timeline.rules_seen is None:
        return Md("Alerting rules could not be read, so rules that stayed silent are not listed.")
    if timeline.rules_seen == 0 and timeline.alerts:
        return Md("The server no longer has any of the rules behind these alerts.")
    if timeline.rules_seen == 0:
        return Md("No alerting rule was found that covers this service.")
    return Md("")


def _false_alarms(timeline: Timeline) -> Md:
    clock, alarms = clock_of(timeline), without_impact(timeline)
    if not alarms or timeline.status is Status.UNKNOWN:
        return Md("")
    named = [
        line("{} ({})", each.name, clock.at(each.firing_at)) for each in alarms[:_NAMED] if each.firing_at
    ]
    rest = Md(f" and {len(alarms) - _NAMED} more" if len(alarms) > _NAMED else "")
    return line("Fired without measured impact: {}{}.", listed(named), rest)


def _elsewhere(timeline: Timeline) -> Md:
    if not timeline.alerts_elsewhere:
        return Md("")
    return line(
        "{} not listed.", counted(timeline.alerts_elsewhere, "alert elsewhere is", "alerts elsewhere are")
    )
