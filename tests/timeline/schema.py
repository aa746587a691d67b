"""A small check of documents against the documented shape of timeline.json."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

Check: TypeAlias = Callable[[object], bool]
Shape: TypeAlias = "Check | Mapping[str, Shape] | list[Shape] | Maybe"

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")


class Maybe:
    """A shape, or null."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape


def text(value: object) -> bool:
    return isinstance(value, str)


def instant(value: object) -> bool:
    return isinstance(value, str) and _INSTANT.fullmatch(value) is not None


def number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def flag(value: object) -> bool:
    return isinstance(value, bool)


def labels(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(v, str) for v in value.values())


def one_of(*words: str) -> Check:
    return lambda value: value in words


def faults(value: object, shape: Shape, where: str = "$") -> Iterator[str]:
    """Where the document is not of the shape: missing fields and values of another type."""
    match shape:
        case Maybe():
            if value is not None:
                yield from faults(value, shape.shape, where)
        case Mapping():
            if not isinstance(value, dict):
                yield f"{where}: no object"
                return
            yield from (f"{where}.{name}: missing" for name in shape if name not in value)
            for name in shape.keys() & value.keys():
                yield from faults(value[name], shape[name], f"{where}.{name}")
        case list():
            if not isinstance(value, list):
                yield f"{where}: no list"
                return
            for i, one in enumerate(value):
                yield from faults(one, shape[0], f"{where}[{i}]")
        case _:
            if not shape(value):
                yield f"{where}: {value!r} does not fit"


STATES = one_of("degraded", "partial_outage", "down")
SPAN: Shape = {"start": instant, "end": instant}
MOMENT: Shape = {"at": instant, "plus_minus_s": number, "source": text}
KINDS = (
    "degraded worsened peak improved partial_recovery recovered relapse "
    "alert_pending alert_firing alert_resolved silence notified "
    "restart deploy rollback scale config_reload oom_kill failover job_failed target_down target_up node "
    "pod rollout_stuck certificate "
    "traffic_surge traffic_drop latency_drop data_gap monitoring_trouble "
    "reported acknowledged declared escalated action mitigated resolved note detected"
).split()
MILESTONES = (
    "impact_start first_alert_pending first_alert_firing improving recovered "
    "detected acknowledged mitigated resolved"
).split()

DOCUMENT: Shape = {
    "schema": one_of("incident-timeline/1"),
    "tool": {"name": one_of("incident-timeline"), "version": text},
    "service": text,
    "scope": {},
    "timezone": text,
    "window": SPAN,
    "step_s": number,
    "status": one_of("no_impact", "ongoing", "recovered", "unknown"),
    "impact": {
        "start": Maybe(instant),
        "end": Maybe(instant),
        "episodes": [
            {
                "start": instant,
                "end": Maybe(instant),
                "state": STATES,
                "plus_minus_s": number,
                "signals": [text],
            }
        ],
        "elapsed_s": Maybe(number),
        "impacted_s": Maybe(number),
        "requests": Maybe(
            {
                "total": Maybe(count),
                "failed": Maybe(count),
                "failed_ratio": Maybe(number),
                "failed_before_alert": Maybe(count),
                "expected": Maybe({"low": count, "high": count}),
                "lost": Maybe(count),
                "formula": text,
                "query": text,
            }
        ),
        "breakdown": [
            {
                "harm": one_of("failed", "lost", "slow"),
                "label": text,
                "concentrated": flag,
                "share": Maybe(number),
                "share_of_requests": Maybe(number),
                "values": [{"value": text, "count": count, "share": number, "ratio": Maybe(number)}],
                "distinct": count,
                "harmed": count,
                "query": text,
            }
        ],
    },
    "milestones": {name: Maybe(MOMENT) for name in MILESTONES},
    "durations": [
        {"name": text, "from": text, "to": text, "seconds": Maybe(number), "why_null": Maybe(text)}
    ],
    "events": [
        {
            "id": text,
            "at": instant,
            "until": Maybe(instant),
            "plus_minus_s": number,
            "kind": one_of(*KINDS),
            "origin": one_of("measured", "alert", "change", "entered"),
            "subject": text,
            "title": text,
            "value": Maybe(text),
            "query": Maybe(text),
            "link": Maybe(text),
        }
    ],
    "alerts": [
        {
            "name": text,
            "labels": labels,
            "pending_at": Maybe(instant),
            "firing_at": instant,
            "resolved_at": Maybe(instant),
            "plus_minus_s": number,
            "source": text,
        }
    ],
    "signals": [
        {
            "name": text,
            "kind": one_of("latency", "ratio", "rate", "gauge"),
            "role": one_of("impact", "context"),
            "unit": text,
            "query": text,
            "worse": one_of("up", "down", "both"),
            "baseline": Maybe({"centre": number, "low": number, "high": number}),
            "episodes": [{"start": instant, "plus_minus_s": number, "end": Maybe(instant), "impact": flag}],
            "gaps": [SPAN],
        }
    ],
    "unknowns": [{"what": text, "why": text, "start": Maybe(instant), "end": Maybe(instant)}],
}
"""The table "timeline.json, schema incident-timeline/1" of the design: fields may be added, never renamed."""
