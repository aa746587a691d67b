"""The table of change events: each metric that records one, as a server of that metric would show it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from collector.changes.events import change_events
from collector.errors import QueryRejected
from incident.model.facts import ChangeKind, Nearness
from incident.model.signals import Samples
from tests.collect_changes.table_history import (
    HOME,
    IN_PROD,
    ON_NODE,
    OWN,
    POD,
    WINDOW,
    changes,
    condition,
    history,
    stated,
    stepping,
)
from tests.lab_fakes import FakeSource, at, samples, ticks

OTHER = "shop-6d4b75cb6d-kq8wz"


def of_pod(name: str, /, *parts: tuple[float, float, float], pod: str = POD, **more: str) -> Samples:
    return stepping(name, *parts, **IN_PROD, pod=pod, container="shop", **more)


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
