"""Where the service lives, so that alerts and changes can be told as its own, near by or elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass

from collector.signals.labels.registry import CALLED_LABELS, PLACE_LABELS, SERVICE_LABELS
from collector.signals.labels.sets import has_token, label, names_service, parsed
from incident.model.evidence import Scope
from incident.model.facts import Nearness
from incident.model.signals import Labels, Targets

# Labels that say whose series it is besides those of SERVICE_LABELS, in rules for Kubernetes objects.
_OWNER_LABELS = (
    *SERVICE_LABELS,
    *CALLED_LABELS,
    "container",
    "statefulset",
    "daemonset",
    "created_by_name",
    "owner_name",
)
# What alerts without a service are about; a Job is made by its CronJob as name-number.
_THINGS = (
    "consumergroup",
    "consumer_group",
    "cronjob",
    "job_name",
    "queue",
    "topic",
    "persistentvolumeclaim",
    "datname",
    "server",
    "nodename",
    "node",
    "instance",
)


@dataclass(frozen=True, slots=True)
class Home:
    """The places that the service's own series name."""

    service: str
    namespaces: frozenset[str]
    jobs: frozenset[str]
    instances: frozenset[str]
    pods: frozenset[str]
    alert: str = ""
    """The alert that was asked for by name: the service's own, unless its labels say another one."""

    def nearness(self, labels: Labels) -> Nearness:
        """How close something with these labels is to the service."""
        if self._is_own(labels):
            return Nearness.OWN
        places = {label(labels, name) for name in PLACE_LABELS if name.endswith("namespace")}
        return Nearness.NEARBY if places & self.namespaces else Nearness.ELSEWHERE

    def _is_own(self, labels: Labels) -> bool:
        owners = ((name, label(labels, name)) for name in _OWNER_LABELS)
        pod = label(labels, "exported_pod") or label(labels, "pod")
        if any(names_service(name, value, self.service) for name, value in owners) or self._owns_pod(pod):
            # The same name in another namespace is another service.
            return self._at_home(labels)
        if self._owns_thing(labels):
            return self._at_home(labels)
        return label(labels, "instance") in self.instances or self._owns_job(label(labels, "job"))

    def _owns_thing(self, labels: Labels) -> bool:
        """A consumer group, a job or a claim of its name, whoever measured it."""
        values = [label(labels, name) for name in _THINGS]
        made = rf"{re.escape(self.service)}-\d+"
        return self.service in values or re.fullmatch(made, label(labels, "job_name")) is not None

    def _at_home(self, labels: Labels) -> bool:
        place = label(labels, "exported_namespace") or label(labels, "namespace")
        return not self.namespaces or not place or place in self.namespaces

    def _owns_pod(self, pod: str) -> bool:
        """A pod it was scraped from, or one a Deployment of its name makes: name-hash-hash, name-0."""
        made = rf"{re.escape(self.service)}-(?:[a-z0-9]{{5,10}}-[a-z0-9]{{5}}|[a-z0-9]{{5}}|\d+)"
        return bool(pod) and (pod in self.pods or re.fullmatch(made, pod) is not None)

    def _owns_job(self, job: str) -> bool:
        """A job of many services ("kubernetes-pods") is nobody's own, whoever was scraped under it."""
        return job in self.jobs and has_token(self.service, job)


def home_of(scope: Scope, targets: Targets | None, probes: Targets | None) -> Home:
    """The home that the scope's matchers and the labels of the service's targets tell of.

    Of its probes only the addresses are its own: their job and namespace are the prober's.
    """
    series = [samples.labels for samples in targets.samples] if targets else []
    named = {m.value for m in parsed(scope.matchers) if m.op == "=" and m.name.endswith("namespace")}

    def seen(*names: str) -> frozenset[str]:
        return frozenset({label(labels, name) for labels in series for name in names} - {""})

    probed = (
        frozenset({label(one.labels, "instance") for one in probes.samples} - {""}) if probes else frozenset()
    )
    return Home(
        service=scope.service,
        namespaces=frozenset(named) or seen("exported_namespace", "namespace"),
        jobs=seen("job"),
        instances=seen("instance") | probed,
        pods=seen("pod"),
    )
