"""Label sets: which label carries the service's name, and which matchers select its series."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from collector.errors import ConfigError
from collector.signals.labels.registry import FOUND_BY_LABELS
from incident.model.signals import Labels
from incident.text.errors import TextError
from incident.text.promql import Matcher, parse_matchers, regex_literal


def label(labels: Labels, name: str) -> str:
    """The label's value, empty where it is absent, as Prometheus reads it."""
    for key, value in labels:  # a generator takes twice as long, and a fleet has many
        if key == name:
            return value
    return ""


def values_of(series: Iterable[Labels], name: str) -> tuple[str, ...]:
    """The distinct values of a label that are not empty, sorted."""
    return tuple(sorted({label(labels, name) for labels in series} - {""}))


def parsed(matchers: Sequence[str]) -> tuple[Matcher, ...]:
    """The scope's matchers as values. Raises ConfigError for one that is not PromQL."""
    try:
        return tuple(matcher for text in matchers for matcher in parse_matchers(text))
    except TextError as error:
        raise ConfigError(f"--match: {error}") from error


def accepts(matcher: Matcher, value: str) -> bool:
    """Whether the value passes. RE2 and Python agree on the patterns people write into matchers."""
    if matcher.op in ("=", "!="):
        return (value == matcher.value) == (matcher.op == "=")
    try:
        return (re.fullmatch(matcher.value, value) is not None) == (matcher.op == "=~")
    except re.error as error:
        raise ConfigError(f"--match: {matcher.render()}: not a regular expression: {error}") from error


_JOBS = frozenset({"job", "exported_job"})
_SERVICES = frozenset({"service", "exported_service"})
_PROVIDER = re.compile("@[a-z]+")


def named(name: str, service: str) -> Matcher:
    """The matcher for "this label names the service"; OpenTelemetry writes job as namespace/name, Traefik
    a service as name@provider."""
    if name in _JOBS:
        return Matcher(name, "=~", f"(.+/)?{regex_literal(service)}")
    if name in _SERVICES:
        return Matcher(name, "=~", f"{regex_literal(service)}(@[a-z]+)?")
    return Matcher(name, "=", service)


def names_service(name: str, value: str, service: str) -> bool:
    """Whether this value of a service label means the service."""
    if value == service:
        return True
    if name in _SERVICES:
        return value.startswith(service) and _PROVIDER.fullmatch(value[len(service) :]) is not None
    return name in _JOBS and value.endswith("/" + service)


@dataclass(frozen=True, slots=True)
class Named:
    """The series of one metric that are the service's, and how they are told from others."""

    name: str
    """The label that carries the service's name."""
    matchers: tuple[Matcher, ...]
    series: tuple[Labels, ...]


def of_service(series: Sequence[Labels], service: str) -> Named | None:
    """The service's own series among those found under any service label; None where there is none.

    A series whose `exported_` label names somebody else belongs to that one: it was only scraped from
    a target of the service.
    """
    for name in FOUND_BY_LABELS:
        hits = [labels for labels in series if names_service(name, label(labels, name), service)]
        twin = f"exported_{name}"
        own = tuple(labels for labels in hits if label(labels, twin) in ("", label(labels, name)))
        if own:
            foreign = (Matcher(twin, "=", ""),) if len(own) < len(hits) else ()
            return Named(name, (_exact(name, own, service), *foreign), own)
    return None


def _exact(name: str, series: Sequence[Labels], service: str) -> Matcher:
    values = values_of(series, name)
    return Matcher(name, "=", values[0]) if len(values) == 1 else named(name, service)


def has_token(service: str, text: str) -> bool:
    """Whether the service's name stands in the text as a word of its own: "pay" not in "payments"."""
    return re.search(rf"(?<![a-z0-9]){re.escape(service.lower())}(?![a-z0-9])", text.lower()) is not None
