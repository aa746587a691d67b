"""What a scan remembers: less is asked, nothing is judged otherwise, and it may be thrown away."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from report.pipeline.scan.sought.memory import CACHE
from tests.faults.proxy import Answer, Asked, FaultProxy
from tests.scan.scene import END, at, scan, timelines

pytestmark = pytest.mark.server


_LATE: dict[str, str | bool] = {"service": "search", "last": "8h"}
"""A period that is over for the most part, with one incident for this service."""


def _told(url: str, output: Path, now: datetime, **flags: str | bool) -> dict[str, Any]:
    """The run's own account."""
    done = scan(url, output, now, form="json", **flags)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _drafts(output: Path) -> list[object]:
    """Each draft's judgement, without when it was collected."""
    return [
        (name, one["impact"], one["events"], one["signals"], one["durations"])
        for name, one in timelines(output).items()
    ]


def test_a_later_run_asks_for_little_and_says_the_same(fleet_url: str, tmp_path: Path) -> None:
    """A good half less than a run asks that remembers nothing; a draft made anew is the same draft."""
    cold = _told(fleet_url, tmp_path, END, **_LATE)
    drafts = _drafts(tmp_path)
    again = _told(fleet_url, tmp_path, END, **_LATE)
    for name in timelines(tmp_path):
        shutil.rmtree(tmp_path / name)
    warm = _told(fleet_url, tmp_path, END, **_LATE)
    forgetful = _told(fleet_url, tmp_path, END, no_cache=True, **_LATE)

    assert [one["service"] for one in cold["drafts"]] == ["search"]
    assert _drafts(tmp_path) == drafts
    assert warm["samples"] < cold["samples"]
    assert again["samples"] < forgetful["samples"] * 0.6


def test_no_cache_keeps_nothing(fleet_url: str, tmp_path: Path) -> None:
    """Of a period of which there is something to keep."""
    scan(fleet_url, tmp_path, END, service="calm-1", last="8h", no_cache=True)
    assert not (tmp_path / CACHE).exists()

    scan(fleet_url, tmp_path, END, service="calm-1", last="8h")
    assert (tmp_path / CACHE).exists()


def test_a_cache_that_is_rubbish_costs_nothing(fleet_url: str, tmp_path: Path) -> None:
    """Every file of it damaged: the same drafts as without one."""
    scan(fleet_url, tmp_path / "a", END, **_LATE)
    shutil.copytree(tmp_path / "a" / CACHE, tmp_path / "b" / CACHE)
    for path in (tmp_path / "b" / CACHE).iterdir():
        path.write_bytes(path.read_bytes()[::-1])
    done = scan(fleet_url, tmp_path / "b", END, **_LATE)

    assert done.code == 0, done.stderr
    assert _drafts(tmp_path / "a") == _drafts(tmp_path / "b")


def test_a_look_that_came_to_nothing_is_not_repeated(fleet_url: str, tmp_path: Path) -> None:
    """No draft of impact below two hours: the second run looks at nobody and says the same."""
    config = tmp_path / "config.yaml"
    config.write_text("scan:\n  min_impact: 2h\n", "utf-8")
    looks = []
    for _ in range(2):
        told = _told(fleet_url, tmp_path / "out", END, config=str(config), **_LATE)
        looks.append((told["stood_out"], told["queries"]))

    assert looks[0][0] == looks[1][0]
    assert "less than 2 h" in str(looks[0][0])
    assert looks[1][1] <= looks[0][1] - 10  # what a close look asks


def test_a_screening_in_part_is_told(fleet_url: str, tmp_path: Path) -> None:
    """One answer that says it lacks a store: named, and asked again by the next run."""

    def some_missing(asked: Asked) -> Answer | None:
        return _PART if "_sum" in asked.query and "sum by" in asked.query else None

    with FaultProxy(some_missing, fleet_url) as proxy:
        told = _told(proxy.url, tmp_path, at(6.5), last="1h")

    assert [one["what"] for one in told["failed"]] == ["screening latency"]
    assert "store-2 is away" in told["failed"][0]["why"]
    assert told["exit_code"] == 0
    assert "## Not seen by the last scan" in (tmp_path / "index.md").read_text("utf-8")
    assert b"store-2 is away" in (tmp_path / "index.html").read_bytes()


_PART = Answer(
    body=json.dumps(
        {
            "status": "success",
            "warnings": ["store-2 is away"],
            "data": {"resultType": "matrix", "result": []},
        }
    ).encode()
)
