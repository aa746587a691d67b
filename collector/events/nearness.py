"""Whose an alert or a change from a file is: the service's own, near by, or somebody else's."""

from __future__ import annotations

import re

from collector.events.items import Fact, Seen
from collector.signals.labels.home import Home
from collector.signals.labels.registry import SERVICE_LABELS
from collector.signals.labels.sets import has_token
from incident.model.facts import Nearness, names_nothing
from incident.model.signals import Labels


def of_alert(name: str, labels: Labels, home: Home | None) -> Nearness:
    """By its labels; where they name no service at all, by the alert's name. Near by without a home."""
    if home is None:
        return Nearness.NEARBY
    nearness = home.nearness(labels)
    if nearness is Nearness.OWN or any(key in SERVICE_LABELS for key, _ in labels):
        return nearness
    if has_token(home.service, re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)):
        return Nearness.OWN
    return Nearness.NEARBY if names_nothing(labels) else nearness


def of_seen(seen: Seen, home: Home | None) -> Nearness:
    """The nearness of an alert that was seen."""
    return of_alert(seen.name, seen.labels, home)


def of_change(fact: Fact, home: Home | None) -> Nearness:
    """By its labels; without any, a row that people wrote for this incident is its own.

    What people wrote down is never left out, whatever service it names. Nodes are anybody's.
    """
    if not fact.labels:
        own = fact.by_hand or (home is not None and _mentions(fact, home))
        return Nearness.OWN if own else Nearness.NEARBY
    if home is None or [name for name, _ in fact.labels] == ["node"]:
        return Nearness.NEARBY
    nearness = home.nearness(fact.labels)
    return Nearness.NEARBY if fact.by_hand and nearness is Nearness.ELSEWHERE else nearness


def _mentions(fact: Fact, home: Home) -> bool:
    return has_token(home.service, f"{fact.text} {fact.hints}")
