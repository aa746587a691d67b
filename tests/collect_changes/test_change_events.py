"""Changes from raw samples: each told once, at its own time, and none that did not happen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from collector.changes.events import change_events
from collector.errors import QueryRejected
from collector.signals.samples.raw import joined
from incident.model.facts import ChangeKind
from incident.model.signals import Samples, Targets
from incident.model.spans import Span, ms
from tests.collect_changes.processes import (
    HOME,
    SCRAPE,
    STEADY,
    UP,
    WINDOW,
    changes,
    history,
    labels,
    process,
    replicas,
)
from tests.lab_fakes import FakeSource, at, samples, ticks


def build(instance: str, *lives: tuple[float, float, str]) -> list[Samples]:
    """The version an instance states from `start` to `end` minutes."""
    return [
        samples("shop_build_info", ticks(start, end), 1, version=version, **labels(instance))
        for start, end, version in lives
    ]


def test_restart_is_timed_by_its_value() -> None:
    """The process says when it started, whatever the scrape saw."""
    (one,) = changes(process("a:1", (0, 100, -5000), (100.25, 240, 100.1)), STEADY)

    assert (one.kind, one.at, one.plus_minus) == (ChangeKind.RESTART, at(100.1), timedelta(0))
    assert one.title == "instance a:1 restarted"
    assert one.value == f"{ms(at(100.1)) // 1000}"
    assert one.query == 'process_start_time_seconds{service="shop"}'


def test_process_that_started_before_the_span_is_no_event() -> None:
    """A start before what was read is not a change in it."""
    assert changes(STEADY) == ()


def test_rolling_restart_is_one_row() -> None:
    """Instances that start one after the other are one change with count and span."""
    (one,) = changes(
        process("a:1", (0, 100, -5000), (100.25, 240, 100)),
        process("b:1", (0, 101, -5000), (101.25, 240, 101)),
    )

    assert (one.at, one.until, one.count, one.title) == (at(100), at(101), 2, "2 instances restarted")
    assert one.subject == "shop"


def test_restarts_of_the_same_instances_are_told_apart() -> None:
    """Two rounds of restarts ten minutes apart are two rows."""
    lives = [(0, 100, -5000), (100.25, 110, 100), (110.25, 240, 110)]

    found = changes(process("a:1", *lives), process("b:1", *lives))

    assert [(one.at, one.count) for one in found] == [(at(100), 2), (at(110), 2)]


def test_crash_loop_is_one_row() -> None:
    """An instance that starts over and over is one fact."""
    lives = [(0.0, 100.0, -5000.0)] + [(100.25 + 2 * k, 102.0 + 2 * k, 100.0 + 2 * k) for k in range(20)]

    (one,) = changes(process("a:1", *lives), STEADY)

    assert (one.count, one.title) == (20, "instance a:1 restarted 20 times")
    assert one.until == at(138)


def test_new_instance_is_told_as_started() -> None:
    """An instance that was not there before did not restart."""
    (one,) = changes(process("c:1", (100.25, 240, 100)), STEADY)

    assert one.title == "instance c:1 started"


def test_wrong_clock_is_placed_between_the_scrapes() -> None:
    """A start that the process cannot have had is bracketed by what was seen."""
    (one,) = changes(process("a:1", (0, 100, -5000), (100.25, 240, 60)), STEADY)

    assert at(99.75) < one.at <= at(100.25)
    assert one.plus_minus > timedelta(0)


def test_clock_corrections_are_no_restarts() -> None:
    """A start time that moves by a second is the same start."""
    times = ticks(0, 240)
    values = [1_700_000_000 + (k % 2) for k in range(len(times))]
    jitter = [samples("process_start_time_seconds", times, values, **labels("a:1"))]

    assert changes(jitter, STEADY) == ()


def test_deploy_takes_its_restarts_with_it() -> None:
    """A new version on both instances is one deploy at the first start, and no restart beside it."""
    lives = [(0, 100, "2.7.0"), (100.25, 240, "2.7.1")]

    (one,) = changes(
        process("a:1", (0, 100, -5000), (100.25, 240, 100.1)),
        process("b:1", (0, 100, -5000), (101.25, 240, 101)),
        build("a:1", *lives),
        build("b:1", (0, 100, "2.7.0"), (101.25, 240, "2.7.1")),
    )

    assert (one.kind, one.at, one.until, one.count) == (ChangeKind.DEPLOY, at(100.1), at(101), 2)
    assert (one.value, one.title) == ("2.7.0 -> 2.7.1", "version 2.7.0 -> 2.7.1 (2 instances)")


def test_a_restart_a_minute_before_a_deploy_is_a_row_of_its_own() -> None:
    """The version came with the later start: the earlier one is no part of it."""
    restart, deploy = changes(
        process("a:1", (0, 100, -5000), (100.25, 101, 100.1), (101.25, 240, 101.1)),
        build("a:1", (0, 101, "2.7.0"), (101.25, 240, "2.7.1")),
    )

    assert (restart.kind, restart.at) == (ChangeKind.RESTART, at(100.1))
    assert (deploy.kind, deploy.at) == (ChangeKind.DEPLOY, at(101.1))


def test_deploy_without_start_times_lies_between_scrapes() -> None:
    """Where no process says when it started, the change of version is bracketed."""
    up = samples("up", ticks(0, 240), 1, **labels("a:1"))

    (one,) = changes([up], build("a:1", (0, 100, "1"), (100, 240, "2")))

    assert at(99.75) <= one.at <= at(100)
    assert one.plus_minus == SCRAPE / 2


def test_going_back_is_a_rollback() -> None:
    """A version that was there before, or a lower number, is a rollback."""
    forth, back = changes(STEADY, build("b:1", (0, 100, "2.0"), (100, 150, "2.1"), (150, 240, "2.0")))
    (lower,) = changes(STEADY, build("b:1", (0, 100, "v1.10.0"), (100, 240, "v1.9.3")))

    assert (forth.kind, back.kind) == (ChangeKind.DEPLOY, ChangeKind.ROLLBACK)
    assert back.title == "rolled back 2.1 -> 2.0"
    assert lower.kind is ChangeKind.ROLLBACK


def test_new_instance_of_the_same_version_is_no_deploy() -> None:
    """Scaling brings instances of the version that is there."""
    (one,) = changes(
        STEADY,
        build("b:1", (0, 240, "2.0")),
        process("c:1", (100.25, 240, 100)),
        build("c:1", (100.25, 240, "2.0")),
    )

    assert one.kind is ChangeKind.RESTART


def test_new_pods_of_a_new_version_are_one_deploy() -> None:
    """Where instances are replaced rather than restarted, the workload's version still changes once."""
    (one,) = changes(
        process("a:1", (0, 101, -5000)),
        process("c:1", (100.25, 240, 100)),
        process("d:1", (101.25, 240, 101)),
        build("a:1", (0, 101, "2.0")),
        build("c:1", (100.25, 240, "2.1")),
        build("d:1", (101.25, 240, "2.1")),
    )

    assert (one.kind, one.value, one.count) == (ChangeKind.DEPLOY, "2.0 -> 2.1", 2)


def test_image_change_is_a_deploy_too() -> None:
    """Without a version of its own a service's image tells the deploy."""
    pods = [
        samples(
            "kube_pod_container_info",
            ticks(start, end),
            1,
            pod=f"shop-{pod}",
            container="shop",
            namespace="prod",
            image=f"registry.example:5000/shop:{tag}",
        )
        for pod, start, end, tag in [
            ("6d4b75cb6d-hx2v9", 0, 100, "1.4"),
            ("5c9f8d7b6c-kq8wz", 100, 240, "1.5"),
        ]
    ]

    (one,) = changes(STEADY, pods)

    assert (one.kind, one.value) == (ChangeKind.DEPLOY, "1.4 -> 1.5")


def test_processes_of_new_pods_are_the_deploys_own() -> None:
    """Images are told by pod, processes by address: new ones are started by the deploy all the same."""
    pod = {"container": "shop", "namespace": "prod"}
    name = "kube_pod_container_info"

    (one,) = changes(
        process("c:1", (100.5, 240, 100.2)),
        STEADY,
        [samples(name, ticks(0, 101), 1, image="shop:1.4", pod="shop-6d4b75cb6d-hx2v9", **pod)],
        [samples(name, ticks(100, 240), 1, image="shop:1.5", pod="shop-5c9f8d7b6c-kq8wz", **pod)],
    )

    assert (one.kind, one.value) == (ChangeKind.DEPLOY, "1.4 -> 1.5")


def test_deploy_told_by_two_metrics_is_one_row() -> None:
    """The image and the version of the same rollout are the same deploy."""
    pod = {"pod": "shop-6d4b75cb6d-hx2v9", "container": "shop", "namespace": "prod"}
    image = "kube_pod_container_info"

    found = changes(
        STEADY,
        build("b:1", (0, 100, "1.4"), (100, 240, "1.5")),
        [samples(image, ticks(0, 100), 1, image="shop:1.4", **pod)],
        [samples(image, ticks(100, 240), 1, image="shop:1.5", **pod)],
    )

    assert [one.value for one in found] == ["1.4 -> 1.5"]


def test_library_versions_are_not_deploys() -> None:
    """`go_build_info` states what the compiler was, not which version of the service runs."""
    go = [
        samples("go_build_info", ticks(s, e), 1, version=v, **labels("b:1"))
        for s, e, v in [(0, 100, "1"), (100, 240, "2")]
    ]

    assert changes(STEADY, go) == ()


def test_refused_query_costs_its_own_kind() -> None:
    """Restarts that cannot be read are a failed unknown; scaling is still told."""
    refused = QueryRejected("no", status=422, error_type="execution", server_text="no", query="q")

    found = history(STEADY, [replicas((0, 100, 4), (100, 240, 12))], raws={"process_start_time": refused})

    assert [one.kind for one in found.changes] == [ChangeKind.SCALE]
    assert [(u.what, u.failed) for u in found.unknowns] == [("changes (restarts)", True)]


def _asked(*parts: Sequence[Samples], fake: type[FakeSource] = FakeSource) -> list[str]:
    """The raw questions that the changes of these samples take."""
    held = joined(one for many in parts for one in many)
    up = tuple(one for one in held if one.label("__name__") == "up")
    source = fake(held)
    change_events(source, HOME, Targets(UP, up, SCRAPE), WINDOW)
    return [query for kind, query in source.asked if kind == "raw"]


def test_starts_and_versions_are_one_question() -> None:
    """Both are there for every process of the service, in the same span."""
    assert len(_asked(STEADY, build("b:1", (0, 240, "1")))) == 1


@pytest.mark.parametrize(
    ("refused", "kinds", "missing"),
    [
        ("process_start_time_seconds|", [ChangeKind.DEPLOY], []),
        ("process_start_time_seconds", [ChangeKind.DEPLOY], ["changes (restarts)"]),
        ("_build_info", [ChangeKind.RESTART], ["changes (deploys)"]),
    ],
    ids=["both at once", "starts", "versions"],
)
def test_what_is_refused_of_starts_and_versions_costs_itself(
    refused: str, kinds: list[ChangeKind], missing: list[str]
) -> None:
    """Refused together, each is asked for alone; a deploy's own restart is told where the deploy is not."""
    error = QueryRejected("no", status=422, error_type="execution", server_text="no", query="q")
    lives = process("a:1", (0, 100, -5000), (100.25, 240, 100.1))

    found = history(STEADY, lives, build("a:1", (0, 100, "1"), (100.25, 240, "2")), raws={refused: error})

    assert [one.kind for one in found.changes] == kinds
    assert [unknown.what for unknown in found.unknowns] == missing


class _Unlisted(FakeSource):
    """Does not say which metrics it has."""

    def names(self, pattern: str, span: Span) -> tuple[str, ...]:
        raise QueryRejected(
            "no", status=422, error_type="execution", server_text="no", query=f"{pattern} {span}"
        )


def test_a_cluster_is_asked_about_only_where_there_may_be_one() -> None:
    """A server that lists its metrics, none of a cluster's among them, is not asked for those."""
    apart = ("kube_deployment_spec_replicas", "kube_pod_container_info")

    assert [query for query in _asked(STEADY) if query.startswith(apart)] == []
    assert len([query for query in _asked(STEADY, fake=_Unlisted) if query.startswith(apart)]) == 3


@pytest.mark.parametrize("order", [1, -1])
def test_order_of_series_changes_nothing(order: int) -> None:
    """The same samples in another order make the same changes."""
    parts = [
        *process("a:1", (0, 100, -5000), (100.25, 240, 100.1)),
        *build("a:1", (0, 100, "1"), (100.25, 240, "2")),
        *STEADY,
        replicas((0, 150, 4), (150, 240, 12)),
    ]

    found = changes(parts[::order])

    assert [one.kind for one in found] == [ChangeKind.DEPLOY, ChangeKind.SCALE]


def test_version_of_each_target_is_kept_with_its_time() -> None:
    """Request counters do not say which version answered; the targets' own statements do."""
    found = history(
        process("a:1", (0, 240, -5000)),
        process("b:1", (0, 100, -5000), (100.25, 240, 100.1)),
        build("a:1", (0, 240, "2.7.0")),
        build("b:1", (0, 100, "2.7.0"), (100.25, 240, "2.7.1")),
    ).placements

    told = [(dict(one.target)["instance"], one.value, one.since, one.until) for one in found]
    last = at(99.75)
    assert told == [("a:1", "2.7.0", None, None), ("b:1", "2.7.0", None, last), ("b:1", "2.7.1", last, None)]


def test_version_that_all_targets_have_is_not_kept() -> None:
    """Where there was only one, nothing can be told apart by it."""
    assert history(STEADY, build("b:1", (0, 240, "2.7.0"))).placements == ()
