"""The changes of a span, each told once: a deploy's own restarts and a scaling's new instances are theirs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from collector.changes.deploys import (
    CONTAINERS,
    RESOURCE,
    arrivals,
    deploy_change,
    image_of,
    rollouts,
    version_of,
)
from collector.changes.narrowing import DEPLOYMENTS, place_of
from collector.changes.once import not_of_rollouts, not_yet_told
from collector.changes.placing import pod_target, scraped_target, version_placements
from collector.changes.reader import Part, Reader
from collector.changes.restarts import Start, instance_of, restart_changes, starts
from collector.changes.scaling import is_up, scaling_changes
from collector.changes.table.facts import told
from collector.changes.table.read import existing_metrics, table_changes, table_facts
from collector.changes.targets import gap_change, target_changes
from collector.signals.labels.home import Home
from collector.signals.labels.sets import has_token
from collector.signals.samples.measure import COSTS_ITS_OWN, failed
from collector.signals.samples.raw import spacing_ms
from collector.signals.samples.silence import scraped_meanwhile, silences
from collector.source import Source
from incident.model.facts import Change, Nearness, Unknown
from incident.model.signals import Samples, Targets
from incident.model.spans import Span, all_times, instant
from incident.model.where import Placement
from incident.text.promql import Matcher, quote, regex_literal, selector

# New instances within this of a scaling up are what it asked for.
_SCALED_UP = timedelta(minutes=15)
# Versions of what every program of a language states, not of the service.
_NOT_ITS_OWN = frozenset(
    {"go_build_info", "jvm_build_info", "node_exporter_build_info", "promhttp_build_info"}
)
_STARTED = "process_start_time_seconds"
_BUILT = f".+_build_info|{RESOURCE}"
# Silences of the targets that are looked into, the longest first; each costs one small query.
_MOST_GAPS = 20


@dataclass(frozen=True, slots=True)
class ChangeHistory:
    """The changes on the service in order of time, with what could not be read."""

    changes: tuple[Change, ...]
    unknowns: tuple[Unknown, ...]
    placements: tuple[Placement, ...] = ()


def change_events(source: Source, home: Home, targets: Targets | None, span: Span) -> ChangeHistory:
    """Restarts, deploys, scaling, targets down or up and gaps of the service within the span.

    A question in vain becomes an Unknown; nothing is raised for it.
    """
    reader = Reader(source, span)
    existing = existing_metrics(reader)
    reader.place = place_of(reader, home, existing)
    scalings = _scalings(reader, home, existing)
    stated = _processes(reader, targets)
    begun = starts([one for one in stated.series if one.label("__name__") == _STARTED], reader.span)
    deploys, own = _deploys(reader, home, stated, begun, existing)
    found: list[Change] = [*scalings, *deploys]
    facts = not_yet_told(table_facts(reader, home, targets, existing), found, begun)
    others = _without_scaled([start for start in begun if start not in own], scalings)
    found += restart_changes(not_of_rollouts(others, facts), home.service, stated.started)
    found += [*told(facts, home.service), *table_changes(reader, home, existing)]
    if targets is not None and targets.samples:
        found += target_changes(targets, begun, home.service)
        found += _gaps(reader, targets, home.service)
    inside = [change for change in found if span.holds(change.at)]
    return ChangeHistory(
        tuple(sorted(inside, key=_order)), tuple(dict.fromkeys(reader.unknowns)), reader.placements
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Processes:
    """What the service's processes state of themselves, and the selectors of it; empty without targets."""

    series: tuple[Samples, ...] = ()
    started: str = ""
    built: str = ""


def _processes(reader: Reader, targets: Targets | None) -> _Processes:
    """When they started and which version they are: both are there for each, so one question has both."""
    if targets is None or not targets.samples:
        return _Processes()
    count, inside = len(targets.samples), targets.query.removeprefix("up")
    matchers = inside.removeprefix("{").removesuffix("}")
    started, built = f"{_STARTED}{inside}", f'{{__name__=~"{_BUILT}",{matchers}}}'
    both = f'{{__name__=~"{_STARTED}|{_BUILT}",{matchers}}}'
    parts = (Part(started, count, "restarts"), Part(built, 2 * count, "deploys"))
    return _Processes(reader.read_together(both, parts), started, built)


def _order(change: Change) -> tuple[object, ...]:
    return (change.at, change.kind.value, change.subject, change.value)


def _scalings(reader: Reader, home: Home, existing: frozenset[str]) -> tuple[Change, ...]:
    if reader.listed and DEPLOYMENTS not in existing:
        return ()
    name = regex_literal(home.service)
    mine = Matcher("deployment", "=~", f"(.+-)?{name}(-.+)?")
    query = selector(DEPLOYMENTS, (mine, *reader.place))
    changes: list[Change] = []
    for samples in reader.read(query, 10, "scaling"):
        if not _at_home(samples, home):
            continue
        own = samples.label("deployment") == home.service
        exact = f"{DEPLOYMENTS}{{deployment={quote(samples.label('deployment'))}}}"
        changes += scaling_changes(samples, Nearness.OWN if own else Nearness.NEARBY, exact)
    return tuple(changes)


def _at_home(samples: Samples, home: Home) -> bool:
    """Whether an object of Kubernetes lies in the service's namespace, as far as both are known."""
    place = samples.label("exported_namespace") or samples.label("namespace")
    return not home.namespaces or not place or place in home.namespaces


def _deploys(
    reader: Reader,
    home: Home,
    stated: _Processes,
    begun: Sequence[Start],
    existing: frozenset[str],
) -> tuple[list[Change], set[Start]]:
    """Changes of version as the service states it, else of the images its pods run."""
    changes: list[Change] = []
    own: set[Start] = set()
    for query, rows in _builds(reader, home, stated, existing):
        _add_rollouts(changes, own, rows, query, begun, home.service)
        _place(reader, version_placements(rows, version_of, scraped_target))
    for query, rows in _containers(reader, home, existing):
        _add_rollouts(changes, own, rows, query, begun, home.service)
        _place(reader, version_placements(rows, image_of, pod_target))
    return changes, own


def _builds(
    reader: Reader, home: Home, stated: _Processes, existing: frozenset[str]
) -> list[tuple[str, list[Samples]]]:
    """What the service's processes state of their version, workload by workload."""
    if not stated.built:
        return _pushed(reader, home) if RESOURCE in existing else []
    builds = [one for one in stated.series if one.label("__name__") != _STARTED]
    return _workloads(builds, stated.built, home)


def _pushed(reader: Reader, home: Home) -> list[tuple[str, list[Samples]]]:
    """What OpenTelemetry's exporters state of a service that nothing scrapes; its job is namespace/name.

    Of several namespaces' services of that name none is taken: which one is meant is not known here.
    """
    query = selector(RESOURCE, (Matcher("job", "=~", f"(.+/)?{regex_literal(home.service)}"),))
    groups: dict[str, list[Samples]] = defaultdict(list)
    for samples in reader.read(query, 10, "deploys"):
        groups[samples.label("job")].append(samples)
    named = groups if len(groups) == 1 else {home.service: groups.get(home.service, [])}
    return [(selector(RESOURCE, (Matcher("job", "=", job),)), rows) for job, rows in named.items() if rows]


def _place(reader: Reader, versions: tuple[Placement, ...]) -> None:
    """The first that tells versions apart; a sidecar's versions are not the service's."""
    reader.placements = reader.placements or versions


def _workloads(series: Sequence[Samples], query: str, home: Home) -> list[tuple[str, list[Samples]]]:
    """The `_build_info` series by metric and job, the one named after the service first."""
    groups: dict[tuple[bool, str, str], list[Samples]] = defaultdict(list)
    for samples in series:
        metric = samples.label("__name__")
        if metric not in _NOT_ITS_OWN:
            named = has_token(home.service, metric.replace("_", " "))
            groups[not named, metric, samples.label("job")].append(samples)
    inside = query.partition(",")[2]
    return [(f"{key[1]}{{{inside}", groups[key]) for key in sorted(groups)]


def _containers(reader: Reader, home: Home, existing: frozenset[str]) -> list[tuple[str, list[Samples]]]:
    """The images of the service's pods by container, under either name of the pod's label."""
    found: list[tuple[str, list[Samples]]] = []
    if reader.listed and CONTAINERS not in existing:
        return found
    for pod in ("pod", "exported_pod"):
        mine = Matcher(pod, "=~", f"{regex_literal(home.service)}-.+")
        query = selector(CONTAINERS, (mine,))
        groups: dict[str, list[Samples]] = defaultdict(list)
        for samples in reader.read(query, 50, "images"):
            if home.nearness(samples.labels) is Nearness.OWN:
                groups[samples.label("exported_container") or samples.label("container")].append(samples)
        found += [(query, groups[key]) for key in sorted(groups)]
    return found


def _add_rollouts(
    changes: list[Change],
    own: set[Start],
    rows: Sequence[Samples],
    query: str,
    begun: Sequence[Start],
    service: str,
) -> None:
    """Add the rollouts these rows show, unless another metric has told them already."""
    is_image = rows[0].label("__name__") == CONTAINERS
    name = _pod_of if is_image else instance_of
    seen = arrivals(rows, image_of if is_image else version_of, name)
    for rollout in rollouts(seen, spacing_ms(rows) or 0):
        change, consumed = deploy_change(rollout, begun, query, service)
        own.update(consumed)
        if not any(abs(change.at - other.at) <= _SCALED_UP for other in changes):
            changes.append(change)


def _pod_of(samples: Samples) -> str:
    return samples.label("exported_pod") or samples.label("pod")


def _without_scaled(found: Sequence[Start], scalings: Sequence[Change]) -> list[Start]:
    """The starts without new instances that a scaling up asked for."""
    ups = [change for change in scalings if change.nearness is Nearness.OWN and is_up(change)]

    def asked_for(start: Start) -> bool:
        at = instant(start.at_ms)
        return any(up.at - up.plus_minus <= at <= (up.until or up.at) + _SCALED_UP for up in ups)

    return [start for start in found if start.known_before or not asked_for(start)]


def _gaps(reader: Reader, targets: Targets, service: str) -> list[Change]:
    """Stretches without a sample of any target; not before the first, and at the end only if others go on."""
    times = all_times(samples.times for samples in targets.samples)
    spacing = round(targets.interval.total_seconds() * 1000)
    found = [gap for gap in silences(times, spacing, reader.span) if gap.after_ms >= int(times[0])]
    longest = sorted(found, key=lambda gap: gap.after_ms - gap.by_ms)[:_MOST_GAPS]
    changes: list[Change] = []
    for gap in longest:
        to_the_end = gap.after_ms == int(times[-1])
        try:
            others = scraped_meanwhile(reader.source, gap, spacing)
        except COSTS_ITS_OWN as error:
            reader.unknowns.append(failed("changes (gaps)", str(error)))
            continue
        if others or not to_the_end:
            changes.append(gap_change(gap, targets, service, others_scraped=others, to_the_end=to_the_end))
    return changes
