"""Saying what a server does have when it does not have what was asked for."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import datetime, timedelta

from collector.errors import NoData, QueryRejected
from collector.families.present import Present, assumed
from collector.signals.labels.naming import either, service_labels
from collector.signals.labels.registry import PLACE_LABELS
from collector.signals.labels.sets import named, parsed, values_of
from collector.signals.services import list_services
from collector.source import Source
from incident.model.spans import Span, aligned, instant
from incident.text.instants import rfc3339
from incident.text.promql import Matcher, selector

# As many names as one line of a terminal bears.
_NAMES_SHOWN = 8
# A year to both sides in steps of six hours: 2,920 evaluations of one small count.
_LOOK_AROUND = timedelta(days=365)
_LOOK_STEP = timedelta(hours=6)


def unknown_service(
    source: Source, service: str, matchers: Sequence[str], span: Span, there: Present
) -> NoData:
    """The error for a service without series in the span: where its data lie, or which services exist."""
    where = f" with {','.join(matchers)}" if matchers else ""
    what = f'service "{service}"{where}: no samples between {rfc3339(span.start)} and {rfc3339(span.end)}'
    around = _samples_around(source, service, matchers, span, there)
    if around is not None:
        first, last = around
        return NoData(
            f"{what}; its samples lie between about {rfc3339(first)} and {rfc3339(last)}; "
            "choose a window between them"
        )
    places = _elsewhere(source, service, matchers, span, there)
    if places:
        return NoData(f"{what}; without these matchers it exists in {places}; choose with --match")
    known = tuple(sorted(one.name for one in list_services(source, span)))
    if not known:
        return NoData(f"{what}, nor of any other service; check the window and the address of the server")
    nearest = closest(service, known)
    more = f" and {len(known) - len(nearest)} more" if len(known) > len(nearest) else ""
    return NoData(f"{what}; services known there: {', '.join(nearest)}{more}; choose one with --service")


def _elsewhere(source: Source, service: str, matchers: Sequence[str], span: Span, there: Present) -> str:
    """Where the service is when the matchers are left aside: its namespaces and clusters, or its jobs."""
    if not matchers:
        return ""
    metrics = _metrics(there)
    series = source.series(
        tuple(selector("", (metrics, named(name, service))) for name in service_labels(there)), span
    )
    seen = {name: values_of(series, name) for name in (*PLACE_LABELS, "job")}
    return ", ".join(f"{name} {' or '.join(values)}" for name, values in seen.items() if values)


def _everywhere() -> Matcher:
    """Every counter of the registry: a window without samples says nothing of the names at other times."""
    return Matcher("__name__", "=~", either(("up", *assumed().counters())))


def _metrics(there: Present) -> Matcher:
    return Matcher("__name__", "=~", either(("up", *there.counters())))


def closest(service: str, known: Sequence[str]) -> tuple[str, ...]:
    """Up to eight of the names, the most alike first."""
    lowered = service.lower()

    def unlike(name: str) -> tuple[float, str]:
        inside = lowered in name.lower() or name.lower() in lowered
        return (-inside - difflib.SequenceMatcher(None, lowered, name.lower()).ratio(), name)

    return tuple(sorted(known, key=unlike)[:_NAMES_SHOWN])


def _samples_around(
    source: Source, service: str, matchers: Sequence[str], span: Span, there: Present
) -> tuple[datetime, datetime] | None:
    """First and last time around the span, to six hours, at which the service has an `up` or a counter."""
    scope = parsed(matchers)
    owners = [named(name, service) for name in service_labels(there)]
    counts = [f"count({selector('', (_everywhere(), owner, *scope))})" for owner in owners]
    wide = span.widened(_LOOK_AROUND, _LOOK_AROUND)
    try:
        answer = source.range(" or ".join(counts), aligned(wide, _LOOK_STEP))
    except QueryRejected:
        return None
    times = [
        int(t)
        for samples in answer.series
        for t in (samples.times[:1].tolist() + samples.times[-1:].tolist())
    ]
    return (instant(min(times)), instant(max(times))) if times else None
