"""The files of one draft, written together: all new, or all as they were."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from report.write.directories import with_directories
from report.write.errors import refused, told
from report.write.staging import Staged, commit, discard, resolved, stage


def write_all(directory: Path, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Write the files, named relative to the directory, in their order; returns those that changed.

    All are on disk under temporary names before the first is renamed, so that a full disk changes
    nothing; the file named last is renamed last and so vouches for the others. A file that already
    has these bytes is left alone, its time too. Missing directories are made. Raises OutputError,
    every earlier file then being as it was.
    """
    targets = {name: resolved(_inside(directory, name)) for name in files}
    with with_directories({target.parent for target in targets.values()}):
        changed = tuple(name for name, target in targets.items() if not _has(target, files[name]))
        commit(_stage_all([(targets[name], files[name]) for name in changed]))
    return changed


def _inside(directory: Path, name: str) -> Path:
    relative = PurePosixPath(name)
    if relative.is_absolute() or not relative.name or ".." in relative.parts or "\0" in name:
        raise refused(directory / name, "its name leads out of the output directory")
    return directory / relative


def _has(target: Path, data: bytes) -> bool:
    """Whether the file is there with these bytes. What cannot be read is never taken as missing."""
    with told(target):
        return target.is_file() and target.stat().st_size == len(data) and target.read_bytes() == data


def _stage_all(contents: list[tuple[Path, bytes]]) -> list[Staged]:
    staged: list[Staged] = []
    try:
        for target, data in contents:
            staged.append(stage(target, data, None))
    except BaseException:
        for item in staged:
            discard(item.temp)
            if item.backup is not None:
                discard(item.backup)
        raise
    return staged
