"""`doctor`: can we reach it, are we let in, what does it know, and which signals would be found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.source import Source
from incident.model.spans import Span
from report.pipeline.checkup import server, service
from report.pipeline.checkup.findings import Finding, Health, guarded
from report.pipeline.checkup.reaching import Open, require_api

LOOKED_AT = timedelta(hours=1)
"""The last hour says what is scraped and evaluated now."""


@dataclass(frozen=True, slots=True)
class Patient:
    """Whom to examine, and how it was reached."""

    source: Source
    open_at: Open
    """Connects to another path of the same server, to see whether the API lies there."""
    told_time: Callable[[], datetime | None]
    """The clock of the server in its last answer."""
    credential: str
    """Where the credentials come from, in words; empty for none."""
    tenant: str
    """A mark of the tenant asked; empty where none is named."""
    service: str
    """Empty: the services are listed."""
    matchers: tuple[str, ...]


def examine(patient: Patient, now: datetime) -> Iterator[Finding]:
    """Every finding, in the order of how much rests on it. The first question raises when it fails."""
    source, end = patient.source, now.replace(microsecond=0)
    span = Span(end - LOOKED_AT, end)
    require_api(source, patient.open_at)
    yield Finding("reachable", Health.GOOD, f"{source.url} answers")
    yield Finding("authenticated", Health.GOOD, patient.credential or "no credentials needed")
    if patient.tenant:
        yield Finding("tenant", Health.GOOD, "X-Scope-OrgID is sent with every request")
    yield server.clock(patient.told_time(), now)
    yield server.version(source.info())
    yield from guarded("retention", lambda: server.retention(source, now))
    yield from guarded("scrape interval", lambda: server.scrape_interval(source, now))
    yield from guarded("alert history", lambda: server.alerts(source, span))
    yield from guarded("alerting rules", lambda: server.rules(source))
    if patient.service:
        yield from service.service(source, now, span, patient.service, patient.matchers)
    else:
        yield from service.services(source, span)
