"""Which services of a source to look at closely, and what else stood out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from collector.errors import NoData
from collector.screening.firings import firings
from collector.screening.listing import Listed, list_services
from collector.screening.screen import Expect, screen
from collector.source import Source
from incident.fleet.candidates import candidates, worth_a_look
from incident.fleet.model import Candidate, Member, Screening, Standout
from incident.fleet.standouts import in_order, standouts_of
from incident.model.facts import Unknown
from incident.model.spans import Span
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
    screening: Screening | None
    """What all of this was seen in; None where no service is ours."""
    unknowns: tuple[Unknown, ...]
    """What of the screening was refused, or answered in part."""


def look(source: Source, wanted: Wanted, say: Callable[[str], None], expect: Expect) -> Looked:
    """Lists the services of the period and screens them all. Raises NoData where there is none.

    `expect` is told what each question of the screening loads, before it is asked.
    """
    settings, period = wanted.settings, wanted.period
    say("listing services")
    listing = list_services(source, settings.match, period)
    services, missing = listing.services, listing.unknowns
    chosen = tuple(one for one in services if _is_wanted(one, wanted))
    if not services:
        raise NoData(
            f"{source.url}: no service with requests or targets between {rfc3339(period.start)} and "
            f"{rfc3339(period.end)}; check --match and the period"
        )
    if not chosen:
        return Looked((), (), (), None, missing)
    covered = Span(period.start - lead_for(period, None), period.end)
    narrowed = len(chosen) < len(services)
    stood_out: list[Standout] = []
    screened = screen(
        source,
        chosen,
        settings.match,
        period,
        covered,
        named=narrowed,
        at_once=settings.concurrency,
        expect=expect,
        series=listing.series,
        on_progress=say,
        # Judged while the server makes the next answer.
        on_measure=lambda seen, measure: stood_out.extend(standouts_of(seen, measure)),
    )
    members = tuple(one.member for one in chosen)
    fired, missed = firings(source, members, screened.screening.grid, period.start - covered.start)
    found = candidates(in_order(stood_out), fired, settings.policy)
    close = tuple(one for one in found if worth_a_look(one, settings.policy))
    others = tuple(one for one in found if one not in close)
    return Looked(members, close, others, screened.screening, (*missing, *screened.unknowns, *missed))


def _is_wanted(one: Listed, wanted: Wanted) -> bool:
    service = one.member.service
    if wanted.settings.service and service != wanted.settings.service:
        return False
    return wanted.shard is None or wanted.shard.holds(service)
