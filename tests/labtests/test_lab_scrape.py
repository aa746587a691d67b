"""What scrapes see of the requests: the same things a real client library exposes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from tests.lab.curves import spans
from tests.lab.scene import Scene, draw_scene
from tests.lab.scrape import SCRAPE_MS
from tests.lab.scripts.parts import MINUTE, SECOND, bystander, service
from tests.lab.series import Series
from tests.lab.spec import Incident, Restart
from tests.lab.traffic import CODES

START = datetime(2023, 5, 3, 17, 0, tzinfo=UTC)
FAULT = (START + 10 * MINUTE, START + 20 * MINUTE)
RESTARTED = START + 30 * MINUTE
APP = replace(
    service("shop", 30.0),
    failing=spans(0.001, (*FAULT, 0.6)),
    restarts=(Restart(0, RESTARTED, 40 * SECOND, "2.8.0"),),
)
INCIDENT = Incident("small", "UTC", START, START + 40 * MINUTE, APP, bystander(), rules=())


def _scene(incident: Incident = INCIDENT) -> Scene:
    return draw_scene(incident, np.random.default_rng(11))


@pytest.fixture(scope="module")
def scene() -> Scene:
    """A small incident: a fault, and one restart of one instance."""
    return _scene()


def _find(scene: Scene, name: str, **labels: str) -> list[Series]:
    wanted = set(labels.items())
    return [one for one in scene.series if one.name == name and wanted <= set(one.labels)]


def test_counters_rise_by_exactly_the_requests_answered_between_two_scrapes(scene: Scene) -> None:
    """Every route and code of the instance that kept running, counted one by one."""
    answered = scene.traffic.answered
    for one in _find(scene, "http_requests_total", instance=APP.instances[1]):
        labels = dict(one.labels)
        paths = [*(route.path for route in APP.routes), "/healthz"]
        mine = (answered.instance == 1) & (answered.route == paths.index(labels["route"]))
        mine &= answered.code == CODES.index(labels["code"])
        done = answered.done[mine] * 1000
        expected = [
            np.count_nonzero((done > begin) & (done <= end))
            for begin, end in zip(one.times[:-1], one.times[1:], strict=True)
        ]
        assert np.diff(one.values).tolist() == expected


def test_an_error_series_is_born_with_the_first_error(scene: Scene) -> None:
    """No 503 before the fault: the series does not exist, rather than being 0."""
    born = [one.times[0] for one in _find(scene, "http_requests_total", code="503", service="shop")]
    assert len(born) == 2 * len(APP.routes)
    assert min(born) >= FAULT[0].timestamp() * 1000
    assert max(born) < FAULT[0].timestamp() * 1000 + 2 * SCRAPE_MS


def test_a_restart_takes_the_counters_back_to_nothing(scene: Scene) -> None:
    """The new process has counted only its own requests, and no error series until it fails."""
    (one,) = _find(scene, "http_requests_total", instance=APP.instances[0], route="/", code="200")
    after = one.times > RESTARTED.timestamp() * 1000
    assert one.values[after][0] < 30 * 15 < one.values[~after][-1]
    (unavailable,) = _find(scene, "http_requests_total", instance=APP.instances[0], route="/", code="503")
    assert unavailable.times[-1] < RESTARTED.timestamp() * 1000


def test_the_process_start_is_the_second_of_the_restart(scene: Scene) -> None:
    """The value itself is the time."""
    (one,) = _find(scene, "process_start_time_seconds", instance=APP.instances[0])
    assert sorted(set(one.values.tolist()))[1:] == [RESTARTED.timestamp()]


def test_a_version_change_is_another_build_info_series(scene: Scene) -> None:
    """The label changes with the process."""
    old, new = _find(scene, "shop_build_info", instance=APP.instances[0])
    assert (dict(old.labels)["version"], dict(new.labels)["version"]) == ("2.7.3", "2.8.0")
    assert old.times[-1] < RESTARTED.timestamp() * 1000 < new.times[0]


def test_a_failed_scrape_leaves_up_and_nothing_of_the_application(scene: Scene) -> None:
    """While the process is away, `up` is 0 and every other series of the target is silent."""
    (up,) = _find(scene, "up", instance=APP.instances[0])
    down = set(up.times[up.values == 0].tolist())
    assert 2 <= len(down) <= 3
    heard = {
        one.name
        for one in scene.series
        if ("instance", APP.instances[0]) in one.labels and down & set(one.times.tolist())
    }
    assert heard == {"up", "scrape_duration_seconds"}


def test_a_vanished_target_has_no_up_at_all() -> None:
    """Where discovery drops it, nothing says that it is down."""
    scene = _scene(replace(INCIDENT, service=replace(APP, targets_vanish=True)))
    (up,) = _find(scene, "up", instance=APP.instances[0])
    assert set(up.values.tolist()) == {1.0}
    assert np.diff(up.times).max() > 2 * SCRAPE_MS


def test_a_probe_fails_while_nothing_answers() -> None:
    """The blackbox exporter itself stays up."""
    both = tuple(Restart(index, FAULT[1], FAULT[1] - FAULT[0]) for index in (0, 1))
    probed = replace(INCIDENT, service=replace(APP, restarts=both), probe="https://shop.example/")
    scene = _scene(probed)
    (probe,) = _find(scene, "probe_success")
    failed = probe.times[probe.values == 0] / 1000
    assert FAULT[0].timestamp() <= failed[0] < FAULT[0].timestamp() + 15
    assert FAULT[1].timestamp() - 15 <= failed[-1] < FAULT[1].timestamp()
    (up,) = _find(scene, "up", job="blackbox")
    assert set(up.values.tolist()) == {1.0}


def test_a_histogram_is_cumulative_and_ends_in_its_count(scene: Scene) -> None:
    """Buckets never fall from one bound to the next; the last one counts everything."""
    base = {"instance": APP.instances[1], "route": "/"}
    buckets = _find(scene, "http_request_duration_seconds_bucket", **base)
    buckets.sort(key=lambda one: float(dict(one.labels)["le"]))
    (count,) = _find(scene, "http_request_duration_seconds_count", **base)
    table = np.array([one.values for one in buckets])
    assert (np.diff(table, axis=0) >= 0).all()
    assert table[-1].tolist() == count.values.tolist()
    requests = _find(scene, "http_requests_total", **base)
    last = sum(one.values[-1] for one in requests)
    assert last == count.values[-1]


def test_instances_are_scraped_at_their_own_offset(scene: Scene) -> None:
    """15 s apart, up to a few ms of jitter, and not at the same moment."""
    first, second = (_find(scene, "up", instance=one)[0].times for one in APP.instances)
    for times in (first, second):
        assert np.abs(np.diff(times) - SCRAPE_MS).max() < 20
    assert np.abs(first[:100] - second[:100]).min() > 1000


def test_nothing_is_recorded_while_prometheus_is_down() -> None:
    """A blind span is empty for every series, and Prometheus has a new start time after it."""
    gap = (START + 12 * MINUTE, START + 16 * MINUTE)
    scene = _scene(replace(INCIDENT, blind=gap))
    for one in scene.series:
        inside = (one.times >= gap[0].timestamp() * 1000) & (one.times < gap[1].timestamp() * 1000)
        assert not inside.any()
    (started,) = _find(scene, "process_start_time_seconds", job="prometheus")
    assert started.values[-1] == gap[1].timestamp()
    assert len(set(started.values.tolist())) == 2


def test_a_scaling_is_a_step_of_the_desired_replicas() -> None:
    """The gauge shows the new number from the next scrape on."""
    app = replace(APP, replicas=((None, 4), (FAULT[0], 12)))
    scene = _scene(replace(INCIDENT, service=app))
    (one,) = _find(scene, "kube_deployment_spec_replicas", deployment="shop")
    assert one.values[one.times < FAULT[0].timestamp() * 1000].tolist()[-1] == 4
    assert set(one.values[one.times >= FAULT[0].timestamp() * 1000].tolist()) == {12}
