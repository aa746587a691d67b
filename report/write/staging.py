"""Contents written beside their targets first, and then swapped in, all of them or none.

The steps of one swap: a temporary file in the target's own directory (a rename never crosses file
systems), synced; a second name for the old contents; then the renames; then the directories synced. A
process killed in between leaves every file old or new, and temporary files that `sweep_stale` removes.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from report.write.errors import refused, told

# Random, because a name left by a killed run would block a fixed one for ever; and of one length, so
# that a target with the longest possible name has a temporary file too.
TEMP_NAME = re.compile(r"\.incident-timeline-[0-9a-f]{16}\.tmp")

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_OWNER = (errno.EPERM, errno.EINVAL, errno.ENOTSUP)
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP)
_ACL = "system.posix_acl_access"


@dataclass(frozen=True, slots=True)
class _Rights:
    """Who may do what with a file: `mode` without its type, `acl` as the kernel keeps it."""

    uid: int
    gid: int
    mode: int
    acl: bytes | None


@dataclass(frozen=True, slots=True)
class Guard:
    """Of a file that people save too: what it may be replaced in, and where its old contents stay."""

    data: bytes
    """The new contents."""
    was: bytes | None
    """The only old contents that may be replaced; None where there is to be no file."""
    kept: Path | None
    """An existing copy of the old contents, which the displaced file itself replaces."""
    inode: int


@dataclass(frozen=True, slots=True)
class Staged:
    """New contents in `temp`, and in `backup` a second name of the old ones where there are any.

    `is_new` says that the target does not exist. `backup` is also None on file systems without hard
    links; the swap then cannot be taken back.
    """

    target: Path
    temp: Path
    backup: Path | None
    is_new: bool
    guard: Guard | None = None


def temp_beside(target: Path) -> Path:
    """A path for a temporary file in the target's directory; nothing is made yet."""
    return target.parent / f".incident-timeline-{os.urandom(8).hex()}.tmp"


def resolved(path: Path) -> Path:
    """Where writing to the path really goes: symbolic links followed, so that they stay links."""
    try:
        target = path.resolve()
    except RuntimeError as error:  # Python 3.11 and 3.12 tell a loop of links so
        raise refused(path, "a symbolic link leads to itself") from error
    if target.is_symlink():
        raise refused(path, "a symbolic link leads to itself")
    return target


def stage(target: Path, data: bytes, mode: int | None) -> Staged:
    """Write the contents, synced, beside their resolved target, which is not touched.

    An existing file's mode, owner and access list are kept as far as the system lets us; a new file
    gets `mode`, or what the umask says. Raises OutputError; leaves nothing behind then.
    """
    temp, backup = temp_beside(target), temp_beside(target)
    with contextlib.ExitStack() as undo, told(target, len(data)):
        undo.callback(discard, backup)
        undo.callback(discard, temp)
        old = _existing(target)
        write_new(temp, data, old, mode)
        has_backup = old is not None and _linked(target, backup)
        undo.pop_all()
        return Staged(target, temp, backup if has_backup else None, is_new=old is None)


def drop(item: Staged) -> None:
    """Remove what was put beside the target, as far as it is still there."""
    discard(item.temp)
    if item.backup is not None:
        discard(item.backup)


def _existing(target: Path) -> _Rights | None:
    """The rights of the file that is there, None where there is none."""
    try:
        found = target.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise refused(
            target, "it is a directory" if stat.S_ISDIR(found.st_mode) else "it is not a plain file"
        )
    return _Rights(found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode), _access_list(target))


def _access_list(target: Path) -> bytes | None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # it has none, or the file system knows none
            return os.getxattr(target, _ACL)
    return None


def write_new(temp: Path, data: bytes, rights: _Rights | None, mode: int | None) -> None:
    """Make the file with these bytes and rights, on disk when this returns. Raises OSError."""
    fd = os.open(temp, _CREATE, 0o666 if rights is None and mode is None else 0o600)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(fd, rest) :]
        if rights is not None:
            _give(fd, rights)
        elif mode is not None:
            os.fchmod(fd, mode)
        os.fsync(fd)
    finally:
        os.close(fd)


def _give(fd: int, rights: _Rights) -> None:
    if not _owned(fd, rights):
        # Another group must not read what was given to the old one: it is treated as anybody.
        os.fchmod(fd, rights.mode & ~0o6070 | (rights.mode & 0o007) << 3)
        return
    os.fchmod(fd, rights.mode)
    if rights.acl is not None and sys.platform == "linux":
        # Without its list the mode's group bits, which were the list's mask, would be the group's rights.
        os.setxattr(fd, _ACL, rights.acl)


def _owned(fd: int, rights: _Rights) -> bool:
    """Give the file the old owner and group, or at least the group; whether that went well."""
    mine = os.fstat(fd)
    if (mine.st_uid, mine.st_gid) == (rights.uid, rights.gid):
        return True
    for uid in (rights.uid, -1):
        try:
            os.fchown(fd, uid, rights.gid)
        except OSError as error:
            if error.errno not in _NO_OWNER:
                raise
        else:
            return True
    return False


def _linked(target: Path, backup: Path) -> bool:
    """Whether the old contents have got a second name; False where the file system cannot."""
    try:
        backup.hardlink_to(target)
    except FileNotFoundError:  # renamed over while it was looked up
        return target.exists() and _linked(target, backup)
    except OSError as error:
        if error.errno in (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS, errno.EXDEV):
            return False
        raise
    return True


def discard(path: Path) -> None:
    """Remove a temporary file if it is there; what cannot be removed is left to `sweep_stale`."""
    with contextlib.suppress(OSError):
        path.unlink()


def sync_directory(directory: Path) -> None:
    """Put the names in the directory on disk. Raises OSError."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in _NO_SYNC:  # some network file systems cannot
            raise
    finally:
        os.close(fd)
