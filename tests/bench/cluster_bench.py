"""What the change table costs on a big cluster: `python -m tests.bench.cluster_bench [--pods 5000]`.

Serves what kube-state-metrics says of a cluster (twenty series a pod), and a service of ten of its pods
with a fault, and drafts it. Prints how many questions the draft asked and how many samples the server
touched for them, by what was asked; and the same for a service whose name is a part of many others'.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from tests.bench.flow_bench import measured
from tests.faults.proxy import Asked, FaultProxy
from tests.fleet.blocks import Member, Trouble, fleet_series
from tests.flow.command import command
from tests.lab.prometheus import create_blocks, serve
from tests.lab.series import Series, make_series

START = datetime(2024, 3, 4, tzinfo=UTC)
HOURS = 6
FAULT = Trouble(START + timedelta(hours=4, minutes=40), timedelta(minutes=20), failing=0.4)
SERVICE = "team-07-app-3"
EVERY_S = 240
"""kube-state-metrics is usually scraped every 30 s; here more rarely, so that blocks are made in a minute."""
USUAL_S = 30
PODS_EACH = 10
_EXPORTER = (("instance", "10.1.0.9:8080"), ("job", "kube-state-metrics"), ("service", "kube-state-metrics"))
_PHASES = ("Pending", "Running", "Succeeded", "Failed", "Unknown")
_PLAIN = (
    *("kube_pod_start_time", "kube_pod_owner", "kube_pod_labels", "kube_pod_status_qos_class"),
    *("kube_pod_restart_policy", "kube_pod_status_scheduled_time"),
)
_CONTAINER = (
    "kube_pod_container_status_ready",
    "kube_pod_container_status_running",
    "kube_pod_container_state_started",
    "kube_pod_container_info",
)
_DEPLOYMENT = (
    *(
        "kube_deployment_spec_replicas",
        "kube_deployment_status_observed_generation",
        "kube_deployment_created",
    ),
    *("kube_deployment_status_replicas", "kube_deployment_metadata_generation"),
)


def cluster(pods: int) -> Iterator[Series]:
    """Everything kube-state-metrics says of so many pods, ten to a deployment, ten deployments to a team."""
    first = round(START.timestamp() * 1000)
    times = np.arange(first, first + HOURS * 3_600_000, EVERY_S * 1000, dtype=np.int64)

    def one(name: str, value: float, **labels: str) -> Series:
        return make_series(name, (*labels.items(), *_EXPORTER), times, np.full(times.shape, value))

    for node in range(max(1, pods // 50)):
        for condition in ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure"):
            for status in ("true", "false", "unknown"):
                held = float((status == "true") == (condition == "Ready") and status != "unknown")
                labels = {"node": f"node-{node}", "condition": condition, "status": status}
                yield one("kube_node_status_condition", held, **labels)
        yield one("kube_node_spec_unschedulable", 0.0, node=f"node-{node}")
    for number in range(pods // PODS_EACH):
        team, app = f"team-{number // 10:02d}", f"team-{number // 10:02d}-app-{number % 10}"
        for name in _DEPLOYMENT:
            yield one(name, PODS_EACH, namespace=team, deployment=app)
        for status in ("true", "false", "unknown"):
            labels = {"namespace": team, "deployment": app, "condition": "Progressing", "status": status}
            yield one("kube_deployment_status_condition", float(status == "true"), **labels)
        for old in range(3):
            labels = {"namespace": team, "replicaset": f"{app}-{old:x}d9f8b"}
            yield one("kube_replicaset_created", START.timestamp() - 86_400 * (old + 1), **labels)
        for name in ("config", "trust"):
            yield one("kube_configmap_created", 1.7e9, namespace=team, configmap=f"{app}-{name}")
            yield one(
                "kube_configmap_metadata_resource_version", 4711, namespace=team, configmap=f"{app}-{name}"
            )
        for pod in range(PODS_EACH):
            home = {"namespace": team, "pod": f"{app}-0d9f8b-{pod:04x}"}
            host = f"node-{(number * PODS_EACH + pod) % max(1, pods // 50)}"
            yield one("kube_pod_info", 1.0, **home, node=host)
            yield one("kube_pod_created", START.timestamp() - 86_400, **home)
            for name in _PLAIN:
                yield one(name, 1.0, **home)
            for phase in _PHASES:
                yield one("kube_pod_status_phase", float(phase == "Running"), **home, phase=phase)
            for name in _CONTAINER:
                yield one(name, 1.0, **home, container="app", image="registry.example/app:1.4.2")
            yield one("kube_pod_container_status_restarts_total", 0.0, **home, container="app")
            for resource in ("cpu", "memory"):
                labels = {**home, "container": "app", "resource": resource}
                yield one("kube_pod_container_resource_limits", 1.0, **labels)


def built(pods: int, folder: Path) -> tuple[Path, int]:
    """The blocks, made unless they are there, and how many series they hold."""
    count = folder / "count"
    if not count.exists():
        series = list(cluster(pods))
        end = START + timedelta(hours=HOURS)
        members = [Member(SERVICE, 40.0, troubles=(FAULT,)), Member("app", 20.0, troubles=(FAULT,))]
        own = [_in_its_namespace(one) for one in fleet_series(members, START, end)]
        create_blocks([*series, *own], folder / "data")
        count.write_text(str(len(series)), encoding="utf-8")
    return folder / "data", int(count.read_text("utf-8"))


def _in_its_namespace(one: Series) -> Series:
    """A series of a service where its deployments lie."""
    labels = dict(one.labels)
    labels["namespace"] = "team-07" if labels["service"] == SERVICE else "team-00"
    return make_series(one.name, labels.items(), one.times, one.values)


def asked_by_a_draft(url: str, service: str, folder: Path, *more: str) -> list[Asked]:
    """What one draft asks the server."""
    times = (FAULT.start - timedelta(minutes=40), FAULT.start + timedelta(minutes=60))
    with FaultProxy(lambda _: None, url) as proxy:
        words = ("--prometheus", proxy.url, "--service", service, "--from", times[0].isoformat())
        measured(command("draft", *words, "--to", times[1].isoformat(), *more), folder)
        return list(proxy.asked)


def touched(url: str, one: Asked) -> int:
    """Samples that the server touches for a query; series, for what asks for label sets."""
    path, _, query = one.path.partition("?")
    body = (one.sent or query).encode()
    if not path.startswith("/api/v1/query"):
        return 0
    with urllib.request.urlopen(f"{url}{path}", body + b"&stats=all", timeout=600) as answer:
        return int(json.load(answer)["data"]["stats"]["samples"]["totalQueryableSamples"])


def report(name: str, url: str, asked: Sequence[Asked]) -> None:
    """The draft's figures, the dearest questions first."""
    costs = Counter[str]()
    of_table = 0
    for one in asked:
        form = dict(urllib.parse.parse_qsl(one.sent or one.path.partition("?")[2]))
        query = form.get("query") or form.get("match[]", "")
        cost = touched(url, one)
        costs[query] += cost
        of_table += cost * ("kube_" in query)
    print(f"{name}: {len(asked)} questions, {costs.total():,} samples touched")
    print(
        f"{name}: kube-state-metrics {of_table:,} samples; each {USUAL_S} s {of_table * EVERY_S // USUAL_S:,}"
    )
    for query, cost in costs.most_common(8):
        print(f"  {cost:12,}  {query[:180]}")


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=5000)
    parser.add_argument("--data", type=Path, default=None, help="where blocks are kept between runs")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="cluster-bench-") as scratch:
        data, series = built(options.pods, (options.data or Path(scratch)) / f"cluster-{options.pods}")
        print(f"{options.pods} pods, {series:,} series of kube-state-metrics", flush=True)
        with serve(data) as url:
            for service in (SERVICE, "app"):
                folder = Path(scratch, f"run-{service}")
                folder.mkdir()
                report(service, url, asked_by_a_draft(url, service, folder))


if __name__ == "__main__":
    main(sys.argv[1:])
