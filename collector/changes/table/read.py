"""Asking for the table: one call for the names that exist, then one query for each group of rows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from collector.changes.deploys import CONTAINERS, RESOURCE
from collector.changes.reader import Reader
from collector.changes.table import autoscaler, certificates, monitoring, rows, terminations
from collector.changes.table.facts import Fact, facts_of
from collector.changes.table.row import Group, Row
from collector.signals.labels.home import Home
from collector.signals.labels.sets import label, parsed
from incident.model.facts import Change, Nearness
from incident.model.signals import Labels, Samples, Targets
from incident.model.where import Placement
from incident.text.promql import Matcher, regex_literal, selector

# Nodes and hosts that a query names; a service on more of them is told without their events.
_MOST_NODES = 100
_ZONE_LABELS = ("label_topology_kubernetes_io_zone", "label_failure_domain_beta_kubernetes_io_zone")


def existing_metrics(reader: Reader) -> frozenset[str]:
    """Which metrics of the table the server has, and of those that tell deploys: one call for all."""
    more = (*monitoring.METRICS, certificates.METRIC, RESOURCE, CONTAINERS)
    return reader.names("|".join((*_metrics(), *more)))


def table_facts(reader: Reader, home: Home, targets: Targets | None, existing: frozenset[str]) -> list[Fact]:
    """What the metrics that exist record of pods, workloads, nodes, stores and own processes."""
    found = _of_pods(reader, home, existing, processes=targets is not None)
    for group in rows.WORKLOADS:
        place = reader.place if group.placed else ()
        found += _named(reader, group, existing, _within(home.service), home.nearness, place)
    nodes = _nodes(reader, home, existing)
    found += _of_nodes(reader, existing, nodes, home)
    if targets is not None:
        found += _asked(reader, rows.OWN, existing, _inside(targets.query), lambda _: Nearness.OWN)
    found += _asked(reader, rows.STORES, existing, (), _store_nearness(home))
    return [*found, *autoscaler.facts(reader, home, existing)]


def table_changes(reader: Reader, home: Home, existing: frozenset[str]) -> list[Change]:
    """Trouble of the monitoring itself, and certificates that ran out: what only the server can filter."""
    return [*monitoring.troubles(reader, existing), *certificates.expired(reader, home, existing)]


def _metrics() -> Iterable[str]:
    groups = (rows.PODS, *rows.WORKLOADS, *rows.NODES, rows.HOSTS, rows.OWN, rows.STORES)
    yield from dict.fromkeys(row.metric for group in groups for row in group.rows)
    yield from (rows.CREATED.metric, *rows.EXTRA_METRICS)


def _within(service: str) -> str:
    """A name with the service's as a part of its own: `shop`, `shop-worker`, `eu-shop-7d9f`."""
    return f"(.+-)?{regex_literal(service)}(-.+)?"


def _of_pods(reader: Reader, home: Home, existing: frozenset[str], *, processes: bool) -> list[Fact]:
    made: tuple[Row, ...] = () if processes else (rows.CREATED,)
    group = Group(rows.PODS.what, rows.PODS.labels, (*rows.PODS.rows, *made), series=rows.PODS.series)
    series = _first_read(reader, group, existing, f"{regex_literal(home.service)}-.+", terminations.METRICS)
    own = [one for one in series if home.nearness(one.labels) is Nearness.OWN]
    found = terminations.facts(own, reader.span)
    for row in group.rows:
        if row is not rows.RESTARTS:
            found += facts_of(row, own, Nearness.OWN, reader.span)
    return found


def _named(
    reader: Reader,
    group: Group,
    existing: frozenset[str],
    pattern: str,
    nearness: Callable[[Labels], Nearness],
    place: Sequence[Matcher] = (),
) -> list[Fact]:
    """The rows of a group of objects that bear the service's name; those of other places left out."""
    return _facts(reader, group, _first_read(reader, group, existing, pattern, place=place), nearness)


def _first_read(
    reader: Reader,
    group: Group,
    existing: frozenset[str],
    pattern: str,
    more: Sequence[str] = (),
    place: Sequence[Matcher] = (),
) -> tuple[Samples, ...]:
    """The group's samples by the first of its labels that has any."""
    wanted = _wanted(group, existing, more)
    for name in group.labels if wanted is not None else ():
        assert wanted is not None
        matchers = (wanted, Matcher(name, "=~", pattern), *_equal(group), *place)
        series = reader.read(selector("", matchers), group.series, group.what)
        if series:
            return series
    return ()


def _asked(
    reader: Reader,
    group: Group,
    existing: frozenset[str],
    matchers: Sequence[Matcher],
    nearness: Callable[[Labels], Nearness],
) -> list[Fact]:
    wanted = _wanted(group, existing)
    if wanted is None:
        return []
    query = selector("", (wanted, *matchers, *_equal(group)))
    return _facts(reader, group, reader.read(query, group.series, group.what), nearness)


def _wanted(group: Group, existing: frozenset[str], more: Sequence[str] = ()) -> Matcher | None:
    patterns = [*(row.metric for row in group.rows), *more]
    names = sorted(name for name in existing if any(re.fullmatch(one, name) for one in patterns))
    return Matcher("__name__", "=~", "|".join(names)) if names else None


def _equal(group: Group) -> tuple[Matcher, ...]:
    return tuple(Matcher(name, "=", value) for name, value in group.matchers)


def _facts(
    reader: Reader, group: Group, series: Sequence[Samples], nearness: Callable[[Labels], Nearness]
) -> list[Fact]:
    by_nearness: dict[Nearness, list[Samples]] = defaultdict(list)
    for one in series:
        by_nearness[nearness(one.labels)].append(one)
    return [
        fact
        for near in (Nearness.OWN, Nearness.NEARBY)
        for row in group.rows
        for fact in facts_of(row, by_nearness[near], near, reader.span)
    ]


def _nodes(reader: Reader, home: Home, existing: frozenset[str]) -> tuple[str, ...]:
    """The nodes that the service's pods ran on; noted for the pods, with their zones."""
    if "kube_pod_info" not in existing:
        return ()
    pods: dict[tuple[str, str], str] = {}
    for name in ("pod", "exported_pod"):
        pattern = Matcher(name, "=~", f"{regex_literal(home.service)}-.+")
        for one in reader.label_sets(selector("kube_pod_info", (pattern,)), "nodes"):
            place = label(one, "exported_namespace") or label(one, "namespace")
            if home.nearness(one) is Nearness.OWN and label(one, "node"):
                pods[place, label(one, name)] = label(one, "node")
    nodes = tuple(sorted(set(pods.values())))
    reader.placements += _placed(pods, "node", {node: node for node in nodes})
    reader.placements += _placed(pods, "zone", _zones(reader, existing, nodes))
    return nodes if len(nodes) <= _MOST_NODES else ()


def _zones(reader: Reader, existing: frozenset[str], nodes: Sequence[str]) -> dict[str, str]:
    if "kube_node_labels" not in existing or not nodes:
        return {}
    query = selector("kube_node_labels", (_any_of("node", nodes),))
    sets = reader.label_sets(query, "zones")
    return {label(one, "node"): zone for one in sets for name in _ZONE_LABELS if (zone := label(one, name))}


def _placed(pods: dict[tuple[str, str], str], name: str, value_of: dict[str, str]) -> tuple[Placement, ...]:
    """Where each pod ran; nothing where all ran in the same place."""
    if len(set(value_of.values())) < 2:
        return ()
    return tuple(
        Placement((("namespace", place), ("pod", pod)), name, value_of[node], None, None)
        for (place, pod), node in sorted(pods.items())
        if node in value_of
    )


def _of_nodes(reader: Reader, existing: frozenset[str], nodes: Sequence[str], home: Home) -> list[Fact]:
    found: list[Fact] = []
    if nodes:
        for group in rows.NODES:
            found += _asked(reader, group, existing, (_any_of("node", nodes),), _near_by)
    hosts = sorted({*nodes, *(one.rpartition(":")[0] or one for one in home.instances)})
    if not 0 < len(hosts) <= _MOST_NODES:
        return found
    pattern = "|".join(regex_literal(host) for host in hosts)
    return found + _named(reader, rows.HOSTS, existing, f"({pattern})(:[0-9]+)?", _near_by)


def _near_by(_labels: Labels) -> Nearness:
    return Nearness.NEARBY


def _any_of(name: str, values: Sequence[str]) -> Matcher:
    return Matcher(name, "=~", "|".join(regex_literal(value) for value in values))


def _inside(query: str) -> tuple[Matcher, ...]:
    return parsed((query.removeprefix("up"),))


def _store_nearness(home: Home) -> Callable[[Labels], Nearness]:
    """A store of the same namespace, or of none, may be the service's; one elsewhere is not."""

    def nearness(labels: Labels) -> Nearness:
        near = home.nearness(labels)
        place = label(labels, "exported_namespace") or label(labels, "namespace")
        return Nearness.NEARBY if near is Nearness.ELSEWHERE and not place else near

    return nearness
