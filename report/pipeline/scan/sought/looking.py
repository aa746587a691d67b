"""Which services of a source to look at closely, and what else stood out."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from functools import partial

from collector.errors import NoData
from collector.screening.firings import firings
from collector.screening.listing import Listed, list_services
from collector.screening.parts import apart, services_at_once
from collector.screening.screen import Expect, Screened, pace, screen
from collector.source import Source
from incident.fleet.candidates import candidates, worth_a_look
from incident.fleet.model import Candidate, Member, Screening, Standout, joined
from incident.fleet.standouts import in_order, standouts_of
from incident.model.facts import Unknown
from incident.model.signals import Measure
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
    """In which the candidates were seen; None where no service is ours."""
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
    chosen = tuple(one for one in services if wanted.covers(one.member.service))
    if not services:
        raise NoData(
            f"{source.url}: no service with requests or targets between {rfc3339(period.start)} and "
            f"{rfc3339(period.end)}; check --match and the period"
        )
    if not chosen:
        return Looked((), (), (), None, missing)
    covered = Span(period.start - lead_for(period), period.end)
    at = pace(source, period, covered)
    parts = tuple(apart([one.member.service for one in chosen], services_at_once(at.grid.count)))
    ask = partial(
        screen,
        source,
        matchers=settings.match,
        window=period,
        at=at,
        named=len(chosen) < len(services) or len(parts) > 1,
        at_once=settings.concurrency,
        expect=expect,
        series=listing.series,
        on_progress=say,
    )
    members = tuple(one.member for one in chosen)
    fired, missed = firings(source, members, at.grid, period.start - covered.start)
    alerted = frozenset(one.member for one in fired)
    seen = [_screened(ask, chosen[part], alerted) for part in parts]
    found = candidates(in_order(one for each in seen for one in each.stood_out), fired, settings.policy)
    close = tuple(one for one in found if worth_a_look(one, settings.policy))
    others = tuple(one for one in found if one not in close)
    unknowns = (*missing, *dict.fromkeys(one for each in seen for one in each.unknowns), *missed)
    return Looked(members, close, others, joined([each.screening for each in seen]), unknowns)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was seen in a part of the fleet."""

    stood_out: tuple[Standout, ...]
    screening: Screening
    """Of the members that stood out or alerted: the others' samples are let go."""
    unknowns: tuple[Unknown, ...]


def _screened(ask: Callable[..., Screened], services: Sequence[Listed], alerted: Set[Member]) -> _Seen:
    stood_out: list[Standout] = []

    def judge(seen: Screening, measure: Measure) -> None:
        """While the server makes the next answer."""
        stood_out.extend(standouts_of(seen, measure))

    done = ask(services=services, on_measure=judge)
    wanted = {one.member for one in stood_out} | alerted
    return _Seen(tuple(stood_out), done.screening.of(wanted), done.unknowns)
