"""The choice among the families a service has: the counter of its requests and its latencies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collector.signals.failing import failing_matcher
from collector.signals.labels import Named, accepts, label, of_service
from collector.signals.registry import FAMILIES, Family
from collector.signals.routes import left_out
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


@dataclass(frozen=True, slots=True)
class Latency:
    """A latency histogram: the selector of its buckets, and its unit in seconds."""

    selector: str
    seconds: float
    count: int
    """Histograms behind the selector, each with its buckets."""
    left_out: str


def choose_requests(series: Sequence[Labels], service: str, scope: Sequence[Matcher]) -> tuple[Requests, ...]:
    """The counters the service has, best first: those that tell failures, then in the registry's order."""
    found = [
        requests for family in FAMILIES if (requests := _requests(family, series, service, scope)) is not None
    ]
    return tuple(sorted(found, key=lambda requests: requests.failing is None))


def _requests(
    family: Family, series: Sequence[Labels], service: str, scope: Sequence[Matcher]
) -> Requests | None:
    named = of_service(of_metric(series, family.counter, family.only), service)
    if named is None:
        return None
    skipped = left_out(named.series)
    failing = failing_matcher(named.series)
    matchers = merged_matchers(named.matchers, scope, _only(family), (skipped.matcher,) if skipped else ())
    return Requests(
        family=family,
        named=named,
        selector=selector(family.counter, matchers),
        failing=failing,
        failing_selector=selector(family.counter, (*matchers, failing)) if failing else "",
        left_out=skipped.words if skipped else "",
    )


def choose_latency(
    series: Sequence[Labels], service: str, scope: Sequence[Matcher], preferred: Family | None
) -> Latency | None:
    """The first histogram of the chosen family that the service has, else of any family."""
    families = [preferred] if preferred else []
    for family in [*families, *FAMILIES]:
        for base in family.histograms:
            named = of_service(of_metric(series, f"{base}_bucket", family.only), service)
            if named is not None:
                return _latency(base, family, named, scope)
    return None


def _latency(base: str, family: Family, named: Named, scope: Sequence[Matcher]) -> Latency:
    skipped = left_out(named.series)
    matchers = merged_matchers(named.matchers, scope, _only(family), (skipped.matcher,) if skipped else ())
    return Latency(
        selector=selector(f"{base}_bucket", matchers),
        seconds=family.seconds,
        count=len(named.series),
        left_out=skipped.words if skipped else "",
    )


def of_metric(
    series: Sequence[Labels], metric: str, only: Sequence[tuple[str, str]] = ()
) -> tuple[Labels, ...]:
    """The label sets of one metric that have the values it must have."""
    return tuple(
        labels
        for labels in series
        if label(labels, "__name__") == metric and all(label(labels, key) == value for key, value in only)
    )


def merged_matchers(*groups: Sequence[Matcher]) -> tuple[Matcher, ...]:
    """The matchers in order, each once."""
    return tuple(dict.fromkeys(matcher for group in groups for matcher in group))


def _only(family: Family) -> tuple[Matcher, ...]:
    return tuple(Matcher(key, "=", value) for key, value in family.only)
