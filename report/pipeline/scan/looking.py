"""Which services of a source to look at closely, and what else stood out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from collector.errors import NoData, QueryRejected
from collector.screening.firings import firings
from collector.screening.listing import Listed, list_services
from collector.screening.screen import screen
from collector.source import Source
from incident.fleet.candidates import candidates, worth_a_look
from incident.fleet.model import Candidate, Firing, Member
from incident.fleet.standouts import standouts
from incident.model.facts import Unknown
from incident.model.spans import Grid, Span
from incident.text.instants import rfc3339
from report.pipeline.asked.window import lead_for
from report.pipeline.scan.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Looked:
    """A source's fleet, screened."""

    members: tuple[Member, ...]
    close: tuple[Candidate, ...]
    """Worth a close look, in order of start."""
    others: tuple[Candidate, ...]
    """What else stood out."""
    unknowns: tuple[Unknown, ...]
    scrape: timedelta


def look(source: Source, wanted: Wanted, say: Callable[[str], None]) -> Looked:
    """Lists the services of the period and screens them all. Raises NoData where there is none."""
    settings, period = wanted.settings, wanted.period
    say("listing services")
    services = list_services(source, settings.match, period)
    chosen = tuple(one for one in services if _is_wanted(one, wanted))
    if not services:
        raise NoData(
            f"{source.url}: no service with requests or targets between {rfc3339(period.start)} and "
            f"{rfc3339(period.end)}; check --match and the period"
        )
    if not chosen:
        return Looked((), (), (), (), timedelta(seconds=15))
    covered = Span(period.start - lead_for(period, None), period.end)
    narrowed = len(chosen) < len(services)
    screened = screen(source, chosen, settings.match, period, covered, named=narrowed, on_progress=say)
    members = tuple(one.member for one in chosen)
    fired, missed = _fired(source, members, screened.screening.grid, period.start - covered.start)
    found = candidates(standouts(screened.screening), fired, settings.policy)
    close = tuple(one for one in found if worth_a_look(one, settings.policy))
    others = tuple(one for one in found if one not in close)
    return Looked(members, close, others, (*screened.unknowns, *missed), screened.scrape)


def _is_wanted(one: Listed, wanted: Wanted) -> bool:
    service = one.member.service
    if wanted.settings.service and service != wanted.settings.service:
        return False
    return wanted.shard is None or wanted.shard.holds(service)


def _fired(
    source: Source, members: tuple[Member, ...], grid: Grid, since: timedelta
) -> tuple[tuple[Firing, ...], tuple[Unknown, ...]]:
    """Alerts cost themselves only: without them the metrics still speak."""
    try:
        return firings(source, members, grid, since), ()
    except QueryRejected as error:
        return (), (Unknown(what="alerts", why=str(error), failed=True),)
