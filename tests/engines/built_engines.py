"""The engines built from their Go modules tell the same incident: `make test-engines`.

Not collected by a plain run, because building them takes minutes; asked for, each must be there.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engines.drafting import Drafted, assert_same_incident, drafted
from tests.engines.servers import newer_prometheus, prometheus, thanos
from tests.lab.build import build

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def outage(lab_cache: Path) -> Path:
    """The blocks of the outage."""
    return build("payments", lab_cache).data_dir


@pytest.fixture(scope="module")
def reference(outage: Path, tmp_path_factory: pytest.TempPathFactory) -> Drafted:
    """The draft from Debian's Prometheus."""
    with prometheus(outage) as engine:
        return drafted(engine.url, tmp_path_factory.mktemp("prometheus"))


def test_prometheus_3_gives_the_draft_that_prometheus_2_gives(
    reference: Drafted, outage: Path, tmp_path: Path
) -> None:
    """Ranges open to the left move no bound."""
    with newer_prometheus(outage) as engine:
        assert_same_incident(drafted(engine.url, tmp_path), reference)


def test_thanos_gives_the_draft_that_prometheus_gives(
    reference: Drafted, outage: Path, tmp_path: Path
) -> None:
    """Two replicas behind a querier are one Prometheus: nothing is counted twice."""
    with thanos(outage) as engine:
        assert_same_incident(drafted(engine.url, tmp_path), reference)


def test_a_stopped_thanos_store_is_named_and_the_draft_is_partial(outage: Path, tmp_path: Path) -> None:
    """What the querier warns of is in the draft, and the exit code is 3."""
    with thanos(outage) as engine:
        engine.stop_a_part()
        made = drafted(engine.url, tmp_path)
    assert made.ran.code == 3, made.ran.stderr
    assert any(unknown["why"] for unknown in made.timeline["unknowns"])
    assert "partial" in made.ran.stderr
