"""What can go wrong while writing; each says what, where, why and what to do next.

WriteError
├── OutputError   a file or directory cannot be written; every earlier file is as it was  (exit 7)
├── Overtaken     somebody saved the file while a new one was made; nothing was touched
└── LockHeld      another run is at work in the same place; nothing was touched           (exit 75)
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from incident.text.controls import terminal
from incident.text.numbers import count

_ELSEWHERE = "choose another place with --output"
_ADVICE = {
    errno.ENOSPC: f"free some space there, or {_ELSEWHERE}",
    errno.EDQUOT: f"the quota is used up; free some space there, or {_ELSEWHERE}",
    errno.EFBIG: f"a file size limit (ulimit -f) is in the way; raise it, or {_ELSEWHERE}",
    errno.EEXIST: f"it was left as it is; {_ELSEWHERE}",
    errno.EROFS: f"the file system is mounted read-only; {_ELSEWHERE}",
    errno.EACCES: f"give this user the right to write there, or {_ELSEWHERE}",
    errno.EPERM: f"give this user the right to write there, or {_ELSEWHERE}",
    errno.ENOENT: f"the directory is gone; make it again, or {_ELSEWHERE}",
    errno.ENOTDIR: f"a part of the path is a file; {_ELSEWHERE}",
    errno.ELOOP: f"a symbolic link is in the way; {_ELSEWHERE}",
    errno.ENAMETOOLONG: f"the path is too long; {_ELSEWHERE}",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n) and run again",
    errno.ENFILE: "too many files are open on this machine; run again later",
    errno.EIO: f"the disk does not take it; check it, or {_ELSEWHERE}",
}


_EVERYWHERE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE})
"""What keeps other files from being written just as well."""


class WriteError(Exception):
    """Base of everything `report.write` raises; its text is one line, fit for a terminal."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path


class OutputError(WriteError):
    """A file or directory cannot be written. `path` is the one; no temporary file stays behind."""


def its_own(error: OutputError) -> bool:
    """Whether the file's own place is the matter, so that another one may well be written."""
    cause = error.__cause__
    return not (isinstance(cause, OSError) and cause.errno in _EVERYWHERE)


class Overtaken(WriteError):
    """The file `path` is not what it was when the new contents were made from it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, f"{terminal(str(path))} was saved meanwhile; run again")


class LockHeld(WriteError):
    """Another run holds the lock file `path`; `pid` is None where it has not said who it is."""

    def __init__(self, path: Path, pid: int | None, since: datetime) -> None:
        who = "another run" if pid is None else f"another run (process {pid})"
        where = terminal(str(path))
        super().__init__(
            path,
            f"{who} has been at work here since {since:%Y-%m-%dT%H:%M:%SZ}, it holds {where}; "
            "try again when it ends",
        )
        self.pid = pid
        self.since = since


def refused(path: Path, why: str) -> OutputError:
    """The error for a path that is no place to write, seen before any system call failed."""
    return OutputError(path, f"cannot write {terminal(str(path))}: {why}; {_ELSEWHERE}")


@contextmanager
def told(path: Path, size: int = 0) -> Iterator[None]:
    """Raises OutputError for `path` in place of any OSError; `size` is how many bytes it needs."""
    try:
        yield
    except OSError as error:
        number = error.errno or 0
        reason = os.strerror(number) if number else str(error)
        needs = f" ({count(size)} bytes needed)" if size and number in (errno.ENOSPC, errno.EDQUOT) else ""
        advice = _ADVICE.get(number, f"check the disk, or {_ELSEWHERE}")
        message = f"cannot write {terminal(str(path))}: {terminal(reason)}{needs}; {advice}"
        raise OutputError(path, message) from error
