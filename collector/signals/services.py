"""The services a server knows, each with what it was found by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from collector.errors import QueryRejected
from collector.families.family import Family
from collector.families.present import Present
from collector.signals.labels.naming import either, families_present, service_labels
from collector.signals.labels.registry import PLACE_LABELS
from collector.signals.labels.sets import label
from collector.source import Source
from incident.model.signals import Labels
from incident.model.spans import Span, aligned
from incident.text.promql import Matcher, label_name, selector

# Evaluations over the span: enough to meet a service that ran for a part of it.
_LOOKS = 12
_SECOND = timedelta(seconds=1)
_MONITORING = frozenset({"prometheus_http_requests_total"})


@dataclass(frozen=True, slots=True)
class KnownService:
    """A name that series carry, and where it was met."""

    name: str
    label: str
    """The label that carries the name where it was met first: "service"."""
    metric: str
    """The counter, `probe_success` or `up` that it was found by; the best where there are several."""
    family: str
    """What exposes that counter, in words; empty for probes and targets."""
    places: tuple[str, ...]
    """Its namespaces, or its clusters, sorted; a name in two of them needs a matcher."""
    rank: int
    """0: counts its requests itself; 1: a proxy counts them; 2: probed; 3: only scraped."""

    @property
    def has_requests(self) -> bool:
        """Whether errors and traffic can be measured."""
        return self.rank < 2

    @property
    def is_monitoring(self) -> bool:
        """Whether it is a Prometheus that scrapes itself, as each does: seldom what people look for."""
        return self.metric in _MONITORING


def list_services(source: Source, span: Span) -> tuple[KnownService, ...]:
    """All services with samples in the span, those whose requests are counted first, then by name.

    What monitors them comes last.

    Two questions: which names there are, and one count by their labels. Empty where the server refuses
    the count; raises what the source raises otherwise.
    """
    there = families_present(source, span)
    labels = service_labels(there)
    shown = ", ".join(label_name(name) for name in ("__name__", *labels, *PLACE_LABELS))
    metrics = Matcher("__name__", "=~", either((*there.counters(), "probe_success", "up")))
    try:
        answer = source.range(
            f"count by ({shown}) ({selector('', (metrics,))})",
            aligned(span, max(span.length / _LOOKS, _SECOND)),
        )
    except QueryRejected:
        return ()
    return _ranked((samples.labels for samples in answer.series), there, labels)


def _ranked(series: Iterable[Labels], there: Present, labels: Sequence[str]) -> tuple[KnownService, ...]:
    counted = {name: family for family in reversed(there.families) for name in _counters(family)}
    order = [*there.counters(), "probe_success", "up"]
    met: dict[str, list[tuple[int, int, str, str]]] = defaultdict(list)
    places: dict[str, set[str]] = defaultdict(set)
    for one in series:
        metric = label(one, "__name__")
        family = counted.get(metric)
        by = _label_of(one, family, labels)
        if by:
            name = label(one, by)
            place = order.index(metric) if metric in order else len(order)
            met[name].append((_rank(metric, family), place, metric, by))
            places[name].update(filter(None, (_place(one),)))
    known = (_known(name, min(found), counted, places[name]) for name, found in met.items())
    return tuple(sorted(known, key=lambda one: (one.is_monitoring, one.rank, one.name)))


def _counters(family: Family) -> tuple[str, ...]:
    return tuple(filter(None, (family.counter, family.own_histogram)))


def _known(
    name: str, best: tuple[int, int, str, str], counted: dict[str, Family], places: set[str]
) -> KnownService:
    rank, _, metric, by = best
    family = counted.get(metric)
    return KnownService(name, by, metric, family.title if family else "", tuple(sorted(places)), rank)


def _rank(metric: str, family: Family | None) -> int:
    if family is not None:
        return 1 if family.proxied else 0
    return 2 if metric == "probe_success" else 3


def _label_of(series: Labels, family: Family | None, labels: Sequence[str]) -> str:
    """The label that names the service; what counts for others names them in a label of its own."""
    order = (*(family.named_by if family else ()), *labels)
    return next((name for name in order if label(series, name)), "")


def _place(series: Labels) -> str:
    """The namespace, else the cluster; the exported one where there are two."""
    return next((value for name in PLACE_LABELS if (value := label(series, name))), "")
