"""The verbs on a real server that runs now: what `init` writes is what `draft` works with."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.flow.command import Ran, run
from tests.lab.curves import FloatArray
from tests.lab.prometheus import create_blocks, serve
from tests.lab.series import Series, make_series

pytestmark = [
    pytest.mark.server,
    pytest.mark.usefixtures("prometheus_binary", "promtool_binary"),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with two hours of one service in milliseconds, up to some minutes from now."""
    folder = tmp_path_factory.mktemp("checkup") / "data"
    create_blocks(_series(), folder)
    with serve(folder) as address:
        yield address


def _series() -> list[Series]:
    now = int(time.time()) * 1000  # noqa: TID251 - the command under test reads the clock, too
    times = np.arange(now - 7_200_000, now + 900_000, 15_000, dtype=np.int64)
    own = {"job": "shop", "instance": "a:1", "namespace": "prod"}
    grows = (times - times[0]) / 1000.0
    bounds = {"50": 0.0, "100": 10.0, "+Inf": 10.0}
    rows: list[tuple[str, dict[str, str], FloatArray]] = [("up", {}, np.ones(times.size))]
    rows += [("http_requests_total", {"code": code}, grows * r) for code, r in (("200", 9.5), ("500", 0.5))]
    rows += [("http_request_duration_ms_bucket", {"le": le}, grows * rate) for le, rate in bounds.items()]
    return [make_series(name, {**own, **more}.items(), times, values) for name, more, values in rows]


def _run(cwd: Path, url: str, *arguments: str) -> Ran:
    return run(cwd, *arguments, env={"PROMETHEUS_URL": url})


def test_doctor_reads_the_values_of_now(url: str, tmp_path: Path) -> None:
    """Each signal stands with its value and unit, the clock with its agreement, and nothing is bad."""
    ran = _run(tmp_path, url, "doctor", "--service", "shop")

    assert ran.code == 0, ran.stdout
    lines = {line[6:22].strip(): line[23:] for line in ran.stdout.splitlines()}
    assert lines["errors"].startswith("5.0 % now; took http_requests_total")
    assert lines["traffic"].startswith("10 req/s now")
    assert lines["p99"].startswith("100 ms now; took http_request_duration_ms, a classic histogram in milli")
    assert lines["clock"].startswith("agrees")
    assert "15 s over 1 target" in lines["scrape interval"]


def test_draft_works_with_what_init_wrote(url: str, tmp_path: Path) -> None:
    """`init`, then `draft --last 1h` and nothing else: the file holds server, service and scope."""
    made = run(tmp_path, "init", "--prometheus", url)
    again = run(tmp_path, "init", "--prometheus", url)

    assert (made.code, made.stdout) == (0, "config.yaml\n"), made.stderr
    assert again.code == 7
    assert "it already exists and was left as it is" in again.stderr

    ran = run(tmp_path, "draft", "--last", "1h")

    assert ran.code == 0, ran.stderr
    assert "# shop: no impact measured" in (tmp_path / ran.draft / "postmortem.md").read_text("utf-8")


def test_init_prints_without_writing(url: str, tmp_path: Path) -> None:
    """`--output -` leaves no file behind."""
    ran = _run(tmp_path, url, "init", "--output", "-")

    assert ran.code == 0
    assert 'service: "shop"' in ran.stdout
    assert list(tmp_path.iterdir()) == []


def test_wrong_path_is_answered_by_the_right_one(url: str, tmp_path: Path) -> None:
    """An address copied from the browser's bar ends with code 5 and the address to use."""
    ran = _run(tmp_path, f"{url}/classic/graph", "doctor")

    assert ran.code == 5
    assert ran.errors[0].endswith(f"use --prometheus {url}")
