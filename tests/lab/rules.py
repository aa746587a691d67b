"""Alerting rules, evaluated as Prometheus evaluates them, and the `ALERTS` they leave.

The expressions are real PromQL, asked of a real Prometheus at every evaluation time; only the
state machine of rules/alerting.go is repeated here, because history cannot be evaluated live.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from tests.lab.curves import IntArray
from tests.lab.series import Series, make_series
from tests.lab.truth import AlertTruth

INTERVAL_MS = 15_000
RESTORE_EVALUATIONS = 2
"""After a start Prometheus writes no ALERTS before its second evaluation has restored them."""

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One alerting rule; `offset_ms` is where its group sits on the evaluation grid."""

    name: str
    expr: str
    for_s: int
    severity: str = "page"
    offset_ms: int = 7_381
    labels: tuple[tuple[str, str], ...] = ()
    """Further labels that the rule adds."""


@dataclass(frozen=True, slots=True)
class AlertRun:
    """One alert from pending to resolved: sample times in ms of both states, and ActiveAt."""

    labels: Labels
    active_at_ms: int
    pending_ms: tuple[int, ...]
    firing_ms: tuple[int, ...]


def rule_file(rules: tuple[Rule, ...]) -> str:
    """The rules as Prometheus reads them; JSON is YAML."""
    told = [
        {
            "alert": rule.name,
            "expr": rule.expr,
            "for": f"{rule.for_s}s",
            "labels": {"severity": rule.severity} | dict(rule.labels),
        }
        for rule in rules
    ]
    return json.dumps({"groups": [{"name": "lab", "interval": f"{INTERVAL_MS // 1000}s", "rules": told}]})


def evaluation_grid(start_ms: int, end_ms: int, offset_ms: int) -> IntArray:
    """Evaluation times of a group in `[start, end)`: multiples of the interval plus its offset."""
    first = -(-(start_ms - offset_ms) // INTERVAL_MS) * INTERVAL_MS + offset_ms
    return np.arange(first, end_ms, INTERVAL_MS, dtype=np.int64)


def runs_of(labels: Labels, grid: IntArray, active: npt.NDArray[np.bool_], for_s: int) -> list[AlertRun]:
    """The alert's life over consecutive evaluations at which its condition held or not."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], active, [False])).astype(np.int8)))
    return [
        _run(labels, grid[begin:stop], for_s) for begin, stop in zip(edges[::2], edges[1::2], strict=True)
    ]


def _run(labels: Labels, times: IntArray, for_s: int) -> AlertRun:
    active_at = int(times[0])
    fires = times - active_at >= for_s * 1000
    pending = tuple(int(at) for at in times[~fires])
    return AlertRun(labels, active_at, pending, tuple(int(at) for at in times[fires]))


def without(run: AlertRun, unwritten: frozenset[int]) -> AlertRun:
    """The run without the samples of evaluations that wrote nothing."""
    return AlertRun(
        run.labels,
        run.active_at_ms,
        tuple(at for at in run.pending_ms if at not in unwritten),
        tuple(at for at in run.firing_ms if at not in unwritten),
    )


def alert_series(runs: list[AlertRun]) -> list[Series]:
    """`ALERTS` per state and `ALERTS_FOR_STATE`, one sample per evaluation."""
    ones: dict[Labels, list[int]] = {}
    since: dict[Labels, list[tuple[int, int]]] = {}
    for run in sorted(runs, key=lambda run: run.active_at_ms):
        for state, times in (("pending", run.pending_ms), ("firing", run.firing_ms)):
            if times:
                ones.setdefault((*run.labels, ("alertstate", state)), []).extend(times)
        both = (*run.pending_ms, *run.firing_ms)
        since.setdefault(run.labels, []).extend((at, run.active_at_ms // 1000) for at in both)
    series = [
        make_series("ALERTS", labels, np.array(times), np.ones(len(times))) for labels, times in ones.items()
    ]
    for labels, pairs in since.items():
        table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        series.append(make_series("ALERTS_FOR_STATE", labels, table[:, 0], table[:, 1] * 1.0))
    return series


def alert_truth(run: AlertRun, last_evaluation_ms: int) -> AlertTruth:
    """The run as instants; still firing at the last evaluation means not resolved."""
    labels = dict(run.labels)
    resolved = None
    if run.firing_ms and run.firing_ms[-1] < last_evaluation_ms:
        resolved = _instant(run.firing_ms[-1] + INTERVAL_MS)
    return AlertTruth(
        name=labels.pop("alertname"),
        labels=labels,
        pending_at=_instant(run.active_at_ms) if run.pending_ms else None,
        firing_at=_instant(run.firing_ms[0]) if run.firing_ms else None,
        resolved_at=resolved,
    )


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
