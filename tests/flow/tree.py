"""What lies in a directory, to compare before and after."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Kept:
    """A file's bytes, and when and as which file they were written."""

    data: bytes
    changed_ns: int
    inode: int


def tree(home: Path) -> dict[str, Kept]:
    """Every file below a directory by its relative name."""
    found = {}
    for path in sorted(home.rglob("*")):
        if path.is_file():
            stat = path.stat()
            found[path.relative_to(home).as_posix()] = Kept(path.read_bytes(), stat.st_mtime_ns, stat.st_ino)
    return found


def changed(before: dict[str, Kept], after: dict[str, Kept]) -> set[str]:
    """Names of files that are new, gone, or have been written."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
