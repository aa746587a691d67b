"""Whose alert it is: the thing its labels speak of, and not the exporter that measured it."""

from __future__ import annotations

import re

from collector.signals.labels.registry import CALLED_LABELS, SERVICE_LABELS
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

_BEFORE_POD = THING_LABELS[: THING_LABELS.index("container")]
"""What says more than the pod does: a queue is not the broker that holds it."""
# A job comes last: that of the proxy counts the requests of many services.
_SERVICES = (
    *(name for name in SERVICE_LABELS if not name.endswith("job")),
    *CALLED_LABELS,
    *(name for name in SERVICE_LABELS if name.endswith("job")),
)
# The letters and digits that Kubernetes makes names of: no vowels, and none that look alike.
_SAFE = "[bcdfghjklmnpqrstvwxz2456789]"
_POD = re.compile(rf"(?P<name>.+?)-(?:{_SAFE}{{8,10}}-{_SAFE}{{5}}|{_SAFE}{{5}}|\d{{1,4}})")


def is_exporter(value: str) -> bool:
    """Whether the name is one of a program that measures others: kafka-exporter, kube-state-metrics."""
    return _EXPORTER.search(value.lower()) is not None


def subject(alert: str, labels: Labels) -> str:
    """The service an alert is about: by its service labels, else by what else they name, else the alert."""
    named = dict(labels)
    # A container is often called "app", its pod never.
    owner = _owner(named.get("exported_pod") or named.get("pod", ""))
    values = (
        *(named.get(name, "") for name in _SERVICES),
        *(named.get(name, "") for name in _BEFORE_POD),
        owner,
        *(named.get(name, "") for name in THING_LABELS),
    )
    return next((value for value in values if value and not is_exporter(value)), alert)


def _owner(pod: str) -> str:
    """The workload whose controller named the pod: name-hash-hash, name-hash, name-0; else nothing."""
    found = _POD.fullmatch(pod)
    return found["name"] if found else ""
