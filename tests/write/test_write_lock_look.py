"""Looking whether a lock is held, before anything else is done: nothing is made, nobody is kept out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from report.write import LockHeld, locked
from report.write.lock import leave_if_held


def test_a_lock_that_is_held_is_told(tmp_path: Path) -> None:
    """With the same words as by who wanted to take it."""
    path = tmp_path / "lock"
    with locked(path):
        with pytest.raises(LockHeld) as looked:
            leave_if_held(path)
        with pytest.raises(LockHeld) as wanted, locked(path):
            pass

    assert str(looked.value) == str(wanted.value)


def test_a_free_lock_stays_free_and_an_absent_one_absent(tmp_path: Path) -> None:
    """Also below a directory that is not there, or is a file."""
    path = tmp_path / "lock"
    leave_if_held(path)
    leave_if_held(tmp_path / "away" / "lock")
    (tmp_path / "file").write_bytes(b"")
    leave_if_held(tmp_path / "file" / "lock")

    assert [one.name for one in tmp_path.iterdir()] == ["file"]
    with locked(path):
        pass
    leave_if_held(path)
    with locked(path):
        pass


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    """Nobody may ever write to it."""
    os.mkfifo(tmp_path / "lock")
    leave_if_held(tmp_path / "lock")
