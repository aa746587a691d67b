"""Signals that people ask for themselves: `--signal NAME=PROMQL` and `signals:` of the configuration."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from incident.model.signals import Kind, Measure, Role, SignalSpec, Worse
from incident.rules.comparison import comparison


@dataclass(frozen=True, slots=True)
class WantedSignal:
    """A signal as asked for; None = to be guessed from the query, or taken from the one it replaces."""

    name: str
    query: str
    kind: Kind | None = None
    unit: str | None = None
    worse: Worse | None = None
    role: Role | None = None
    limit: float | None = None


# The name people give says what they mean; the first word found decides.
_MEASURES = (
    (Measure.ERRORS, ("error", "fail", "5xx")),
    (Measure.LATENCY, ("latency", "duration", "p50", "p90", "p95", "p99", "response time")),
    (Measure.TRAFFIC, ("traffic", "requests", "throughput", "rps", "qps")),
    (Measure.AVAILABILITY, ("availability", "available")),
    (Measure.PROBE, ("probe",)),
)
_KINDS = {
    Measure.ERRORS: Kind.RATIO,
    Measure.LATENCY: Kind.LATENCY,
    Measure.TRAFFIC: Kind.RATE,
    Measure.AVAILABILITY: Kind.RATIO,
    Measure.PROBE: Kind.RATIO,
}
_UNITS = {Kind.RATIO: "ratio", Kind.LATENCY: "s", Kind.RATE: "req/s", Kind.GAUGE: ""}
_FALLING_HARMS = frozenset({Measure.TRAFFIC, Measure.AVAILABILITY, Measure.PROBE})
_RISING_HARMS = (
    "error", "fail", "5xx", "5..", "timeout", "timed_out", "reject", "drop", "discard", "retr", "restart",
    "evict", "exception", "throttl", "kill", "abort", "cancel", "refused", "conflict", "deadlock", "panic",
)  # fmt: skip
_RATE = re.compile(r"\b(?:rate|irate|increase)\s*\(")
_QUANTILE = re.compile(r"p\d{2,3}\b")
# Recording rules say in their names what they did, as level:metric:operations.
_RECORDED_RATE = re.compile(r":(?:i?rate|increase)\d+[smhd]\b")
_RECORDED_RATIO = re.compile(r":[a-z_0-9]*ratio|[a-z0-9]_ratio\b")
# Divided by something with a name, not by a number.
_DIVIDED = re.compile(r"/\s*\(*\s*[a-zA-Z_:]")
_LITERAL = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`""")


def with_wanted(found: Sequence[SignalSpec], wanted: Sequence[WantedSignal]) -> tuple[SignalSpec, ...]:
    """The found signals with the wanted ones in place of those of the same name, the others behind."""
    specs = {spec.name: spec for spec in found}
    for signal in map(_with_threshold, wanted):
        specs[signal.name] = _spec(signal, specs.get(signal.name))
    return tuple(specs.values())


def _with_threshold(wanted: WantedSignal) -> WantedSignal:
    """`lag > 10000` asked as `lag` with the limit 10000: filtered, only the bad samples would be left."""
    found = comparison(wanted.query)
    if found is None or found.guarded or wanted.limit is not None or found.op in ("==", "!="):
        return wanted
    return replace(wanted, query=found.measured, limit=found.limit, worse=wanted.worse or found.worse)


def _spec(wanted: WantedSignal, replaced: SignalSpec | None) -> SignalSpec:
    kind = wanted.kind or _kind(wanted, replaced)
    measure = _measure(wanted, kind, replaced)
    return SignalSpec(
        name=wanted.name,
        measure=measure,
        kind=kind,
        worse=wanted.worse or (replaced.worse if replaced else _guessed_worse(wanted, measure, kind)),
        role=wanted.role or (replaced.role if replaced else _guessed_role(measure)),
        unit=wanted.unit if wanted.unit is not None else _guessed_unit(kind, measure),
        query=wanted.query,
        limit=wanted.limit,
        why="asked for" if replaced is None else "asked for, in place of the one found",
    )


def _kind(wanted: WantedSignal, replaced: SignalSpec | None) -> Kind:
    """What the query shows; a name of a recording rule shows nothing, and keeps what it replaces."""
    guessed = _guessed_kind(wanted)
    return replaced.kind if replaced and guessed is Kind.GAUGE else guessed


def _measure(wanted: WantedSignal, kind: Kind, replaced: SignalSpec | None) -> Measure:
    """Failures per second in place of a failing share are no longer `errors` as the rules read it."""
    if replaced is None:
        return _guessed_measure(wanted.name, kind)
    return replaced.measure if replaced.kind is kind else Measure.OTHER


def _guessed_role(measure: Measure) -> Role:
    """What is not known to be felt by users is only context until somebody says otherwise."""
    return Role.CONTEXT if measure is Measure.OTHER else Role.IMPACT


def _guessed_worse(wanted: WantedSignal, measure: Measure, kind: Kind) -> Worse:
    """Orders a second are missed when they fall, retries a second when they rise.

    Where nobody said that users feel it, both directions are worth a row.
    """
    if measure in _FALLING_HARMS:
        return Worse.DOWN
    said = f"{wanted.name} {wanted.query}".lower()
    unclear = measure is Measure.OTHER and kind is Kind.RATE and wanted.limit is None
    if not unclear or any(word in said for word in _RISING_HARMS):
        return Worse.UP
    return Worse.DOWN if wanted.role is Role.IMPACT else Worse.BOTH


def _guessed_measure(name: str, kind: Kind) -> Measure:
    lowered = name.lower()
    for measure, words in _MEASURES:
        if _KINDS[measure] is kind and any(word in lowered for word in words):
            return measure
    return Measure.LATENCY if kind is Kind.LATENCY else Measure.OTHER


def _guessed_kind(wanted: WantedSignal) -> Kind:
    query, name = wanted.query, wanted.name.lower()
    if (
        "histogram_quantile" in query
        or "_seconds_sum" in query
        or "latency" in name
        or _quantile(name, query)
    ):
        return Kind.LATENCY
    if wanted.unit == "ratio" or "ratio" in name or "percent" in name or divides_rates(query):
        return Kind.RATIO
    if _shares_failures(name, query):
        return Kind.RATIO
    if _RATE.search(query) or _RECORDED_RATE.search(query):
        return Kind.RATE
    return Kind.GAUGE


def _quantile(name: str, query: str) -> bool:
    """A recorded quantile of seconds, called by the name that this tool gives one: `p99`."""
    return bool(_QUANTILE.match(name)) and "_seconds" in query


def _shares_failures(name: str, query: str) -> bool:
    """Whether what is called errors is a share though nothing in it is a rate.

    Sums of a minute over sums of a minute, as clouds export them, or a recorded ratio. What is made a
    percentage is none: its thresholds are not those of shares.
    """
    if not any(word in name for word in dict(_MEASURES)[Measure.ERRORS]) or "100" in query:
        return False
    return bool(_DIVIDED.search(_LITERAL.sub("", query)) or _RECORDED_RATIO.search(query))


def divides_rates(query: str) -> bool:
    """Whether it is a share: a rate over a rate, unless a `_sum` over a `_count` makes it a mean."""
    numerator, slash, denominator = query.partition("/")
    return bool(slash and _RATE.search(numerator) and _RATE.search(denominator) and "_sum" not in numerator)


def _guessed_unit(kind: Kind, measure: Measure) -> str:
    if kind is Kind.RATE and measure is not Measure.TRAFFIC:
        return "1/s"
    return _UNITS[kind]
