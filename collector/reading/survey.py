"""The survey: every signal of the service over the window and its lead-in, coarse enough to be cheap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from collector.alerts.history import AlertHistory, alert_history, alerts_name
from collector.changes.events import ChangeHistory, change_events
from collector.errors import NoData
from collector.reading.earlier import with_earlier
from collector.signals.custom import WantedSignal, with_wanted
from collector.signals.discover import Found, discover
from collector.signals.explain import explained
from collector.signals.labels.home import home_of
from collector.signals.samples.emptying import without_edges
from collector.signals.samples.measure import COSTS_ITS_OWN, Progress, failed, measure, read_targets
from collector.signals.samples.pace import DEFAULT_SCRAPE, scrape_interval, survey_step
from collector.signals.samples.presence import availability, availability_query, probe_success
from collector.signals.samples.silence import anything_scraped
from collector.signals.saturation import Pressed, find_pressures, saturation_specs
from collector.signals.specs import latency_specs, rate_window, request_specs
from collector.source import Source
from incident.alerting.watch import rules_on
from incident.model.evidence import Evidence, Origin, Scope
from incident.model.facts import AlertRule, Unknown
from incident.model.signals import Measure, SignalSeries, SignalSpec, Targets
from incident.model.spans import Grid, Span, aligned, instant
from incident.text.instants import rfc3339


@dataclass(frozen=True, slots=True)
class SurveyRequest:
    """What is to be surveyed: a service in its scope, a window, and how far around it to read."""

    service: str
    matchers: tuple[str, ...]
    asked: Span
    lead: timedelta
    tail: timedelta
    wanted: tuple[WantedSignal, ...] = ()
    discovery: bool = True
    """False: only the wanted signals, and the availability of nothing."""
    tenant: str = ""
    alert: str = ""
    """The alert whose firing is asked for; its expression may be all there is to see."""


def quiet(text: str) -> None:
    """No progress is shown: for cron and tests."""


def survey(source: Source, request: SurveyRequest, now: datetime, on_progress: Progress = quiet) -> Evidence:
    """Everything but the zoom: signals on a grid, raw availability, alerts and changes.

    Raises NoData for a service or window without samples, AmbiguousService, ConfigError for matchers,
    and the source's error when it is gone; one query that fails becomes an Unknown.
    """
    covered = _covered(request, now)
    on_progress("discovering signals")
    found = _discovered(source, request, covered)
    presence = _presence(source, found, covered, on_progress)
    measured_pace = scrape_interval(source, presence.targets, presence.probes, found, covered)
    scrape = measured_pace or DEFAULT_SCRAPE
    grid = aligned(covered, survey_step(scrape, covered.length))
    pressed, unasked = _pressures(source, found, covered, on_progress)
    own = (*_specs(found, request, scrape, grid.step), *_counted(presence, scrape))
    specs = _beside(own, saturation_specs(pressed, rate_window(scrape, grid.step)))
    measured = measure(source, specs, grid, on_progress)
    known = _whole(measured.signals, presence, measured_pace)
    signals = _context_last(_with_presence(known, presence, grid))
    if not _seen(signals, request.asked) and _all_silent(source, request.asked):
        raise _nothing(request, signals)
    scope = found.scope if found else Scope(request.service, request.matchers, "")
    unknown_pace = () if measured_pace or not (found or request.wanted) else (_PACE_UNKNOWN,)
    evidence = Evidence(
        origin=_origin(source, request, now),
        scope=scope,
        asked=request.asked,
        covered=covered,
        scrape_interval=scrape,
        grid=grid,
        signals=signals,
        targets=presence.targets,
        probes=presence.probes,
        counters=None,
        alerts=(),
        alerts_elsewhere=0,
        alerts_readable=False,
        alert_rules=None,
        rules_seen=None,
        changes=(),
        unknowns=(*unknown_pace, *_unread(found), *presence.unknowns, *unasked, *measured.unknowns),
        signals_explained=_explained(signals, found),
        alert=request.alert,
    )
    return with_history(source, with_earlier(source, evidence, on_progress), on_progress)


# About 70 MB of JSON, and as much memory, for the raw `up` of all targets.
MOST_TARGET_SAMPLES = 3_000_000
# Only to estimate by, before the interval is known.
_USUAL_SCRAPE = timedelta(seconds=15)
_TOO_MANY_TARGETS = Unknown(
    what="restarts, deploys and single targets",
    why="too many targets to read one by one over this window; only the share that is up was read",
)
_PACE_UNKNOWN = Unknown(
    what="scrape interval",
    why="no raw samples of the service's targets or counters to measure it by; 1 min is assumed",
)


@dataclass(frozen=True, slots=True, eq=False)
class Presence:
    """Raw samples of the service's targets and probes over what was read."""

    targets: Targets | None
    probes: Targets | None
    unknowns: tuple[Unknown, ...]
    counted: str = ""
    """The selector of targets that are too many to be read raw; their share is asked for instead."""


def with_history(source: Source, evidence: Evidence, on_progress: Progress) -> Evidence:
    """The evidence with the alerts and changes of all it covers, read anew."""
    home = replace(home_of(evidence.scope, evidence.targets, evidence.probes), alert=evidence.alert)
    on_progress("alert history")
    alerts = alert_history(source, home, evidence.targets, evidence.covered)
    on_progress("changes")
    changes = change_events(source, home, evidence.targets, evidence.covered)
    return replace(
        evidence,
        alerts=alerts.intervals,
        alerts_elsewhere=alerts.elsewhere,
        alerts_readable=alerts.readable,
        alert_rules=alerts.rules,
        rules_seen=alerts.rules_seen,
        watching=_watching(evidence, alerts),
        changes=changes.changes,
        placements=changes.placements,
        unknowns=_renewed(evidence.unknowns, alerts, changes),
        signals_explained=_with_always(evidence.signals_explained, alerts),
    )


# How the remark on such an alert ends, by which it is found again.
_ALWAYS = "fired throughout everything that was read, so it says nothing about this window; left out"


def _with_always(before: Sequence[str], alerts: AlertHistory) -> tuple[str, ...]:
    """The remarks, with those on the service's alerts that fire all the time as they are now."""
    kept = (one for one in before if not one.endswith(_ALWAYS))
    return (*kept, *(f"{name} {_ALWAYS}" for name in alerts.always))


def _watching(evidence: Evidence, alerts: AlertHistory) -> tuple[AlertRule, ...] | None:
    """The service's rules on what its signals read; of the others nothing is kept."""
    specs = [signal.spec for signal in evidence.signals]
    return None if alerts.own_rules is None else rules_on(alerts.own_rules, specs)


def _renewed(before: Sequence[Unknown], alerts: AlertHistory, changes: ChangeHistory) -> tuple[Unknown, ...]:
    """The unknowns with those of the histories as they are now."""
    kept = (unknown for unknown in before if not unknown.what.startswith(("alert ", "changes ")))
    return tuple(dict.fromkeys((*kept, *alerts.unknowns, *changes.unknowns)))


def _covered(request: SurveyRequest, now: datetime) -> Span:
    start = request.asked.start - request.lead
    end = min(request.asked.end + request.tail, now)
    if end <= request.asked.start:
        raise NoData(
            f"window {rfc3339(request.asked.start)} to {rfc3339(request.asked.end)}: lies in the future; "
            f"now is {rfc3339(now)}; choose an earlier one"
        )
    return Span(start, end)


def _discovered(source: Source, request: SurveyRequest, covered: Span) -> Found | None:
    if not request.discovery:
        return None
    try:
        return discover(source, request.service, request.matchers, covered)
    except NoData:
        # Somebody who brings queries knows what to look at, even where no family of ours is found; and what
        # alerts fire on has their expressions.
        if (
            not request.wanted
            and not request.alert
            and not alerts_name(source, request.service, request.matchers, covered)
        ):
            raise
    return None


def _presence(source: Source, found: Found | None, covered: Span, on_progress: Progress) -> Presence:
    targets = probes = None
    unknowns: tuple[Unknown, ...] = ()
    counted = ""
    if found is not None and found.target_count * (covered.length / _USUAL_SCRAPE) > MOST_TARGET_SAMPLES:
        counted = found.targets
        unknowns = (replace(_TOO_MANY_TARGETS, why=f"{found.target_count} {_TOO_MANY_TARGETS.why}"),)
    elif found is not None and found.targets:
        on_progress("availability of targets")
        targets, unknowns = read_targets(source, found.targets, covered, found.target_count)
    if found is not None and found.probes:
        on_progress("probes")
        probes, more = read_targets(source, found.probes, covered, 1)
        unknowns = (*unknowns, *more)
    return Presence(targets, probes, unknowns, counted)


def _counted(presence: Presence, scrape: timedelta) -> tuple[SignalSpec, ...]:
    return (availability_query(presence.counted, scrape),) if presence.counted else ()


def _specs(
    found: Found | None, request: SurveyRequest, scrape: timedelta, step: timedelta
) -> tuple[SignalSpec, ...]:
    window = rate_window(scrape, step)
    requests = request_specs(found.requests, window) if found and found.requests else ()
    latencies = latency_specs(found.latency, window) if found and found.latency else ()
    errors = tuple(spec for spec in requests if spec.name == "errors")
    others = tuple(spec for spec in requests if spec.name != "errors")
    return with_wanted((*errors, *latencies, *others), request.wanted)


def _unread(found: Found | None) -> tuple[Unknown, ...]:
    return found.unknowns if found is not None else ()


def _pressures(
    source: Source, found: Found | None, covered: Span, on_progress: Progress
) -> tuple[tuple[Pressed, ...], tuple[Unknown, ...]]:
    """What of the service can run full; asking for it costs nothing else where it fails."""
    if found is None:
        return (), ()
    on_progress("saturation")
    try:
        return find_pressures(source, found.scope, covered), ()
    except COSTS_ITS_OWN as error:
        return (), (failed("saturation", str(error)),)


def _beside(own: Sequence[SignalSpec], more: Sequence[SignalSpec]) -> tuple[SignalSpec, ...]:
    """The signals with further ones behind; a name that people gave to theirs is theirs."""
    taken = {spec.name for spec in own}
    return (*own, *(spec for spec in more if spec.name not in taken))


def _context_last(signals: Sequence[SignalSeries]) -> tuple[SignalSeries, ...]:
    return tuple(sorted(signals, key=lambda signal: signal.spec.measure is Measure.SATURATION))


def _with_presence(
    signals: Sequence[SignalSeries], presence: Presence, grid: Grid
) -> tuple[SignalSeries, ...]:
    """The signals with availability and probes behind; one that people define themselves stands."""
    own: list[SignalSeries] = []
    if presence.targets is not None:
        own.append(availability(presence.targets, grid, "raw up of the service's targets"))
    if presence.probes is not None:
        own.append(probe_success(presence.probes, grid, "raw probe_success of the service's probes"))
    taken = {signal.spec.name for signal in signals}
    return (*signals, *(signal for signal in own if signal.spec.name not in taken))


def _whole(
    signals: Sequence[SignalSeries], presence: Presence, pace: timedelta | None
) -> tuple[SignalSeries, ...]:
    """The signals without what only a range running empty says; of what is scraped its `up` tells that."""
    if presence.targets is not None or pace is None:
        return tuple(signals)
    return without_edges(signals, pace // timedelta(milliseconds=1))


def _seen(signals: Sequence[SignalSeries], span: Span) -> bool:
    """Whether any signal has a value in the span."""
    for signal in signals:
        times = signal.grid.times
        inside = (times >= span.start_ms) & (times < span.end_ms)
        if np.isfinite(signal.values[inside]).any():
            return True
    return False


def _all_silent(source: Source, span: Span) -> bool:
    """Whether nothing at all was scraped in the span; False where that cannot be asked."""
    try:
        return not anything_scraped(source, span)
    except COSTS_ITS_OWN:
        return False


def _nothing(request: SurveyRequest, signals: Sequence[SignalSeries]) -> NoData:
    start, end = rfc3339(request.asked.start), rfc3339(request.asked.end)
    known = [s.grid.times[np.isfinite(s.values)] for s in signals]
    latest = max((int(times[-1]) for times in known if times.size), default=None)
    seen = f"; the last before it is of {rfc3339(instant(latest))}" if latest is not None else ""
    return NoData(
        f'service "{request.service}": the source has no samples of anything between {start} and {end}{seen}'
        "; choose another window"
    )


def _origin(source: Source, request: SurveyRequest, now: datetime) -> Origin:
    info = source.info()
    return Origin(source.url, f"{info.product} {info.version}".strip(), request.tenant, now)


def _explained(signals: Sequence[SignalSeries], found: Found | None) -> tuple[str, ...]:
    lines = [f"{signal.spec.name}: {signal.spec.why}" for signal in signals]
    return (*lines, *(explained(found) if found is not None else ()))
