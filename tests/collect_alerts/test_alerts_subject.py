"""What an alert is about, by its labels: never the program that measured it."""

from __future__ import annotations

import pytest

from collector.alerts.exporters import subject

STATE = {"job": "kube-state-metrics", "service": "kps-kube-state-metrics", "instance": "10.0.0.5:8080"}


@pytest.mark.parametrize(
    ("labels", "about"),
    [
        ({"service": "payments", "pod": "other-5f7c9d8b6f-x2k4q"}, "payments"),
        ({**STATE, "pod": "payments-5f7c9d8b6f-x2k4q", "container": "app"}, "payments"),
        ({**STATE, "pod": "ledger-0", "container": "main"}, "ledger"),
        ({**STATE, "pod": "agent-x2k4q"}, "agent"),
        ({**STATE, "pod": "a-pod-somebody-made", "container": "app"}, "app"),
        ({"job": "rabbitmq", "pod": "rabbitmq-0", "queue": "orders"}, "rabbitmq"),
        ({"job": "rabbitmq-exporter", "pod": "rabbitmq-0", "queue": "orders"}, "orders"),
        ({"job": "node", "pod": "kps-node-exporter-x2k4q", "instance": "web-1:9100"}, "web-1:9100"),
        ({"envoy_cluster_name": "payments", "job": "envoy"}, "payments"),
        ({"destination_workload": "payments", "reporter": "destination"}, "payments"),
        ({"severity": "page"}, "TheAlert"),
    ],
)
def test_the_subject_is_the_narrowest_thing_that_is_no_exporter(labels: dict[str, str], about: str) -> None:
    """The service, else the object, else the owner of the pod, else what the alert is called."""
    assert subject("TheAlert", tuple(sorted(labels.items()))) == about
