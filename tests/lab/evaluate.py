"""Rules over simulated data: their conditions come from Prometheus, their alerts from `rules`."""

from __future__ import annotations

import math

import numpy as np

from tests.lab.curves import IntArray
from tests.lab.prometheus import ask
from tests.lab.rules import (
    INTERVAL_MS,
    RESTORE_EVALUATIONS,
    AlertRun,
    Labels,
    Rule,
    evaluation_grid,
    runs_of,
    without,
)
from tests.lab.scrape import Span


def evaluate(url: str, rules: tuple[Rule, ...], span: Span) -> list[AlertRun]:
    """Every alert the rules would have raised over the data that the server holds."""
    return [run for rule in rules for run in _evaluate_one(url, rule, span)]


def last_evaluation_ms(rule: Rule, span: Span) -> int:
    """The time of the rule's last evaluation."""
    return int(_grid(rule, span.start, span.end)[-1])


def _evaluate_one(url: str, rule: Rule, span: Span) -> list[AlertRun]:
    if span.blind is None:
        return _stretch(url, rule, _grid(rule, span.start, span.end))
    before = _grid(rule, span.start, span.blind[0])
    after = _grid(rule, span.blind[1], span.end)
    # A crash loses the state of rules with a short `for`: the alert is pending again.
    unwritten = frozenset(int(at) for at in after[:RESTORE_EVALUATIONS])
    resumed = [without(run, unwritten) for run in _stretch(url, rule, after)]
    return [*_stretch(url, rule, before), *resumed]


def _grid(rule: Rule, start: float, end: float) -> IntArray:
    return evaluation_grid(math.ceil(start * 1000), math.ceil(end * 1000), rule.offset_ms)


def _stretch(url: str, rule: Rule, grid: IntArray) -> list[AlertRun]:
    first, last = int(grid[0]), int(grid[-1])
    found = ask(
        url,
        "query_range",
        query=rule.expr,
        start=f"{first / 1000:.3f}",
        end=f"{last / 1000:.3f}",
        step=f"{INTERVAL_MS / 1000:g}",
    )
    runs: list[AlertRun] = []
    for one in found:
        active = np.zeros(len(grid), dtype=np.bool_)
        times = np.array([round(at * 1000) for at, _ in one["values"]], dtype=np.int64)
        active[(times - first) // INTERVAL_MS] = True
        runs += runs_of(_labels(rule, one["metric"]), grid, active, rule.for_s)
    return runs


def _labels(rule: Rule, metric: dict[str, str]) -> Labels:
    labels = {name: value for name, value in metric.items() if name != "__name__"}
    labels |= {"alertname": rule.name, "severity": rule.severity} | dict(rule.labels)
    return tuple(sorted(labels.items()))
