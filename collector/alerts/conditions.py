"""The expressions of the alerts that fired, as signals: what their rules compare, and with what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np

from collector.signals.custom import divides_rates
from collector.signals.samples.measure import COSTS_ITS_OWN, Progress, failed, partial
from collector.source import Answer, Source
from incident.model.conditions import Condition
from incident.model.evidence import Evidence
from incident.model.facts import AlertInterval, AlertRule, Nearness, Unknown
from incident.model.signals import Kind, Labels, Measure, Role, Samples, SignalSeries, SignalSpec, Worse
from incident.model.spans import Grid, Span, Values, all_times, frozen_times, frozen_values, ms
from incident.rules.comparison import Comparison, comparison
from incident.rules.narrow import metric_names, narrowed
from incident.rules.tokens import tokens

# An incident has one or two conditions; more alerts than this tell the same again, at a query each.
MOST_CONDITIONS = 6
# Prometheus gives at most 11,000 points a series; a coarser multiple keeps the rule's evaluation times.
_MOST_POINTS = 10_000
_REQUESTS = ("request", "http", "grpc", "rpc", "response")
_FAILING = ("error", "fail", "5xx", "5..")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One comparison to be read, for one alert or one signal that people named."""

    signal: str
    alert: str
    labels: Labels
    compared: Comparison
    query: str
    interval: timedelta
    phase: datetime
    """A time at which it was evaluated: readings stand on the same grid."""


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    conditions: tuple[Condition, ...]
    signals: tuple[SignalSeries, ...]
    unknowns: tuple[Unknown, ...]
    said: tuple[str, ...]


def with_conditions(source: Source, evidence: Evidence, on_progress: Progress) -> Evidence:
    """The evidence with what the rules of its own firing alerts compare, and signals with a limit.

    One query each, over all that was read, at the times the rule was evaluated. A query in vain is an
    Unknown and costs nothing else; an expression that cannot be cut apart is left out and said so.
    """
    wanted, said = _wanted(evidence)
    parts = [_read(source, evidence, one, on_progress) for one in wanted]
    if not parts and not said:
        return evidence
    signals = tuple(s for part in parts for s in part.signals)
    return replace(
        evidence,
        signals=(*evidence.signals, *signals),
        conditions=tuple(c for part in parts for c in part.conditions),
        unknowns=tuple(dict.fromkeys((*evidence.unknowns, *(u for p in parts for u in p.unknowns)))),
        signals_explained=(
            *evidence.signals_explained,
            *(f"{s.spec.name}: {s.spec.why}" for s in signals),
            *said,
            *(text for part in parts for text in part.said),
        ),
    )


def _wanted(evidence: Evidence) -> tuple[list[_Wanted], list[str]]:
    said: list[str] = []
    found: list[_Wanted] = []
    names = {s.spec.name for s in evidence.signals}
    fired = _fired(evidence)
    for alert in fired:
        rule = _rule_of(alert, evidence.alert_rules or ())
        if rule is None:
            continue
        compared = comparison(rule.query)
        if compared is None:
            said.append(
                f"{alert.name}: its rule has no comparison with a number that could be charted; "
                "only the alert's own times are given"
            )
        elif len(found) < MOST_CONDITIONS:
            found.append(_of_alert(alert, rule, compared, names))
            names.add(found[-1].signal)
        else:
            said.append(f"{alert.name}: not charted; {MOST_CONDITIONS} other alert expressions already are")
    return found + _of_people(evidence, MOST_CONDITIONS), list(dict.fromkeys(said))


def _fired(evidence: Evidence) -> list[AlertInterval]:
    """The service's own alerts that fired in the window, each name and label set once."""
    found: dict[tuple[str, Labels], AlertInterval] = {}
    for one in evidence.alerts:
        began, ended = one.firing_at, one.resolved_at or evidence.covered.end
        inside = began is not None and began < evidence.asked.end and ended > evidence.asked.start
        if inside and one.nearness is Nearness.OWN:
            found.setdefault((one.name, one.labels), one)
    return list(found.values())


def _rule_of(alert: AlertInterval, rules: Sequence[AlertRule]) -> AlertRule | None:
    """The rule of this name whose own labels the alert has; templated ones may have any value."""
    labels = dict(alert.labels)
    for rule in rules:
        stable = {name: value for name, value in rule.labels if "{{" not in value}
        if rule.name == alert.name and stable.items() <= labels.items():
            return rule
    return None


def _of_alert(alert: AlertInterval, rule: AlertRule, compared: Comparison, names: set[str]) -> _Wanted:
    added = {name for name, _ in rule.labels}
    series = {name: value for name, value in alert.labels if name not in added}
    assert alert.firing_at is not None
    return _Wanted(
        signal=_free_name(alert, series, names),
        alert=alert.name,
        labels=alert.labels,
        compared=compared,
        query=narrowed(compared.measured, series),
        interval=rule.interval or alert.plus_minus,
        phase=alert.firing_at,
    )


def _free_name(alert: AlertInterval, series: dict[str, str], names: set[str]) -> str:
    """The alert's name; of several with one name the others with their labels."""
    if alert.name not in names:
        return alert.name
    told = f"{alert.name} ({', '.join(f'{k}={v}' for k, v in sorted(series.items()))})"
    return told if told not in names else f"{told} #{len(names)}"


def _of_people(evidence: Evidence, most: int) -> list[_Wanted]:
    """Signals that people gave a limit and that are no measure of users: conditions as well."""
    named = [s.spec for s in evidence.signals if s.spec.limit is not None and s.spec.measure is Measure.OTHER]
    return [
        _Wanted(
            signal=spec.name,
            alert="",
            labels=(),
            compared=Comparison(spec.query, "<" if spec.worse is Worse.DOWN else ">", spec.limit or 0.0),
            query=spec.query,
            interval=evidence.scrape_interval,
            phase=evidence.covered.start,
        )
        for spec in named[:most]
    ]


def _read(source: Source, evidence: Evidence, wanted: _Wanted, on_progress: Progress) -> _Read:
    on_progress(f"condition {wanted.signal}")
    what = f"condition {wanted.signal}"
    try:
        answer = source.range(wanted.query, _grid(wanted, evidence.covered))
    except COSTS_ITS_OWN as error:
        return _Read((), (), (failed(what, str(error)),), ())
    unknowns = (partial(what, answer.warnings),) if answer.partial else ()
    samples = _worst(answer, wanted.compared)
    if not samples.times.size:
        why = "the rule's expression has no samples now; the rule may have changed since"
        return _Read((), (), (*unknowns, Unknown(what, why)), ())
    spec = _spec(wanted, evidence)
    condition = Condition(
        signal=wanted.signal,
        what=_measured(wanted),
        alert=wanted.alert,
        labels=wanted.labels,
        op=wanted.compared.op,
        limit=wanted.compared.limit,
        unit=spec.unit,
        query=wanted.query,
        interval=wanted.interval,
        guarded=wanted.compared.guarded,
        samples=samples,
        of_threshold=wanted.compared.of_threshold,
    )
    drawn = (_on_survey(spec, samples, wanted, evidence.grid),) if wanted.alert else ()
    return _Read((condition,), drawn, unknowns, ())


def _grid(wanted: _Wanted, covered: Span) -> Grid:
    """The evaluation times of the rule over all that was read, or every k-th of them."""
    step = round(wanted.interval / timedelta(milliseconds=1)) or 1
    step *= -(-(covered.end_ms - covered.start_ms) // (step * _MOST_POINTS))
    start = covered.start_ms + (ms(wanted.phase) - covered.start_ms) % step
    return Grid(start, step, max(1, -(-(covered.end_ms - start) // step)))


def _worst(answer: Answer, compared: Comparison) -> Samples:
    """One series: of several the worst at each time."""
    times = all_times(s.times for s in answer.series)
    values: Values = np.full(times.size, np.nan)
    worse = np.fmin if compared.worse is Worse.DOWN else np.fmax
    for series in answer.series:
        place = np.searchsorted(times, series.times)
        values[place] = worse(values[place], series.values)
    known = np.isfinite(values)
    return Samples((), frozen_times(times[known]), frozen_values(values[known]))


def _on_survey(spec: SignalSpec, samples: Samples, wanted: _Wanted, grid: Grid) -> SignalSeries:
    """The samples on the survey's grid: the worst of each step, held for an evaluation interval."""
    values: Values = np.full(grid.count, np.nan)
    index = -(-(samples.times - grid.start_ms) // grid.step_ms)
    inside = (index >= 0) & (index < grid.count)
    worse = np.fmin if wanted.compared.worse is Worse.DOWN else np.fmax
    worse.at(values, index[inside], samples.values[inside])
    held = max(0, -(-round(wanted.interval / timedelta(milliseconds=1)) // grid.step_ms) - 1)
    for _ in range(held):
        later = np.concatenate(([np.nan], values[:-1]))
        values = np.where(np.isnan(values), later, values)
    return SignalSeries(spec, grid, frozen_values(values))


_KEEPS_MEANING = frozenset("sum avg min max by without max_over_time min_over_time avg_over_time".split())
"""Functions of a metric after which its name still says what was measured; a rate of it is something else."""


def _measured(wanted: _Wanted) -> str:
    """The metric, where it alone is what is measured; else the alert or the signal."""
    measured = wanted.compared.measured
    names = metric_names(measured)
    if len(names) != 1 or wanted.compared.of_threshold or not wanted.alert:
        return wanted.signal
    if _is_age(measured):
        return f"time since {names[0]}"
    found = tokens(measured) or ()
    around = {one.text for one, after in pairwise(found) if one.kind == "word" and after.text == "("}
    return names[0] if around <= _KEEPS_MEANING and not _divides(measured) else wanted.signal


def _divides(expression: str) -> bool:
    """Whether it is a quotient; a slash in a label's value is none."""
    return any(one.kind == "op" and one.text == "/" for one in tokens(expression) or ())


def _is_age(measured: str) -> bool:
    return measured.replace(" ", "").startswith("time()-")


def _spec(wanted: _Wanted, evidence: Evidence) -> SignalSpec:
    compared = wanted.compared
    measure, kind = _user_facing(wanted, evidence) or (Measure.OTHER, Kind.GAUGE)
    unit = _unit(compared) if measure is Measure.OTHER else "ratio" if kind is Kind.RATIO else "s"
    also = " (one of several conditions of the rule)" if compared.guarded else ""
    share = ", as a share of its threshold" if compared.of_threshold else ""
    return SignalSpec(
        name=wanted.signal,
        measure=measure,
        kind=kind,
        worse=compared.worse,
        role=Role.CONTEXT if measure is Measure.OTHER else Role.IMPACT,
        unit=unit,
        query=wanted.query,
        limit=compared.limit,
        why=f"what the rule of {wanted.alert} compares{share}{also}, as the server has it now",
    )


def _user_facing(wanted: _Wanted, evidence: Evidence) -> tuple[Measure, Kind] | None:
    """What users feel, where no signal of this kind was found already: a failing share, a latency."""
    query, name = wanted.query, wanted.alert.lower()
    seen = {s.spec.measure for s in evidence.signals if s.spec.role is Role.IMPACT}
    about_requests = any(word in metric for metric in metric_names(query) for word in _REQUESTS)
    if not about_requests or wanted.compared.worse is not Worse.UP or wanted.compared.of_threshold:
        return None
    failing = any(word in text for word in _FAILING for text in (name, query))
    if Measure.ERRORS not in seen and failing and divides_rates(query) and wanted.compared.limit < 1:
        return Measure.ERRORS, Kind.RATIO
    seconds = all("_milliseconds" not in metric for metric in metric_names(query))
    if Measure.LATENCY not in seen and "histogram_quantile" in query and seconds:
        return Measure.LATENCY, Kind.LATENCY
    return None


def _unit(compared: Comparison) -> str:
    """Told by the names of the metrics, where they say it; empty where they do not."""
    names, text = metric_names(compared.measured), compared.measured
    if compared.of_threshold:
        return "ratio"
    if _divides(text):
        if 0 < compared.limit <= 1:
            return "ratio"
        return "%" if "100" in text and 0 < compared.limit <= 100 else ""
    if _all_end(names, ("_bytes",)) and "rate" not in text:
        return "bytes"
    if "histogram_quantile" in text:
        return "s" if _all_end(names, ("_seconds", "_seconds_bucket")) else ""
    return "s" if _is_age(text) or (_all_end(names, ("_seconds",)) and "rate" not in text) else ""


def _all_end(names: Sequence[str], endings: tuple[str, ...]) -> bool:
    return bool(names) and all(name.endswith(endings) for name in names)
