"""One run at a time: a lock that the kernel frees when its holder dies."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from report.write.errors import LockHeld, OutputError, refused, told

_OPEN = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
_TRIES = 100
"""Each fails only where another run ended between two calls of ours."""
# What network file systems answer that know only the other kind of lock.
_NO_FLOCK = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)


@contextmanager
def locked(path: Path) -> Iterator[str]:
    """Holds the lock file as long as the block runs; yields the kind of lock, `flock` or `fcntl`.

    `fcntl` is used on file systems without flock and guards against other processes only. Afterwards the
    file is gone, and with it what was made to hold it and is empty. Raises LockHeld at once where another
    run holds it, and OutputError where the file cannot be made.
    """
    missing = [above for above in path.parents if not os.path.lexists(above)]
    with ExitStack() as leaving:
        leaving.callback(_emptied, missing)
        fd, kind = _alone(path)
        leaving.callback(os.close, fd)
        leaving.callback(_taken_away, fd, path)
        _sign(fd)
        yield kind


def _alone(path: Path) -> tuple[int, str]:
    """The file that `path` names, open and locked; not one that its holder took away after it was opened."""
    gone = refused(path, "it is taken away again and again")
    for _ in range(_TRIES):
        try:
            fd = _opened(path)
        except OutputError as error:
            if not isinstance(error.__cause__, FileNotFoundError | FileExistsError):
                raise
            gone = error  # its directory went while it was made, or was opened; or cannot be made
            continue
        with ExitStack() as giving_up:
            giving_up.callback(os.close, fd)
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise refused(path, "it is not a plain file")
            kind = _take(fd, path)
            if _named(fd, path):
                giving_up.pop_all()
                return fd, kind
    raise gone


def _opened(path: Path) -> int:
    with told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, _OPEN, 0o644)


def _named(fd: int, path: Path) -> bool:
    """Whether `path` still names this file."""
    try:
        return os.path.samestat(os.fstat(fd), path.lstat())
    except FileNotFoundError:
        return False


def _taken_away(fd: int, path: Path) -> None:
    """The file goes while it is still locked: who has it open sees, when it is free, that it is not there."""
    with contextlib.suppress(OSError):
        os.ftruncate(fd, 0)
        if _named(fd, path):
            path.unlink()


def _emptied(made: Sequence[Path]) -> None:
    """Directories that were not there before go again, the deepest first; where something lies they stay."""
    for directory in made:
        with contextlib.suppress(OSError):
            directory.rmdir()


def _take(fd: int, path: Path) -> str:
    for kind, lock in (("flock", fcntl.flock), ("fcntl", fcntl.lockf)):
        try:
            lock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _HELD:
                raise _held(fd, path) from error
            if error.errno not in _NO_FLOCK:
                with told(path):
                    raise
        else:
            return kind
    raise refused(path, "its file system has no locks")


def _sign(fd: int) -> None:
    """Say who holds it; its time of change then says since when. A full disk does not matter here."""
    with contextlib.suppress(OSError):
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)


def _held(fd: int, path: Path) -> LockHeld:
    text = os.pread(fd, 32, 0).decode("ascii", "replace").strip()
    since = datetime.fromtimestamp(os.fstat(fd).st_mtime, UTC)
    return LockHeld(path, int(text) if text.isascii() and text.isdigit() else None, since)
