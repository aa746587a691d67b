"""`init`: a commented configuration of what a server has, ready to be drafted with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from collector.errors import AmbiguousService, NoData
from collector.signals.discover import Found, discover
from collector.signals.explain import told_latency, told_requests
from collector.signals.samples.pace import DEFAULT_SCRAPE
from collector.signals.services import KnownService, list_services
from collector.signals.specs import latency_specs, rate_window, request_specs
from collector.source import Source
from incident.model.spans import Span
from incident.text.controls import one_line
from incident.text.instants import rfc3339
from report.pipeline.checkup.doctor import LOOKED_AT
from report.pipeline.checkup.service import found_by, targets_seen

# Services named in the file, and those whose signals are told: what is read, not scrolled past.
_NAMED = 30
_TOLD = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was said on the command line."""

    service: str
    """Empty: the only service, or none is chosen."""
    matchers: tuple[str, ...]
    http_config_file: Path | None
    has_headers: bool
    """Whether headers were given; their values may be credentials and are written nowhere."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The text of the file, and what to tell the person who asked for it."""

    text: str
    told: str


@dataclass(frozen=True, slots=True)
class _Told:
    """One service with what discovery found of it, or why nothing."""

    name: str
    found: Found | None
    scraped: bool = False
    """Whether any target of it has an `up`."""
    why: str = ""


def configuration(source: Source, wanted: Wanted, now: datetime) -> Configuration:
    """The configuration of what the last hour shows.

    Raises NoData where the server knows no service, or not the one that was named, AmbiguousService for
    one in several namespaces, and what the source raises.
    """
    end = now.replace(microsecond=0)
    span = Span(end - LOOKED_AT, end)
    known = list_services(source, span)
    if not known and not wanted.service:
        raise NoData(
            f"{source.url}: no service with samples in the last hour; check the address, "
            "or name a service with --service"
        )
    chosen = wanted.service or _only(known)
    if chosen:
        services = [_found(source, chosen, wanted.matchers, span)]
    else:
        services = [
            _told(source, one.name, wanted.matchers, span)
            for one in known[:_TOLD]
            if one.has_requests and not one.is_monitoring
        ]
    lines = [
        *_head(source, now),
        *_server(source, wanted),
        *_services(known),
        *_scope(chosen, services, known, wanted),
        *(line for one in services for line in _signals(one)),
        *_REST,
    ]
    return Configuration("\n".join(lines) + "\n", _summary(chosen, known))


def _only(known: Sequence[KnownService]) -> str:
    """The one service whose requests are counted; empty where there are several, or none.

    The Prometheus that watches others is none of them.
    """
    others = [one for one in known if not one.is_monitoring]
    counted = [one.name for one in others or known if one.has_requests]
    return counted[0] if len(counted) == 1 else ""


def _told(source: Source, name: str, matchers: tuple[str, ...], span: Span) -> _Told:
    try:
        return _found(source, name, matchers, span)
    except (AmbiguousService, NoData) as error:
        return _Told(name, None, why=str(error))


def _found(source: Source, name: str, matchers: tuple[str, ...], span: Span) -> _Told:
    found = discover(source, name, matchers, span)
    return _Told(name, found, targets_seen(source, found, span) > 0)


def _head(source: Source, now: datetime) -> Iterator[str]:
    yield "# Configuration of incident-timeline, made by `incident-timeline init`"
    yield _comment(f"from what {source.url} had at {rfc3339(now.replace(microsecond=0))}.")
    yield "# Flags win over environment variables, those over this file; what is commented out is the default"
    yield "# or an example. Durations are written as in Prometheus: 90s, 10m, 1h30m."
    yield ""


def _server(source: Source, wanted: Wanted) -> Iterator[str]:
    yield "prometheus:"
    yield f"  url: {_quoted(source.url)}"
    yield "  # How to authenticate and connect: a file in the form of Prometheus' own http_config."
    if wanted.http_config_file is not None:
        yield f"  http_config_file: {_quoted(str(wanted.http_config_file.absolute()))}"
    else:
        yield "  #http_config_file: http.yml"
    if wanted.has_headers:
        yield "  # Headers were given on the command line; their values are not written here. Give them"
        yield "  # each time with --header, or write them here where only you can read them."
    yield "  #headers:"
    yield "    #X-Scope-OrgID: team-a"
    yield ""


def _services(known: Sequence[KnownService]) -> Iterator[str]:
    if not known:
        return
    yield "# Services found, those whose requests are counted first:"
    for one in known[:_NAMED]:
        yield _comment(f"  {one.name}: {found_by(one)}")
    if len(known) > _NAMED:
        yield _comment(f"  and {len(known) - _NAMED} more")


def _scope(
    chosen: str, services: Sequence[_Told], known: Sequence[KnownService], wanted: Wanted
) -> Iterator[str]:
    if chosen:
        yield f"service: {_quoted(chosen)}"
    else:
        yield "# Several services: name the one to draft with --service, or here."
        yield f"#service: {_quoted(known[0].name)}" if known else "#service: payments"
    found = services[0].found if chosen and services else None
    matchers = found.scope.matchers if found else wanted.matchers
    yield "# Label matchers that every query is narrowed to."
    yield "match:" if matchers else "#match:"
    yield from (f"  - {_quoted(matcher)}" for matcher in matchers)
    if not matchers:
        yield """  #- 'namespace="prod"'"""
    yield ""


def _signals(one: _Told) -> Iterator[str]:
    if one.found is None:
        yield _comment(f"{one.name}: {one.why}")
        yield ""
        return
    yield _comment(f"What a draft of {one.name} measures by itself; none of this needs to be configured:")
    window = rate_window(DEFAULT_SCRAPE, timedelta(minutes=1))
    requests, latency = one.found.requests, one.found.latency
    yield _comment(f"  requests: {told_requests(one.found) or 'no request counter that we know'}")
    if requests is not None:
        yield from (_comment(f"    {spec.name}: {spec.query}") for spec in request_specs(requests, window))
    yield _comment(f"  latency: {told_latency(latency) if latency else 'no request durations that we know'}")
    if latency is not None:
        yield from (_comment(f"    {spec.name}: {spec.query}") for spec in latency_specs(latency, window))
    yield _comment(f"  availability: {one.found.targets if one.scraped else 'no targets of its own'}")
    if one.found.probes:
        yield _comment(f"  probes: {one.found.probes}")
    yield _comment("  saturation (CPU throttling, memory, pools, queues) is looked for as well, as context")
    yield from (_comment(f"  unknown: {unknown.what}: {unknown.why}") for unknown in one.found.unknowns)
    yield ""


_REST = (
    "# Signals to add, or to replace discovered ones of the same name (errors, p99, traffic, ...).",
    "#signals:",
    "  #- name: queue",
    "    #query: sum(orders_queue_depth)",
    "    # impact: it counts as harm to users. context: it is only shown.",
    "    #role: context",
    "    # A threshold that is drawn; beyond it is worse, whatever was normal.",
    "    #limit: 5000",
    "",
    "# Time zone of the draft, an IANA name. Also --timezone.",
    "#timezone: UTC",
    "# Where drafts go. Also --output.",
    "#output: reports",
    "",
    "# When a service counts as partly out, down and recovered. Printed in every draft.",
    "#policy:",
    "  #partial_outage_ratio: 0.25",
    "  #down_ratio: 0.95",
    "  #recovery_hold: 10m",
)


def _summary(chosen: str, known: Sequence[KnownService]) -> str:
    if chosen:
        return f"service {chosen}; draft it with: incident-timeline draft --last 1h"
    counted = sum(one.has_requests and not one.is_monitoring for one in known)
    if not counted:
        return (
            "no service whose requests are counted; draft what an alert is about with --alert NAME, or name "
            "a service with --service and what to measure with --signal 'NAME=PROMQL'"
        )
    return f"{counted} services whose requests are counted; set `service:`, or draft with --service NAME"


def _comment(text: str) -> str:
    """Foreign text as one line of a comment, whatever line ends it has; its indent is kept."""
    indent = len(text) - len(text.lstrip(" "))
    return f"# {' ' * indent}{one_line(text)}".rstrip()


def _quoted(text: str) -> str:
    """A YAML string in double quotes; what cannot be seen is escaped."""
    return f'"{"".join(_character(char) for char in text)}"'


def _character(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    return char if char.isprintable() else f"\\U{ord(char):08x}"
