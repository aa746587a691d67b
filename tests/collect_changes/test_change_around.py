"""Changes around the service that the table tells: nodes, stores, reloads, certificates, monitoring."""

from __future__ import annotations

from datetime import timedelta

import pytest

from collector.source import Answer
from incident.model.facts import ChangeKind, Nearness
from incident.model.signals import Samples
from incident.model.spans import Grid, ms
from tests.collect_changes.table_history import ON_NODE, OWN, changes, condition, history, stated, stepping
from tests.lab_fakes import at, samples, ticks


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
