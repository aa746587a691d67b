"""Finding a service's signals from its name alone: which metrics are there, then which series are its own.

One question for names and one for label sets; choices that can be explained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from collector.errors import AmbiguousService
from collector.families.present import Present
from collector.signals.absent import unknown_service
from collector.signals.choose import Requests, choose_requests, merged_matchers, of_metric
from collector.signals.labels.naming import either, families_present, service_labels
from collector.signals.labels.registry import PLACE_LABELS
from collector.signals.labels.sets import (
    Named,
    accepts,
    has_token,
    label,
    named,
    of_service,
    parsed,
    values_of,
)
from collector.signals.latency import Latency, Shape, choose_latency
from collector.signals.samples.native import native_histograms
from collector.signals.twice import chosen, told_twice
from collector.source import Source
from incident.model.evidence import Scope
from incident.model.facts import Unknown
from incident.model.signals import Labels
from incident.model.spans import Span
from incident.text.markup.links import strip_userinfo
from incident.text.promql import Matcher, regex_literal, selector

# From this many targets on the selector names the jobs only: a query of thousands of addresses is
# refused by proxies.
_MANY_TARGETS = 300


@dataclass(frozen=True, slots=True)
class Found:
    """What a service exposes, as far as its signals go."""

    scope: Scope
    requests: Requests | None
    latency: Latency | None
    targets: str
    """The selector of the `up` of its targets; empty when it has none of its own."""
    target_count: int
    probes: str
    """The selector of the `probe_success` of its probes; empty when there are none."""
    also: tuple[str, ...]
    """Other counters of requests it exposes, which were not taken."""
    unknowns: tuple[Unknown, ...] = ()
    """What is there but cannot be read."""
    twice: str = ""
    """Which of several that tell the same was taken, in words; empty where all is told once."""


def discover(source: Source, service: str, matchers: Sequence[str], span: Span) -> Found:
    """Which metrics of the span are the service's, and how to select them.

    Raises NoData for a name nothing knows in the span, AmbiguousService for one in several namespaces
    or clusters, ConfigError for matchers that are not PromQL, and what the source raises.
    """
    scope = parsed(matchers)
    seen = _seen(source, service, scope, span)
    twice = told_twice(seen.series, scope)
    one = chosen(source, twice, seen.series, service, span) if twice else None
    if twice and one:
        scope = (*scope, one)
        seen = _seen(source, service, scope, span)
    found = _found(seen, service, scope, twice.words(one) if twice and one else "")
    if found is None:
        raise unknown_service(source, service, matchers, span, seen.present)
    if found.latency is None or found.latency.shape not in (Shape.BUCKETS, Shape.NATIVE):
        found = replace(found, unknowns=_unreadable(source, seen.present, found, span))
    return found


def find_requests(source: Source, scope: Scope, span: Span) -> tuple[Requests | None, Latency | None]:
    """The counters and latencies of a scope already found: the same choice again, from the same series."""
    matchers = parsed(scope.matchers)
    found = _found(_seen(source, scope.service, matchers, span), scope.service, matchers)
    return (found.requests, found.latency) if found else (None, None)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the server has that may be the service's."""

    present: Present
    series: tuple[Labels, ...]
    native: frozenset[str]
    """Names among them that are native histograms."""


def _seen(source: Source, service: str, scope: Sequence[Matcher], span: Span) -> _Seen:
    there = families_present(source, span)
    series = source.series(_selectors(there, service, scope), span)
    return _Seen(there, series, native_histograms(source, there, series, scope, service, span))


def _selectors(there: Present, service: str, scope: Sequence[Matcher]) -> tuple[str, ...]:
    metrics = Matcher("__name__", "=~", either((*there.counters(), *there.others(), "up")))
    bases = there.histograms()
    buckets = Matcher("__name__", "=~", f"({either(bases)})_bucket")
    # One bucket stands for its histogram: the rest would multiply the answer by their number.
    last = Matcher("le", "=", "+Inf")
    mine = [named(name, service) for name in service_labels(there)]
    return (
        *(selector("", (metrics, owner, *scope)) for owner in mine),
        *(selector("", (buckets, last, owner, *scope)) for owner in mine if bases),
        "probe_success",
    )


def _unreadable(source: Source, there: Present, found: Found, span: Span) -> tuple[Unknown, ...]:
    """Histograms of the service without their last bucket, which no quantile can be read from."""
    bases = there.histograms()
    if not bases or not found.scope.label:
        return ()
    buckets = Matcher("__name__", "=~", f"({either(bases)})_bucket")
    own = named(found.scope.label, found.scope.service)
    series = source.series((selector("", (buckets, own, *parsed(found.scope.matchers))),), span)
    names = [name for name in values_of(series, "__name__") if _is_missing_last(series, name)]
    why = 'its series lack the bucket le="+Inf", so no quantile can be computed; keep it when scraping'
    return tuple(Unknown(what=f"latency of {name.removesuffix('_bucket')}", why=why) for name in names)


def _is_missing_last(series: Sequence[Labels], name: str) -> bool:
    return "+Inf" not in values_of(of_metric(series, name), "le")


def _found(seen: _Seen, service: str, scope: tuple[Matcher, ...], twice: str = "") -> Found | None:
    series = seen.series
    choices = choose_requests(seen.present, series, service, scope, seen.native)
    up = _own_targets(series, service, choices)
    main = choices[0].named if choices else up
    place = _place(main.series, service, scope) if main else ()
    narrowed = (*scope, *place)
    if place:
        choices = choose_requests(seen.present, series, service, narrowed, seen.native)
    requests = choices[0] if choices else None
    probes, probe_label = _probes(series, service, scope)
    targets, count = _targets(up, requests, scope, place)
    if main is None and not probes:
        return None
    return Found(
        scope=Scope(
            service, tuple(matcher.render() for matcher in narrowed), main.name if main else probe_label
        ),
        requests=requests,
        latency=choose_latency(
            seen.present, series, service, narrowed, requests.family if requests else None, seen.native
        ),
        targets=targets,
        target_count=count,
        probes=probes,
        also=tuple(choice.family.counter for choice in choices[1:] if not _beside(choice, choices[0])),
        twice=twice,
    )


def _beside(one: Requests, taken: Requests) -> bool:
    """Whether this counter is that of the histogram which belongs to the counter taken."""
    return one.family.own_histogram in taken.family.histograms or (
        one.family.native and one.family.counter in taken.family.histograms
    )


def _place(series: Sequence[Labels], service: str, scope: Sequence[Matcher]) -> tuple[Matcher, ...]:
    """The namespace to add to the scope, or nothing. Raises AmbiguousService where there are several."""
    pinned = {matcher.name for matcher in scope}
    found: list[Matcher] = []
    for name in PLACE_LABELS:
        values = values_of(series, name)
        # Where a series has both, the plain label is the exporter's place, not the service's.
        hidden = bool(values_of(series, f"exported_{name}"))
        if not values or hidden or name in pinned:
            continue
        if len(values) > 1:
            raise _ambiguous(service, name, values)
        if name.endswith("namespace") and all(label(labels, name) for labels in series):
            found.append(Matcher(name, "=", values[0]))
    return tuple(found)


def _ambiguous(service: str, name: str, values: Sequence[str]) -> AmbiguousService:
    kind = name.removeprefix("exported_")
    choice = Matcher(name, "=", values[0]).render()
    return AmbiguousService(
        f'service "{service}" exists in {len(values)} {kind}s ({", ".join(values)}) and they are not summed; '
        f"choose one with --match '{choice}'",
        label=name,
        places=tuple(values),
    )


def _own_targets(series: Sequence[Labels], service: str, choices: Sequence[Requests]) -> Named | None:
    """The service's `up`, without that of exporters and probers that carry the service's label too."""
    up = of_service(of_metric(series, "up"), service)
    if up is None:
        return None
    jobs = set(values_of(up.series, "job"))
    counting = jobs & set(values_of(choices[0].named.series, "job")) if choices else set()
    kept = sorted(counting or jobs - set(values_of(of_metric(series, "probe_success"), "job")))
    if len(kept) == len(jobs):
        return up
    if not kept:
        return None
    own = tuple(labels for labels in up.series if label(labels, "job") in kept)
    matchers = [matcher for matcher in up.matchers if matcher.name != "job"]
    return Named(up.name, (*matchers, _any_of("job", kept)), own)


def _targets(
    up: Named | None, requests: Requests | None, scope: Sequence[Matcher], place: Sequence[Matcher]
) -> tuple[str, int]:
    """The selector of the service's `up` and how many it selects: by its own label, else by its scrapes."""
    if up is not None:
        where = _fitting(up.series, place)
        count = sum(all(accepts(m, label(labels, m.name)) for m in where) for labels in up.series)
        matchers = merged_matchers(up.matchers, scope, where)
        return (selector("up", matchers), count) if count else ("", 0)
    if requests is None or requests.family.proxied or requests.named.name.startswith("exported_"):
        return "", 0
    jobs = values_of(requests.named.series, "job")
    instances = values_of(requests.named.series, "instance")
    if not jobs or not instances:
        return "", 0
    chosen = [_any_of("job", jobs)]
    if len(instances) <= _MANY_TARGETS:
        chosen.append(_any_of("instance", instances))
    return selector("up", chosen), len(instances)


def _any_of(name: str, values: Sequence[str]) -> Matcher:
    if len(values) == 1:
        return Matcher(name, "=", values[0])
    return Matcher(name, "=~", "|".join(regex_literal(value) for value in values))


def _probes(series: Sequence[Labels], service: str, scope: Sequence[Matcher]) -> tuple[str, str]:
    """The selector of probes of the service: by its label, else by its address, else by its name in the
    probed address; and which label that was.

    A probe often lacks the labels that narrow the scope; only those it has must agree.
    """
    probes = [
        labels
        for labels in of_metric(series, "probe_success")
        if all(not label(labels, m.name) or accepts(m, label(labels, m.name)) for m in scope)
    ]
    by_label = of_service(probes, service)
    if by_label is not None:
        matchers = (*by_label.matchers, *_fitting(by_label.series, scope))
        return selector("probe_success", matchers), by_label.name
    exact = [labels for labels in probes if service == label(labels, "instance")]
    hosts = exact or [labels for labels in probes if has_token(service, _host(label(labels, "instance")))]
    if not hosts:
        return "", ""
    matchers = (_any_of("instance", values_of(hosts, "instance")), *_fitting(hosts, scope))
    return selector("probe_success", matchers), "instance"


def _fitting(series: Sequence[Labels], scope: Sequence[Matcher]) -> tuple[Matcher, ...]:
    return tuple(m for m in scope if all(label(labels, m.name) for labels in series))


def _host(instance: str) -> str:
    """The host of a probed address, `https://store.example/` or `store.example:443`."""
    without_scheme = strip_userinfo(instance).partition("://")
    return (without_scheme[2] or without_scheme[0]).partition("/")[0].partition(":")[0]
