"""Questions for the workloads of a cluster are narrowed to the service's namespace, under its own label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from collector.changes.narrowing import place_of
from collector.changes.reader import Reader
from collector.signals.labels.home import Home
from collector.source import Answer
from tests.lab_fakes import FakeSource, samples, span

DEPLOYMENTS = frozenset({"kube_deployment_spec_replicas"})
EXPORTER = {"namespace": "monitoring"}


def _home(*namespaces: str) -> Home:
    return Home("app", frozenset(namespaces), frozenset(), frozenset(), frozenset())


def _narrowed(home: Home, *seen: Mapping[str, str], existing: frozenset[str] = DEPLOYMENTS) -> Sequence[str]:
    answer = Answer(tuple(samples("", [0], 1, **labels) for labels in seen))
    reader = Reader(FakeSource((), ranges={"group by": lambda _: answer}), span(0, 60))
    return [matcher.render() for matcher in place_of(reader, home, existing)]


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        ([{"namespace": "shop"}, {"namespace": "other"}], ['namespace=~"shop"']),
        ([{**EXPORTER, "exported_namespace": "shop"}], ['exported_namespace=~"shop"']),
        ([{**EXPORTER, "exported_namespace": "other"}], ['exported_namespace=~"shop"']),
        ([{"namespace": "other"}], ['namespace=~"shop"']),
        ([], []),
    ],
)
def test_the_label_is_the_one_that_names_the_workloads(seen: list[dict[str, str]], told: list[str]) -> None:
    """The exported one where it exists, also where this namespace has no workload of its own."""
    assert _narrowed(_home("shop"), *seen) == told


def test_nothing_is_narrowed_where_nothing_is_known() -> None:
    """Without a namespace of the service, or without kube-state-metrics, questions stay as they are."""
    assert _narrowed(_home(), {"namespace": "shop"}) == []
    assert _narrowed(_home("shop"), {"namespace": "shop"}, existing=frozenset()) == []


def test_dots_in_a_name_are_no_pattern() -> None:
    """A namespace is text, and several are alternatives."""
    assert _narrowed(_home("a.b", "c"), {"namespace": "c"}) == [r'namespace=~"a\\.b|c"']
