"""A built incident, asked of a real Prometheus."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.lab.build import SEED, Lab, build
from tests.lab.catalogue import INCIDENTS
from tests.lab.prometheus import ask, serve
from tests.lab.scene import draw_scene
from tests.lab.truth import read_truth, write_truth

NAME = "short_spike"

pytestmark = [
    pytest.mark.server,
    pytest.mark.usefixtures("prometheus_binary", "promtool_binary"),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """The shortest of the incidents."""
    return build(NAME, tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="module")
def url(lab: Lab) -> Iterator[str]:
    """Its server."""
    with serve(lab.data_dir) as address:
        yield address


def _raw(url: str, selector: str, lab: Lab) -> dict[frozenset[tuple[str, str]], list[list[float]]]:
    span = lab.truth.data
    window = f"{(span.end - span.start).total_seconds():.0f}s"
    found = ask(url, "query", query=f"{selector}[{window}]", time=span.end.timestamp())
    return {
        frozenset(one["metric"].items()): [[at, float(value)] for at, value in one["values"]] for one in found
    }


@pytest.mark.parametrize("name", ["http_requests_total", "http_request_duration_seconds_bucket", "up"])
def test_the_server_answers_with_the_samples_that_were_drawn(name: str, url: str, lab: Lab) -> None:
    """Every series and every sample, to the millisecond."""
    scene = draw_scene(INCIDENTS[NAME](), np.random.default_rng([SEED, zlib.crc32(NAME.encode())]))
    drawn = {
        frozenset({("__name__", one.name), *one.labels}): [
            [at / 1000, value] for at, value in zip(one.times.tolist(), one.values.tolist(), strict=True)
        ]
        for one in scene.series
        if one.name == name
    }
    assert _raw(url, name, lab) == drawn


def test_alerts_are_served_as_the_truth_tells_them(url: str, lab: Lab) -> None:
    """Firing begins, and ends one interval after the last sample."""
    (alert,) = lab.truth.alerts
    found = _raw(url, 'ALERTS{alertstate="firing",service="quotes"}', lab)
    ((labels, samples),) = found.items()
    assert alert.firing_at is not None
    assert alert.resolved_at is not None
    assert samples[0][0] == alert.firing_at.timestamp()
    assert samples[-1][0] + 15 == alert.resolved_at.timestamp()
    assert alert.labels.items() <= dict(labels).items()
    (active,) = {value for _, value in _only(_raw(url, 'ALERTS_FOR_STATE{service="quotes"}', lab))}
    assert alert.pending_at is not None
    assert active == int(alert.pending_at.timestamp())


def _only(found: dict[frozenset[tuple[str, str]], list[list[float]]]) -> list[list[float]]:
    (samples,) = found.values()
    return samples


def test_the_bystander_has_no_alert_of_its_own(url: str, lab: Lab) -> None:
    """The rule looks at every service; only one of them fails."""
    assert _raw(url, 'ALERTS{service="search"}', lab) == {}


def test_figures_are_what_the_counters_say(url: str, lab: Lab) -> None:
    """The truth counts requests; the counters around the episode count the same."""
    (episode,) = lab.truth.episodes
    assert episode.end is not None
    assert lab.truth.requests is not None
    selector = 'http_requests_total{service="quotes",code=~"5.."}'
    rise = 0.0
    for samples in _raw(url, selector, lab).values():
        times = np.array([at for at, _ in samples])
        first = np.searchsorted(times, episode.start.timestamp()) - 1
        last = min(int(np.searchsorted(times, episode.end.timestamp() + 15)), len(samples) - 1)
        rise += samples[last][1] - (samples[int(first)][1] if first >= 0 else 0.0)
    # Around the episode lie up to 45 s more, with 0.1 % errors.
    assert 0 <= rise - lab.truth.requests.failed < 15


def test_what_was_built_is_not_built_again(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second build needs no program at all."""
    monkeypatch.setenv("PATH", "")
    again = build(NAME, lab.data_dir.parent.parent)
    assert again == lab


def test_serving_leaves_the_blocks_as_they_are(lab: Lab) -> None:
    """Two servers at once, and afterwards the same files."""
    before = sorted(path.relative_to(lab.data_dir) for path in lab.data_dir.rglob("*"))
    with serve(lab.data_dir) as one, serve(lab.data_dir) as other:
        assert one != other
        assert _raw(one, "up", lab) == _raw(other, "up", lab)
    assert sorted(path.relative_to(lab.data_dir) for path in lab.data_dir.rglob("*")) == before


def test_the_truth_survives_its_file(lab: Lab, tmp_path: Path) -> None:
    """What is written is what is read."""
    write_truth(lab.truth, tmp_path / "truth.yaml")
    assert read_truth(tmp_path / "truth.yaml") == lab.truth


def test_a_crash_of_prometheus_splits_alerts_but_not_their_truth(tmp_path: Path) -> None:
    """After the gap ALERTS is pending again with a new ActiveAt; it was one alert all the time."""
    lab = build("blind", tmp_path)
    (alert,) = lab.truth.alerts
    (gap,) = lab.truth.unknown
    with serve(lab.data_dir) as url:
        since = _only(_raw(url, 'ALERTS_FOR_STATE{service="billing"}', lab))
        pending = _only(_raw(url, 'ALERTS{service="billing",alertstate="pending"}', lab))
    begin, stop = gap.start.timestamp(), gap.end.timestamp()
    assert len({value for _, value in since}) == 2
    assert not [at for at, _ in since if begin <= at < stop + 15]
    assert [at for at, _ in pending if at > stop]
    assert alert.pending_at is not None
    assert alert.resolved_at is not None
    assert alert.pending_at < gap.start < gap.end < alert.resolved_at


def test_what_older_code_drew_is_removed_unless_it_is_served(lab: Lab) -> None:
    """The cache holds one version of an incident, and never pulls blocks from under a server."""
    home = lab.data_dir.parent
    older, served = home.parent / f"{NAME}-7-0000000000", home.parent / f"{NAME}-7-1111111111"
    older.mkdir()
    (served / ".serving-abc").mkdir(parents=True)
    build(NAME, home.parent, seed=7)
    assert not older.exists()
    assert served.exists()
    assert home.exists()
