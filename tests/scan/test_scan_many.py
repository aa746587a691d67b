"""Scans that meet one another, meet faults, or ask several sources."""

from __future__ import annotations

import contextlib
import json
import subprocess
from pathlib import Path

import pytest

from collector.errors import AccessRefused, QueryRejected
from report.pipeline.scan.start import LOCK
from tests.faults.proxy import Answer, Asked, FaultProxy
from tests.flow.command import PATIENCE_S, command, environment
from tests.scan.scene import at, scan, timelines

_AT_ONCE = 12
_REFUSED = Answer(status=401, body=b"no", kind="text/plain")
_WRONG = Answer(400, b'{"status":"error","errorType":"bad_data","error":"made up"}')


def test_of_many_started_at_once_one_works_and_the_others_leave(tmp_path: Path) -> None:
    """While one waits for a source that hangs, each other one ends with 75, says so, and writes nothing."""
    with FaultProxy(lambda _: Answer(hang=True)) as proxy:
        words = command(
            "scan", "--prometheus", proxy.url, "--output", "out", "--deadline", "60s", "--last", "1h"
        )
        first = subprocess.Popen(
            words, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert proxy.waiting.wait(PATIENCE_S)
        others = [
            subprocess.Popen(
                words, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            for _ in range(_AT_ONCE)
        ]
        told = [one.communicate(timeout=PATIENCE_S) for one in others]
        first.terminate()
        first.communicate(timeout=PATIENCE_S)

    assert [one.returncode for one in others] == [75] * _AT_ONCE
    assert all(out == b"" and len(err.splitlines()) == 1 for out, err in told)
    assert first.returncode == 143
    assert [path.name for path in (tmp_path / "out").iterdir()] == [LOCK]


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


class _Faults:
    """Refuses everything, or one query in so many, or nothing."""

    def __init__(self) -> None:
        self.refuse = False
        self.every = 0
        self._count = 0

    def __call__(self, _asked: Asked) -> Answer | None:
        self._count += 1
        if self.refuse:
            return _REFUSED
        return _WRONG if self.every and self._count % self.every == 0 else None


@pytest.mark.server
def test_runs_over_a_day_with_faults_come_to_what_one_run_at_the_end_finds(
    fleet_url: str, tmp_path: Path
) -> None:
    """Refused runs end with 6 and leave nothing; failed queries are made up for; the drafts are the same."""
    faults = _Faults()
    output = tmp_path / "often"
    with FaultProxy(faults, fleet_url) as proxy:
        for number, hour in enumerate((7.2, 7.6, 8.2, 9.1, 10.2, 11.2)):
            faults.refuse, faults.every = number == 1, 7 if number == 2 else 0
            if faults.refuse:
                with pytest.raises(AccessRefused):
                    scan(proxy.url, output, at(hour))
            elif faults.every:
                # The listing itself may be what is refused: then there is nothing to work with.
                with contextlib.suppress(QueryRejected):
                    assert scan(proxy.url, output, at(hour)).code == 0
            else:
                assert scan(proxy.url, output, at(hour)).code == 0
        faults.every = 0
        once = tmp_path / "once"
        scan(proxy.url, once, at(11.2))

    assert _told(output) == _told(once)
    assert sorted(path.name for path in output.rglob("*") if path.name.endswith((".tmp", ".new.md"))) == []


def _told(output: Path) -> list[tuple[str, str, str | None, str]]:
    """Service, onset, end and state of each draft."""
    rows = timelines(output).values()
    return sorted(
        (one["service"], one["impact"]["start"], one["impact"]["end"], one["impact"]["state"]) for one in rows
    )


def test_flags_that_cannot_be_are_told_before_anything_is_asked(tmp_path: Path) -> None:
    """A shard beyond its number, an unclosed quote, a deadline of nothing: exit 2, one line."""
    for flags in (("--shard", "5/4"), ("--exec", "echo 'a"), ("--deadline", "0s")):
        words = command("scan", "--prometheus", "http://127.0.0.1:9", "--output", "out", *flags)
        done = subprocess.run(
            words, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
        )

        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done.stderr
