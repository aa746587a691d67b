"""All series of an incident: both services, and the exporters and Prometheus beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from tests.lab.curves import FloatArray
from tests.lab.scrape import Span, application_series, scrape_times, target_series
from tests.lab.series import Labels, Series, make_series
from tests.lab.spec import NAMESPACE, Incident, Service
from tests.lab.traffic import Traffic, draw_traffic, lives_of

STATE_METRICS: Labels = (("instance", "10.0.0.5:8080"), ("job", "kube-state-metrics"))
PROMETHEUS: Labels = (("instance", "localhost:9090"), ("job", "prometheus"))
PROMETHEUS_VERSION = "2.42.0"
STATE_METRICS_OFFSET_S = 11.207
PROMETHEUS_OFFSET_S = 2.913
PROBE_OFFSET_S = 8.640
PROMETHEUS_STARTED_BEFORE_S = 9 * 86400


@dataclass(frozen=True, slots=True)
class Scene:
    """What was drawn: the samples, and the traffic of the service they were made from."""

    series: list[Series]
    traffic: Traffic
    span: Span


def draw_scene(incident: Incident, rng: np.random.Generator) -> Scene:
    """Simulate the incident and scrape it."""
    span = _span(incident)
    apps, others, service_rng, bystander_rng = rng.spawn(4)
    traffic = draw_traffic(incident.service, span.start, span.end, service_rng)
    if incident.exporters:
        return Scene([*_exported(incident, span, others), *_prometheus(span, others)], traffic, span)
    series = [
        *application_series(incident.service, traffic.answered, span, apps),
        *_beside(incident.bystander, span, bystander_rng, apps),
        *_state_metrics(incident, span, others),
        *_prometheus(span, others),
        *_probe(incident, span, others),
    ]
    return Scene([one for one in series if len(one.times)], traffic, span)


def _beside(
    bystander: Service, span: Span, rng: np.random.Generator, scrapes: np.random.Generator
) -> list[Series]:
    """What is scraped of the bystander, whose requests nobody asks for afterwards."""
    traffic = draw_traffic(bystander, span.start, span.end, rng)
    return application_series(bystander, traffic.answered, span, scrapes)


def _span(incident: Incident) -> Span:
    blind = incident.blind and (incident.blind[0].timestamp(), incident.blind[1].timestamp())
    return Span(incident.start.timestamp(), incident.end.timestamp(), blind or None)


def _state_metrics(incident: Incident, span: Span, rng: np.random.Generator) -> list[Series]:
    times = scrape_times(span, STATE_METRICS_OFFSET_S, rng)
    series = target_series(STATE_METRICS, times, np.ones(len(times), dtype=np.bool_), rng)
    for service in (incident.service, incident.bystander):
        labels = (*STATE_METRICS, ("deployment", service.name), ("namespace", NAMESPACE))
        replicas = np.array([_replicas(service, at / 1000) for at in times.tolist()])
        series.append(make_series("kube_deployment_spec_replicas", labels, times, replicas))
    if incident.crash_loop:
        waiting = _between(times / 1000, *incident.crash_loop)
        labels = (
            *STATE_METRICS,
            ("container", "report"),
            ("namespace", "batch"),
            ("pod", "report-28377-x7vkq"),
            ("reason", "CrashLoopBackOff"),
        )
        name = "kube_pod_container_status_waiting_reason"
        series.append(make_series(name, labels, times[waiting], np.ones(int(waiting.sum()))))
    return series


def _between(seconds: FloatArray, start: datetime, end: datetime) -> np.ndarray:
    return (seconds >= start.timestamp()) & (seconds < end.timestamp())


def _replicas(service: Service, at: float) -> int:
    count = 0
    for since, replicas in service.replicas:
        if since is None or since.timestamp() <= at:
            count = replicas
    return count


def _prometheus(span: Span, rng: np.random.Generator) -> list[Series]:
    times = scrape_times(span, PROMETHEUS_OFFSET_S, rng)
    started = np.full(len(times), span.start - PROMETHEUS_STARTED_BEFORE_S)
    if span.blind:
        started[times >= span.blind[1] * 1000] = span.blind[1]
    version = (*PROMETHEUS, ("version", PROMETHEUS_VERSION))
    return [
        *target_series(PROMETHEUS, times, np.ones(len(times), dtype=np.bool_), rng),
        make_series("process_start_time_seconds", PROMETHEUS, times, started),
        make_series("prometheus_build_info", version, times, np.ones(len(times))),
    ]


def _exported(incident: Incident, span: Span, rng: np.random.Generator) -> list[Series]:
    """What exporters measured, and that they were up."""
    made: list[Series] = []
    targets: dict[Labels, Series] = {}
    for one in incident.exporters:
        times = scrape_times(span, one.offset_s, rng)
        made.append(make_series(one.metric, one.labels, times, one.value.at(times / 1000)))
        who = tuple(pair for pair in one.labels if pair[0] in ("instance", "job"))
        targets.setdefault(who, make_series("up", who, times, np.ones(len(times))))
    return [*made, *targets.values()]


def _probe(incident: Incident, span: Span, rng: np.random.Generator) -> list[Series]:
    """A blackbox exporter's view: its own `up` stays 1 whatever the probed service does."""
    if incident.probe is None:
        return []
    times = scrape_times(span, PROBE_OFFSET_S, rng)
    lives = [lives_of(incident.service, index, span.start, span.end) for index in (0, 1)]
    alive = np.zeros(len(times), dtype=np.bool_)
    for life in (*lives[0], *lives[1]):
        alive |= (times >= life.start * 1000) & (times < life.stop * 1000)
    labels = (
        ("instance", incident.probe),
        ("job", "blackbox"),
        ("service", incident.service.name),
    )
    took = np.where(alive, 0.11, 0.004) * rng.lognormal(0, 0.2, len(times))
    return [
        *target_series(labels, times, np.ones(len(times), dtype=np.bool_), rng),
        make_series("probe_success", labels, times, alive),
        make_series("probe_duration_seconds", labels, times, took),
        make_series("probe_http_status_code", labels, times, np.where(alive, 200, 0)),
    ]
