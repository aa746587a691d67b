"""The evidence: every query, alert, gap and threshold behind the draft, folded until wanted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from incident.model.facts import AlertInterval, AlertRule, Unknown, told_together
from incident.model.signals import Labels, Worse
from incident.model.spans import Span
from incident.model.timeline import Compared, SignalReport, Timeline
from incident.text.durations import bound, format_duration, promql_duration
from incident.text.instants import rfc3339
from incident.text.markup.links import strip_userinfo, url_or_none
from incident.text.numbers import quantity
from incident.text.secret import Masker
from report.render.wording.clock import Clock, clock_of
from report.render.wording.md import Md, code, fence, foreign, joined, line, listed, optional

_NO_QUERY = ("inferred", "file ")
_ALSO = " and file "
"""Sources, or parts of one, that no server was asked for."""
_WORSE = {
    Worse.UP: Md("higher is worse"),
    Worse.DOWN: Md("lower is worse"),
    Worse.BOTH: Md("worse in both directions"),
}


@dataclass(frozen=True, slots=True)
class SignalSource:
    """Where a signal's numbers come from."""

    name: Md
    role: str
    facts: Md
    query: Md


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One interval of one alert, as table cells."""

    name: Md
    labels: Md
    pending: Md
    firing: Md
    resolved: Md
    plus_minus: Md


@dataclass(frozen=True, slots=True)
class RuleSource:
    """An alerting rule as the server has it now."""

    name: Md
    facts: Md
    query: Md


@dataclass(frozen=True, slots=True)
class GapRow:
    """Something that could not be seen, as table cells."""

    what: Md
    why: Md
    start: Md
    end: Md


def signal_sources(timeline: Timeline) -> tuple[SignalSource, ...]:
    """Every signal with its query, its normal range and why it was taken."""
    return tuple(_signal_source(report, timeline.window) for report in timeline.signals)


def _signal_source(report: SignalReport, window: Span) -> SignalSource:
    spec = report.spec
    facts = [_normal(report, window), _WORSE[spec.worse]]
    if spec.limit is not None:
        facts.append(line("limit {}", quantity(spec.limit, spec.unit)))
    if spec.why:
        facts.append(foreign(spec.why))
    return SignalSource(foreign(spec.name), spec.role.value, joined("; ", facts), fence(spec.query, "promql"))


def _normal(report: SignalReport, window: Span) -> Md:
    band, unit = report.baseline, report.spec.unit
    moving = report.usual.reach(window) if report.usual is not None else None
    if moving is not None:
        return line("normal {} to {}, by time of day", *(quantity(each, unit) for each in moving))
    if band is None:
        return Md("normal range unknown")
    centre, low, high = (quantity(each, unit) for each in (band.centre, band.low, band.high))
    return line("normal {}", centre) if low == high else line("normal {} ({} to {})", centre, low, high)


def other_queries(timeline: Timeline) -> tuple[Md, ...]:
    """The queries that are no signal's: request figures, alerts, restarts, deploys. Each once."""
    known = {"", *(report.spec.query for report in timeline.signals)}
    counted = [] if timeline.requests is None else [timeline.requests.query]
    told = (event.query.partition(_ALSO)[0] for event in timeline.events)
    asked = dict.fromkeys([*counted, *(query for query in told if not query.startswith(_NO_QUERY))])
    return tuple(fence(query, "promql") for query in asked if query not in known)


def alert_rows(timeline: Timeline) -> tuple[AlertRow, ...]:
    """Every firing or pending interval of the alerts listed, in order."""
    clock = clock_of(timeline)
    return tuple(_alert_row(timeline, clock, alert) for alert in timeline.alerts)


def nearby_rows(timeline: Timeline) -> tuple[AlertRow, ...]:
    """The intervals of alerts that are not the service's own but of its namespace, or that name nothing."""
    clock = clock_of(timeline)
    return tuple(_alert_row(timeline, clock, alert) for alert in timeline.alerts_nearby)


def _alert_row(timeline: Timeline, clock: Clock, alert: AlertInterval) -> AlertRow:
    before = "before " if alert.began_before else ""
    if alert.resolved_at is None:
        resolved = f"active at {clock.at(timeline.window.end)}"
    else:
        resolved = str(clock.at(alert.resolved_at))
    return AlertRow(
        name=foreign(alert.name),
        labels=_labels(alert.labels),
        pending=Md("not recorded" if alert.pending_at is None else before + clock.at(alert.pending_at)),
        firing=Md(
            "never" if alert.firing_at is None else before + clock.at(alert.firing_at) + _often(alert.count)
        ),
        resolved=Md(f"{resolved}, evaluation gap inside" if alert.evaluation_gap else resolved),
        plus_minus=Md(format_duration(bound(alert.plus_minus)) if alert.plus_minus else "exact"),
    )


def _often(count: int) -> str:
    return f", {count:,} times" if count > 1 else ""


def _labels(labels: Labels) -> Md:
    return code(", ".join(f"{name}={value}" for name, value in labels)) if labels else Md("none")


def rule_sources(timeline: Timeline) -> tuple[RuleSource, ...]:
    """The rules whose alerts fired, as the server has them at collection."""
    return tuple(
        RuleSource(
            name=foreign(rule.name),
            facts=line(
                "`for` {}, evaluated every {}{}",
                format_duration(rule.hold) if rule.hold else "0 s",
                format_duration(rule.interval),
                optional(", runbook {}", rule.runbook_url and _runbook(rule)),
            ),
            query=fence(rule.query, "promql"),
        )
        for rule in timeline.alert_rules or ()
    )


def _runbook(rule: AlertRule) -> Md:
    """The rule's runbook: a link where the address is fit for one and holds no secret, otherwise its text."""
    told = Masker(()).mask(rule.runbook_url)
    url = url_or_none(rule.runbook_url) if told == rule.runbook_url else None
    # Blanks, "<" and ">" are percent-encoded by the check, so nothing can end the link early.
    return Md(f"<{url}>") if url else foreign(told)


def gap_rows(timeline: Timeline) -> tuple[GapRow, ...]:
    """Unknowns, then gaps in the signals' data."""
    clock = clock_of(timeline)
    gaps = [
        GapRow(
            line("{}: no samples", report.spec.name),
            foreign(gap.why),
            clock.at(gap.span.start),
            clock.at(gap.span.end),
        )
        for report in timeline.signals
        for gap in report.gaps
    ]
    return tuple([_unknown_row(clock, unknown) for unknown in told_together(timeline.unknowns)] + gaps)


def _unknown_row(clock: Clock, unknown: Unknown) -> GapRow:
    start, end = (Md("") if at is None else clock.at(at) for at in (unknown.start, unknown.end))
    return GapRow(foreign(unknown.what), foreign(unknown.why), start, end)


def remarks(timeline: Timeline) -> tuple[Md, ...]:
    """How signals were found, beyond what stands at each of them."""
    said = {f"{report.spec.name}: {report.spec.why}" for report in timeline.signals}
    told = [foreign(each) for each in timeline.signals_explained if each not in said]
    calm = [report.spec.name for report in timeline.signals if report.is_calm_saturation]
    return (*told, *([line("Saturation, in the normal range throughout: {}.", listed(calm))] if calm else []))


def method(timeline: Timeline) -> tuple[Md, ...]:
    """How the numbers were made: window, resolution, normal range, thresholds. One sentence each."""
    clock = clock_of(timeline)
    lines = [
        _scope(timeline),
        _window(timeline, clock),
        line(
            "Resolution: steps of {}; samples scraped every {}.",
            format_duration(timeline.step),
            format_duration(timeline.scrape_interval),
        ),
        _baseline(timeline, clock),
        *(_compared(each) for each in timeline.compared),
        *_thresholds(timeline),
    ]
    return tuple(lines)


def _scope(timeline: Timeline) -> Md:
    label = timeline.scope.label
    by = line(", by the label {}", code(label)) if label else ""
    return line("Scope: {}{}.", code(str(timeline.scope)), Md(by))


def _window(timeline: Timeline, clock: Clock) -> Md:
    asked = clock.span(timeline.asked.start, timeline.asked.end)
    if timeline.window == timeline.asked:
        return line("Window: {}, as asked.", asked)
    covered = clock.span(timeline.window.start, timeline.window.end)
    why = optional(" ({})", timeline.extended_because)
    return line("Window: {} asked, {} reported{}.", asked, covered, why)


def _baseline(timeline: Timeline, clock: Clock) -> Md:
    note = optional(" ({})", timeline.baseline_note)
    if timeline.baseline_span is None:
        return line("Normal range: no baseline{}.", note)
    span = clock.span(timeline.baseline_span.start, timeline.baseline_span.end)
    return line("Normal range: learned from {}{}.", span, note)


_AGO = {timedelta(days=7): "one week", timedelta(days=1): "one day"}


def _compared(period: Compared) -> Md:
    """What was usual at this time of day, as far as the server still had it."""
    ago = _AGO.get(period.ago) or format_duration(period.ago)
    if not period.signals:
        return line("Same hours {} earlier: not compared ({}).", ago, period.note or "no samples")
    names, step = ", ".join(period.signals), format_duration(period.step)
    note = optional("; {}", period.note)
    return line("Same hours {} earlier, in steps of {}: compared for {}{}.", ago, step, names, note)


def _thresholds(timeline: Timeline) -> tuple[Md, ...]:
    policy = timeline.policy
    partly, down, lost = (
        f"{share * 100:g} %"
        for share in (policy.partial_outage_ratio, policy.down_ratio, policy.lost_traffic_ratio)
    )
    hold, quiet = format_duration(policy.recovery_hold), format_duration(policy.quiet_gap)
    return (
        Md(f"Degraded: outside the normal range. Partial outage: from {partly} of requests failing."),
        Md(
            f"Down: from {down} failing, no target up while targets are known, a failing probe, "
            f"or traffic at most {lost} of the expected."
        ),
        Md(f"Recovered: back in the normal range and held for {hold}; the start of the hold is given."),
        Md(f"What returns within {quiet} is a relapse of the same incident."),
    )


def provenance(timeline: Timeline) -> Md:
    """Where and when the evidence was collected: the only time in a draft that is not evidence."""
    origin = timeline.origin
    server, tenant = optional(" ({})", origin.server), optional(", tenant {}", origin.tenant)
    collected = rfc3339(origin.collected_at.replace(microsecond=0))
    return line("Collected {} from {}{}{}.", collected, code(strip_userinfo(origin.url)), server, tenant)


def query_range(timeline: Timeline) -> Md:
    """Over what the queries were asked, in UTC as the server takes it."""
    ends = [rfc3339(at) for at in (timeline.window.start, timeline.window.end)]
    return line("{} to {}, step {}", *ends, promql_duration(timeline.step))


def tolerance(timeline: Timeline) -> Md:
    """How exact times are where nothing is said at them."""
    return Md(f"±{format_duration(timeline.scrape_interval)}")
