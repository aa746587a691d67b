"""Which services there are: one grouped question about the metric families that are known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from collector.families.family import Family
from collector.families.present import Present, part_of
from collector.signals.choose import narrowing, of_family
from collector.signals.labels.failing import failing_matcher
from collector.signals.labels.naming import either, families_present
from collector.signals.labels.registry import ERROR_LABELS, FOUND_BY_LABELS, PLACE_LABELS
from collector.signals.labels.sets import label, parsed
from collector.signals.samples.measure import partial
from collector.source import Answer, Source
from incident.fleet.model import Member
from incident.model.facts import Unknown
from incident.model.signals import Labels
from incident.model.spans import Span, aligned
from incident.text.promql import Matcher, selector

# A service that lives for an hour of a day is seen at one of these points; the lookback adds five minutes.
_LOOKS = 24
_LEAST_STEP = timedelta(minutes=5)
# Of one metric and service: more than a server holds of everything.
_MOST_SERIES = 1e9


@dataclass(frozen=True, slots=True)
class Named:
    """How the series of one metric name a service: the label, and those before it that must be empty."""

    metric: str
    label: str
    before: tuple[str, ...]
    narrow: tuple[Matcher, ...] = ()
    """By which each request is counted once."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One service and where its screened signals are."""

    member: Member
    requests: Named | None
    failing: Matcher | None
    """What selects its failed requests; None where no label tells them apart."""
    latency: Named | None
    """Its histogram, by base name."""
    up: Named | None


@dataclass(frozen=True, slots=True)
class Listing:
    """All services with requests or targets in a window."""

    services: tuple[Listed, ...]
    """In order of name."""
    series: Mapping[tuple[str, str], int]
    """How many series each metric has of each service, by both names."""
    unknowns: tuple[Unknown, ...]
    """What could not be seen."""


def list_services(source: Source, matchers: Sequence[str], window: Span) -> Listing:
    """All services with requests or targets in the window.

    One range query of two dozen points, counted by the labels that can name a service, its place and
    failures. Raises what the source raises, and ConfigError for matchers that are not PromQL.
    """
    scope = parsed(matchers)
    there = families_present(source, window)
    names = either((*_counters(there), *(f"{base}_count" for _, base in _bases(there)), "up"))
    chosen = selector("", (Matcher("__name__", "=~", names), *scope))
    grid = aligned(window, max(window.length / _LOOKS // _SECOND * _SECOND, _LEAST_STEP))
    answer = source.range(f"count by ({', '.join(_labels(there))}) ({chosen})", grid)
    unknowns = (partial("services", answer.warnings),) if answer.partial else ()
    return Listing(listed((one.labels for one in answer.series), there), _counted(answer), unknowns)


def _counted(answer: Answer) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = defaultdict(int)
    for one in answer.series:
        most = float(np.nanmax(one.values, initial=1.0))
        # Servers count; whatever else may answer in their place is no reason to fail.
        found[label(one.labels, "__name__"), service_of(one.labels)[1]] += int(min(most, _MOST_SERIES))
    return dict(found)


_SECOND = timedelta(seconds=1)


def listed(series: Iterable[Labels], there: Present) -> tuple[Listed, ...]:
    """The services that these label sets (with `__name__`) of the families tell of."""
    by_metric: dict[str, list[Labels]] = defaultdict(list)
    for labels in series:
        by_metric[label(labels, "__name__")].append(labels)
    requests = _requests(by_metric, there)
    latencies = _latencies(by_metric, there)
    ups = {member: found for member, (found, _) in _members("up", by_metric["up"], None).items()}
    counted, targets = _by_service(requests), _by_service(ups)
    members = sorted({*requests, *(m for m in ups if not _alike(m, counted))})
    return tuple(
        Listed(
            member,
            requests[member][0] if member in requests else None,
            failing_matcher(requests[member][1]) if member in requests else None,
            latencies.get(member),
            _nearest(member, ups, targets),
        )
        for member in members
    )


def service_of(labels: Labels, first: tuple[str, ...] = ()) -> tuple[str, str]:
    """The label that names the service of a series, and the name; empty where none does.

    `job` as OpenTelemetry writes it is namespace/name. `first` are labels that count before the usual ones.
    """
    for name in (*first, *_SERVICE):
        value = label(labels, name)
        if value:
            return name, value.rpartition("/")[2] if name in ("job", "exported_job") else value
    return "", ""


def place_of(labels: Labels) -> tuple[tuple[str, str], ...]:
    """The labels that say where: an exporter's own place does not count where the service's is known."""
    present = [(name, value) for name in PLACE_LABELS if (value := label(labels, name))]
    names = {name for name, _ in present}
    return tuple((name, value) for name, value in present if f"exported_{name}" not in names)


def _requests(by_metric: dict[str, list[Labels]], there: Present) -> dict[Member, tuple[Named, list[Labels]]]:
    """The counter of each service: one that tells failures, its own before a proxy's, else the first."""
    chosen: dict[Member, tuple[tuple[bool, bool], Named, list[Labels]]] = {}
    for family in there.families:
        found = _members(family.counter, by_metric.get(family.counter, []), family)
        for member, (named, own) in found.items():
            rank = (failing_matcher(own) is None, family.proxied)
            if member not in chosen or rank < chosen[member][0]:
                chosen[member] = (rank, named, own)
    return {member: (named, own) for member, (_, named, own) in chosen.items()}


def _latencies(by_metric: dict[str, list[Labels]], there: Present) -> dict[Member, Named]:
    chosen: dict[Member, Named] = {}
    for family, base in _bases(there):
        metric = f"{base}_count"
        for member, (found, _) in _members(metric, by_metric.get(metric, []), family).items():
            chosen.setdefault(member, replace(found, metric=base))
    return chosen


def _members(
    metric: str, series: Sequence[Labels], family: Family | None
) -> dict[Member, tuple[Named, list[Labels]]]:
    """The services that series of one metric name, each with its series."""
    first = family.named_by if family else ()
    order = (*first, *(name for name in _SERVICE if name not in first))
    mine = of_family(series, metric, family) if family else series
    own: dict[Member, list[Labels]] = defaultdict(list)
    names: dict[Member, str] = {}
    carried = {name for labels in mine for name, value in labels if value}
    for labels in mine:
        name, service = service_of(labels, first)
        if service:
            member = Member(service, place_of(labels))
            # Of a service that some series name better than others, the better label is taken.
            if order.index(name) <= order.index(names.get(member, name)):
                names[member] = name
                own[member].append(labels)
    narrow = narrowing(family, mine) if family else ()
    return {
        member: (Named(metric, names[member], _before(names[member], order, carried), narrow), labels)
        for member, labels in own.items()
    }


def _before(name: str, order: tuple[str, ...], carried: set[str]) -> tuple[str, ...]:
    return tuple(one for one in order[: order.index(name)] if one in carried)


def _by_service(members: Iterable[Member]) -> dict[str, list[Member]]:
    found: dict[str, list[Member]] = defaultdict(list)
    for one in members:
        found[one.service].append(one)
    return found


def _alike(member: Member, known: dict[str, list[Member]]) -> Member | None:
    """The first of those known that may be the same service."""
    return next((one for one in known.get(member.service, ()) if agree(one, member)), None)


def _nearest(member: Member, ups: dict[Member, Named], known: dict[str, list[Member]]) -> Named | None:
    near = member if member in ups else _alike(member, known)
    return ups[near] if near is not None else None


def agree(a: Member, b: Member) -> bool:
    """Whether no label of both places differs."""
    theirs = dict(b.place)
    return all(theirs.get(name, value) == value for name, value in a.place)


def _counters(there: Present) -> tuple[str, ...]:
    """Counters under plain names; one with dots would need another spelling of every query."""
    return tuple(name for name in there.counters() if _plain(name))


def _bases(there: Present) -> list[tuple[Family, str]]:
    """Durations whose mean can be told: those with a sum and a count."""
    return [
        (family, base)
        for family in there.families
        for base in family.histograms
        if _plain(base) and {part_of(base, "sum"), part_of(base, "count")} <= there.names
    ]


def _labels(there: Present) -> tuple[str, ...]:
    """What the listing is grouped by."""
    narrow = [
        name
        for family in there.families
        for name in (
            *(key for key, _ in (*family.only, *family.without)),
            *(family.outermost[:1] if family.outermost else ()),
            *family.named_by,
        )
    ]
    wanted = ("__name__", *_SERVICE, *PLACE_LABELS, *ERROR_LABELS, *narrow)
    return tuple(dict.fromkeys(name for name in wanted if _plain(name)))


def _plain(name: str) -> bool:
    return "." not in name


_SERVICE = tuple(name for name in FOUND_BY_LABELS if _plain(name))
