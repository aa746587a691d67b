"""A good guest: long questions in parts from the start, and no more in one run than is allowed."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from collector.server.rationed import RationedSource
from collector.source import Answer
from incident.model.signals import Samples
from incident.model.spans import Grid
from tests.faults.proxy import Asked, FaultProxy
from tests.lab.prometheus import serve
from tests.scan.scene import DRAFTED, END, at, scan, timelines

GRID = Grid(0, 60_000, 100)


class _Server:
    """Answers every range with its own times, and notes what was asked."""

    def __init__(self) -> None:
        self.asked: list[Grid] = []

    def range(self, _query: str, grid: Grid) -> Answer:
        self.asked.append(grid)
        return Answer((Samples((("service", "a"),), grid.times, grid.times / 1000.0),))


@pytest.mark.parametrize(("series", "rows", "parts"), [(10, 1, 1), (11, 1, 2), (300, 1, 34), (1, 9_000, 2)])
def test_a_question_is_asked_in_as_few_parts_as_stay_below_the_limit(
    series: int, rows: int, parts: int
) -> None:
    """A thousand at once: a hundred points of ten series are one question, of eleven two even ones."""
    server = _Server()
    source = RationedSource(server, 1_000, lambda _: None)  # type: ignore[arg-type]
    source.expect("q", series, rows)
    answer = source.range("q", GRID)

    assert len(server.asked) == parts
    assert max(one.count for one in server.asked) - min(one.count for one in server.asked) <= 1 + parts
    assert max(one.count for one in server.asked) * series <= 1_000
    assert np.array_equal(answer.series[0].times, GRID.times)


def test_a_question_that_was_not_announced_or_cannot_be_split_is_asked_as_it_is() -> None:
    """`@ end()` means the end of the whole question."""
    server = _Server()
    source = RationedSource(server, 10, lambda _: None)  # type: ignore[arg-type]
    source.expect("x @ end()", 50, 1)
    source.range("x @ end()", GRID)
    source.range("y", GRID)

    assert server.asked == [GRID, GRID]


@pytest.mark.server
@pytest.mark.parametrize(("at_once", "refused"), [(1_200, False), (10_000_000, True)])
def test_a_server_with_a_small_limit_refuses_no_question_of_the_screening(
    fleet_data: Path, prometheus_binary: Path, tmp_path: Path, at_once: int, refused: bool
) -> None:
    """Below its --query.max-samples no stretch is asked twice; above it each was asked for whole, in vain."""
    config = _config(tmp_path, f"query_samples: {at_once}")
    flags = ["--query.max-samples=3000"]
    with (
        serve(fleet_data, program=prometheus_binary, flags=flags) as url,
        FaultProxy(lambda _: None, url) as proxy,
    ):
        done = scan(proxy.url, tmp_path / "out", at(6.5), last="1h", config=config)

    assert (done.code, done.stderr) == (0, "")
    assert _asked_again(proxy.asked) is refused


@pytest.mark.server
def test_what_a_run_cannot_afford_waits_for_the_next(fleet_url: str, tmp_path: Path) -> None:
    """The worst is drafted, the rest named in the order of its harm; later runs come to the same drafts."""
    out, status = tmp_path / "out", tmp_path / "status.json"
    config = _config(tmp_path, "run_queries: 60", "concurrency: 1")
    flags = {"config": config, "status_file": str(status)}
    first = scan(fleet_url, out, END, **flags)
    told = json.loads(status.read_text("utf-8"))
    waiting = [one["service"] for one in told["put_off"]]

    assert first.code == 0
    assert len(first.lines) < len(DRAFTED)
    assert "payments" in {one["service"] for one in timelines(out).values()}
    assert len(waiting) > 1
    assert first.stderr.count("\n") == 1
    assert f"{waiting[0]}, {waiting[1]}" in first.stderr
    assert "scan.run_queries" in first.stderr
    index = (out / "index.md").read_text("utf-8")
    assert [index.index(f"{name}: ") for name in waiting] == sorted(index.index(f"{n}: ") for n in waiting)

    for _ in range(4):
        last = scan(fleet_url, out, END, **flags)
    assert last.stderr == ""
    assert {one["service"] for one in timelines(out).values()} == set(DRAFTED)
    assert "put off" not in (out / "index.md").read_text("utf-8")


def _config(folder: Path, *rows: str) -> str:
    path = folder / "config.yaml"
    path.write_text("scan:\n" + "".join(f"  {row}\n" for row in rows), "utf-8")
    return str(path)


def _asked_again(asked: list[Asked]) -> bool:
    """Whether some stretch of time was asked for twice by the same grouped question."""
    spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for one in asked:
        if "rate(" in one.query and " by (" in one.query:
            start, end = (float(one.parameters[key][0]) for key in ("start", "end"))
            spans[one.query].append((start, end))
    return any(
        later[0] <= earlier[1]
        for found in spans.values()
        for earlier, later in zip(sorted(found), sorted(found)[1:], strict=False)
    )
