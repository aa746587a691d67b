"""The choice among the families a service has: the counter of its requests."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from collector.families.family import Family
from collector.families.present import Present
from collector.signals.labels.failing import failing_matcher
from collector.signals.labels.routes import left_out
from collector.signals.labels.sets import Named, accepts, label, of_service, values_of
from incident.model.signals import Labels
from incident.text.promql import Matcher, selector


@dataclass(frozen=True, slots=True)
class Requests:
    """The counter of the service's requests, and how to read failures and latencies beside it."""

    family: Family
    named: Named
    selector: str
    failing: Matcher | None
    failing_selector: str
    """The selector of the counters of failures; empty where no label tells them apart."""
    left_out: str
    """Routes that are left out, in words; empty when none."""

    @property
    def count(self) -> int:
        return len(self.named.series)

    def is_failed(self, labels: Labels) -> bool:
        """Whether the counter with these labels counts failures."""
        return self.failing is not None and accepts(self.failing, label(labels, self.failing.name))

    def per_second(self, chosen: str, window: str) -> str:
        """The PromQL of the requests per second of a selector of this counter, all series together."""
        rate = f"rate({chosen}[{window}])"
        return f"sum(histogram_count({rate}))" if self.family.native else f"sum({rate})"


def choose_requests(
    present: Present,
    series: Sequence[Labels],
    service: str,
    scope: Sequence[Matcher],
    native: Collection[str],
) -> tuple[Requests, ...]:
    """The counters the service has, best first: those that tell failures, its own before a proxy's, then
    in the registry's order. `native` names the histograms that are known to be native."""
    found: dict[str, Requests] = {}
    for family in present.families:
        for counted in (family, _by_native(family, native)):
            requests = _requests(counted, series, service, scope) if counted else None
            if requests is not None:
                found.setdefault(requests.family.counter, requests)
    return tuple(sorted(found.values(), key=lambda one: (one.failing is None, one.family.proxied)))


def _by_native(family: Family, native: Collection[str]) -> Family | None:
    """The family counted by its native histogram, where that is what is there."""
    base = family.own_histogram
    return replace(family, counter=base, native=True) if base in native else None


def _requests(
    family: Family, series: Sequence[Labels], service: str, scope: Sequence[Matcher]
) -> Requests | None:
    own = of_service(of_family(series, family.counter, family), service)
    if own is None:
        return None
    matchers, skipped = matchers_of(own, scope, family)
    failing = failing_matcher(own.series)
    return Requests(
        family=family,
        named=own,
        selector=selector(family.counter, matchers),
        failing=failing,
        failing_selector=selector(family.counter, (*matchers, failing)) if failing else "",
        left_out=skipped,
    )


def matchers_of(own: Named, scope: Sequence[Matcher], family: Family) -> tuple[tuple[Matcher, ...], str]:
    """What tells the service's own requests in a metric of the family, and in words what it leaves out."""
    skipped = left_out(own.series)
    without = (skipped.matcher,) if skipped else ()
    matchers = merged_matchers(own.matchers, scope, narrowing(family, own.series), without)
    return matchers, skipped.words if skipped else ""


def of_family(series: Sequence[Labels], metric: str, family: Family) -> tuple[Labels, ...]:
    """The label sets of a metric of the family that count each request once."""
    mine = [labels for labels in of_metric(series, metric) if _counts(labels, family)]
    nested = _outermost(family, mine)
    return tuple(labels for labels in mine if nested is None or accepts(nested, label(labels, nested.name)))


def _counts(labels: Labels, family: Family) -> bool:
    """Whether this series is one of those that count a request once, and requests that end."""
    return all(label(labels, key) == value for key, value in family.only) and all(
        accepts(Matcher(key, "!~", pattern), label(labels, key)) for key, pattern in family.without
    )


def _outermost(family: Family, series: Sequence[Labels]) -> Matcher | None:
    if family.outermost is None:
        return None
    name, order = family.outermost
    values = values_of(series, name)
    # Of values nobody knows the first by name: one of them, because their sum counts requests twice.
    first = next((value for value in order if value in values), values[0] if values else "")
    return Matcher(name, "=", first) if len(values) > 1 else None


def narrowing(family: Family, series: Sequence[Labels]) -> tuple[Matcher, ...]:
    """The matchers by which each request is counted once; `series` are those chosen by `of_family`."""
    outer = family.outermost
    values = values_of(series, outer[0]) if outer else ()
    return (
        *(Matcher(key, "=", value) for key, value in family.only),
        *(Matcher(key, "!~", pattern) for key, pattern in family.without if values_of(series, key)),
        *(Matcher(outer[0], "=", value) for value in values[:1] if outer),
    )


def of_metric(series: Sequence[Labels], metric: str) -> tuple[Labels, ...]:
    """The label sets of one metric."""
    return tuple(labels for labels in series if label(labels, "__name__") == metric)


def merged_matchers(*groups: Sequence[Matcher]) -> tuple[Matcher, ...]:
    """The matchers in order, each once."""
    return tuple(dict.fromkeys(matcher for group in groups for matcher in group))
