"""Requests that no user made: health checks and the scrapes themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from collector.signals.labels.registry import ROUTE_LABELS
from collector.signals.labels.sets import label, values_of
from incident.model.signals import Labels
from incident.text.promql import Matcher, regex_literal

# Only whole routes, below the prefixes frameworks use for themselves: `/matches/live` or
# `/health/patients` are what users ask for.
_PATTERN = (
    r"(?:/(?:actuator|management|internal|api|_|-|q))?/_?"
    r"(?:health|healthz|healthy|health[-_]?check|live|livez|liveness|ready|readyz|readiness|metrics|ping|prometheus)"
    r"(?:/(?:live|ready|liveness|readiness|started|startup))?/?"
    # The services by which gRPC servers answer health checks and describe themselves.
    r"|grpc\.(?:health|reflection)\.v1(?:alpha)?\.(?:Health|ServerReflection)"
)
_HEALTH = re.compile(_PATTERN, re.IGNORECASE)
HEALTH_PATTERN = f"(?i:{_PATTERN})"
"""The same for a query over many services, as RE2."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Routes that are not counted: the matcher that leaves them out, and the words that say so."""

    matcher: Matcher
    words: str


def left_out(series: Sequence[Labels]) -> LeftOut | None:
    """What to leave out of these series; None where nothing is a health route, or everything is."""
    for name in ROUTE_LABELS:
        routes = [value for value in values_of(series, name) if _HEALTH.fullmatch(value)]
        if not routes:
            continue
        if all(label(labels, name) in routes for labels in series):
            return None
        return LeftOut(_unlike(name, routes), f"{name} {', '.join(routes)}")
    return None


def _unlike(name: str, routes: Sequence[str]) -> Matcher:
    if len(routes) == 1:
        return Matcher(name, "!=", routes[0])
    return Matcher(name, "!~", "|".join(regex_literal(route) for route in routes))
