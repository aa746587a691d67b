"""Simulated incidents, drafted once for all tests that look at them."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.flow.again.drafted import FIXTURE
from tests.flow.command import run_all
from tests.flow.drawn import draw_once
from tests.flow.lab_runs import LabRun, run_lab

AT_ONCE = 2
"""Incidents worked on at the same time, each in a process of its own."""


class LabRuns:
    """Drafts of incidents by name; those named beforehand are begun with the first one asked for."""

    def __init__(self, names: list[str], cache: Path, folder: Path, pool: ThreadPoolExecutor) -> None:
        self._cache, self._folder, self._pool = cache, folder, pool
        self._runs: dict[str, Future[LabRun]] = {}
        for name in names:
            self._begin(name)

    def _begin(self, name: str) -> None:
        home = self._folder / name
        home.mkdir()
        self._runs[name] = self._pool.submit(run_lab, name, self._cache, home)

    def __getitem__(self, name: str) -> LabRun:
        if name not in self._runs:
            self._begin(name)
        return self._runs[name].result()


@pytest.fixture(scope="session")
def lab_runs(
    request: pytest.FixtureRequest,
    lab_cache: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[LabRuns]:
    """The drafts of every incident that a test of this run is about.

    Where processes share the tests, each knows all of them but has some: it begins with what is asked.
    """
    for program in ("prometheus_binary", "promtool_binary"):
        request.getfixturevalue(program)  # skips by name where it is not installed
    every = [] if "PYTEST_XDIST_WORKER" in os.environ else request.session.items
    names = dict.fromkeys(
        str(item.callspec.params["incident"])
        for item in every
        if isinstance(item, pytest.Function) and "incident" in getattr(item, "callspec", _None).params
    )
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        yield LabRuns(list(names), lab_cache, tmp_path_factory.mktemp("labs"), pool)
    finally:
        pool.shutdown(cancel_futures=True)


class _None:
    """Stands for the parameters of a test that has none."""

    params: dict[str, object] = {}  # noqa: RUF012 - never written


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty directory to work in; what the command sets in this process is taken back afterwards."""
    draw_once(monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROMETHEUS_URL", raising=False)
    before = signal.getsignal(signal.SIGTERM)
    yield tmp_path
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of one run, for copies."""
    output = tmp_path_factory.mktemp("pristine") / "reports"
    ran = run_all(output.parent, [["draft", "--replay", str(FIXTURE)]])[0]
    assert ran.code == 0, ran.stderr
    return output


@pytest.fixture
def draft(pristine: Path, here: Path) -> Path:
    """The directory of a draft that was made a while ago, below `reports` of the working directory."""
    shutil.copytree(pristine, here / "reports")
    (directory,) = (path.parent for path in Path("reports").glob("*/timeline.json"))
    return directory
