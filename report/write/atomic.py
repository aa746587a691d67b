"""One file, old or new; and what is done around writing: the test before and the sweep after."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from incident.text.controls import terminal
from report.write.errors import refused, told
from report.write.staging import TEMP_NAME, discard, resolved, stage, temp_beside, write_new
from report.write.swap import commit

# A temporary file lives for seconds; one this old has no process any more.
_STALE = timedelta(hours=1)
# One block: a file without contents may still be made on a disk that is full.
_PREFLIGHT_BYTES = 4096


def write_atomic(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Put the bytes into the file, durably; whoever reads it sees the old or the new text, whole.

    A symbolic link stays one, its target is written. An existing file keeps its mode, a new one gets
    `mode`, or what the umask says. Raises OutputError, the old file then being as it was.
    """
    target = resolved(path)
    commit([stage(target, data, mode)])


def write_once(path: Path, data: bytes) -> None:
    """Put the bytes into a file that is not there yet, durably; one that is there stays as it is.

    Raises OutputError, a file begun in vain then being gone again.
    """
    target = resolved(path)
    with told(path, len(data)):
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            discard(target)
            raise


def preflight(directory: Path) -> None:
    """Try whether files can be written in the directory, or where it would be made; nothing stays.

    Called before anything is fetched, so that an hour of queries does not end at a read-only disk.
    Raises OutputError.
    """
    place = resolved(directory)
    if directory.is_symlink() and not place.exists():
        raise refused(directory, f"it is a symbolic link to {terminal(str(place))}, which does not exist")
    with told(place):
        while not place.exists():
            place = place.parent
    if not place.is_dir():
        raise refused(place, "it is a file, not a directory")
    temp = temp_beside(place / "any")
    try:
        with told(directory, _PREFLIGHT_BYTES):
            write_new(temp, bytes(_PREFLIGHT_BYTES), None, None)
    finally:
        discard(temp)


def sweep_stale(directory: Path, *, now: datetime) -> tuple[Path, ...]:
    """Remove what killed runs left in the directory and up to two below it; returns what was removed.

    Only files of our temporary names, older than an hour, are touched; what cannot be removed stays.
    """
    removed = []
    for path in sorted(_temporaries(directory)):
        with contextlib.suppress(OSError):
            found = path.lstat()
            if stat.S_ISREG(found.st_mode) and found.st_mtime < (now - _STALE).timestamp():
                path.unlink()
                removed.append(path)
    return tuple(removed)


def _temporaries(directory: Path) -> Iterator[Path]:
    """Paths with our temporary names, two levels deep and not through symbolic links."""
    inner = _inside(directory)
    for place in [directory, *inner, *(below for one in inner for below in _inside(one))]:
        yield from (path for path in _listed(place) if TEMP_NAME.fullmatch(path.name))


def _inside(directory: Path) -> list[Path]:
    return [path for path in _listed(directory) if path.is_dir() and not path.is_symlink()]


def _listed(directory: Path) -> list[Path]:
    try:
        return list(directory.iterdir())
    except OSError:  # gone or closed to us: nothing of ours to remove there
        return []
