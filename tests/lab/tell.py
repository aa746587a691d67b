"""The truth about an incident: its script, and what was really drawn and evaluated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from tests.lab.curves import FloatArray
from tests.lab.evaluate import last_evaluation_ms
from tests.lab.rules import AlertRun, alert_truth
from tests.lab.scene import Scene
from tests.lab.spec import NAMESPACE, Incident
from tests.lab.traffic import ERROR, demand_mean, lives_of
from tests.lab.truth import AlertTruth, Portion, RequestFigures, Truth, Window

TIGHT = timedelta(minutes=20)
LATE = timedelta(minutes=10)


def tell_truth(incident: Incident, seed: int, scene: Scene, runs: list[AlertRun]) -> Truth:
    """Everything a draft of the incident can be checked against."""
    alerts = _alerts(incident, scene, runs)
    own = [one for one in alerts if one.labels.get("service") == incident.service.name]
    return Truth(
        name=incident.name,
        seed=seed,
        service=incident.service.name,
        bystander=incident.bystander.name,
        namespace=NAMESPACE,
        zone=incident.zone,
        data=Window(incident.start, incident.end),
        windows=_windows(incident),
        status=_status(incident),
        episodes=incident.impacts,
        relapses=max(0, len(incident.impacts) - 1),
        start_tolerance_s=incident.start_tolerance_s,
        end_tolerance_s=incident.end_tolerance_s,
        alerts=tuple(own),
        other_alerts=tuple(one for one in alerts if one not in own),
        changes=incident.changes,
        context=incident.context,
        unknown=(Window(*incident.blind),) if incident.blind else (),
        requests=_figures(incident, scene, own),
        notes=incident.notes,
        conditions=incident.conditions,
        portions=_portions(incident, scene),
    )


def _status(incident: Incident) -> str:
    if not incident.impacts:
        return "unknown" if incident.conditions else "no_impact"
    return "ongoing" if incident.impacts[-1].end is None else "recovered"


def _windows(incident: Incident) -> dict[str, Window]:
    """Windows to ask for: all there is, tight around the impact, and beginning within it."""
    windows = {"whole": Window(incident.start, incident.end)}
    if incident.impacts:
        first, last = incident.impacts[0].start, incident.impacts[-1].end
        end = min(incident.end, last + TIGHT) if last else incident.end
        windows["tight"] = Window(first - TIGHT, end)
        if last is None or last - first > LATE:
            windows["late"] = Window(first + LATE, end)
    return windows


def _alerts(incident: Incident, scene: Scene, runs: list[AlertRun]) -> list[AlertTruth]:
    last = {rule.name: last_evaluation_ms(rule, scene.span) for rule in incident.rules}
    told = [alert_truth(run, last[dict(run.labels)["alertname"]]) for run in runs]
    told.sort(key=lambda one: (one.name, sorted(one.labels.items()), _began(one)))
    if incident.blind:
        told = _across_blindness(told, *incident.blind)
    return sorted(told, key=_began)


def _began(alert: AlertTruth) -> datetime:
    began = alert.pending_at or alert.firing_at
    assert began is not None, "an alert was pending or fired"
    return began


def _across_blindness(alerts: list[AlertTruth], begin: datetime, stop: datetime) -> list[AlertTruth]:
    """Join what fired up to the gap with what was there right after it: one alert."""
    joined: list[AlertTruth] = []
    near = timedelta(minutes=1)
    for one in alerts:
        before = joined[-1] if joined else None
        same = before and (before.name, before.labels) == (one.name, one.labels)
        if (
            before
            and same
            and before.resolved_at
            and begin - near <= before.resolved_at <= begin + near
            and stop <= _began(one) <= stop + near
        ):
            joined[-1] = replace(before, resolved_at=one.resolved_at)
        else:
            joined.append(one)
    return joined


def _figures(incident: Incident, scene: Scene, alerts: list[AlertTruth]) -> RequestFigures | None:
    if not incident.impacts:
        return None
    ends = [impact.end or incident.end for impact in incident.impacts]
    spans = [(impact.start, end) for impact, end in zip(incident.impacts, ends, strict=True)]
    answered = scene.traffic.answered
    real = answered.route < len(incident.service.routes)
    done = answered.done
    inside = real & _within(done, spans)
    failed = inside & (answered.code >= ERROR)
    served = np.count_nonzero(real & _within(answered.arrived, spans))
    arrived = np.count_nonzero(_within(scene.traffic.arrivals, spans))
    total, bad = int(np.count_nonzero(inside)), int(np.count_nonzero(failed))
    first = _first_alert(alerts, spans)
    early = None
    if first is not None:
        early = int(np.count_nonzero(failed & (done < first.timestamp())))
    return RequestFigures(
        total=total,
        failed=bad,
        failed_ratio=round(bad / total, 6) if total else None,
        failed_before_alert=early,
        arrived=int(arrived),
        expected=round(_expected(incident, spans), 1),
        lost=int(arrived - served),
    )


def _portions(incident: Incident, scene: Scene) -> tuple[Portion, ...]:
    """Who answered within the episodes, and how often they failed."""
    service, answered = incident.service, scene.traffic.answered
    done = answered.done
    spans = [(one.start, one.end or incident.end) for one in incident.impacts]
    inside = (answered.route < len(service.routes)) & _within(done, spans)
    masks = {("route", one.path): answered.route == row for row, one in enumerate(service.routes)}
    masks |= {("instance", name): answered.instance == row for row, name in enumerate(service.instances)}
    for row in (0, 1):
        for life in lives_of(service, row, scene.span.start, scene.span.end):
            lived = (done >= life.start) & (done < life.stop)
            mine = (answered.instance == row) & lived
            masks[("version", life.version)] = masks.get(("version", life.version), False) | mine
    failed = inside & (answered.code >= ERROR)
    return tuple(
        Portion(label, value, int((inside & mask).sum()), int((failed & mask).sum()))
        for (label, value), mask in masks.items()
        if incident.impacts
    )


def _within(seconds: FloatArray, spans: Iterable[tuple[datetime, datetime]]) -> npt.NDArray[np.bool_]:
    inside = np.zeros(len(seconds), dtype=np.bool_)
    for start, end in spans:
        inside |= (seconds >= start.timestamp()) & (seconds < end.timestamp())
    return inside


def _first_alert(alerts: list[AlertTruth], spans: list[tuple[datetime, datetime]]) -> datetime | None:
    firing = [
        one.firing_at
        for one in alerts
        if one.firing_at and any(_overlaps(one, start, end) for start, end in spans)
    ]
    return min(firing, default=None)


def _overlaps(alert: AlertTruth, start: datetime, end: datetime) -> bool:
    begun = alert.firing_at is not None and alert.firing_at < end
    return begun and (alert.resolved_at is None or alert.resolved_at > start)


def _expected(incident: Incident, spans: Iterable[tuple[datetime, datetime]]) -> float:
    total = 0.0
    for start, end in spans:
        seconds = np.arange(start.timestamp(), end.timestamp()) + 0.5
        total += float(demand_mean(incident.service, seconds).sum())
    return total
