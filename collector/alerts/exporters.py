"""Whose alert it is: the thing its labels speak of, and not the exporter that measured it."""

from __future__ import annotations

import re

from collector.signals.labels.registry import SERVICE_LABELS
from incident.model.signals import Labels

# Values of service labels that name a program which measures others.
_EXPORTER = re.compile(
    r"(?:^|[-_/.])(?:exporter|kube-state-metrics|cadvisor|kubelet|blackbox|pushgateway|prometheus|telegraf"
    r"|node|integrations)(?:$|[-_/.])|(?:^|[-_/.])\w*exporter$"
)
# After the labels of services: what else alerts without HTTP are about, the narrower first.
THING_LABELS = (
    "consumergroup",
    "consumer_group",
    "cronjob",
    "job_name",
    "exported_job",
    "statefulset",
    "daemonset",
    "queue",
    "topic",
    "persistentvolumeclaim",
    "datname",
    "server",
    "container",
    "nodename",
    "node",
    "instance",
)


def is_exporter(value: str) -> bool:
    """Whether the name is one of a program that measures others: kafka-exporter, kube-state-metrics."""
    return _EXPORTER.search(value.lower()) is not None


def subject(alert: str, labels: Labels) -> str:
    """The service an alert is about: by its service labels, else by what else they name, else the alert."""
    named = dict(labels)
    for name in (*SERVICE_LABELS, *THING_LABELS):
        value = named.get(name, "")
        if value and not is_exporter(value):
            return value
    return alert
