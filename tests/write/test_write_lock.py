"""One run at a time."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from report.write import LockHeld, OutputError, locked

HOLDER = """
import sys
from pathlib import Path
from report.write import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def start_holder(path: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_the_second_run_is_turned_away_at_once(tmp_path: Path) -> None:
    """While one holds the lock, another is told who holds it and since when."""
    path = tmp_path / "reports" / "state" / "lock"
    with locked(path) as kind:
        os.utime(path, (1_700_000_000, 1_700_000_000))
        with pytest.raises(LockHeld) as caught, locked(path):
            pass

    assert kind == "flock"
    assert caught.value.pid == os.getpid()
    assert caught.value.since == datetime.fromtimestamp(1_700_000_000, UTC)
    assert str(caught.value) == (
        f"another run (process {os.getpid()}) has been at work here since 2023-11-14T22:13:20Z, "
        f"it holds {path}; try again when it ends"
    )


def test_the_lock_is_free_afterwards(tmp_path: Path) -> None:
    """After the block, also after an error in it, the next run gets the lock, and nothing is left of it."""
    path = tmp_path / "reports" / "state" / "lock"
    with pytest.raises(RuntimeError, match="in the block"), locked(path):
        raise RuntimeError("in the block")
    with locked(path):
        pass

    assert list(tmp_path.iterdir()) == []


def test_what_others_made_stays(tmp_path: Path) -> None:
    """A directory that was there, one in which something lies, and a file that somebody put in its place."""
    (tmp_path / "there").mkdir()
    with locked(tmp_path / "there" / "lock"), locked(tmp_path / "new" / "lock"):
        (tmp_path / "new" / "draft.md").write_text("words")
    with locked(tmp_path / "lock"):
        (tmp_path / "lock").unlink()
        (tmp_path / "lock").write_text("another's")

    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == [
        "lock",
        "new",
        "new/draft.md",
        "there",
    ]


def test_what_was_made_goes_also_where_the_lock_cannot_be(tmp_path: Path) -> None:
    """And by a way that turns back."""
    with pytest.raises(OutputError), locked(tmp_path / "a" / "b" / ("c" * 300) / "lock"):
        pass
    with locked(tmp_path / "a" / ".." / "b" / "lock"):
        pass

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_its_holder_took_away_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who opened it before, and gets its lock after, holds nothing that others would meet."""
    path = tmp_path / "lock"
    flock, ends = fcntl.flock, [True]

    def late(fd: int, how: int) -> None:
        if ends and ends.pop():
            path.unlink()
        flock(fd, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with locked(path):
        assert path.read_text() == f"{os.getpid()}\n"
        with pytest.raises(LockHeld), locked(path):
            pass


def test_a_directory_that_is_taken_away_meanwhile_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a run that made it, and ended before it put anything there."""
    path, opened, ends = tmp_path / "new" / "lock", os.open, [True]

    def late(*args: object, **more: object) -> int:
        if ends and ends.pop():
            path.parent.rmdir()
        return opened(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", late)
    with locked(path):
        assert path.exists()


def test_one_of_many_is_alone_however_often_the_file_goes(tmp_path: Path) -> None:
    """Four processes that take the lock and let it go all the time never meet inside."""
    code = """
import os, sys
from pathlib import Path
from report.write import LockHeld, locked
path, inside = Path(sys.argv[1], "out", "lock"), Path(sys.argv[1], "inside")
held = 0
while held < 200:
    try:
        with locked(path):
            os.close(os.open(inside, os.O_CREAT | os.O_EXCL))
            inside.unlink()
            held += 1
    except LockHeld:
        pass
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    runs = [
        subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]

    assert [(run.communicate()[1], run.returncode) for run in runs] == [("", 0)] * 4
    assert list(tmp_path.rglob("lock")) == []


def test_what_an_earlier_holder_left_is_overwritten(tmp_path: Path) -> None:
    """The file names the process that holds it now, and nothing of one with a longer number."""
    path = tmp_path / "lock"
    path.write_text("99999999999999\n")
    with locked(path):
        assert path.read_text() == f"{os.getpid()}\n"


def test_a_killed_holder_frees_the_lock(tmp_path: Path) -> None:
    """The kernel takes the lock from a process that dies; what it left in the file means nothing."""
    path = tmp_path / "lock"
    holder = start_holder(path)
    try:
        with pytest.raises(LockHeld) as caught, locked(path):
            pass
        assert caught.value.pid == holder.pid
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()

    assert path.read_text() == f"{holder.pid}\n"
    with locked(path):
        assert path.read_text() == f"{os.getpid()}\n"


@pytest.mark.parametrize("left", [b"", b"not a number\n", b"\xff\xfe", "１２\n".encode(), b"9" * 60])
def test_a_holder_that_did_not_sign_is_still_a_holder(tmp_path: Path, left: bytes) -> None:
    """Whatever stands in the file, the lock counts."""
    path = tmp_path / "lock"
    with locked(path):
        path.write_bytes(left)
        with pytest.raises(LockHeld, match=r"another run .*has been at work here since"), locked(path):
            pass


def test_a_full_disk_does_not_stop_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who holds it is a courtesy; the lock itself needs no space."""

    def full(*args: object) -> int:
        raise OSError(errno.ENOSPC, str(args))

    monkeypatch.setattr(os, "pwrite", full)
    with (
        locked(tmp_path / "lock"),
        pytest.raises(LockHeld, match="another run has"),
        locked(tmp_path / "lock"),
    ):
        pass


def test_without_flock_the_other_kind_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a network file system without flock, fcntl locks are taken, and other processes respect them."""

    def unknown(*args: object) -> None:
        raise OSError(errno.ENOLCK, str(args))

    monkeypatch.setattr(fcntl, "flock", unknown)
    with locked(tmp_path / "lock") as kind:
        probe = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
        other = subprocess.run(
            [sys.executable, "-c", probe, str(tmp_path / "lock")], capture_output=True, text=True, check=False
        )

    assert kind == "fcntl"
    assert "BlockingIOError" in other.stderr


def test_without_any_locks_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that can lock nothing is no place for drafts."""

    def unknown(*args: object) -> None:
        raise OSError(errno.ENOTSUP, str(args))

    monkeypatch.setattr(fcntl, "flock", unknown)
    monkeypatch.setattr(fcntl, "lockf", unknown)
    with pytest.raises(OutputError, match="has no locks"), locked(tmp_path / "lock"):
        pass


def test_another_error_of_locking_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the disk is not taken for a lock that is held."""

    def broken(*args: object) -> None:
        raise OSError(errno.EIO, str(args))

    monkeypatch.setattr(fcntl, "flock", broken)
    with pytest.raises(OutputError, match="Input/output error"), locked(tmp_path / "lock"):
        pass


def test_a_link_or_a_pipe_is_no_lock(tmp_path: Path) -> None:
    """A lock file that somebody else placed there is refused and not followed."""
    (tmp_path / "link").symlink_to("elsewhere")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="a symbolic link is in the way"), locked(tmp_path / "link"):
        pass
    with pytest.raises(OutputError, match="it is not a plain file"), locked(tmp_path / "pipe"):
        pass

    assert not (tmp_path / "elsewhere").exists()
