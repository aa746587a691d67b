"""Changes from raw samples: each told once, at its own time, and none that did not happen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from collector.changes.events import ChangeHistory, change_events
from collector.errors import QueryRejected
from collector.signals.labels.home import Home
from collector.signals.samples.raw import joined
from incident.model.facts import Change, ChangeKind, Nearness
from incident.model.signals import Samples, Targets
from incident.model.spans import Span, ms
from tests.lab_fakes import FakeSource, at, samples, span, ticks

WINDOW = span(0, 240)
SCRAPE = timedelta(seconds=15)
HOME = Home("shop", frozenset({"prod"}), frozenset({"shop"}), frozenset({"a:1", "b:1"}), frozenset())
UP = 'up{service="shop"}'


def labels(instance: str) -> dict[str, str]:
    return {"service": "shop", "job": "shop", "namespace": "prod", "instance": instance}


def process(instance: str, *lives: tuple[float, float, float]) -> list[Samples]:
    """A process seen from `start` to `end` minutes, started at minute `began`: one triple for each life."""
    times = [t for start, end, _ in lives for t in ticks(start, end)]
    values = [ms(at(began)) / 1000 for start, end, began in lives for _ in ticks(start, end)]
    return [
        samples("process_start_time_seconds", times, values, **labels(instance)),
        samples("up", times, 1, **labels(instance)),
    ]


def build(instance: str, *lives: tuple[float, float, str]) -> list[Samples]:
    """The version an instance states from `start` to `end` minutes."""
    return [
        samples("shop_build_info", ticks(start, end), 1, version=version, **labels(instance))
        for start, end, version in lives
    ]


def replicas(*parts: tuple[float, float, float], deployment: str = "shop", **more: str) -> Samples:
    times = [t for start, end, _ in parts for t in ticks(start, end)]
    values = [value for start, end, value in parts for _ in ticks(start, end)]
    named = {"namespace": "prod", "job": "kube-state-metrics", **more}
    return samples("kube_deployment_spec_replicas", times, values, deployment=deployment, **named)


def history(*parts: Sequence[Samples], **source: object) -> ChangeHistory:
    held = joined(one for many in parts for one in many)
    up = tuple(one for one in held if one.label("__name__") == "up" and one.label("service") == "shop")
    fake = FakeSource(held, **source)  # type: ignore[arg-type]
    return change_events(fake, HOME, Targets(UP, up, SCRAPE) if up else None, WINDOW)


def changes(*parts: Sequence[Samples]) -> tuple[Change, ...]:
    return history(*parts).changes


STEADY = process("b:1", (0, 240, -5000))


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


def test_scaling_is_told_from_to() -> None:
    """A changed number of replicas is bracketed by two scrapes; another namespace is not ours."""
    (one,) = changes(
        [replicas((0, 100, 4), (100, 240, 12)), replicas((0, 50, 1), (50, 240, 2), namespace="dev")]
    )

    assert (one.kind, one.title, one.nearness) == (ChangeKind.SCALE, "scaled 4 -> 12 replicas", Nearness.OWN)
    assert at(99.75) <= one.at <= at(100)
    assert SCRAPE / 2 <= one.plus_minus <= SCRAPE / 2 + timedelta(seconds=1)


def test_autoscaler_climbs_in_one_row() -> None:
    """Steps in one direction within minutes are one scaling; the way down is another."""
    up, down = changes([replicas((0, 100, 4), (100, 102, 6), (102, 104, 8), (104, 150, 12), (150, 240, 4))])

    assert (up.value, up.count, down.value) == ("4 -> 12", 3, "12 -> 4")


def test_workers_of_the_service_are_near_by() -> None:
    """A Deployment that has the service's name inside is not the service itself."""
    (one,) = changes([replicas((0, 100, 1), (100, 240, 2), deployment="shop-worker")])

    assert (one.subject, one.nearness) == ("shop-worker", Nearness.NEARBY)


def test_instances_of_a_scaling_are_not_restarts() -> None:
    """What a scaling up started is told by the scaling."""
    (one,) = changes(STEADY, [replicas((0, 100, 1), (100, 240, 2))], process("c:1", (101, 240, 100.5)))

    assert one.kind is ChangeKind.SCALE


def up_series(instance: str, *parts: tuple[float, float, float]) -> Samples:
    times = [t for start, end, _ in parts for t in ticks(start, end)]
    values = [value for start, end, value in parts for _ in ticks(start, end)]
    return samples("up", times, values, **labels(instance))


def test_targets_that_fall_together_are_one_row() -> None:
    """Both targets down and up again are two rows, each bracketed by two scrapes."""
    lives = ((0, 100, 1), (100, 130, 0), (130, 240, 1))

    down, back = changes([up_series("a:1", *lives), up_series("b:1", *lives)])

    assert (down.kind, down.title, down.count) == (ChangeKind.TARGET_DOWN, "2 of 2 targets down", 2)
    assert at(99.75) <= down.at <= at(100)
    assert (back.kind, back.title) == (ChangeKind.TARGET_UP, "2 of 2 targets up again")


def test_scrape_missed_by_a_restart_is_told_by_the_restart() -> None:
    """A target that is down only while it restarts makes no rows of its own."""
    start_times = [
        one for one in process("a:1", (0, 100, -5000), (100.5, 240, 100.2)) if one.label("__name__") != "up"
    ]

    (one,) = changes(start_times, [up_series("a:1", (0, 100, 1), (100, 100.5, 0), (100.5, 240, 1))])

    assert one.kind is ChangeKind.RESTART


def test_flapping_targets_are_one_row() -> None:
    """Many falls are one fact with a count."""
    parts = [part for k in range(20) for part in ((5 * k, 5 * k + 4, 1.0), (5 * k + 4, 5 * k + 5, 0.0))]

    (one,) = changes([up_series("a:1", *parts, (100, 240, 1))])

    assert (one.count, one.title) == (20, "targets flapping: down 20 times")


def test_monitoring_gap_is_no_fall_of_a_target() -> None:
    """A hole in the samples of everything is a gap, and nothing is said to be down."""
    (one,) = changes([up_series("a:1", (0, 100, 1), (120, 240, 1))])

    assert (one.kind, one.title) == (ChangeKind.DATA_GAP, "no samples of anything: monitoring gap")
    assert one.at - at(99.75) == SCRAPE / 2
    assert one.until is not None
    assert at(120) - one.until == SCRAPE / 2


def test_targets_that_vanish_are_told_from_blindness() -> None:
    """Where others were scraped meanwhile, the service's targets vanished; to the end, if they stay away."""
    other = [samples("up", ticks(0, 240), 1, job="other", instance="x:1")]

    (gap,) = changes([up_series("a:1", (0, 100, 1), (120, 240, 1))], other)
    (gone,) = changes([up_series("a:1", (0, 100, 1))], other)

    assert gap.title == "its targets vanished: no samples while others were scraped"
    assert gone.until is None


def test_end_of_the_data_is_no_event() -> None:
    """Where everything ends, nothing is known to have happened."""
    assert changes([up_series("a:1", (0, 100, 1))]) == ()


def test_one_missed_scrape_is_no_gap() -> None:
    """A single sample missing is noise."""
    assert changes([up_series("a:1", (0, 100, 1), (100.25, 240, 1))]) == ()


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
