"""Every system call of a write fails once: old files are whole, nothing is left behind, and it is told."""

from __future__ import annotations

import errno
import operator
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from report.write import OutputError, sweep_stale, write_all, write_atomic

OLD = {"postmortem.md": b"old text", "same.svg": b"<svg/>", "timeline.json": b"{}"}
NEW = {
    "postmortem.md": b"new text!",
    "same.svg": b"<svg/>",
    "charts/new.svg": b"<new/>",
    "timeline.json": b"[]",
}
# What changes a file system, and what syncs it. Looking at it (stat) is not made to fail.
CALLS = ("open", "write", "fsync", "close", "link", "replace", "unlink", "mkdir", "fchmod")
NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES)

# Every temporary file of the tests is older than an hour by then.
LATER = datetime(2100, 1, 1, tzinfo=UTC)

Write = Callable[[Path], None]


def one_file(root: Path) -> None:
    write_atomic(root / "postmortem.md", NEW["postmortem.md"])


def one_new_file(root: Path) -> None:
    write_atomic(root / "first.md", b"new")


def all_files(root: Path) -> None:
    write_all(root, NEW)


WRITES: list[Write] = [one_file, one_new_file, all_files]


@contextmanager
def faults(
    is_due: Callable[[int], bool], fault: BaseException, *, is_after: bool = False
) -> Iterator[list[str]]:
    """Counts the calls in the block; those whose index is due raise, before or after they were done.

    A close that fails has closed all the same, as in the kernel.
    """
    made: list[str] = []

    def watched(name: str, call: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **options: object) -> object:
            made.append(name)
            due = is_due(len(made) - 1)
            if due and not is_after and name != "close":
                raise fault
            try:
                return call(*args, **options)
            finally:
                if due:
                    raise fault

        return run

    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, watched(name, getattr(os, name)))
        yield made


def calls_of(write: Write, root: Path) -> list[str]:
    """The calls of an undisturbed write, which is done in `root`."""
    prepare(root)
    with faults(lambda _: False, AssertionError()) as made:
        write(root)
    return made


def prepare(root: Path) -> None:
    root.mkdir()
    for name, data in OLD.items():
        (root / name).write_bytes(data)
        os.utime(root / name, (1000, 1000))


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def assert_as_before(root: Path) -> None:
    assert contents(root) == OLD
    assert not (root / "charts").exists()
    assert {(root / name).stat().st_mtime for name in OLD} == {1000}


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: errno.errorcode[number])
@pytest.mark.parametrize("write", WRITES)
def test_any_call_may_fail(tmp_path: Path, write: Write, number: int) -> None:
    """After an error all is as before, nothing lies about, and it is told as OutputError."""
    calls = calls_of(write, tmp_path / "count")
    for at, name in enumerate(calls):
        root = tmp_path / str(at)
        prepare(root)
        error = OSError(number, os.strerror(number))
        if name == "unlink":  # tidying up after success
            continue
        with faults(partial(operator.eq, at), error), pytest.raises(OutputError, match="cannot write"):
            write(root)
        assert_as_before(root)

    assert {"open", "write", "fsync", "close", "replace"} <= set(calls)


def test_tidying_up_may_fail(tmp_path: Path) -> None:
    """The new files count even where the second name of an old one cannot be removed; the sweep gets it."""
    calls = calls_of(all_files, tmp_path / "count")
    for at in [at for at, name in enumerate(calls) if name == "unlink"]:
        root = tmp_path / str(at)
        prepare(root)
        with faults(partial(operator.eq, at), OSError(errno.EIO, "broken")):
            all_files(root)
        sweep_stale(root, now=LATER)
        assert contents(root) == NEW


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("write", WRITES)
def test_any_call_may_be_interrupted(tmp_path: Path, write: Write, is_after: bool) -> None:
    """Ctrl-C at any call leaves the old files, or once the new ones are on disk those; never both."""
    calls = calls_of(write, tmp_path / "count")
    for at, name in enumerate(calls):
        root = tmp_path / str(at)
        prepare(root)
        with (
            faults(partial(operator.eq, at), KeyboardInterrupt(), is_after=is_after),
            pytest.raises(KeyboardInterrupt),
        ):
            write(root)
        if name == "unlink":
            sweep_stale(root, now=LATER)
            assert contents(root) == contents(tmp_path / "count")
        else:
            assert_as_before(root)


@pytest.mark.parametrize("write", WRITES)
def test_a_disk_may_stay_broken(tmp_path: Path, write: Write) -> None:
    """Where nothing works any more from some call on, each file is still whole, old or new."""
    calls = calls_of(write, tmp_path / "count")
    for at in range(calls.index("unlink") if "unlink" in calls else len(calls)):
        root = tmp_path / str(at)
        prepare(root)
        with faults(partial(operator.le, at), OSError(errno.EIO, "broken")), pytest.raises(OutputError):
            write(root)
        sweep_stale(root, now=LATER)
        found = contents(root)
        assert set(OLD) <= set(found)
        assert all(
            data in (OLD.get(name), contents(tmp_path / "count").get(name)) for name, data in found.items()
        )
