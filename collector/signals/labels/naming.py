"""What may exist at all: the families a server has, and the labels that may name a service in them."""

from __future__ import annotations

from collections.abc import Iterable

from collector.errors import QueryRejected
from collector.families.present import Present, assumed, name_patterns, present
from collector.http.answers.failures import NoEndpoint
from collector.signals.labels.registry import FOUND_BY_LABELS
from collector.source import Source
from incident.model.spans import Span
from incident.text.promql import regex_literal


def families_present(source: Source, span: Span) -> Present:
    """The families the server has metrics of in the span; all of them where it does not list its names."""
    try:
        return present(source.names("|".join(name_patterns()), span))
    except (NoEndpoint, QueryRejected):
        return assumed()


def service_labels(there: Present) -> tuple[str, ...]:
    """The labels that may name a service, best first.

    Those with dots only where metrics have such names: an older server would refuse the whole query.
    """
    return tuple(name for name in FOUND_BY_LABELS if there.dotted or "." not in name)


def either(names: Iterable[str]) -> str:
    """The pattern that matches exactly these names."""
    return "|".join(regex_literal(name) for name in dict.fromkeys(names))
