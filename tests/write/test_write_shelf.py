"""A shelf: private, bounded, safe to delete, and never a reason to fail."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from report.write import Shelf

_BOUND = 10_000


def _files(directory: Path) -> list[Path]:
    return [one for one in directory.iterdir() if len(one.name) == 40]


def test_what_was_put_is_there_for_the_next_run(tmp_path: Path) -> None:
    """Under its key; another key has nothing."""
    Shelf(tmp_path / "shelf", _BOUND).put("key", b"bytes")
    again = Shelf(tmp_path / "shelf", _BOUND)

    assert (again.get("key"), again.get("other")) == (b"bytes", None)


def test_nothing_is_made_before_something_is_kept(tmp_path: Path) -> None:
    """A run that only looks leaves no directory."""
    shelf = Shelf(tmp_path / "shelf", _BOUND)
    shelf.trim()

    assert shelf.get("key") is None
    assert list(tmp_path.iterdir()) == []


def test_it_is_private_and_tells_no_key(tmp_path: Path) -> None:
    """0700 and 0600 whatever the umask says; a key with a password in it is in no name and no file."""
    before = os.umask(0)
    try:
        Shelf(tmp_path / "shelf", _BOUND).put("password hunter2", b"bytes")
    finally:
        os.umask(before)
    found = list((tmp_path / "shelf").iterdir())

    assert stat.S_IMODE((tmp_path / "shelf").stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in found} == {0o600}
    assert not any(b"hunter2" in one.read_bytes() or "hunter2" in one.name for one in found)


def test_backups_and_git_leave_it_out(tmp_path: Path) -> None:
    """The tag that backup programs know, and an ignore file."""
    Shelf(tmp_path / "shelf", _BOUND).put("key", b"bytes")

    assert (tmp_path / "shelf" / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172789f")
    assert (tmp_path / "shelf" / ".gitignore").read_text("utf-8") == "*\n"


def test_a_directory_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    """Who may write there could hand us samples of their own."""
    (tmp_path / "shelf").mkdir(mode=0o755)
    shelf = Shelf(tmp_path / "shelf", _BOUND)
    shelf.put("key", b"bytes")

    assert shelf.get("key") is None
    assert list((tmp_path / "shelf").iterdir()) == []


@pytest.mark.parametrize("kind", ["link", "file"])
def test_what_is_no_directory_is_left_alone(tmp_path: Path, kind: str) -> None:
    """Neither followed nor replaced."""
    place = tmp_path / "shelf"
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    if kind == "link":
        place.symlink_to(tmp_path / "elsewhere")
    else:
        place.write_bytes(b"mine")
    shelf = Shelf(place, _BOUND)
    shelf.put("key", b"bytes")

    assert shelf.get("key") is None
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_the_oldest_go_first_and_the_bound_is_kept(tmp_path: Path) -> None:
    """Down to some room below the bound; what was left half by a killed run goes, too."""
    shelf = Shelf(tmp_path / "shelf", _BOUND)
    for number in range(20):
        before = set(_files(tmp_path / "shelf")) if number else set()
        shelf.put(str(number), bytes(1000))
        (new,) = set(_files(tmp_path / "shelf")) - before
        os.utime(new, (number, number))
    (tmp_path / "shelf" / f".incident-timeline-{'0' * 16}.tmp").write_bytes(b"half")
    shelf.trim()

    assert sum(one.stat().st_size for one in _files(tmp_path / "shelf")) <= _BOUND
    assert [shelf.get(str(number)) is not None for number in (0, 11, 12, 19)] == [False, False, True, True]
    assert not list((tmp_path / "shelf").glob("*.tmp"))


def test_thrown_away_in_between_is_a_miss_and_no_failure(tmp_path: Path) -> None:
    """Somebody deleted it while a run was at work."""
    shelf = Shelf(tmp_path / "shelf", _BOUND)
    shelf.put("key", b"bytes")
    for one in (tmp_path / "shelf").iterdir():
        one.unlink()
    (tmp_path / "shelf").rmdir()
    shelf.put("other", b"bytes")

    assert shelf.get("key") is None
    assert shelf.get("other") is None
    shelf.trim()
