"""`timeline.json`, schema incident-timeline/1: fields may be added, never renamed.

`docs/timeline.schema.json` says what each means.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from incident.model.companions import Companion
from incident.model.conditions import ConditionStretch
from incident.model.facts import AlertInterval, Unknown
from incident.model.silences import Silenced
from incident.model.spans import Moment, Span
from incident.model.timeline import (
    Duration,
    Event,
    ImpactEpisode,
    RequestFigures,
    SignalEpisode,
    SignalReport,
    Timeline,
)
from incident.model.where import Breakdown
from incident.text.instants import rfc3339
from incident.timeline.detection_form import detection_document

SCHEMA = "incident-timeline/1"


def timeline_json(timeline: Timeline) -> bytes:
    """The timeline as UTF-8 JSON, keys in the schema's order, one trailing newline."""
    text = json.dumps(_document(timeline), indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8", "replace")


def _document(t: Timeline) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "tool": {"name": "incident-timeline", "version": t.tool_version},
        "id": t.identity or None,
        "service": t.scope.service,
        "scope": {"label": t.scope.label, "matchers": list(t.scope.matchers)},
        "timezone": t.zone,
        "window": _span(t.asked),
        "reported": {**_span(t.window), "extended_because": t.extended_because or None},
        "step_s": _seconds(t.step),
        "scrape_interval_s": _seconds(t.scrape_interval),
        "baseline": {
            "start": _at(t.baseline_span.start) if t.baseline_span else None,
            "end": _at(t.baseline_span.end) if t.baseline_span else None,
            "note": t.baseline_note or None,
        },
        "source": {
            "url": t.origin.url,
            "server": t.origin.server or None,
            "tenant": t.origin.tenant or None,
            "collected_at": _at(t.origin.collected_at),
        },
        "policy": {
            "partial_outage_ratio": t.policy.partial_outage_ratio,
            "down_ratio": t.policy.down_ratio,
            "lost_traffic_ratio": t.policy.lost_traffic_ratio,
            "recovery_hold_s": _seconds(t.policy.recovery_hold),
            "quiet_gap_s": _seconds(t.policy.quiet_gap),
        },
        "status": t.status.value,
        "impact": _impact(t),
        "milestones": {name: _moment(getattr(t.milestones, name)) for name in t.milestones.__slots__},
        "durations": [_duration(d) for d in t.durations],
        "events": [_event(e) for e in t.events],
        "alerts": [_alert(a) for a in t.alerts],
        "alerts_nearby": [_alert(a) for a in t.alerts_nearby],
        "alerts_elsewhere": t.alerts_elsewhere,
        "alerts_readable": t.alerts_readable,
        "detection": detection_document(t.detection),
        "signals": [_signal(s) for s in t.signals],
        "silences": _silences(t.silenced),
        "conditions": [_condition(c) for c in t.conditions],
        "unknowns": [_unknown(u) for u in t.unknowns],
        "companions": [companion_document(c) for c in t.companions],
    }


def _impact(t: Timeline) -> dict[str, Any]:
    first = t.episodes[0].start.at if t.episodes else None
    last = t.episodes[-1].end if t.episodes else None
    elapsed = last.at - first if first and last else None
    parts = [e.end.at - e.start.at for e in t.episodes if e.end is not None]
    whole = bool(t.episodes) and len(parts) == len(t.episodes)
    return {
        "start": _at(first),
        "end": _at(last.at) if last else None,
        "state": t.state.value if t.state else None,
        "episodes": [_episode(e) for e in t.episodes],
        "elapsed_s": _seconds(elapsed),
        "impacted_s": _seconds(sum(parts, timedelta(0))) if whole else None,
        "requests": _requests(t.requests) if t.requests else None,
        "breakdown": [_breakdown(one) for one in t.where],
    }


def _episode(e: ImpactEpisode) -> dict[str, Any]:
    return {
        "start": _at(e.start.at),
        "end": _at(e.end.at) if e.end else None,
        "state": e.state.value,
        "plus_minus_s": _seconds(e.start.plus_minus),
        "end_plus_minus_s": _seconds(e.end.plus_minus) if e.end else None,
        "end_uncertain": e.end_uncertain,
        "began_before": e.began_before,
        "signals": list(e.signals),
        "phases": [
            {
                "start": _at(p.start),
                "end": _at(p.end),
                "state": p.state.value,
                "improving": p.improving,
                "returned": p.returned,
                "failed_ratio": _number(p.failed_ratio),
            }
            for p in e.phases
        ],
    }


def _requests(r: RequestFigures) -> dict[str, Any]:
    known = r.expected_low is not None and r.expected_high is not None
    return {
        "total": r.total,
        "failed": r.failed,
        "failed_ratio": _number(r.failed_ratio),
        "failed_before_alert": r.failed_before_alert,
        "expected": {"low": r.expected_low, "high": r.expected_high} if known else None,
        "lost": r.lost,
        "formula": r.formula,
        "query": r.query,
    }


def _breakdown(b: Breakdown) -> dict[str, Any]:
    return {
        "harm": b.harm.value,
        "label": b.label,
        "concentrated": b.concentrated,
        "share": _number(b.share) if b.concentrated else None,
        "share_of_requests": _number(b.share_of_requests) if b.concentrated else None,
        "values": [
            {
                "value": p.value,
                "count": round(p.count),
                "share": _number(p.share),
                "share_of_requests": _number(p.share_of_requests),
                "ratio": _number(p.ratio),
                "ratio_before": _number(p.ratio_before),
                "new": p.new,
            }
            for p in b.portions
        ],
        "distinct": b.values,
        "harmed": round(b.harmed),
        "slower_than_s": _number(b.slower_than_s),
        "query": b.query,
    }


def _moment(m: Moment | None) -> dict[str, Any] | None:
    if m is None:
        return None
    return {"at": _at(m.at), "plus_minus_s": _seconds(m.plus_minus), "source": m.source}


def _duration(d: Duration) -> dict[str, Any]:
    return {
        "name": d.name,
        "from": d.start,
        "to": d.end,
        "seconds": _seconds(d.value),
        "why_null": d.why_null or None,
        "plus_minus_s": None if d.value is None else _seconds(d.plus_minus),
    }


def _event(e: Event) -> dict[str, Any]:
    return {
        "id": e.id,
        "at": _at(e.at),
        "until": _at(e.until),
        "plus_minus_s": _seconds(e.plus_minus),
        "kind": e.kind,
        "origin": e.origin.value,
        "subject": e.subject,
        "title": e.title,
        "value": e.value or None,
        "query": e.query or None,
        "link": e.link or None,
        "main": e.main,
    }


def _alert(a: AlertInterval) -> dict[str, Any]:
    return {
        "name": a.name,
        "labels": dict(a.labels),
        "pending_at": _at(a.pending_at),
        "firing_at": _at(a.firing_at),
        "resolved_at": _at(a.resolved_at),
        "plus_minus_s": _seconds(a.plus_minus),
        "source": a.source,
        "nearness": a.nearness.name.lower(),
        "count": a.count,
    }


def _signal(s: SignalReport) -> dict[str, Any]:
    band = s.baseline
    return {
        "name": s.spec.name,
        "measure": s.spec.measure.value,
        "kind": s.spec.kind.value,
        "role": s.spec.role.value,
        "unit": s.spec.unit,
        "query": s.spec.query,
        "worse": s.spec.worse.value,
        "limit": _number(s.spec.limit),
        "baseline": {k: _number(getattr(band, k)) for k in ("centre", "low", "high")} if band else None,
        "episodes": [_signal_episode(e) for e in s.episodes],
        "gaps": [{**_span(g.span), "why": g.why} for g in s.gaps],
    }


def _silences(found: tuple[Silenced, ...]) -> list[dict[str, Any]]:
    """Each silence once, with the firings it hid."""
    by_id: dict[str, dict[str, Any]] = {}
    for one in found:
        s = one.silence
        told = by_id.setdefault(
            s.id,
            {
                "id": s.id,
                "start": _at(s.start),
                "end": _at(s.end),
                "by": s.by or None,
                "comment": s.comment or None,
                "matchers": [str(matcher) for matcher in s.matchers],
                "hid": [],
            },
        )
        told["hid"].append(
            {"alert": one.alert.name, "firing_at": _at(one.alert.firing_at), "certain": one.certain}
        )
    return list(by_id.values())


def companion_document(c: Companion) -> dict[str, Any]:
    """A service that began together with this one, as `companions` lists it."""
    return {
        "service": c.service,
        "scope": {"matchers": list(c.matchers)},
        "start": _at(c.start),
        "plus_minus_s": _seconds(c.plus_minus),
        "draft": c.draft,
    }


def _condition(c: ConditionStretch) -> dict[str, Any]:
    return {
        "signal": c.condition.signal,
        "alert": c.condition.alert or None,
        "labels": dict(c.condition.labels),
        "op": c.condition.op,
        "limit": _number(c.condition.limit),
        "query": c.condition.query,
        "start": _at(c.start),
        "end": _at(c.end),
        "plus_minus_s": _seconds(c.plus_minus),
        "end_plus_minus_s": _seconds(c.end_plus_minus),
        "peak": _number(c.peak),
        "peak_at": _at(c.peak_at),
        "times": c.times,
        "began_before": c.began_before,
    }


def _signal_episode(e: SignalEpisode) -> dict[str, Any]:
    return {
        "start": _at(e.start),
        "plus_minus_s": _seconds(e.plus_minus),
        "end": _at(e.end),
        "before": _number(e.before),
        "inside": _number(e.inside),
        "peak": _number(e.peak),
        "peak_at": _at(e.peak_at),
        "direction": e.direction,
        "impact": e.impact,
        "reason": e.reason,
        "capped": e.capped,
    }


def _unknown(u: Unknown) -> dict[str, Any]:
    return {"what": u.what, "why": u.why, "start": _at(u.start), "end": _at(u.end), "failed": u.failed}


def _span(span: Span) -> dict[str, Any]:
    return {"start": _at(span.start), "end": _at(span.end)}


def _at(at: datetime | None) -> str | None:
    return rfc3339(at) if at is not None else None


def _seconds(value: timedelta | None) -> float | int | None:
    """Seconds, whole where they are; never a float's stray digits."""
    if value is None:
        return None
    milliseconds = value // timedelta(milliseconds=1)
    return milliseconds // 1000 if milliseconds % 1000 == 0 else milliseconds / 1000


def _number(value: float | None) -> float | None:
    """A finite number, or null: JSON has no NaN, and unknown is not zero.

    Nine digits are more than was measured, and fewer than processors' ways of summing differ in.
    """
    return float(f"{value:.9g}") if value is not None and abs(value) < float("inf") else None
