"""A private directory of files that may be thrown away: bounded, the oldest go first."""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from hashlib import sha256
from pathlib import Path

from report.write.staging import TEMP_NAME, discard, temp_beside

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_PRIVATE = 0o700
_SALT = "salt"
_SALT_BYTES = 16
_ABOUT = {
    "CACHEDIR.TAG": b"Signature: 8a477f597d28d172789f06886806bc55\n# Of incident-timeline; safe to delete.\n",
    ".gitignore": b"*\n",
}
"""What backup programs and git know a cache by (bford.info/cachedir)."""
_ROOM = 0.8
"""Of the bound is left full when something had to go, so that it is not one file a run."""


class Shelf:
    """Files below one directory, mode 0700, each 0600 and whole or absent; made with the first of them.

    Keys may hold what is secret: a name is a digest of the key and of random bytes of this directory.
    Not synced: what a crash leaves half is for its reader to tell. Nothing raises: a full or closed disk
    costs the cache only. Several threads may use it, and several processes.
    """

    def __init__(self, directory: Path, most_bytes: int) -> None:
        self._directory = directory
        self._most = most_bytes
        self._usable = True
        self._lock = threading.Lock()
        self._salt = b""

    def get(self, key: str) -> bytes | None:
        """What was put there; None where nothing was, or it is gone."""
        salt = self._salted(make=False)
        return self._read(_name(salt, key)) if salt else None

    def put(self, key: str, data: bytes) -> None:
        """Keeps it in place of what was there."""
        salt = self._salted(make=True)
        if salt:
            self._write(_name(salt, key), data)

    def _read(self, name: str) -> bytes | None:
        try:
            fd = os.open(self._directory / name, _READ)
        except OSError:
            return None
        with os.fdopen(fd, "rb") as file, contextlib.suppress(OSError):
            return file.read() if stat.S_ISREG(os.fstat(fd).st_mode) else None
        return None

    def _write(self, name: str, data: bytes) -> None:
        if not self._usable:
            return
        temp = temp_beside(self._directory / name)
        try:
            fd = os.open(temp, _CREATE, 0o600)
            with os.fdopen(fd, "wb") as file:
                file.write(data)
            temp.replace(self._directory / name)
        except OSError:
            discard(temp)
            self._usable = False

    def _salted(self, *, make: bool) -> bytes:
        """The directory's random bytes; none where it is not there yet, or not ours alone."""
        with self._lock:
            if self._salt or not self._usable or not (make or self._directory.exists()):
                return self._salt
            self._usable = self._made()
            kept = self._read(_SALT) if self._usable else b""
            if kept is None or (self._usable and len(kept) != _SALT_BYTES):
                kept = os.urandom(_SALT_BYTES)
                self._write(_SALT, kept)
            self._salt = kept if self._usable else b""
            return self._salt

    def trim(self) -> None:
        """Throws the oldest away while all together are larger than the bound, and what was left half."""
        if not self._salted(make=False):
            return
        with contextlib.suppress(OSError):
            found = sorted((one.stat().st_mtime_ns, one.name, one.stat().st_size) for one in self._files())
            total = sum(size for _, _, size in found)
            goal = self._most * _ROOM if total > self._most else total
            for _, name, size in found:
                if total <= goal:
                    return
                discard(self._directory / name)
                total -= size

    def _files(self) -> list[os.DirEntry[str]]:
        with os.scandir(self._directory) as entries:
            plain = [one for one in entries if one.is_file(follow_symlinks=False)]
        for one in plain:
            if TEMP_NAME.fullmatch(one.name):
                discard(self._directory / one.name)
        return [
            one for one in plain if one.name not in (_SALT, *_ABOUT) and not TEMP_NAME.fullmatch(one.name)
        ]

    def _made(self) -> bool:
        """Whether the directory is there, ours alone."""
        try:
            self._directory.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            found = self._directory.lstat()
        except OSError:
            return False
        own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
        if not own or found.st_mode & 0o077:
            return False
        for name, text in _ABOUT.items():
            if not (self._directory / name).exists():
                self._write(name, text)
        return self._usable


def _name(salt: bytes, key: str) -> str:
    return sha256(salt + key.encode()).hexdigest()[:40]
