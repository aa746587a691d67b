"""Under which label the objects of a cluster carry the service's namespace: what questions are narrowed by.

A name like "app" is a part of many other names; without the namespace a draft would read them all.
"""

from __future__ import annotations

from datetime import timedelta

from collector.changes.reader import Reader
from collector.signals.labels.home import Home
from collector.signals.labels.sets import label
from incident.model.spans import aligned
from incident.text.promql import Matcher, regex_literal, selector

DEPLOYMENTS = "kube_deployment_spec_replicas"
WORKLOADS = (DEPLOYMENTS, "kube_statefulset_replicas")
"""One series for each workload: few enough to look at them all."""
# Where kube-state-metrics is scraped without honor_labels, the plain label is its own namespace.
_LABELS = ("exported_namespace", "namespace")
# Looks over the span: enough to meet an exporter that was away for a part of it.
_LOOKS = 3


def place_of(reader: Reader, home: Home, existing: frozenset[str]) -> tuple[Matcher, ...]:
    """The matcher of the service's namespaces; none where they are not known, or no workload is.

    Objects of other namespaces are no part of a draft: to leave them out of the question loses nothing.
    """
    known = [name for name in WORKLOADS if name in existing]
    if not known or not home.namespaces:
        return ()
    step = max(timedelta(seconds=1), reader.span.length / _LOOKS)
    workloads = selector("", (Matcher("__name__", "=~", "|".join(known)),))
    query = f"group by ({', '.join(_LABELS)}) ({workloads})"
    seen = reader.evaluated(query, aligned(reader.span, step), "namespaces")
    if not seen:
        return ()
    named = [name for name in _LABELS if any(label(one.labels, name) in home.namespaces for one in seen)]
    used = [name for name in _LABELS if any(label(one.labels, name) for one in seen)]
    places = "|".join(regex_literal(one) for one in sorted(home.namespaces))
    return tuple(Matcher(name, "=~", places) for name in (*named, *used)[:1])
