"""Scans that meet one another, meet faults, or ask several sources."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from report.pipeline.scan import LOCK
from report.write import locked
from tests.faults.proxy import Answer, FaultProxy
from tests.flow.command import PATIENCE_S, command, environment
from tests.scan.cron import judged, left_behind, runs
from tests.scan.scene import at, scan, timelines

_AT_ONCE = 50
_REFUSED = Answer(status=401, body=b"no", kind="text/plain")


def test_of_many_started_at_once_one_works_and_the_others_leave(tmp_path: Path) -> None:
    """Into an output that is not there yet: one waits for a source that hangs, the others leave with 75."""
    with FaultProxy(lambda _: Answer(hang=True)) as proxy:
        words = command(
            "scan", "--prometheus", proxy.url, "--output", "out", "--deadline", "60s", "--last", "1h"
        )
        started = [
            subprocess.Popen(
                words, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            for _ in range(_AT_ONCE)
        ]
        assert proxy.waiting.wait(PATIENCE_S)
        until = time.monotonic() + PATIENCE_S
        while sum(one.poll() is None for one in started) > 1 and time.monotonic() < until:
            time.sleep(0.05)
        (first,) = (one for one in started if one.returncode is None)
        first.terminate()
        told = [one.communicate(timeout=PATIENCE_S) for one in started if one is not first]
        first.communicate(timeout=PATIENCE_S)

    assert [one.returncode for one in started if one is not first] == [75] * (_AT_ONCE - 1)
    assert all(out == b"" and len(err.splitlines()) == 1 for out, err in told)
    assert first.returncode == 143
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("more", [(), ("--config", "c.yaml")], ids=["plain", "configured"])
def test_a_scan_that_meets_another_one_leaves_before_it_has_loaded_what_takes_long(
    tmp_path: Path, more: tuple[str, ...]
) -> None:
    """Neither the arrays, nor the way to the server, nor even the command line."""
    heavy = {"numpy", "requests", "msgspec", "importlib.metadata", "ctypes", "collector.errors"}
    words = command("scan", "--prometheus", "http://127.0.0.1:9", "--output", "out", *more)
    words[1:1] = ["-X", "importtime"]
    with locked(tmp_path / "out" / LOCK):
        done = subprocess.run(
            words, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
        )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}

    assert done.returncode == 75
    assert "click" not in loaded
    assert not heavy & loaded


def _sources(folder: Path, **urls: str) -> str:
    """A configuration of several sources."""
    path = folder / "config.yaml"
    rows = [f"  - name: {name}\n    url: {url}\n" for name, url in urls.items()]
    path.write_text("sources:\n" + "".join(rows), "utf-8")
    return str(path)


@pytest.mark.server
def test_each_source_has_drafts_of_its_own(fleet_url: str, tmp_path: Path) -> None:
    """The same service in two sources is two incidents, and the index says whose is whose."""
    with FaultProxy(lambda _: None, fleet_url) as other:
        config = _sources(tmp_path, eu=fleet_url, us=other.url)
        done = scan("", tmp_path / "out", at(9.25), service="payments", last="2h", config=config)
    found = [one["source"]["url"] for one in timelines(tmp_path / "out").values()]

    assert done.code == 0, done.stderr
    assert sorted(found) == sorted([fleet_url, other.url])
    assert f"payments ({fleet_url})" in (tmp_path / "out" / "index.md").read_text("utf-8").replace("\\", "")


@pytest.mark.server
def test_a_source_that_is_away_costs_its_own_drafts(fleet_url: str, tmp_path: Path) -> None:
    """Exit 3, the other source is drafted, and the one that failed is named."""
    status = tmp_path / "status.json"
    with FaultProxy(lambda _: _REFUSED) as other:
        config = _sources(tmp_path, eu=fleet_url, us=other.url)
        done = scan(
            "",
            tmp_path / "out",
            at(9.25),
            service="payments",
            last="2h",
            config=config,
            status_file=str(status),
        )
    told = json.loads(status.read_text("utf-8"))

    assert done.code == 3
    assert other.url in done.stderr
    assert len(timelines(tmp_path / "out")) == 1
    assert (told["sources"], told["sources_failed"]) == (2, 1)


@pytest.mark.server
def test_runs_over_a_day_with_faults_come_to_what_one_run_at_the_end_finds(
    fleet_url: str, tmp_path: Path
) -> None:
    """Of twelve runs half meet a fault: it explains each exit, nothing is left, the drafts are the same."""
    times = [at(7.2 + number * 0.35) for number in range(12)]
    output = tmp_path / "often"
    done = list(runs(fleet_url, output, times, share=0.5, seed=3))

    assert [one for one in done if not one.explained] == []
    assert len({one.fault for one in done}) > 3
    assert left_behind(output) == []
    assert judged(output) == judged(tmp_path / "often-once")
    assert len(judged(output)) == 4


def test_flags_that_cannot_be_are_told_before_anything_is_asked(tmp_path: Path) -> None:
    """A shard beyond its number, an unclosed quote, a deadline of nothing: exit 2, one line."""
    for flags in (("--shard", "5/4"), ("--exec", "echo 'a"), ("--deadline", "0s")):
        words = command("scan", "--prometheus", "http://127.0.0.1:9", "--output", "out", *flags)
        done = subprocess.run(
            words, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
        )

        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done.stderr
