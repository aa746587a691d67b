"""Which window was asked for: the flags read as times, refused where they contradict each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from collector.alerts.exporters import subject
from collector.errors import AmbiguousService, ConfigError, NoData
from collector.source import Source
from incident.model.signals import Labels, Samples
from incident.model.spans import Span
from incident.text.durations import format_duration, parse_duration
from incident.text.instants import parse_time, rfc3339, stamp, zone_label
from incident.text.promql import Matcher
from report.pipeline.asked.firing import firing_of, last_fired, latest_run

AROUND = timedelta(hours=2)
"""`--around` reads two hours to each side: most incidents fit, and detection needs the calm beside."""
SHORTEST_LEAD = timedelta(hours=4)
"""Less lead-in than this does not show what normal is."""
TAIL = timedelta(minutes=20)
"""Read beyond the window, to see an end near its edge held for ten minutes."""
_ALERT_MARGIN = timedelta(hours=1)
"""Impact begins before an alert fires and is over before it resolves, rarely by more."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The flags as they were given; empty string for absent."""

    start: str = ""
    end: str = ""
    last: str = ""
    around: str = ""
    alert: str = ""


def window(asked: Asked, *, now: datetime, zone: tzinfo | None) -> Span | None:
    """The window, or None where an alert is named without one: its history then tells.

    `zone` is None where no zone was named: naive times are then refused. Raises ConfigError and the
    TextError of a time that cannot be read.
    """
    _one_way(asked)
    if asked.alert and not (asked.start or asked.last or asked.around):
        return None
    if asked.around:
        middle = parse_time(asked.around, now=now, zone=zone)
        return _past(
            Span(middle - AROUND, max(middle + timedelta(minutes=1), min(middle + AROUND, now))), now
        )
    end = parse_time(asked.end, now=now, zone=zone) if asked.end else now
    if asked.last:
        length = parse_duration(asked.last)
        if length <= timedelta(0):
            raise ConfigError(f"--last {asked.last}: must be longer than zero; write e.g. 3h")
        return _past(Span(end - length, end), now)
    start = parse_time(asked.start, now=now, zone=zone)
    if end <= start:
        raise ConfigError(
            f"window {rfc3339(start)} to {rfc3339(end)}: the end is not after the start; "
            "swap --from and --to, or check their dates"
        )
    return _past(Span(start, end), now)


def _one_way(asked: Asked) -> None:
    ways = [
        name
        for name, value in (
            ("--from", asked.start),
            ("--last", asked.last),
            ("--around", asked.around),
        )
        if value
    ]
    if not ways and not asked.alert:
        raise ConfigError(
            "window: none given; use --from TIME --to TIME, --last 3h, --around TIME or --alert NAME"
        )
    if len(ways) > 1:
        raise ConfigError(f"window: {' and '.join(ways)} contradict each other; give one of them")
    if asked.end and (asked.around or not ways):
        raise ConfigError(f"window: --to cannot be combined with {(*ways, '--alert')[0]} alone; leave it out")


def _past(span: Span, now: datetime) -> Span:
    """The span as far as it lies in the past. Raises ConfigError where nothing of it does."""
    if span.start >= now:
        raise ConfigError(
            f"window {rfc3339(span.start)} to {rfc3339(span.end)}: lies in the future; now is {rfc3339(now)}"
        )
    return Span(span.start, min(span.end, now)) if span.end > now else span


@dataclass(frozen=True, slots=True)
class About:
    """What an alert is about."""

    service: str
    labels: Labels

    def place(self, error: AmbiguousService) -> tuple[str, ...]:
        """The matcher of the alert's own place among several of the service; raises the error else."""
        kind = error.label.removeprefix("exported_")
        named = dict(self.labels)
        value = named.get(f"exported_{kind}") or named.get(kind, "")
        if value not in error.places:
            raise error
        return (Matcher(error.label, "=", value).render(),)


def alert_in(source: Source, name: str, span: Span) -> About:
    """What the labels of an alert that fired in the span say it is about.

    Raises NoData where it did not fire there.
    """
    answer = source.raw(firing_of(name), span)
    if not answer.series:
        raise NoData(
            f"alert {name}: no firing sample in ALERTS between {rfc3339(span.start)} and "
            f"{rfc3339(span.end)}; check the name, or choose another window"
        )
    return _about(name, latest_run(answer.series)[2])


def _about(name: str, series: Samples) -> About:
    labels = tuple(pair for pair in series.labels if pair[0] not in _MECHANICAL)
    return About(subject(name, labels), labels)


def window_of_alert(source: Source, name: str, now: datetime) -> tuple[Span, About]:
    """The latest firing of an alert with an hour to each side, and what its labels say it is about.

    Raises NoData where the server has none, and what it says where it refuses to look for one.
    """
    start, end, series = last_fired(source, name, now)
    return Span(start - _ALERT_MARGIN, min(end + _ALERT_MARGIN, now)), _about(name, series)


_MECHANICAL = ("__name__", "alertname", "alertstate")


def lead_for(span: Span) -> timedelta:
    """How much to read before the window: as long as it is, at least four hours."""
    return max(span.length, SHORTEST_LEAD)


def described(span: Span, zone: tzinfo) -> str:
    """The window for people: in UTC, and in the zone where that is another."""
    text = f"{_stretch(span, UTC)} ({format_duration(span.length)})"
    return text if zone_label(span.start, zone) == "UTC" else f"{text} = {_stretch(span, zone)}"


def _stretch(span: Span, zone: tzinfo) -> str:
    """Both ends by the zone's clocks; where those are put forward or back between them, each with its own."""
    start, end = (stamp(at, zone) for at in (span.start, span.end))
    first, last = (zone_label(at, zone) for at in (span.start, span.end))
    until = end.partition(" ")[2] if start[:10] == end[:10] else end
    return f"{start} to {until} {last}" if first == last else f"{start} {first} to {until} {last}"
