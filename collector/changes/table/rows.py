"""The table of change events, a row for each metric: another metric is another row, not another branch."""

from __future__ import annotations

from collector.changes import narrowing
from collector.changes.table.row import Group, Reading, Row
from incident.model.facts import ChangeKind

K, R = ChangeKind, Reading
POD = ("pod", "container")

RESTARTS = Row(
    "kube_pod_container_status_restarts_total",
    *(K.RESTART, R.RISES),
    *("container {container} of {pod} restarted", "{n} containers restarted"),
    POD,
)
"""Told by reason: a container killed for its memory is a row of its own kind."""

PODS = Group(
    "pods",
    ("pod", "exported_pod"),
    (
        RESTARTS,
        Row(
            "container_oom_events_total",
            *(K.OOM_KILL, R.RISES),
            *("container {container} of {pod} out of memory", "{n} containers out of memory"),
            POD,
        ),
        Row(
            "kube_pod_container_status_waiting_reason",
            *(K.POD, R.HOLDS),
            *("container {container} of {pod} waiting: {reason}", "{n} containers waiting: {reason}"),
            POD,
            # What every pod passes through when it starts is no event.
            only={"reason": "(?!ContainerCreating|PodInitializing).+"},
        ),
        Row(
            "kube_pod_status_reason",
            *(K.POD, R.HOLDS),
            *("pod {pod}: {reason}", "{n} pods: {reason}"),
            ("pod",),
        ),
        Row(
            "kube_pod_status_disruption_reason",
            *(K.POD, R.HOLDS),
            *("pod {pod} disrupted: {reason}", "{n} pods disrupted: {reason}"),
            ("pod",),
        ),
    ),
    series=150,
)

CREATED = Row(
    "kube_pod_created",
    *(K.RESTART, R.STATED),
    *("pod {pod} created", "{n} pods created"),
    ("pod",),
)
"""Only where no process of the service says when it started."""

ROLLOUT = Row(
    "kube_replicaset_created",
    *(K.DEPLOY, R.STATED),
    *("new ReplicaSet {replicaset}", "{n} new ReplicaSets"),
    ("replicaset",),
)
GENERATIONS = tuple(
    Row(
        f"kube_{what}_status_observed_generation",
        *(K.DEPLOY, R.STEPS),
        *(f"{title} {{{what}}} changed, generation {{before}} -> {{after}}", f"{{n}} {title}s changed"),
        (what,),
    )
    for what, title in (
        ("deployment", "Deployment"),
        ("statefulset", "StatefulSet"),
        ("daemonset", "DaemonSet"),
    )
)
"""A generation rises with every edit, also of the replicas: told only where nothing else explains it."""

DEPLOYMENTS = Group(
    "deployments",
    ("deployment", "exported_deployment"),
    (
        GENERATIONS[0],
        Row(
            "kube_deployment_status_condition",
            *(K.ROLLOUT_STUCK, R.HOLDS),
            *("rollout of {deployment} makes no progress", "{n} rollouts make no progress"),
            ("deployment",),
            only={"condition": "Progressing", "status": "false"},
        ),
    ),
)
STATEFULSETS = Group(
    "stateful sets",
    ("statefulset",),
    (
        GENERATIONS[1],
        Row(
            "kube_statefulset_replicas",
            *(K.SCALE, R.STEPS),
            *("scaled {before} -> {after} replicas", "{n} StatefulSets scaled"),
            ("statefulset",),
        ),
    ),
)
DAEMONSETS = Group("daemon sets", ("daemonset",), (GENERATIONS[2],))
REPLICASETS = Group("replica sets", ("replicaset",), (ROLLOUT,))
CONFIGMAPS = Group(
    "config maps",
    ("configmap",),
    (
        Row(
            "kube_configmap_created",
            *(K.CONFIG_RELOAD, R.STATED),
            *("ConfigMap {configmap} created", "{n} ConfigMaps created"),
            ("configmap",),
        ),
        Row(
            "kube_configmap_metadata_resource_version",
            *(K.CONFIG_RELOAD, R.STEPS),
            *("ConfigMap {configmap} changed", "{n} ConfigMaps changed"),
            ("configmap",),
        ),
    ),
)
JOBS = Group(
    "jobs",
    ("job_name",),
    (
        Row(
            "kube_job_failed",
            *(K.JOB_FAILED, R.HOLDS),
            *("job {job_name} failed", "{n} jobs failed"),
            ("job_name",),
            only={"condition": "true"},
        ),
        Row(
            "kube_job_status_failed",
            *(K.JOB_FAILED, R.RISES),
            *("a pod of job {job_name} failed", "pods of {n} jobs failed"),
            ("job_name",),
        ),
    ),
)
DELIVERY = Group(
    "deliveries",
    ("name",),
    (
        Row(
            "argocd_app_sync_total",
            *(K.DEPLOY, R.RISES),
            *("Argo CD synced {name}: {phase}", "Argo CD synced {n} applications: {phase}"),
            ("name",),
        ),
        Row(
            "gotk_resource_info",
            *(K.ROLLOUT_STUCK, R.HOLDS),
            *("Flux cannot reconcile {name}", "Flux cannot reconcile {n} resources"),
            ("name",),
            only={"ready": "False"},
        ),
    ),
    placed=False,
)

WORKLOADS = (DEPLOYMENTS, STATEFULSETS, DAEMONSETS, REPLICASETS, CONFIGMAPS, JOBS, DELIVERY)

NODES = (
    Group(
        "nodes",
        ("node",),
        (
            Row(
                "kube_node_status_condition",
                *(K.NODE, R.HOLDS),
                *("node {node} not ready", "{n} nodes not ready"),
                ("node",),
                only={"condition": "Ready"},
                state=0.0,
            ),
            Row(
                "kube_node_status_condition",
                *(K.NODE, R.HOLDS),
                *("node {node}: {condition}", "{n} nodes: {condition}"),
                ("node",),
                only={"condition": "(Memory|Disk|PID)Pressure"},
            ),
        ),
        matchers=(("status", "true"),),
    ),
    Group(
        "cordons",
        ("node",),
        (
            Row(
                "kube_node_spec_unschedulable",
                *(K.NODE, R.HOLDS),
                *("node {node} cordoned", "{n} nodes cordoned"),
                ("node",),
            ),
        ),
    ),
)
HOSTS = Group(
    "hosts",
    ("instance", "node", "nodename"),
    (
        Row(
            "node_boot_time_seconds",
            *(K.NODE, R.STATED),
            *("host {instance} rebooted", "{n} hosts rebooted"),
            ("instance",),
        ),
        Row(
            "node_vmstat_oom_kill",
            *(K.OOM_KILL, R.RISES),
            *("a process on host {instance} killed: out of memory", "processes on {n} hosts killed"),
            ("instance",),
        ),
    ),
)

OWN = Group(
    "reloads",
    (),
    (
        Row(
            ".+_config_last_reload_success(ful)?(_timestamp_seconds)|traefik_config_last_reload_success",
            *(K.CONFIG_RELOAD, R.STATED),
            *("configuration of {instance} reloaded", "configuration of {n} instances reloaded"),
            ("instance",),
        ),
        Row(
            ".+_config_last_reload_successful",
            *(K.CONFIG_RELOAD, R.HOLDS),
            *("reload of the configuration of {instance} failed", "reload failed on {n} instances"),
            ("instance",),
            state=0.0,
        ),
        Row(
            "traefik_config_reloads_failure_total",
            *(K.CONFIG_RELOAD, R.RISES),
            *("reload of the configuration of {instance} failed", "reload failed on {n} instances"),
            ("instance",),
        ),
        Row(
            "leader_election_master_status",
            *(K.FAILOVER, R.STEPS),
            *("{instance}: {before} -> {after}", "leader changed on {n} instances"),
            ("instance", "name"),
            names={0.0: "standby", 1.0: "leader"},
        ),
    ),
)
"""Asked of the service's own targets."""

_ROLES = {0.0: "primary", 1.0: "replica"}
_LEADER = {0.0: "follower", 1.0: "leader"}
_MONGO = {1.0: "primary", 2.0: "secondary", 3.0: "recovering", 7.0: "arbiter", 8.0: "down"}
STORES = Group(
    "failovers",
    (),
    (
        *(
            Row(
                metric,
                *(K.FAILOVER, R.STEPS),
                *(
                    f"{title} {{instance}}: {{before}} -> {{after}}",
                    f"{title}: roles of {{n}} instances changed",
                ),
                ("instance",),
                names=words,
            )
            for metric, title, words in (
                ("pg_replication_is_replica", "Postgres", _ROLES),
                ("mongodb_rs_myState|mongodb_mongod_replset_my_state", "MongoDB", _MONGO),
                ("patroni_primary|patroni_master", "Patroni", {0.0: "replica", 1.0: "primary"}),
                ("etcd_server_is_leader", "etcd", _LEADER),
                ("kafka_controller_kafkacontroller_activecontrollercount", "Kafka controller", _LEADER),
            )
        ),
        Row(
            "redis_connected_slaves",
            *(K.FAILOVER, R.STEPS),
            *("Redis {instance}: replicas {before} -> {after}", "Redis: replicas of {n} instances changed"),
            ("instance",),
        ),
        Row(
            "pg_postmaster_start_time_seconds",
            *(K.RESTART, R.STATED),
            *("Postgres {instance} restarted", "Postgres restarted on {n} instances"),
            ("instance",),
        ),
    ),
)
"""Of the same namespace, or of none."""

EXTRA_METRICS = (
    *narrowing.WORKLOADS,
    *("kube_pod_info", "kube_node_labels", "kube_pod_container_status_last_terminated_reason"),
    "kube_pod_container_status_last_terminated_timestamp",
    "kube_pod_container_state_started",
    "kube_horizontalpodautoscaler_status_current_replicas",
    "kube_horizontalpodautoscaler_spec_max_replicas",
)
"""Metrics that are read along with the rows."""
