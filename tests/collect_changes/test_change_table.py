"""The table of change events: each metric that records one, as a server of that metric would show it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from collector.changes.events import ChangeHistory, change_events
from collector.errors import QueryRejected
from collector.signals.labels.home import Home
from collector.signals.samples.raw import joined
from collector.source import Answer
from incident.model.facts import Change, ChangeKind, Nearness
from incident.model.signals import Samples, Targets
from incident.model.spans import Grid, ms
from tests.lab_fakes import FakeSource, at, samples, span, ticks

WINDOW = span(0, 240)
SCRAPE = timedelta(seconds=15)
HOME = Home("shop", frozenset({"prod"}), frozenset({"shop"}), frozenset({"10.0.0.1:80"}), frozenset())
OWN = {"service": "shop", "job": "shop", "instance": "10.0.0.1:80"}
UP = 'up{service="shop"}'
POD = "shop-6d4b75cb6d-hx2v9"
OTHER = "shop-6d4b75cb6d-kq8wz"
IN_PROD = {"namespace": "prod", "job": "kube-state-metrics"}


def stepping(name: str, /, *parts: tuple[float, float, float], **labels: str) -> Samples:
    """A series with one value from a minute to another, part by part."""
    times = [t for start, end, _ in parts for t in ticks(start, end)]
    values = [value for start, end, value in parts for _ in ticks(start, end)]
    return samples(name, times, values, **labels)


def of_pod(name: str, /, *parts: tuple[float, float, float], pod: str = POD, **more: str) -> Samples:
    return stepping(name, *parts, **IN_PROD, pod=pod, container="shop", **more)


def history(*parts: Samples, scraped: bool = False, **source: object) -> ChangeHistory:
    up = samples("up", ticks(0, 240), 1, service="shop", job="shop", instance="10.0.0.1:80")
    targets = Targets(UP, (up,), SCRAPE) if scraped else None
    return change_events(FakeSource(joined(parts), **source), HOME, targets, WINDOW)  # type: ignore[arg-type]


def changes(*parts: Samples, scraped: bool = False) -> tuple[Change, ...]:
    return history(*parts, scraped=scraped).changes


def stated(minute: float) -> float:
    return ms(at(minute)) / 1000


RESTARTS = "kube_pod_container_status_restarts_total"
REASON = "kube_pod_container_status_last_terminated_reason"


def test_restart_of_a_container_is_bracketed_by_two_scrapes() -> None:
    """The counter says that, not exactly when."""
    (one,) = changes(of_pod(RESTARTS, (0, 100, 3), (100, 240, 4)))

    assert (one.kind, one.title) == (ChangeKind.RESTART, f"container shop of {POD} restarted")
    assert at(99.75) <= one.at <= at(100)
    assert (one.plus_minus, one.nearness) == (timedelta(seconds=8), Nearness.OWN)


def test_kill_for_memory_is_timed_by_what_the_cluster_states() -> None:
    """The reason stays set for ever and speaks only together with a restart; the end has a time."""
    (one,) = changes(
        of_pod(RESTARTS, (0, 100, 0), (100, 240, 1)),
        of_pod(REASON, (100, 240, 1), reason="OOMKilled"),
        of_pod("kube_pod_container_status_last_terminated_timestamp", (100, 240, stated(99.9))),
    )

    assert (one.kind, one.at, one.plus_minus) == (ChangeKind.OOM_KILL, at(99.9), timedelta(0))
    assert one.title == f"container shop of {POD} killed: out of memory"


def test_reason_of_an_old_end_is_no_kill() -> None:
    """A container that was killed yesterday and has not restarted since is no event today."""
    assert changes(of_pod(RESTARTS, (0, 240, 3)), of_pod(REASON, (0, 240, 1), reason="OOMKilled")) == ()


def test_kill_counted_by_cluster_runtime_and_kernel_is_one_row() -> None:
    """Three metrics, one kill: the one that names the container."""
    (one,) = changes(
        of_pod(RESTARTS, (0, 100, 0), (100, 240, 1)),
        of_pod(REASON, (100, 240, 1), reason="OOMKilled"),
        of_pod("container_oom_events_total", (0, 100, 0), (100, 240, 1)),
        stepping("node_vmstat_oom_kill", (0, 100, 7), (100, 240, 8), instance="10.0.0.1:9100"),
    )

    assert one.title.startswith("container shop")


@pytest.mark.parametrize(
    ("metric", "title"),
    [
        ("container_oom_events_total", f"container shop of {POD} out of memory"),
        ("node_vmstat_oom_kill", "a process on host 10.0.0.1:9100 killed: out of memory"),
    ],
)
def test_kill_is_told_where_only_runtime_or_kernel_count_it(metric: str, title: str) -> None:
    """Without kube-state-metrics the others say it."""
    labels = {"instance": "10.0.0.1:9100"} | ({} if metric.startswith("node") else {"pod": POD})
    (one,) = changes(
        stepping(metric, (0, 100, 7), (100, 240, 8), container="shop", **labels, **{"namespace": "prod"})
    )

    assert (one.kind, one.title) == (ChangeKind.OOM_KILL, title)


def test_crash_loop_is_told_from_its_first_sample_to_its_last() -> None:
    """The reason is there only while it holds; what every pod passes through is no event."""
    name = "kube_pod_container_status_waiting_reason"
    (one,) = changes(
        of_pod(name, (100, 130, 1), reason="CrashLoopBackOff"),
        of_pod(name, (95, 96, 1), reason="ContainerCreating"),
    )

    assert (one.kind, one.title) == (ChangeKind.POD, f"container shop of {POD} waiting: CrashLoopBackOff")
    assert at(99.5) <= one.at <= at(100)
    assert one.until == at(130)


def test_several_pods_are_one_row_with_count_and_span() -> None:
    """Evicted one after the other within minutes."""
    (one,) = changes(
        of_pod("kube_pod_status_reason", (100, 240, 1), reason="Evicted"),
        of_pod("kube_pod_status_reason", (104, 240, 1), pod=OTHER, reason="Evicted"),
    )

    assert (one.title, one.count, one.subject) == ("2 pods: Evicted", 2, "shop")


def test_disruption_names_its_reason() -> None:
    """As recent versions of kube-state-metrics tell it."""
    (one,) = changes(of_pod("kube_pod_status_disruption_reason", (50, 60, 1), reason="PreemptionByScheduler"))

    assert one.title == f"pod {POD} disrupted: PreemptionByScheduler"


def test_pod_created_is_told_where_no_process_is_scraped() -> None:
    """The value is the time; with processes scraped they say it themselves."""
    created = of_pod("kube_pod_created", (100, 240, stated(99.9)))

    (one,) = changes(created)

    assert (one.at, one.plus_minus, one.title) == (at(99.9), timedelta(0), f"pod {POD} created")
    assert changes(created, scraped=True) == ()


def rollout(minute: float) -> Samples:
    name = "kube_replicaset_created"
    return stepping(name, (minute, 240, stated(minute)), **IN_PROD, replicaset="shop-5c9f8d7b6c")


def test_new_replica_set_is_a_rollout_at_its_stated_time() -> None:
    """Also where neither version nor image changed: a configuration in the pod's template did."""
    (one,) = changes(rollout(100))

    assert (one.kind, one.at, one.title) == (ChangeKind.DEPLOY, at(100), "new ReplicaSet shop-5c9f8d7b6c")


def test_rollout_that_a_version_tells_is_one_row() -> None:
    """From which version to which says more than the name of a ReplicaSet."""
    image = "kube_pod_container_info"
    pods = [
        of_pod(image, (0, 101, 1), image="shop:1.4"),
        of_pod(image, (101, 240, 1), pod="shop-5c9f8d7b6c-zzzzz", image="shop:1.5"),
    ]

    (one,) = changes(rollout(100), *pods, generation((0, 100, 41), (100, 240, 42)))

    assert one.value == "1.4 -> 1.5"


def generation(*parts: tuple[float, float, float]) -> Samples:
    return stepping("kube_deployment_status_observed_generation", *parts, **IN_PROD, deployment="shop")


def test_generation_alone_tells_that_a_deployment_changed() -> None:
    """Where nothing else is collected; from which generation to which."""
    (one,) = changes(generation((0, 100, 41), (100, 240, 42)))

    assert one.title == "Deployment shop changed, generation 41 -> 42"
    assert (one.kind, one.value) == (ChangeKind.DEPLOY, "41 -> 42")


def test_scaling_raises_the_generation_and_is_no_deploy() -> None:
    """An edit of the replicas is told as a scaling, and only as that."""
    replicas = stepping(
        "kube_deployment_spec_replicas", (0, 100, 4), (100, 240, 12), **IN_PROD, deployment="shop"
    )

    (one,) = changes(replicas, generation((0, 100, 41), (100, 240, 42)))

    assert one.kind is ChangeKind.SCALE


def test_instances_that_a_rollout_started_are_its_own() -> None:
    """New processes within minutes of a new ReplicaSet are no restarts beside it."""
    began = stepping("process_start_time_seconds", (101, 240, stated(100.9)), **OWN)

    (one,) = changes(rollout(100), began, scraped=True)

    assert one.kind is ChangeKind.DEPLOY


def test_rollout_without_progress_is_told() -> None:
    """Kubernetes gives up waiting after its deadline."""
    conditions = {"condition": "Progressing", "status": "false"}
    (one,) = changes(
        stepping(
            "kube_deployment_status_condition",
            *((0, 100, 0), (100, 130, 1), (130, 240, 0)),
            **IN_PROD,
            deployment="shop",
            **conditions,
        )
    )

    assert (one.kind, one.title) == (ChangeKind.ROLLOUT_STUCK, "rollout of shop makes no progress")
    assert one.until is not None


def test_stateful_set_is_scaled_from_to() -> None:
    """As a Deployment is."""
    (one,) = changes(
        stepping("kube_statefulset_replicas", (0, 100, 3), (100, 240, 5), **IN_PROD, statefulset="shop")
    )

    assert (one.kind, one.title) == (ChangeKind.SCALE, "scaled 3 -> 5 replicas")


def test_autoscaler_at_its_maximum_has_a_beginning_and_an_end() -> None:
    """From then on load has nowhere to go; the maximum may be raised."""
    labels = {**IN_PROD, "horizontalpodautoscaler": "shop"}
    current = "kube_horizontalpodautoscaler_status_current_replicas"
    (one,) = changes(
        stepping(current, (0, 100, 4), (100, 240, 8), **labels),
        stepping("kube_horizontalpodautoscaler_spec_max_replicas", (0, 130, 8), (130, 240, 12), **labels),
    )

    assert (one.kind, one.title) == (ChangeKind.SCALE, "autoscaler shop at its maximum")
    assert at(99.75) <= one.at <= at(100)
    assert one.until == at(130)


def test_config_map_is_created_and_changed() -> None:
    """Created at a stated time, changed between two scrapes."""
    labels = {**IN_PROD, "configmap": "shop-settings"}
    created, changed = changes(
        stepping("kube_configmap_created", (50, 240, stated(50)), **labels),
        stepping("kube_configmap_metadata_resource_version", (50, 100, 7_001), (100, 240, 7_350), **labels),
    )

    assert (created.kind, created.at) == (ChangeKind.CONFIG_RELOAD, at(50))
    assert (changed.title, changed.nearness) == ("ConfigMap shop-settings changed", Nearness.NEARBY)


@pytest.mark.parametrize(
    "failed",
    [
        stepping("kube_job_failed", (100, 240, 1), **IN_PROD, job_name="shop-migrate", condition="true"),
        stepping("kube_job_status_failed", (0, 100, 0), (100, 240, 1), **IN_PROD, job_name="shop-migrate"),
    ],
)
def test_failed_job_is_told(failed: Samples) -> None:
    """By its condition, or by the pods of it that failed."""
    (one,) = changes(failed)

    assert (one.kind, one.subject) == (ChangeKind.JOB_FAILED, "shop-migrate")


def test_delivery_tells_its_phase() -> None:
    """Argo CD counts its syncs by how they ended."""
    sync = "argocd_app_sync_total"
    (one,) = changes(stepping(sync, (0, 100, 5), (100, 240, 6), **IN_PROD, name="shop", phase="Failed"))

    assert one.title == "Argo CD synced shop: Failed"


def test_flux_that_cannot_reconcile_is_told() -> None:
    """While the resource is not ready."""
    labels = {**IN_PROD, "name": "shop", "ready": "False"}

    (one,) = changes(stepping("gotk_resource_info", (100, 130, 1), **labels))

    assert one.title == "Flux cannot reconcile shop"


ON_NODE = samples("kube_pod_info", ticks(0, 240), 1, **IN_PROD, pod=POD, node="node-3")


def condition(name: str, node: str, *parts: tuple[float, float, float]) -> Samples:
    labels = {**IN_PROD, "condition": name, "status": "true", "node": node}
    return stepping("kube_node_status_condition", *parts, **labels)


@pytest.mark.parametrize(
    ("series", "title"),
    [
        (condition("Ready", "node-3", (0, 100, 1), (100, 120, 0), (120, 240, 1)), "node node-3 not ready"),
        (
            condition("MemoryPressure", "node-3", (0, 100, 0), (100, 120, 1), (120, 240, 0)),
            "node node-3: MemoryPressure",
        ),
        (
            stepping(
                "kube_node_spec_unschedulable", (0, 100, 0), (100, 120, 1), (120, 240, 0), node="node-3"
            ),
            "node node-3 cordoned",
        ),
    ],
)
def test_trouble_of_the_node_a_pod_runs_on_is_near_by(series: Samples, title: str) -> None:
    """Not ready, under pressure, cordoned: from when to when."""
    (one,) = changes(ON_NODE, series)

    assert (one.kind, one.title, one.nearness) == (ChangeKind.NODE, title, Nearness.NEARBY)
    assert one.until == at(120)


def test_nodes_without_a_pod_of_the_service_are_elsewhere() -> None:
    """A cluster has many nodes, and their troubles are not this service's."""
    assert changes(ON_NODE, condition("Ready", "node-9", (0, 100, 1), (100, 240, 0))) == ()


def test_reboot_is_the_stated_time_and_a_corrected_clock_is_none() -> None:
    """The boot time jitters by a second with the clock."""
    name, labels = "node_boot_time_seconds", {"instance": "10.0.0.1:9100"}

    (one,) = changes(stepping(name, (0, 100, stated(-9000)), (102, 240, stated(101)), **labels))

    assert (one.kind, one.at, one.title) == (ChangeKind.NODE, at(101), "host 10.0.0.1:9100 rebooted")
    steady = stepping(name, (0, 100, stated(-9000)), (100, 240, stated(-9000) + 1), **labels)
    assert changes(steady) == ()


def test_reload_of_the_services_own_configuration() -> None:
    """At the time its gauge states; a failed one while it is failed."""
    name = "shop_config_last_reload_success_timestamp_seconds"
    done, failed = changes(
        stepping(name, (0, 100, stated(-90)), (100, 240, stated(99.9)), **OWN),
        stepping("shop_config_last_reload_successful", (0, 150, 1), (150, 160, 0), (160, 240, 1), **OWN),
        scraped=True,
    )

    assert (done.kind, done.at) == (ChangeKind.CONFIG_RELOAD, at(99.9))
    assert failed.title == "reload of the configuration of 10.0.0.1:80 failed"
    assert failed.until == at(160)


@pytest.mark.parametrize(
    ("metric", "before", "after", "title"),
    [
        ("pg_replication_is_replica", 1, 0, "Postgres db-2:9187: replica -> primary"),
        ("mongodb_rs_myState", 2, 1, "MongoDB db-2:9187: secondary -> primary"),
        ("patroni_primary", 0, 1, "Patroni db-2:9187: replica -> primary"),
        ("etcd_server_is_leader", 0, 1, "etcd db-2:9187: follower -> leader"),
        ("redis_connected_slaves", 2, 1, "Redis db-2:9187: replicas 2 -> 1"),
    ],
)
def test_failover_of_a_store_names_the_roles(metric: str, before: int, after: int, title: str) -> None:
    """Of the same namespace it is near by; of another it is not told."""
    parts = ((0, 100, before), (100, 240, after))

    (one,) = changes(stepping(metric, *parts, namespace="prod", job="db", instance="db-2:9187"))

    assert (one.kind, one.title, one.nearness) == (ChangeKind.FAILOVER, title, Nearness.NEARBY)
    assert changes(stepping(metric, *parts, namespace="dev", job="db", instance="db-2:9187")) == ()


def test_restart_of_postgres_is_its_stated_time() -> None:
    """The postmaster says when it started."""
    name = "pg_postmaster_start_time_seconds"
    labels = {"namespace": "prod", "instance": "db-2:9187"}

    (one,) = changes(stepping(name, (0, 100, stated(-900)), (101, 240, stated(100.5)), **labels))

    assert (one.at, one.title) == (at(100.5), "Postgres db-2:9187 restarted")


def test_certificate_that_ran_out_is_told_at_its_time() -> None:
    """The value of the probe is the moment; the server leaves out those that are in order."""
    probe = {"instance": "https://shop.example/", "job": "blackbox"}
    name = "probe_ssl_earliest_cert_expiry"
    held = stepping(name, (0, 240, stated(100)), **probe)

    def answer(grid: Grid) -> Answer:
        return Answer((samples(name, grid.times.tolist(), stated(100), **probe),))

    (one,) = history(held, ranges={f"{name} >=": answer}).changes

    assert (one.kind, one.at, one.plus_minus) == (ChangeKind.CERTIFICATE, at(100), timedelta(0))
    assert (one.title, one.nearness) == ("certificate of https://shop.example/ expired", Nearness.OWN)


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        ("prometheus_rule_evaluation_failures_total", "rule evaluations failed (api)"),
        ("prometheus_rule_group_iterations_missed_total", "rule evaluations missed (api)"),
        ("prometheus_notifications_errors_total", "notifications to Alertmanager failed"),
        ("prometheus_notifications_dropped_total", "notifications dropped before Alertmanager"),
        ("prometheus_tsdb_reloads_failures_total", "reloads of blocks failed"),
        (
            "prometheus_target_scrape_pool_exceeded_target_limit_total",
            "scrape pools exceeded their limit of targets",
        ),
        ("prometheus_notifications_alertmanagers_discovered", "no Alertmanager known"),
    ],
)
def test_trouble_of_the_monitoring_is_one_row_a_stretch(metric: str, words: str) -> None:
    """It explains late alerts, wherever the service lives; the rule group is named without its file."""
    held = samples(metric, ticks(0, 240), 1, instance="prometheus:9090", rule_group="/etc/api.yml;api")

    def trouble(grid: Grid) -> Answer:
        times = [t for t in grid.times.tolist() if ms(at(100)) < t <= ms(at(110))]
        group = {"rule_group": "/etc/api.yml;api"} if "(api)" in words else {}
        return Answer((samples("", times, 1, **group),))

    (one,) = history(held, ranges={metric: trouble}).changes

    assert (one.kind, one.title) == (ChangeKind.MONITORING_TROUBLE, f"monitoring: {words}")
    assert abs(one.at - at(100.5)) <= timedelta(minutes=1)
    assert one.until == at(110)


def test_only_metrics_that_exist_are_asked_for() -> None:
    """One call for the names, and no further question on a server that has none of them."""
    fake = FakeSource([samples("up", ticks(0, 240), 1, service="shop")])

    change_events(fake, HOME, None, WINDOW)

    asked = [query for _, query in fake.asked]
    assert not [query for query in asked if "kube_node" in query or "pg_" in query or "prometheus_" in query]


def test_refused_query_costs_its_own_group() -> None:
    """Pods that cannot be read are a failed unknown; the node is still told."""
    refused = QueryRejected("no", status=422, error_type="execution", server_text="no", query="q")
    found = history(
        ON_NODE,
        of_pod(RESTARTS, (0, 100, 0), (100, 240, 1)),
        condition("Ready", "node-3", (0, 100, 1), (100, 240, 0)),
        raws={RESTARTS: refused},
    )

    assert [one.kind for one in found.changes] == [ChangeKind.NODE]
    assert [(u.what, u.failed) for u in found.unknowns] == [("changes (pods)", True)]


def test_node_and_zone_of_the_pods_are_kept_for_where_it_hurt() -> None:
    """Counters name their pod; the cluster says where it ran."""
    zone = "label_topology_kubernetes_io_zone"
    found = history(
        ON_NODE,
        samples("kube_pod_info", ticks(0, 240), 1, **IN_PROD, pod=OTHER, node="node-4"),
        samples("kube_node_labels", ticks(0, 240), 1, node="node-3", **{zone: "eu-1a"}),
        samples("kube_node_labels", ticks(0, 240), 1, node="node-4", **{zone: "eu-1b"}),
    ).placements

    told = {(dict(one.target)["pod"], one.name, one.value) for one in found}
    assert told == {
        (POD, "node", "node-3"), (POD, "zone", "eu-1a"), (OTHER, "node", "node-4"), (OTHER, "zone", "eu-1b"),
    }  # fmt: skip


def test_steady_metrics_are_no_events() -> None:
    """Everything there, nothing changed."""
    steady: Sequence[Samples] = (
        of_pod(RESTARTS, (0, 240, 3)),
        of_pod("kube_pod_created", (0, 240, stated(-900))),
        generation((0, 240, 41)),
        ON_NODE,
        condition("Ready", "node-3", (0, 240, 1)),
        stepping("pg_replication_is_replica", (0, 240, 1), namespace="prod", instance="db-2:9187"),
        of_pod("kube_pod_container_status_waiting_reason", (0, 240, 1), reason="CrashLoopBackOff"),
    )

    assert changes(*steady) == ()


def test_hostile_labels_are_words_and_nothing_else() -> None:
    """Braces in a value are not filled in again."""
    (one,) = changes(of_pod("kube_pod_status_reason", (100, 240, 1), reason="{before}{pod!r}"))

    assert one.title == f"pod {POD}: {{before}}{{pod!r}}"
