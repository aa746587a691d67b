"""The fleet's server, and one scan of its whole half day that many tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fleet.blocks import fleet_series
from tests.lab.prometheus import create_blocks, serve
from tests.scan.scene import END, FLEET, START, Scanned, scan


@pytest.fixture(scope="session")
def fleet_data(promtool_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fleet's blocks."""
    assert promtool_binary.is_file()
    data = tmp_path_factory.mktemp("fleet") / "data"
    create_blocks(list(fleet_series(FLEET, START, END)), data)
    return data


@pytest.fixture(scope="session")
def fleet_url(prometheus_binary: Path, fleet_data: Path) -> Iterator[str]:
    """A Prometheus that holds the fleet."""
    assert prometheus_binary.is_file()
    with serve(fleet_data) as url:
        yield url


@pytest.fixture(scope="session")
def whole(fleet_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scanned, Path]:
    """One scan at the end of the fleet's day and its output."""
    output = tmp_path_factory.mktemp("whole") / "reports"
    told = output.parent
    done = scan(
        fleet_url,
        output,
        END,
        status_file=str(told / "status.json"),
        textfile=str(told / "scan.prom"),
        execute="touch -r /dev/null --",
    )
    return done, output
