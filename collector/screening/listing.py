"""Which services there are: one grouped question about the metric families that are known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from collector.signals.failing import failing_matcher
from collector.signals.labels import label, parsed
from collector.signals.registry import ERROR_LABELS, FAMILIES, PLACE_LABELS, SERVICE_LABELS, Family
from collector.source import Source
from incident.fleet.model import Member
from incident.model.signals import Labels
from incident.model.spans import Span, aligned
from incident.text.promql import Matcher, selector

# A service that lives for an hour of a day is seen at one of these points; the lookback adds five minutes.
_LOOKS = 24
_LEAST_STEP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Named:
    """How the series of one metric name a service: the label, and those before it that must be empty."""

    metric: str
    label: str
    before: tuple[str, ...]
    only: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """One service and where its screened signals are."""

    member: Member
    requests: Named | None
    failing: Matcher | None
    """What selects its failed requests; None where no label tells them apart."""
    latency: Named | None
    """Its histogram, by base name."""
    up: Named | None


def list_services(source: Source, matchers: Sequence[str], window: Span) -> tuple[Listed, ...]:
    """All services with requests or targets in the window, in order of name.

    One range query of two dozen points, grouped by the labels that can name a service, its place and
    failures. Raises what the source raises, and ConfigError for matchers that are not PromQL.
    """
    scope = parsed(matchers)
    names = [*_counters(), *_histograms(), "up"]
    labels = ["__name__", *SERVICE_LABELS, *PLACE_LABELS, *ERROR_LABELS, *_only_labels()]
    chosen = selector("", (Matcher("__name__", "=~", "|".join(names)), *scope))
    grid = aligned(window, max(window.length / _LOOKS // _SECOND * _SECOND, _LEAST_STEP))
    answer = source.range(f"group by ({', '.join(dict.fromkeys(labels))}) ({chosen})", grid)
    return listed(one.labels for one in answer.series)


_SECOND = timedelta(seconds=1)


def listed(series: Iterable[Labels]) -> tuple[Listed, ...]:
    """The services that these label sets (with `__name__`) tell of."""
    by_metric: dict[str, list[Labels]] = defaultdict(list)
    for labels in series:
        by_metric[label(labels, "__name__")].append(labels)
    requests = _requests(by_metric)
    latencies = _latencies(by_metric)
    ups = {member: found for member, (found, _) in _members("up", by_metric["up"], ()).items()}
    members = sorted({*requests, *(m for m in ups if not _known(m, requests))})
    return tuple(
        Listed(
            member,
            requests[member][0] if member in requests else None,
            failing_matcher(requests[member][1]) if member in requests else None,
            latencies.get(member),
            _nearest(member, ups),
        )
        for member in members
    )


def service_of(labels: Labels) -> tuple[str, str]:
    """The label that names the service of a series, and the name; empty where none does.

    `job` as OpenTelemetry writes it is namespace/name.
    """
    for name in SERVICE_LABELS:
        value = label(labels, name)
        if value:
            return name, value.rpartition("/")[2] if name in ("job", "exported_job") else value
    return "", ""


def place_of(labels: Labels) -> tuple[tuple[str, str], ...]:
    """The labels that say where: an exporter's own place does not count where the service's is known."""
    present = [(name, value) for name in PLACE_LABELS if (value := label(labels, name))]
    names = {name for name, _ in present}
    return tuple((name, value) for name, value in present if f"exported_{name}" not in names)


def _requests(by_metric: dict[str, list[Labels]]) -> dict[Member, tuple[Named, list[Labels]]]:
    """The counter of each service: the first family that tells failures apart, else the first."""
    chosen: dict[Member, tuple[Named, list[Labels]]] = {}
    for family in FAMILIES:
        for member, (found, own) in _members(family.counter, by_metric[family.counter], family.only).items():
            before = chosen.get(member)
            if before is None or (failing_matcher(before[1]) is None and failing_matcher(own) is not None):
                chosen[member] = (found, own)
    return chosen


def _latencies(by_metric: dict[str, list[Labels]]) -> dict[Member, Named]:
    chosen: dict[Member, Named] = {}
    for family, base in _bases():
        metric = f"{base}_count"
        for member, (found, _) in _members(metric, by_metric[metric], family.only).items():
            chosen.setdefault(member, Named(base, found.label, found.before, found.only))
    return chosen


def _members(
    metric: str, series: Sequence[Labels], only: tuple[tuple[str, str], ...]
) -> dict[Member, tuple[Named, list[Labels]]]:
    """The services that series of one metric name, each with its series."""
    own: dict[Member, list[Labels]] = defaultdict(list)
    names: dict[Member, str] = {}
    carried = {name for labels in series for name, value in labels if value}
    for labels in series:
        name, service = service_of(labels)
        if service and all(label(labels, key) == value for key, value in only):
            member = Member(service, place_of(labels))
            # Of a service that some series name better than others, the better label is taken.
            if SERVICE_LABELS.index(name) <= SERVICE_LABELS.index(names.get(member, name)):
                names[member] = name
                own[member].append(labels)
    return {
        member: (Named(metric, names[member], _before(names[member], carried), only), labels)
        for member, labels in own.items()
    }


def _before(name: str, carried: set[str]) -> tuple[str, ...]:
    return tuple(one for one in SERVICE_LABELS[: SERVICE_LABELS.index(name)] if one in carried)


def _known(member: Member, requests: dict[Member, tuple[Named, list[Labels]]]) -> bool:
    return any(one.service == member.service and _agree(one, member) for one in requests)


def _nearest(member: Member, ups: dict[Member, Named]) -> Named | None:
    if member in ups:
        return ups[member]
    return next((n for one, n in ups.items() if one.service == member.service and _agree(one, member)), None)


def _agree(a: Member, b: Member) -> bool:
    """Whether no label of both places differs."""
    theirs = dict(b.place)
    return all(theirs.get(name, value) == value for name, value in a.place)


def _counters() -> tuple[str, ...]:
    return tuple(dict.fromkeys(family.counter for family in FAMILIES))


def _bases() -> list[tuple[Family, str]]:
    return [(family, base) for family in FAMILIES for base in family.histograms]


def _histograms() -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{base}_count" for _, base in _bases()))


def _only_labels() -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for family in FAMILIES for key, _ in family.only))
