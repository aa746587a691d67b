"""Every incident by its name."""

from __future__ import annotations

from collections.abc import Callable

from tests.lab.rules import rule_file
from tests.lab.scripts import exported, incidents, more
from tests.lab.spec import Incident

INCIDENTS: dict[str, Callable[[], Incident]] = {
    make.__name__: make
    for make in (
        incidents.payments,
        incidents.portal,
        incidents.store,
        incidents.store_probe,
        incidents.checkout,
        incidents.webstore,
        incidents.healthy,
        more.flapping,
        more.slow_leak,
        more.blind,
        more.low_traffic,
        more.dst_night,
        more.ongoing,
        more.latency_step,
        more.short_spike,
        more.lost_traffic,
        more.second_reset,
        more.bad_canary,
    )
}
"""The first seven are those of the written reports and the healthy day; then further ones."""

EXPORTED: dict[str, Callable[[], Incident]] = {
    make.__name__: make
    for make in (
        exported.kafka_lag,
        exported.pg_connections,
        exported.disk_full,
        exported.missed_cronjob,
        exported.kube_stack,
    )
}
"""What exporters measured; the first four have no HTTP at all."""

EVERY = INCIDENTS | EXPORTED


def rules_of(name: str) -> str:
    """The rules that are served beside the data, as YAML: those whose alerts the data hold."""
    return rule_file(EVERY[name]().rules)
