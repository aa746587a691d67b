"""Chooses a rule that would have alerted on the impact, by trying candidates on the samples at hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np

from incident.alerting.condition import Firing, firings, longest_ms
from incident.alerting.rhythm import on_earlier_days, whole_day
from incident.alerting.thresholds import thresholds
from incident.alerting.wording import alert_name, expression
from incident.impact.assess import Assessment
from incident.impact.departure import looks_back
from incident.model.detection import SuggestedRule
from incident.model.evidence import Evidence
from incident.model.signals import Measure, Role, SignalSeries
from incident.model.spans import Flags, instant, ms
from incident.model.timeline import Band, ImpactEpisode, SignalEpisode, SignalReport

_HOLDS = tuple(timedelta(minutes=minutes) for minutes in (2, 5, 10, 1, 0))
"""`for` in order of preference: two minutes forgive a blip and cost little; longer ones where the signal is
restless; shorter ones where the impact was over before two minutes."""
_SLOWEST = timedelta(minutes=1)
"""Rules are evaluated once a minute by default; on finer samples as often as there are samples."""
_MARGIN = 2
"""`for` is at least so many times the longest stretch beyond the threshold in calm time: a day that is a
little rougher than the one that was looked at must not page."""
_LEAST_CALM = 20
"""Fewer samples than this before the impact say nothing about false firings."""
_SOON = timedelta(minutes=1)
"""Signals whose rules fire within a minute of each other are equally good; then the order below decides."""
_ORDER = (
    Measure.ERRORS,
    Measure.PROBE,
    Measure.AVAILABILITY,
    Measure.LATENCY,
    Measure.OTHER,
    Measure.SATURATION,
    Measure.TRAFFIC,
)
"""What pages best comes first: failures are what users see; traffic last, because its normal moves by the
hour and the lead-in is only a part of the day."""


def suggested(evidence: Evidence, judged: Assessment) -> SuggestedRule | None:
    """The rule that would have fired first among those quiet before the impact, or, where none is, the least
    restless; None where no signal's rule fires in the impact."""
    tried = [rule for report in judged.signals for rule in _best_of(report, evidence, judged)]
    if not tried:
        return None
    quiet = [rule for rule in tried if rule.needless == 0] or tried
    first = min(rule.would_fire_at for rule in quiet)
    soon = [rule for rule in quiet if rule.would_fire_at - first <= _SOON]
    order = {report.spec.name: _ORDER.index(report.spec.measure) for report in judged.signals}
    return min(soon, key=lambda rule: (order[rule.signal], rule.would_fire_at, rule.needless))


def _best_of(report: SignalReport, evidence: Evidence, judged: Assessment) -> Iterator[SuggestedRule]:
    """At most one rule on this signal."""
    if report.spec.role is not Role.IMPACT or report.baseline is None:
        return
    hurt = next((e for e in report.episodes if e.impact), None)
    series = evidence.signal(report.spec.name)
    calm = _calm(series, judged)
    if hurt is None or int((calm & np.isfinite(series.values)).sum()) < _LEAST_CALM:
        return
    found = list(_candidates(series, whole_day(report.baseline, report.usual), hurt, calm, evidence, judged))
    quiet = [rule for steady, rule in found if rule.needless == 0 and steady]
    quiet = quiet or [rule for _, rule in found if rule.needless == 0]
    if quiet:
        # The order of `for` decides, then how early it fires; of equals the first is farthest from normal.
        yield min((r for r in quiet if r.hold == quiet[0].hold), key=lambda r: r.would_fire_at)
    elif found:
        yield min((rule for _, rule in found), key=lambda r: (r.needless, r.would_fire_at))


def _candidates(
    series: SignalSeries,
    band: Band,
    hurt: SignalEpisode,
    calm: Flags,
    evidence: Evidence,
    judged: Assessment,
) -> Iterator[tuple[bool, SuggestedRule]]:
    """Every rule that fires in the impact, with whether calm time stays well short of its `for`."""
    up = hurt.direction == "up"
    for hold in _HOLDS:
        for threshold in thresholds(series.spec, band, hurt.inside, up=up):
            with np.errstate(invalid="ignore"):
                true = series.values > threshold if up else series.values < threshold
            hold_ms = round(hold.total_seconds() * 1000)
            steady = _MARGIN * longest_ms(true & calm, series.grid) <= hold_ms
            found = firings(true, series.grid, hold_ms)
            false = sum(bool(calm[series.grid.index(one.firing_ms)]) for one in found)
            rule = _rule(series, threshold, hold, found, evidence, judged, up=up)
            if rule is not None:
                looked = int((calm & np.isfinite(series.values)).sum()) * series.grid.step
                days, again = on_earlier_days(evidence.earlier, rule, up=up)
                yield (
                    steady,
                    replace(
                        rule,
                        false_firings=false,
                        looked_at=looked,
                        earlier_days=days,
                        earlier_firings=again,
                    ),
                )


def _calm(series: SignalSeries, judged: Assessment) -> Flags:
    """The points before the impact, without earlier departures that were impact too, shape (grid.count,)."""
    times = series.grid.times
    calm: Flags = times < min(ms(e.start.at - e.start.plus_minus) for e in judged.episodes)
    for one in judged.impact:
        tail = round(looks_back(one.spec.query).total_seconds() * 1000)
        calm &= ~((times > one.start_after) & (times <= one.stop_ms + tail))
    return calm


def _rule(
    series: SignalSeries,
    threshold: float,
    hold: timedelta,
    found: tuple[Firing, ...],
    evidence: Evidence,
    judged: Assessment,
    *,
    up: bool,
) -> SuggestedRule | None:
    """The rule with its first firing in the impact; None where it does not fire there."""
    hits = [hit for episode in judged.episodes if (hit := _first_in(found, episode))]
    if not hits:
        return None
    spec, service, fires = series.spec, evidence.scope.service, instant(hits[0].firing_ms)
    first = judged.first_alert.firing_at if judged.first_alert else None
    return SuggestedRule(
        name=alert_name(service, spec.name, up=up),
        signal=spec.name,
        expr=expression(spec, threshold, up=up),
        threshold=threshold,
        hold=hold,
        interval=min(series.grid.step, _SLOWEST),
        labels=(("severity", "page"), ("service", service)),
        summary=f"{service}: {spec.name} {'above' if up else 'below'} {_level(threshold, spec.unit)}",
        condition_at=instant(hits[0].pending_ms),
        would_fire_at=fires,
        plus_minus=series.grid.step,
        earlier=first - fires if first is not None else None,
        episodes_seen=len(hits),
        false_firings=0,
        looked_at=timedelta(0),
    )


def _level(threshold: float, unit: str) -> str:
    """The threshold as it stands in the expression: no digits that it does not have."""
    return f"{100 * threshold:.10g} %" if unit == "ratio" else f"{threshold:.10g} {unit}".rstrip()


def _first_in(found: tuple[Firing, ...], episode: ImpactEpisode) -> Firing | None:
    """The first firing that becomes so inside the episode, or is firing already when it begins."""
    for one in found:
        over = one.resolved_ms is not None and one.resolved_ms <= ms(episode.start.at)
        if not over and (episode.end is None or one.firing_ms < ms(episode.end.at)):
            return one
    return None
