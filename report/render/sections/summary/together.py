"""The services whose impact began together with this one, in one line: an order, and no cause."""

from __future__ import annotations

from collections import Counter
from urllib.parse import quote

from incident.model.companions import Companion
from incident.model.spans import Moment
from incident.model.timeline import Timeline
from report.render.wording.clock import clock_of
from report.render.wording.md import Md, counted, joined, line

_NAMED = 8
"""Companions named in the line; where everything went down at once the index has the rest."""


def together_line(timeline: Timeline) -> Md:
    """Who began together with this service, itself in bold; empty where nobody did."""
    if not timeline.companions or not timeline.episodes:
        return Md("")
    clock = clock_of(timeline)
    scope, start = timeline.scope, timeline.episodes[0].start
    names = Counter((scope.service, *(one.service for one in timeline.companions)))
    named = timeline.companions[:_NAMED]
    told = [(one.start, _linked(one, names), Moment(one.start, one.plus_minus, "")) for one in named]
    told.append((start.at, line("**{}**", _name(scope.service, scope.matchers, names)), start))
    steps = (
        line("{} {}", name, clock.point(moment)) for _, name, moment in sorted(told, key=lambda t: t[:2])
    )
    more = len(timeline.companions) - len(named)
    rest = line(", and {}", counted(more, "more service", "more services")) if more else Md("")
    return line("Began together, in order of onset, which names no cause: {}{}.", joined(", ", steps), rest)


def _linked(one: Companion, names: Counter[str]) -> Md:
    address = Md(quote(f"{one.draft}/postmortem.md"))
    return line("[{}]({})", _name(one.service, one.matchers, names), address)


def _name(service: str, matchers: tuple[str, ...], names: Counter[str]) -> str:
    """The service, with its place where several bear its name."""
    return f"{service}{{{','.join(matchers)}}}" if names[service] > 1 and matchers else service
