"""What killed runs left is removed, and nothing else."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from report.write import sweep_stale

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
OURS = ".incident-timeline-0123456789abcdef.tmp"


def put(path: Path, *, minutes_ago: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    changed = NOW.timestamp() - minutes_ago * 60
    os.utime(path, (changed, changed))
    return path


def test_old_temporary_files_are_removed(tmp_path: Path) -> None:
    """Those in the directory and directly below it go, and are named."""
    stale = [put(tmp_path / OURS, minutes_ago=61), put(tmp_path / "charts" / OURS, minutes_ago=9999)]

    assert sweep_stale(tmp_path, now=NOW) == tuple(stale)
    assert not any(path.exists() for path in stale)


def test_a_run_at_work_is_left_alone(tmp_path: Path) -> None:
    """A temporary file of the last hour may belong to a process that lives."""
    fresh = put(tmp_path / OURS, minutes_ago=59)

    assert sweep_stale(tmp_path, now=NOW) == ()
    assert fresh.exists()


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    """Names that only look like ours, links, directories and deeper places are not touched."""
    outside = put(tmp_path / "outside" / OURS, minutes_ago=99)
    root = tmp_path / "reports"
    names = ["postmortem.md", f"{OURS}.bak", OURS.upper(), ".incident-timeline-xyz.tmp", "a" + OURS]
    kept = [put(root / name, minutes_ago=99) for name in names]
    kept.append(put(root / "a" / "b" / "c" / OURS, minutes_ago=99))
    (root / "linked").symlink_to(outside.parent)
    (root / ".incident-timeline-00000000000000ff.tmp").symlink_to(outside)
    (root / ".incident-timeline-00000000000000ee.tmp").mkdir()

    assert sweep_stale(root, now=NOW) == ()
    assert all(path.exists() for path in [*kept, outside])


def test_a_directory_that_is_not_there_is_swept(tmp_path: Path) -> None:
    """The first run of all has nothing to sweep."""
    assert sweep_stale(tmp_path / "none", now=NOW) == ()
