"""Native histograms: one series without buckets, told from a gauge of the same name by asking it.

Their samples are no numbers, so nothing here reads them raw: the server is asked for their counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from collector.errors import QueryRejected
from collector.families.present import Present, part_of
from collector.signals.choose import of_metric
from collector.signals.labels.sets import label, of_service
from collector.signals.samples.raw import FRESH_INTERVALS, RawRead, joined, pieces
from collector.source import Source
from incident.model.signals import Labels
from incident.model.spans import Span, aligned
from incident.text.promql import Matcher, selector

# A day of 15 s in one answer; longer spans are read in parts.
_STEPS_A_READ = 5_760
# Evaluations over the span when asking what a name holds.
_LOOKS = 12


def native_histograms(
    source: Source,
    there: Present,
    series: Sequence[Labels],
    scope: Sequence[Matcher],
    service: str,
    span: Span,
) -> frozenset[str]:
    """The names whose series of the service are native histograms.

    Only a name that the service has bare, without buckets and counts beside it and without quantiles,
    is asked about, with one small query each; usually there is none.
    """
    bare = {
        base for family in there.families for base in family.histograms if _is_bare(base, series, service)
    }
    return frozenset(base for base in sorted(bare) if _is_native(source, base, series, scope, service, span))


def _is_bare(base: str, series: Sequence[Labels], service: str) -> bool:
    plain = [labels for labels in of_metric(series, base) if not label(labels, "quantile")]
    beside = (part_of(base, "bucket"), part_of(base, "count"))
    return of_service(plain, service) is not None and all(
        of_service(of_metric(series, name), service) is None for name in beside
    )


def _is_native(
    source: Source,
    base: str,
    series: Sequence[Labels],
    scope: Sequence[Matcher],
    service: str,
    span: Span,
) -> bool:
    own = of_service(of_metric(series, base), service)
    if own is None:
        return False
    query = f"count(histogram_count({selector(base, (*own.matchers, *scope))}))"
    try:
        answer = source.range(query, aligned(span, max(span.length / _LOOKS, timedelta(seconds=1))))
    except QueryRejected:
        # A server that does not know the function has no native histograms.
        return False
    return bool(answer.series)


def read_counts(source: Source, selector: str, span: Span, interval: timedelta) -> RawRead:
    """The counts of native histograms, one sample each `interval`: counters, as a scrape would show them.

    A histogram that was not scraped for 2.5 intervals has no sample. Raises what the source raises.
    """
    fresh = FRESH_INTERVALS * interval.total_seconds()
    # Not `last_over_time`, which gives nothing of histograms on a Prometheus 2.42.
    query = f"histogram_count({selector}) and timestamp({selector}) > time() - {fresh:g}"
    answers = [
        source.range(query, aligned(part, interval)) for part in pieces(span, interval * _STEPS_A_READ)
    ]
    return RawRead(
        series=joined(samples for answer in answers for samples in answer.series),
        partial=any(answer.partial for answer in answers),
        warnings=tuple(dict.fromkeys(text for answer in answers for text in answer.warnings)),
    )
