"""The zoom: raw counters around what the survey showed, to place its boundaries and count its requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from collector.signals.choose import Requests
from collector.signals.discover import find_requests
from collector.signals.latency import Latency, Shape
from collector.signals.samples.measure import COSTS_ITS_OWN, failed, partial
from collector.signals.samples.native import read_counts
from collector.signals.samples.raw import RawRead, joined, read_raw
from collector.source import Source
from incident.model.evidence import Evidence
from incident.model.facts import Unknown
from incident.model.signals import Counters, Measure, Samples
from incident.model.spans import Span, merged

# About 70 MB of JSON, and as much memory: what a run may spend on each kind of raw counter.
MOST_SAMPLES = 3_000_000
# Buckets of a histogram as client libraries make them (10 to 20); only bounds what is asked for.
_BUCKETS = 16
# A difference across a boundary needs the sample before it, and that one may have been missed twice.
_MARGIN_SCRAPES = 3


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    series: tuple[Samples, ...]
    spans: tuple[Span, ...]
    unknowns: tuple[Unknown, ...]


def zoom(
    source: Source,
    evidence: Evidence,
    brackets: tuple[Span, ...],
    episodes: tuple[Span, ...],
) -> Evidence:
    """The evidence with the raw request counters of episodes and brackets, and buckets around the brackets.

    Counters that do not tell failures, or not those of the errors signal, have an empty `failed_query`.
    Where the episodes hold too many samples only the brackets are read, and an Unknown says so. Without
    request counters the evidence comes back as it is, with an Unknown for what was asked in vain.
    """
    if not evidence.scope.label or not (brackets or episodes):
        # Without a label nothing was discovered, by wish or because nothing of ours is there.
        return evidence
    try:
        requests, latency = find_requests(source, evidence.scope, evidence.covered)
    except COSTS_ITS_OWN as error:
        return replace(evidence, unknowns=(*evidence.unknowns, failed("request counters", str(error))))
    if requests is None:
        return evidence
    counters = _requests(source, evidence, requests, brackets, episodes)
    buckets = _buckets(source, evidence, latency, brackets)
    if not _tells_failures(requests, evidence):
        requests = replace(requests, failing=None, failing_selector="")
    filled = _counters(requests, latency, counters, buckets) if counters.spans else None
    unknowns = dict.fromkeys((*evidence.unknowns, *counters.unknowns, *buckets.unknowns))
    return replace(evidence, counters=filled, unknowns=tuple(unknowns))


def _tells_failures(requests: Requests, evidence: Evidence) -> bool:
    """Whether these counters count what the errors signal calls failed; people may have their own."""
    if requests.failing is None:
        return False
    # The same counter, told apart by the same label: a range or a grouping of their own changes nothing.
    telling = (requests.family.counter, requests.failing.name)
    errors = [signal.spec for signal in evidence.signals if signal.spec.measure is Measure.ERRORS]
    return all(text in spec.query for spec in errors for text in telling)


def _counters(requests: Requests, latency: Latency | None, counters: _Read, buckets: _Read) -> Counters:
    return Counters(
        spans=counters.spans,
        requests=counters.series,
        is_failed=tuple(requests.is_failed(samples.labels) for samples in counters.series),
        buckets=buckets.series,
        bucket_spans=buckets.spans,
        query=requests.selector,
        failed_query=requests.failing_selector,
        left_out=requests.left_out,
        bucket_query=latency.selector if latency and buckets.spans else "",
    )


def _requests(
    source: Source, evidence: Evidence, requests: Requests, brackets: Sequence[Span], episodes: Sequence[Span]
) -> _Read:
    whole = _widened([*episodes, *brackets], evidence.scrape_interval)
    near = _widened(brackets, evidence.scrape_interval)
    what = "request counters"
    if _samples(whole, requests.count, evidence.scrape_interval) <= MOST_SAMPLES:
        return _read_requests(source, requests, whole, evidence.scrape_interval)
    too_many = Unknown(
        what=f"{what} over the whole impact",
        why=f"{requests.count} series hold more than {MOST_SAMPLES:,} samples; read only around its ends",
    )
    if _samples(near, requests.count, evidence.scrape_interval) > MOST_SAMPLES:
        return _Read((), (), (replace(too_many, what=what, why=f"{requests.count} series are too many"),))
    read = _read_requests(source, requests, near, evidence.scrape_interval)
    return replace(read, unknowns=(too_many, *read.unknowns))


def _buckets(source: Source, evidence: Evidence, latency: Latency | None, brackets: Sequence[Span]) -> _Read:
    spans = _widened(brackets, evidence.scrape_interval)
    if latency is None or latency.shape is not Shape.BUCKETS or not spans:
        return _Read((), (), ())
    series = latency.count * _BUCKETS
    if _samples(spans, series, evidence.scrape_interval) > MOST_SAMPLES:
        why = (
            f"about {series} series hold too many samples; latency keeps the coarser boundaries of the survey"
        )
        return _Read((), (), (Unknown(what="latency buckets", why=why),))
    return _read(source, latency.selector, spans, series, evidence.scrape_interval, "latency buckets")


def _widened(spans: Sequence[Span], scrape: timedelta) -> tuple[Span, ...]:
    margin = _MARGIN_SCRAPES * scrape
    return merged((span.widened(margin, margin) for span in spans), margin)


def _samples(spans: Sequence[Span], series: int, scrape: timedelta) -> float:
    return series * sum((span.length / scrape for span in spans), 0.0)


def _read_requests(source: Source, requests: Requests, spans: tuple[Span, ...], scrape: timedelta) -> _Read:
    """The counters, or where they are native histograms the counts of these."""

    def read(span: Span) -> RawRead:
        if requests.family.native:
            return read_counts(source, requests.selector, span, scrape)
        return read_raw(source, requests.selector, span, series=requests.count, interval=scrape)

    return _joined(read, spans, "request counters")


def _read(
    source: Source, selector: str, spans: tuple[Span, ...], series: int, scrape: timedelta, what: str
) -> _Read:
    def read(span: Span) -> RawRead:
        return read_raw(source, selector, span, series=series, interval=scrape)

    return _joined(read, spans, what)


def _joined(read: Callable[[Span], RawRead], spans: tuple[Span, ...], what: str) -> _Read:
    unknowns: list[Unknown] = []
    parts: list[Samples] = []
    for span in spans:
        try:
            one = read(span)
        except COSTS_ITS_OWN as error:
            return _Read((), (), (failed(what, str(error)),))
        parts.extend(one.series)
        unknowns += [partial(what, one.warnings)] if one.partial else []
    return _Read(joined(parts), spans, tuple(dict.fromkeys(unknowns)))
