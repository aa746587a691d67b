"""The engines that Debian has tell the same incident."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.engines.drafting import Drafted, assert_same_incident, drafted
from tests.engines.servers import prometheus, victoria_metrics
from tests.lab.build import build

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def outage(request: pytest.FixtureRequest, lab_cache: Path) -> Path:
    """The blocks of the outage; skips by name where Prometheus is not installed."""
    request.getfixturevalue("prometheus_binary")
    return build("payments", lab_cache).data_dir


@pytest.fixture(scope="module")
def reference(outage: Path, tmp_path_factory: pytest.TempPathFactory) -> Drafted:
    """The draft from Prometheus itself."""
    with prometheus(outage) as engine:
        return drafted(engine.url, tmp_path_factory.mktemp("prometheus"))


def test_victoria_metrics_gives_the_draft_that_prometheus_gives(
    reference: Drafted, outage: Path, tmp_path: Path
) -> None:
    """The same samples in VictoriaMetrics: the same bounds, states, alerts and requests."""
    if shutil.which("victoria-metrics") is None:
        pytest.skip("victoria-metrics is not installed here (Debian: apt install victoria-metrics)")
    with victoria_metrics(outage) as engine:
        assert_same_incident(drafted(engine.url, tmp_path), reference)
