"""What a server says of itself and of its alerting rules: JSON -> frozen values. Pure."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from collector.server.decode import Envelope, Malformed, clean, decoded, labels_of
from collector.source import ServerInfo
from incident.model.facts import AlertRule

Facts = dict[str, object]
"""A status page of the server: names and values as they came."""


class _Rule(msgspec.Struct):
    name: str = ""
    query: str = ""
    type: str = "alerting"
    duration: float = 0.0
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class _Group(msgspec.Struct):
    rules: list[_Rule] | None = None
    interval: float = 0.0


class _Groups(msgspec.Struct):
    groups: list[_Group] | None = None


def alert_rules(outer: Envelope) -> tuple[AlertRule, ...]:
    """All alerting rules in the server's order; templates stay text. Raises Malformed."""
    groups = decoded(outer.data, _Groups).groups or []
    return tuple(
        _rule(rule, group.interval)
        for group in groups
        for rule in group.rules or []
        if rule.type == "alerting"
    )


def facts(outer: Envelope) -> Facts:
    """A status page as a mapping; empty where the server has something else there."""
    try:
        return decoded(outer.data, Facts)
    except Malformed:
        return {}


def retention(runtime: Facts, flags: Facts) -> str:
    """How long samples are kept, from the status pages; empty ones are pages that do not exist."""
    return _text(runtime, "storageRetention") or _text(flags, "storage.tsdb.retention.time")


def server_info(build: Facts) -> ServerInfo:
    """Product and version from the status page; an empty one is a page that does not exist.

    Mimir and Cortex name themselves. Prometheus does not, but gives the revision it was built from,
    which compatible servers that only claim a version leave out; Thanos counts from 0.
    """
    version = _text(build, "version")
    product = _text(build, "application")
    if not product and _text(build, "revision"):
        product = "Thanos" if version.startswith("0.") else "Prometheus"
    return ServerInfo(product=product, version=version if product else "")


def _rule(rule: _Rule, interval: float) -> AlertRule:
    notes = rule.annotations or {}
    try:
        hold, every = timedelta(seconds=rule.duration), timedelta(seconds=interval)
    except OverflowError:
        raise Malformed("a rule's duration is out of range - at `$.data.groups[...]`") from None
    return AlertRule(
        name=clean(rule.name),
        query=rule.query,
        hold=hold,
        interval=every,
        labels=labels_of(rule.labels or {}),
        summary=clean(notes.get("summary") or notes.get("description") or notes.get("message") or ""),
        runbook_url=clean(notes.get("runbook_url") or notes.get("runbook") or ""),
    )


def _text(page: Facts, name: str) -> str:
    value = page.get(name)
    return clean(value) if isinstance(value, str) else ""
