"""A suggested rule in the hands of Prometheus: accepted, and firing when the draft says it would."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from collector.kept.replay import load
from incident.alerting.wording import alert_name, expression, rule_yaml
from incident.model.detection import SuggestedRule
from incident.model.signals import SignalSpec
from incident.text.promql import Matcher, selector
from report.pipeline.flow import judged
from tests.lab.build import build
from tests.lab.prometheus import ask, serve
from tests.reasoning_builders import ERRORS

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
PACE_S = 15
"""How often the simulated services are scraped."""
BEFORE = timedelta(minutes=30)
HOSTILE = (
    'a"b\\c',
    "{{ $value }}",
    "x\n- alert: y",
    "`rm`",
    "\u202etest",
    "\u2028",
    "'; #",
    "日本\ufffd\U0001f600",
)

pytestmark = pytest.mark.server


def _suggested(name: str) -> SuggestedRule:
    evidence = load((FIXTURES / name / "evidence.json.gz").read_bytes(), name)
    rule = judged(evidence, "0").detection.rule
    assert rule is not None
    return rule


def _promtool(promtool: Path, *arguments: str) -> None:
    done = subprocess.run([promtool, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("value", HOSTILE)
def test_promtool_accepts_the_rule_whatever_the_service_is_called(
    value: str, promtool_binary: Path, tmp_path: Path
) -> None:
    """Quotes, line ends, templates and marks of direction in a name have no effect on the file."""
    query = f"sum(rate({selector('http_requests_total', [Matcher('service', '=', value)])}[1m]))"
    spec: SignalSpec = replace(ERRORS, query=query)
    rule = replace(
        _suggested("payments"),
        name=alert_name(value, "errors", up=True),
        expr=expression(spec, 0.01, up=True),
        labels=(("severity", "page"), ("service", value)),
        summary=f"{value}: errors above 1 %",
    )
    file = tmp_path / "rules.yml"
    file.write_text(rule_yaml(rule) + "\n", encoding="utf-8")

    _promtool(promtool_binary, "check", "rules", str(file))


@pytest.mark.parametrize(
    ("incident", "counters"),
    [
        ("payments", 'http_requests_total{service="payments",route!="/healthz"}'),
        ("store", 'up{service="store"}'),
    ],
)
def test_prometheus_fires_the_rule_when_the_draft_says_it_would(
    incident: str, counters: str, promtool_binary: Path, lab_cache: Path, tmp_path: Path
) -> None:
    """On the samples of the simulated incident, within one evaluation of the rule, and not before."""
    rule = _suggested(incident)
    start = rule.would_fire_at - BEFORE
    end = rule.would_fire_at + 4 * rule.interval
    with serve(build(incident, lab_cache).data_dir) as url:
        series = _input(url, counters, start, end)
    (tmp_path / "rules.yml").write_text(rule_yaml(rule) + "\n", encoding="utf-8")
    (tmp_path / "test.yml").write_text(json.dumps(_told(rule, series, start)), encoding="utf-8")

    _promtool(promtool_binary, "test", "rules", str(tmp_path / "test.yml"))


def _input(url: str, counters: str, start: datetime, end: datetime) -> list[dict[str, str]]:
    """Raw samples as `promtool test rules` takes them: one each scrape, moved onto its grid."""
    seconds = round((end - start).total_seconds())
    found = ask(url, "query", query=f"{counters}[{seconds}s]", time=end.timestamp())
    return [
        {"series": _series(one["metric"]), "values": _values(one["values"], start, seconds)} for one in found
    ]


def _series(metric: dict[str, str]) -> str:
    labels = ",".join(f"{k}={json.dumps(v)}" for k, v in sorted(metric.items()) if k != "__name__")
    return f"{metric['__name__']}{{{labels}}}"


def _values(samples: list[tuple[float, str]], start: datetime, seconds: int) -> str:
    slots = ["_"] * (seconds // PACE_S + 1)
    for time, value in samples:
        slots[int(time - start.timestamp()) // PACE_S] = value
    return " ".join(slots)


def _told(rule: SuggestedRule, series: list[dict[str, str]], start: datetime) -> dict[str, object]:
    """A test file: nothing two evaluations before the told time, firing one evaluation after it."""
    firing = [{"exp_labels": dict(rule.labels), "exp_annotations": {"summary": rule.summary}}]
    fires = rule.would_fire_at - start
    checks = [(fires - 2 * rule.interval, []), (fires + rule.interval, firing)]
    return {
        "rule_files": ["rules.yml"],
        "evaluation_interval": f"{rule.interval.seconds}s",
        "tests": [
            {
                "interval": f"{PACE_S}s",
                "input_series": series,
                "alert_rule_test": [
                    {"eval_time": f"{at.seconds}s", "alertname": rule.name, "exp_alerts": told}
                    for at, told in checks
                ],
            }
        ],
    }
