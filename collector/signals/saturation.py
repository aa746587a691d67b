"""Saturation of the service and of what it runs in: context that explains impact and is none itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collector.families.pressures import PRESSURES, Form, Owner, Pressure
from collector.signals.choose import of_metric
from collector.signals.labels.naming import either
from collector.signals.labels.registry import PLACE_LABELS, SERVICE_LABELS
from collector.signals.labels.sets import accepts, label, named, of_service, parsed, values_of
from collector.source import Source
from incident.model.evidence import Scope
from incident.model.signals import Kind, Labels, Measure, Role, SignalSpec, Worse
from incident.model.spans import Span
from incident.text.promql import Matcher, regex_literal, selector

MOST = 6
"""Each is one query over the whole window; what would explain an outage is among the first."""

# The sandbox container of a pod, and the sums over a pod and a node, count the same again.
_REAL_CONTAINERS = Matcher("container", "!~", "|POD")


@dataclass(frozen=True, slots=True)
class Pressed:
    """A pressure the service has, and which of its series are the service's."""

    pressure: Pressure
    matchers: tuple[Matcher, ...]


def find_pressures(source: Source, scope: Scope, span: Span) -> tuple[Pressed, ...]:
    """The first six kinds of saturation that the service has series of, by one question.

    Raises ConfigError for matchers that are not PromQL, and what the source raises.
    """
    places = tuple(matcher for matcher in parsed(scope.matchers) if matcher.name in PLACE_LABELS)
    series = source.series(_selectors(scope.service), span)
    found: dict[str, Pressed] = {}
    for pressure in PRESSURES:
        pressed = _pressed(pressure, series, scope.service, places)
        if pressed is not None:
            found.setdefault(pressure.name, pressed)
    return tuple(found.values())[:MOST]


def saturation_specs(pressed: Sequence[Pressed], window: str) -> tuple[SignalSpec, ...]:
    """One signal for each, none of them impact."""
    return tuple(
        SignalSpec(
            name=one.pressure.name,
            measure=Measure.SATURATION,
            kind=Kind.GAUGE,
            worse=Worse.UP,
            role=Role.CONTEXT,
            unit=one.pressure.unit,
            query=_query(one, window),
            why=f"{one.pressure.metric}, found beside the service's own signals",
        )
        for one in pressed
    )


def _selectors(service: str) -> tuple[str, ...]:
    own, around = _metrics(Owner.SERVICE), _metrics(Owner.CONTAINER)
    return (
        *(selector("", (own, named(name, service))) for name in SERVICE_LABELS),
        *(selector("", (around, owner, _REAL_CONTAINERS)) for owner in _containers(service)),
        *(
            selector(one.metric, (Matcher(one.namesake, "=", service),))
            for one in PRESSURES
            if one.owner is Owner.NAMESAKE
        ),
    )


def _metrics(owner: Owner) -> Matcher:
    names = (name for one in PRESSURES if one.owner is owner for name in (one.metric, one.limit) if name)
    return Matcher("__name__", "=~", either(names))


def _containers(service: str) -> tuple[Matcher, ...]:
    """Whose containers they are: by the container's name, else by the pod's, as Deployments make them."""
    made = f"{regex_literal(service)}-([a-z0-9]{{5,10}}-[a-z0-9]{{5}}|[a-z0-9]{{5}}|[0-9]+)"
    return Matcher("container", "=", service), Matcher("pod", "=~", made)


def _pressed(
    pressure: Pressure, series: Sequence[Labels], service: str, places: Sequence[Matcher]
) -> Pressed | None:
    """The pressure with its matchers; None where it, or what it is a share of, is not the service's."""
    if pressure.owner is Owner.NAMESAKE:
        # Where such an exporter runs says nothing of whom it tells.
        places = ()
    for matchers in _owners(pressure, series, service):
        narrowed = (*matchers, *_fitting(series, pressure.metric, matchers, places))
        mine = _chosen(series, pressure.metric, narrowed)
        # The same name in two namespaces is two services, and their sum means nothing.
        alone = all(len(values_of(mine, name)) <= 1 for name in PLACE_LABELS)
        if mine and alone and (not pressure.limit or _chosen(series, pressure.limit, narrowed)):
            return Pressed(pressure, narrowed)
    return None


def _owners(pressure: Pressure, series: Sequence[Labels], service: str) -> list[tuple[Matcher, ...]]:
    if pressure.owner is Owner.CONTAINER:
        return [(owner, _REAL_CONTAINERS) for owner in _containers(service)]
    if pressure.owner is Owner.NAMESAKE:
        return [(Matcher(pressure.namesake, "=", service),)]
    own = of_service(of_metric(series, pressure.metric), service)
    return [own.matchers] if own else []


def _fitting(
    series: Sequence[Labels], metric: str, matchers: Sequence[Matcher], places: Sequence[Matcher]
) -> tuple[Matcher, ...]:
    """The places of the scope that these series have a label for; an exporter's own place is not one."""
    mine = _chosen(series, metric, matchers)
    return tuple(place for place in places if mine and all(label(labels, place.name) for labels in mine))


def _chosen(series: Sequence[Labels], metric: str, matchers: Sequence[Matcher]) -> tuple[Labels, ...]:
    return tuple(
        labels
        for labels in of_metric(series, metric)
        if all(accepts(matcher, label(labels, matcher.name)) for matcher in matchers)
    )


def _query(one: Pressed, window: str) -> str:
    metric = selector(one.pressure.metric, one.matchers)
    limit = selector(one.pressure.limit, one.matchers) if one.pressure.limit else ""
    match one.pressure.form:
        case Form.SHARE_OF_RATES:
            return f"sum(rate({metric}[{window}])) / (sum(rate({limit}[{window}])) > 0)"
        case Form.SHARE:
            # A limit of 0 or below means that there is none.
            return f"max({metric} / ({limit} > 0))"
        case Form.GREATEST:
            return f"max({metric})"
        case Form.SUM:
            return f"sum({metric})"
