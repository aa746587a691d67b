"""The field `detection` of `timeline.json`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from incident.model.detection import Detection, SuggestedRule
from incident.text.instants import rfc3339


def detection_document(found: Detection) -> dict[str, Any]:
    """Signals in the order in which they left normal, and the rule that was tried, if any."""
    return {
        "seen": [{"signal": one.signal, "at": rfc3339(one.at)} for one in found.seen],
        "unwatched": None if found.unwatched is None else list(found.unwatched),
        "silent_rules": [{"rule": rule, "signal": signal} for rule, signal in found.silent],
        "suggested_rule": _rule(found.rule) if found.rule else None,
        "why_no_rule": found.why_no_rule or None,
        "monitoring_trouble": [
            {
                "what": one.what,
                "at": rfc3339(one.at),
                "until": rfc3339(one.until) if one.until else None,
                "plus_minus_s": _seconds(one.plus_minus),
                "query": one.query,
            }
            for one in found.hindered
        ],
    }


def _rule(rule: SuggestedRule) -> dict[str, Any]:
    return {
        "alert": rule.name,
        "signal": rule.signal,
        "expr": rule.expr,
        "for_s": _seconds(rule.hold),
        "interval_s": _seconds(rule.interval),
        "labels": dict(rule.labels),
        "annotations": {"summary": rule.summary},
        "condition_at": rfc3339(rule.condition_at),
        "would_fire_at": rfc3339(rule.would_fire_at),
        "plus_minus_s": _seconds(rule.plus_minus),
        "earlier_s": None if rule.earlier is None else _seconds(rule.earlier),
        "episodes_seen": rule.episodes_seen,
        "false_firings": rule.false_firings,
        "looked_at_s": _seconds(rule.looked_at),
        "earlier_days": rule.earlier_days,
        "earlier_firings": rule.earlier_firings,
    }


def _seconds(value: timedelta) -> float | int:
    milliseconds = value // timedelta(milliseconds=1)
    return milliseconds // 1000 if milliseconds % 1000 == 0 else milliseconds / 1000
