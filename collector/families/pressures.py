"""What runs full before users feel it: shares of limits, queues and waits, as rows, the surest first."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Owner(Enum):
    """By which labels the series are known to be the service's."""

    SERVICE = "service"
    """It exposes them itself: by the labels that name a service."""
    CONTAINER = "container"
    """The kubelet exposes them: by container, else by pod."""
    NAMESAKE = "namesake"
    """Another system exposes them, with the service's name in a label of its own."""


class Form(Enum):
    """How the number is made."""

    SHARE_OF_RATES = "share of rates"
    """Growth of `metric` over growth of `limit`, all series together."""
    SHARE = "share"
    """`metric` over `limit`, of the fullest series."""
    GREATEST = "greatest"
    SUM = "sum"


@dataclass(frozen=True, slots=True)
class Pressure:
    """One kind of saturation."""

    name: str
    metric: str
    form: Form
    limit: str = ""
    """The metric it is a share of."""
    owner: Owner = Owner.SERVICE
    namesake: str = ""
    """The label that carries the service's name, where another system exposes it."""
    unit: str = "ratio"


PRESSURES = (
    Pressure(
        "CPU throttled",
        "container_cpu_cfs_throttled_periods_total",
        Form.SHARE_OF_RATES,
        "container_cpu_cfs_periods_total",
        Owner.CONTAINER,
    ),
    Pressure(
        "memory of limit",
        "container_memory_working_set_bytes",
        Form.SHARE,
        "container_spec_memory_limit_bytes",
        Owner.CONTAINER,
    ),
    Pressure("connection pool in use", "hikaricp_connections_active", Form.SHARE, "hikaricp_connections_max"),
    Pressure(
        "connection pool in use", "go_sql_in_use_connections", Form.SHARE, "go_sql_max_open_connections"
    ),
    Pressure("waiting for a connection", "hikaricp_connections_pending", Form.SUM, unit="threads"),
    Pressure(
        "waiting for a connection",
        "pgbouncer_pools_client_waiting_connections",
        Form.SUM,
        owner=Owner.NAMESAKE,
        namesake="database",
        unit="clients",
    ),
    Pressure(
        "consumer lag",
        "kafka_consumergroup_lag",
        Form.SUM,
        owner=Owner.NAMESAKE,
        namesake="consumergroup",
        unit="messages",
    ),
    Pressure(
        "queue length",
        "rabbitmq_queue_messages_ready",
        Form.SUM,
        owner=Owner.NAMESAKE,
        namesake="queue",
        unit="messages",
    ),
    Pressure("workers busy", "tomcat_threads_busy_threads", Form.SHARE, "tomcat_threads_config_max_threads"),
    Pressure("workers busy", "phpfpm_active_processes", Form.SHARE, "phpfpm_total_processes"),
    Pressure("event loop lag", "nodejs_eventloop_lag_p99_seconds", Form.GREATEST, unit="s"),
    Pressure("open files", "process_open_fds", Form.SHARE, "process_max_fds"),
)
