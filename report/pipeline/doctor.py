"""`doctor`: can we reach it, are we let in, what does it know, and which signals would be found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from collector.errors import CollectError, QueryRejected
from collector.signals.discover import Found, discover
from collector.source import ServerInfo, Source
from incident.model.spans import Span
from incident.text.durations import format_duration

LOOKED_AT = timedelta(hours=1)
"""The last hour says what is scraped and evaluated now."""


class Health(Enum):
    """How one finding stands."""

    GOOD = "ok"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check-up: what was looked at, how it stands, and what to do where it is bad."""

    what: str
    health: Health
    says: str


def examine(
    source: Source, now: datetime, service: str, matchers: tuple[str, ...], credential: str
) -> Iterator[Finding]:
    """Every finding, in the order of how much rests on it. The first question raises when it fails."""
    span = Span(now - LOOKED_AT, now)
    info = source.info()
    yield Finding("reachable", Health.GOOD, f"{source.url} answers")
    yield Finding("authenticated", Health.GOOD, credential or "no credentials needed")
    yield _version(info)
    yield _retention(info)
    yield from _guarded("scrape interval", lambda: _scrape_interval(source, span))
    yield from _guarded("alert history", lambda: _alerts(source, span))
    yield from _guarded("alerting rules", lambda: _rules(source))
    if service:
        yield from _signals(source, span, service, matchers)


def _guarded(what: str, look: Callable[[], Finding]) -> Iterator[Finding]:
    """One finding, bad where its question was refused; the next ones are asked all the same."""
    try:
        yield look()
    except QueryRejected as error:
        yield Finding(what, Health.BAD, str(error))


def _version(info: ServerInfo) -> Finding:
    if not info.version:
        return Finding("version", Health.NOTE, "the server does not say; Prometheus from 2.30 on is expected")
    return Finding("version", Health.GOOD, f"{info.product} {info.version}")


def _retention(info: ServerInfo) -> Finding:
    if not info.retention:
        return Finding(
            "retention", Health.NOTE, "the server does not say; drafts of older incidents may be empty"
        )
    return Finding("retention", Health.GOOD, info.retention)


def _scrape_interval(source: Source, span: Span) -> Finding:
    answer = source.raw("up", Span(span.end - timedelta(minutes=10), span.end))
    spacings = sorted(
        int(b - a) for s in answer.series for a, b in zip(s.times, s.times[1:], strict=False) if b > a
    )
    if not spacings:
        return Finding(
            "scrape interval", Health.BAD, "no `up` samples in the last 10 min: is anything scraped?"
        )
    middle = timedelta(milliseconds=round(spacings[len(spacings) // 2], -3) or spacings[len(spacings) // 2])
    return Finding(
        "scrape interval", Health.GOOD, f"{format_duration(middle)} over {len(answer.series)} targets"
    )


def _alerts(source: Source, span: Span) -> Finding:
    if source.names("ALERTS", span):
        return Finding(
            "alert history", Health.GOOD, "ALERTS is there: pending, firing and resolved are exact"
        )
    return Finding(
        "alert history",
        Health.NOTE,
        "no ALERTS in the last hour: nothing was pending or firing, or rules are evaluated elsewhere",
    )


def _rules(source: Source) -> Finding:
    rules = source.rules()
    if rules is None:
        return Finding("alerting rules", Health.NOTE, "the server does not list rules")
    return Finding("alerting rules", Health.GOOD if rules else Health.NOTE, f"{len(rules)} alerting rules")


def _signals(source: Source, span: Span, service: str, matchers: tuple[str, ...]) -> Iterator[Finding]:
    what = f"service {service}"
    try:
        found = discover(source, service, matchers, span)
    except CollectError as error:
        yield Finding(what, Health.BAD, str(error))
        return
    yield Finding(what, Health.GOOD, f"found by its label {found.scope.label or '(none)'}: {found.scope}")
    yield from _families(found)


def _families(found: Found) -> Iterator[Finding]:
    """What a draft would measure of the service, and what it could not."""
    if found.requests is not None:
        also = f"; also possible: {', '.join(found.also)}" if found.also else ""
        yield Finding("errors, traffic", Health.GOOD, f"from {found.requests.family.counter}{also}")
    else:
        yield Finding("errors, traffic", Health.NOTE, "no counter of requests found; give one with --signal")
    if found.latency is not None:
        yield Finding("latency", Health.GOOD, f"from {found.latency.selector}")
    else:
        yield Finding("latency", Health.NOTE, "no histogram of durations found; give one with --signal")
    targets = f"{found.target_count} targets, {found.targets}" if found.targets else "no targets of its own"
    yield Finding("availability", Health.GOOD if found.targets else Health.NOTE, targets)
    if found.probes:
        yield Finding("probes", Health.GOOD, found.probes)
