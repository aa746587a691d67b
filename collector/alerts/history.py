"""The alert history of a span: what fired on the service and near it, and which rules there are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from collector.alerts.blind import about_incidents, blind_stretches, is_heartbeat
from collector.alerts.exporters import THING_LABELS, is_exporter
from collector.alerts.flaps import folded
from collector.alerts.intervals import Reading, intervals
from collector.alerts.replicas import once
from collector.alerts.watched import Watched, evaluation_ms, watched
from collector.signals.labels.home import Home
from collector.signals.labels.registry import SERVICE_LABELS
from collector.signals.labels.sets import has_token, parsed
from collector.signals.samples.measure import COSTS_ITS_OWN, failed, partial
from collector.signals.samples.raw import RawRead, read_raw
from collector.source import Source
from incident.model.facts import AlertInterval, AlertRule, Nearness, Unknown, names_nothing
from incident.model.signals import Labels, Targets
from incident.model.spans import Span
from incident.text.errors import TextError
from incident.text.promql import Matcher, parse_matchers, selector

_SINCE = "ALERTS_FOR_STATE"
_ALERTS = f'{{__name__=~"ALERTS|GRAFANA_ALERTS|{_SINCE}"}}'
"""Both in one question: without either nothing would be told of alerts."""
_WHAT = "alert history"
# About as many alerts as are active at once in a bad hour; only the size of the pieces depends on it.
_EXPECTED_SERIES = 100


@dataclass(frozen=True, slots=True)
class AlertHistory:
    """What was read of alerts, with what could not be."""

    intervals: tuple[AlertInterval, ...]
    elsewhere: int
    """Alerts of other services and namespaces that were active in the span."""
    readable: bool
    rules: tuple[AlertRule, ...] | None
    rules_seen: int | None
    unknowns: tuple[Unknown, ...]
    own_rules: tuple[AlertRule, ...] | None = None
    """Rules that name this service or could not be excluded, silent ones too; None = not known."""
    always: tuple[str, ...] = ()
    """Names of own alerts that fired through nearly all that was read: left out, and said so."""


def alert_history(source: Source, home: Home, targets: Targets | None, span: Span) -> AlertHistory:
    """Intervals of all alerts on the service or near it, exact to the evaluation interval.

    A question in vain makes the history not readable, with an Unknown; nothing is raised for it.
    """
    rules, no_rules = _rules(source)
    own_rules = tuple(rule for rule in rules or () if _concerns(rule, home))
    seen = len(own_rules) if rules is not None else None
    try:
        read = read_raw(source, _ALERTS, span, series=2 * _EXPECTED_SERIES)
        states = tuple(one for one in read.series if one.label("__name__") == _SINCE)
        alerts = tuple(one for one in read.series if one.label("__name__") != _SINCE)
        found = watched(alerts, states)
        blind = blind_stretches(source, found, targets, span)
    except COSTS_ITS_OWN as error:
        unread = (*no_rules, failed(_WHAT, str(error)))
        return AlertHistory((), 0, False, None, seen, unread, None if rules is None else own_rules)
    named = frozenset(rule.name for rule in own_rules if _names(rule, home.service))
    telling = about_incidents(found, targets, span)
    kept, elsewhere = _ranked(telling, home, named, Reading(0, span, blind), found)
    firing = {one.name for one in kept}
    return AlertHistory(
        intervals=kept,
        elsewhere=elsewhere,
        readable=True,
        rules=tuple(rule for rule in rules if rule.name in firing) if rules is not None else None,
        rules_seen=seen,
        unknowns=(*no_rules, *_partly(read)),
        own_rules=None if rules is None else own_rules,
        always=_always(found, telling, home, named),
    )


def _always(
    found: Sequence[Watched], telling: Sequence[Watched], home: Home, named: frozenset[str]
) -> tuple[str, ...]:
    """The service's own among those that tell of nothing; heartbeats are made for that."""
    silent = (one for one in found if one not in telling and not is_heartbeat(one))
    return tuple(sorted({one.name for one in silent if _nearness(one, home, named) is Nearness.OWN}))


def alerts_name(source: Source, service: str, matchers: Sequence[str], span: Span) -> bool:
    """Whether alerts that fired in the span name the service; not so where that cannot be asked."""
    fired = Matcher("__name__", "=~", "ALERTS|GRAFANA_ALERTS"), Matcher("alertstate", "=", "firing")
    labels = dict.fromkeys((*SERVICE_LABELS, *THING_LABELS))
    mine = (Matcher(name, "=", service) for name in labels)
    try:
        found = source.series(tuple(selector("", (*fired, one, *parsed(matchers))) for one in mine), span)
    except COSTS_ITS_OWN:
        return False
    return bool(found)


def _partly(read: RawRead) -> tuple[Unknown, ...]:
    return (partial(_WHAT, read.warnings),) if read.partial else ()


def _ranked(
    alerts: Sequence[Watched],
    home: Home,
    named: frozenset[str],
    reading: Reading,
    everyone: Sequence[Watched],
) -> tuple[tuple[AlertInterval, ...], int]:
    kept: list[AlertInterval] = []
    elsewhere = 0
    for one in alerts:
        nearness = _nearness(one, home, named)
        if nearness is Nearness.ELSEWHERE:
            elsewhere += 1
            continue
        found = intervals(one, replace(reading, step_ms=evaluation_ms(one, everyone)), nearness)
        kept.extend(folded(found))
    return tuple(sorted(once(kept), key=_order)), elsewhere


def _order(one: AlertInterval) -> tuple[object, ...]:
    return (one.pending_at or one.firing_at, one.firing_at is None, one.name, one.labels)


def _nearness(one: Watched, home: Home, named: frozenset[str]) -> Nearness:
    """By its labels; where they name no service at all, by the alert's name or its rule's query.

    The alert that was asked for by name is the service's own unless its labels say another service's.
    """
    nearness = home.nearness(one.labels)
    services = [value for key, value in one.labels if key in SERVICE_LABELS and not is_exporter(value)]
    if nearness is Nearness.OWN or services:
        return nearness
    if one.name in (home.alert, home.service):
        return Nearness.OWN
    if any(key in SERVICE_LABELS for key, _ in one.labels):
        return nearness
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", one.name)
    if one.name in named or has_token(home.service, words):
        return Nearness.OWN
    return Nearness.NEARBY if names_nothing(one.labels) else nearness


def _rules(source: Source) -> tuple[tuple[AlertRule, ...] | None, tuple[Unknown, ...]]:
    try:
        return source.rules(), ()
    except COSTS_ITS_OWN as error:
        return None, (failed("alert rules", str(error)),)


def _concerns(rule: AlertRule, home: Home) -> bool:
    """Whether the rule names this service, or nothing in it says that it means another one."""
    if _names(rule, home.service):
        return True
    if _other_service(rule.labels, home):
        return False
    return not any(_elsewhere(matchers, home) for matchers in _selected(rule.query))


def _names(rule: AlertRule, service: str) -> bool:
    quoted = re.findall(r'"((?:[^"\\]|\\.)*)"', rule.query)
    return any(has_token(service, text) for text in quoted) or any(
        key in SERVICE_LABELS and value == service for key, value in rule.labels
    )


def _other_service(labels: Labels, home: Home) -> bool:
    return any(key in SERVICE_LABELS and value != home.service and "{{" not in value for key, value in labels)


def _selected(query: str) -> list[tuple[Matcher, ...]]:
    """The label matchers of each selector in the query, as far as they can be read."""
    found: list[tuple[Matcher, ...]] = []
    for inside in re.findall(r'\{((?:[^{}"]|"(?:[^"\\]|\\.)*")*)\}', query):
        try:
            found.append(parse_matchers(inside))
        except TextError:
            continue
    return found


def _elsewhere(matchers: Sequence[Matcher], home: Home) -> bool:
    """Whether the selector asks for a service or namespace that is not this one."""
    for matcher in matchers:
        if matcher.op != "=":
            continue
        if matcher.name in SERVICE_LABELS and matcher.value not in ({home.service} | home.jobs):
            return True
        if matcher.name == "namespace" and home.namespaces and matcher.value not in home.namespaces:
            return True
    return False
