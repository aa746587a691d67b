"""The choice of a service's latency: a histogram of either kind, else a summary, else a mean."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from collector.families.family import Family, seconds_of
from collector.families.present import Present, part_of
from collector.signals.choose import matchers_of, of_family
from collector.signals.labels.sets import Named, label, of_service, values_of
from incident.model.signals import Labels
from incident.text.promql import Matcher, selector


class Shape(Enum):
    """How durations are kept; the best first."""

    BUCKETS = "classic histogram"
    NATIVE = "native histogram"
    SUMMARY = "summary"
    MEAN = "mean of all requests"
    GAUGE = "gauge of a mean"


@dataclass(frozen=True, slots=True)
class Latency:
    """A service's latency: what to select, in which shape and unit."""

    base: str
    """The metric's name without `_bucket`."""
    shape: Shape
    metric: str
    """The buckets, the native histogram, the summary's quantiles, the gauges; for a mean, the counts."""
    matchers: tuple[Matcher, ...]
    seconds: float
    count: int
    """Series behind the selector; for buckets histograms, each with its buckets."""
    left_out: str
    quantiles: tuple[str, ...] = ()
    """Values of the label `quantile` that the summary has, ascending."""

    @property
    def selector(self) -> str:
        """The selector of the metric."""
        return selector(self.metric, self.matchers)


def choose_latency(
    present: Present,
    series: Sequence[Labels],
    service: str,
    scope: Sequence[Matcher],
    preferred: Family | None,
    native: Collection[str],
) -> Latency | None:
    """The best latency the service has: by shape first, then of the family its requests were taken from,
    then in the registry's order."""
    families = [*([preferred] if preferred else []), *present.families]
    found = (
        latency
        for shape in Shape
        for family in families
        for base in _bases(family, shape)
        if (latency := _latency(base, shape, family, present, series, service, scope, native)) is not None
    )
    return next(found, None)


def _bases(family: Family, shape: Shape) -> tuple[str, ...]:
    return family.means if shape is Shape.GAUGE else family.histograms


def _latency(
    base: str,
    shape: Shape,
    family: Family,
    present: Present,
    series: Sequence[Labels],
    service: str,
    scope: Sequence[Matcher],
    native: Collection[str],
) -> Latency | None:
    if shape is Shape.NATIVE and base not in native:
        return None
    if shape is Shape.MEAN and part_of(base, "sum") not in present.names:
        return None
    metric = {Shape.BUCKETS: part_of(base, "bucket"), Shape.MEAN: part_of(base, "count")}.get(shape, base)
    mine = of_service(_shaped(of_family(series, metric, family), shape), service)
    if mine is None:
        return None
    matchers, skipped = matchers_of(mine, scope, family)
    return Latency(
        base=base,
        shape=shape,
        metric=metric,
        matchers=matchers,
        seconds=seconds_of(base, family),
        count=len(mine.series),
        left_out=skipped,
        quantiles=_quantiles(mine) if shape is Shape.SUMMARY else (),
    )


def _shaped(series: Sequence[Labels], shape: Shape) -> tuple[Labels, ...]:
    """Those of the series that can be of this shape."""
    if shape is not Shape.SUMMARY:
        return tuple(series)
    return tuple(labels for labels in series if label(labels, "quantile"))


def _quantiles(mine: Named) -> tuple[str, ...]:
    """The values of the label `quantile` that are numbers in 0..1, ascending."""
    return tuple(sorted(_numbers(values_of(mine.series, "quantile")), key=float))


def _numbers(values: Sequence[str]) -> Iterator[str]:
    for value in values:
        try:
            inside = 0.0 < float(value) < 1.0
        except ValueError:
            continue
        if inside:
            yield value
