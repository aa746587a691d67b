"""Incidents that exporters measured: queues, databases, disks, jobs, and a cluster as it is installed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from tests.lab.curves import Curve, constant, through
from tests.lab.rules import Rule
from tests.lab.scripts.parts import AFTER, BEFORE, HOUR, WATCHDOG, bystander, impact, moment, service
from tests.lab.spec import Exporter, Incident
from tests.lab.truth import Held, Impact

Pairs = tuple[tuple[str, str], ...]

KAFKA: Pairs = (("instance", "10.0.0.9:9308"), ("job", "kafka-exporter"))
POSTGRES: Pairs = (("instance", "10.0.0.8:9187"), ("job", "postgres-exporter"))
NODE: Pairs = (("instance", "10.0.0.21:9100"), ("job", "node-exporter"))
STATE: Pairs = (("instance", "10.0.0.5:8080"), ("job", "kube-state-metrics"))


def _crossed(low: tuple[datetime, float], high: tuple[datetime, float], limit: float) -> datetime:
    """Where the straight line between two points meets the limit."""
    (start, a), (end, b) = low, high
    return start + (end - start) * ((limit - a) / (b - a))


def _incident(
    name: str, subject: str, span: tuple[datetime, datetime], exporters: tuple[Exporter, ...], rule: Rule
) -> Incident:
    quiet = replace(service(subject, 0.02))
    return Incident(
        name=name,
        zone="UTC",
        start=span[0] - BEFORE,
        end=span[1] + AFTER,
        service=quiet,
        bystander=replace(bystander(), requests_per_s=0.02),
        rules=(rule, WATCHDOG),
        exporters=exporters,
    )


def kafka_lag() -> Incident:
    """A consumer group falls behind from 02:40 on, and has caught up by 06:00."""
    start, worst, drained = (moment("UTC", f"2023-11-07 {at}") for at in ("02:40", "04:00", "06:00"))
    points = ((start, 300.0), (worst, 60_000.0), (drained, 300.0))
    partition = through(*points)
    group: Pairs = (("consumergroup", "orders-worker"), ("topic", "orders"), *KAFKA)
    other: Pairs = (("consumergroup", "mailer"), ("topic", "mails"), ("partition", "0"), *KAFKA)
    lag = "kafka_consumergroup_lag"
    exporters = (
        *(Exporter(lag, (("partition", part), *group), partition) for part in ("0", "1")),
        Exporter(lag, other, constant(12.0)),
    )
    expr = "sum by (consumergroup, topic) (kafka_consumergroup_lag) > 10000"
    held = Held(
        "KafkaLagHigh",
        _crossed(points[0], points[1], 5_000.0),
        _crossed(points[1], points[2], 5_000.0),
        120_000.0,
    )
    made = _incident(
        "kafka_lag", "orders-worker", (start, drained), exporters, Rule("KafkaLagHigh", expr, 300)
    )
    return replace(made, conditions=(held,))


def pg_connections() -> Incident:
    """Connections climb from 40 to 98 of 100 within an hour; a pooler is restarted."""
    start, full, freed = (moment("UTC", f"2023-06-14 {at}") for at in ("10:00", "11:00", "11:40"))
    points = ((start, 40.0), (full, 98.0), (freed, 98.0), (freed, 35.0))
    server: Pairs = (("server", "db-1:5432"), *POSTGRES)
    exporters = (
        Exporter("pg_stat_activity_count", (("state", "active"), *server), through(*points)),
        Exporter("pg_settings_max_connections", server, constant(100.0)),
    )
    by = "by (instance, job, server)"
    expr = f"sum {by} (pg_stat_activity_count) > min {by} (pg_settings_max_connections * 0.8)"
    held = Held("PostgresConnectionsHigh", _crossed(points[0], points[1], 80.0), freed, 98.0 / 80.0)
    made = _incident(
        "pg_connections", "db-1:5432", (start, freed), exporters, Rule("PostgresConnectionsHigh", expr, 120)
    )
    return replace(made, conditions=(held,))


def disk_full() -> Incident:
    """A disk of 100 GiB fills at 20 GiB an hour until it is cleaned up."""
    start, full, cleaned = (moment("UTC", f"2023-09-02 {at}") for at in ("00:00", "02:00", "03:10"))
    gib = float(2**30)
    points = ((start, 40 * gib), (full, 0.0), (cleaned, 0.0), (cleaned, 60 * gib))
    disk: Pairs = (("device", "/dev/sda1"), ("fstype", "ext4"), ("mountpoint", "/var"), *NODE)
    exporters = (
        Exporter("node_filesystem_avail_bytes", disk, through(*points)),
        Exporter("node_filesystem_size_bytes", disk, constant(100 * gib)),
        Exporter("node_filesystem_readonly", disk, constant(0.0)),
    )
    expr = (
        "(node_filesystem_avail_bytes / node_filesystem_size_bytes * 100 < 5"
        " and node_filesystem_readonly == 0)"
    )
    held = Held("NodeFilesystemAlmostOutOfSpace", _crossed(points[0], points[1], 5 * gib), cleaned, 0.0)
    rule = Rule("NodeFilesystemAlmostOutOfSpace", expr, 600)
    made = _incident("disk_full", "10.0.0.21:9100", (start, cleaned), exporters, rule)
    return replace(made, conditions=(held,))


def missed_cronjob() -> Incident:
    """A job that succeeds at ten past every hour does not do so from 02:10 to 05:10."""
    first, missed, again = (moment("UTC", f"2023-10-11 {at}") for at in ("21:10", "02:10", "06:10"))
    first -= timedelta(days=1)
    hours = [first + n * HOUR for n in range(12)]
    done = [at for at in hours if not missed <= at < again]
    labels: Pairs = (("cronjob", "nightly-report"), ("namespace", "batch"), *STATE)
    exporters = (Exporter("kube_cronjob_status_last_successful_time", labels, _last(done)),)
    expr = "time() - kube_cronjob_status_last_successful_time > 5400"
    last = missed - HOUR
    held = Held("CronJobMissed", last + timedelta(seconds=5400), again, (again - last).total_seconds())
    made = _incident(
        "missed_cronjob", "nightly-report", (missed, again), exporters, Rule("CronJobMissed", expr, 0)
    )
    return replace(made, conditions=(held,))


def _last(times: list[datetime]) -> Curve:
    """The latest of the times, as a unix stamp, from each of them on."""
    stamps = [(at, at.timestamp()) for at in times]
    steps = [(times[0] - 12 * HOUR, stamps[0][1] - 3600)]
    for before, (at, stamp) in zip([stamps[0][1] - 3600, *(s for _, s in stamps)], stamps, strict=False):
        steps += [(at, before), (at, stamp)]
    return through(*steps)


def kube_stack() -> Incident:
    """As kube-prometheus-stack labels it: one service in two namespaces, fifteen unrelated alerts."""
    start, end = moment("UTC", "2023-05-17 13:00"), moment("UTC", "2023-05-17 13:40")
    exporters = tuple(one for place in ("prod", "staging") for one in _ingress(place, start, end))
    by = "by (exported_namespace, exported_service)"
    counter = "nginx_ingress_controller_requests"
    errors = f'sum {by} (rate({counter}{{status=~"5.."}}[2m])) / sum {by} (rate({counter}[2m])) > 0.05'
    unrelated = tuple(
        Rule(f"Unrelated{n}", "vector(1)", 0, labels=(("namespace", f"team-{n}"), ("pod", f"job-{n}-x7vkq")))
        for n in range(15)
    )
    quiet = service("payments", 0.02)
    return Incident(
        name="kube_stack",
        zone="UTC",
        start=start - BEFORE,
        end=end + AFTER,
        service=quiet,
        bystander=replace(bystander(), requests_per_s=0.02),
        rules=(Rule("IngressErrors", errors, 60), WATCHDOG, *(_for_a_while(rule) for rule in unrelated)),
        impacts=(_only(start, end),),
        exporters=exporters,
    )


def _only(start: datetime, end: datetime) -> Impact:
    return impact((start, end, 0.3))


def _for_a_while(rule: Rule) -> Rule:
    """Firing from five minutes past each hour for ten minutes, so that it does not fire always."""
    return replace(rule, expr="vector(1) and on () (minute() >= 5) and on () (minute() < 15)")


def _ingress(namespace: str, start: datetime, end: datetime) -> tuple[Exporter, ...]:
    """Requests of one namespace as the ingress controller counts them: 20 a second, 30 % failing in prod."""
    labels: Pairs = (
        ("exported_namespace", namespace),
        ("exported_service", "payments"),
        ("ingress", "payments"),
        ("namespace", "ingress-nginx"),
        ("service", "ingress-nginx-controller-metrics"),
        ("instance", "10.0.3.3:10254"),
        ("job", "ingress-nginx-controller-metrics"),
    )
    share = 0.3 if namespace == "prod" else 0.001
    name = "nginx_ingress_controller_requests"
    return tuple(
        Exporter(name, (("status", status), *labels), _counted(start, end, usual, hurt))
        for status, usual, hurt in (("200", 19.98, 20 * (1 - share)), ("500", 0.02, 20 * share))
    )


def _counted(start: datetime, end: datetime, usual: float, hurt: float) -> Curve:
    """A counter that rises by `usual` a second, by `hurt` between start and end."""
    points = [(start - 12 * HOUR, 0.0)]
    for at, rate in ((start, usual), (end, hurt), (end + 12 * HOUR, usual)):
        before, value = points[-1]
        points.append((at, value + rate * (at - before).total_seconds()))
    return through(*points)


__all__ = ["disk_full", "kafka_lag", "kube_stack", "missed_cronjob", "pg_connections"]
