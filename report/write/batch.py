"""The files of one draft, written together: all new, or all as they were."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from report.write.directories import with_directories
from report.write.errors import Overtaken, refused, told
from report.write.staging import Guard, Staged, drop, resolved, stage
from report.write.swap import commit

_PRIVATE = 0o600
"""What lies in a directory for its owner alone is for its owner alone too."""


@dataclass(frozen=True, slots=True)
class Shared:
    """The one file of a draft that people save too. It is replaced only in the state that we know."""

    name: str
    was: bytes | None
    """What it holds as far as we know; None where there is no such file."""
    kept: str
    """Where the displaced file stays, so that a save that still goes on in it is not lost either."""


def write_all(
    directory: Path, files: Mapping[str, bytes], *, shared: Shared | None = None, private: str = ""
) -> tuple[str, ...]:
    """Write the files, named relative to the directory, in their order; returns those that changed.

    All are on disk under temporary names before the first is renamed, so that a full disk changes
    nothing; the file named last is renamed last and so vouches for the others. A file that already
    has these bytes is left alone, its time too. Missing directories are made; what lies below the
    directory `private` is for its owner alone. Raises OutputError, and Overtaken where the shared file
    is not what it was, every earlier file then being as it was.
    """
    wanted = _with_kept(files, shared)
    targets = {name: resolved(_inside(directory, name)) for name in wanted}
    closed = resolved(directory / private) if private else None
    with with_directories({target.parent for target in targets.values()}, closed):
        changed = tuple(name for name, target in targets.items() if not _has(target, wanted[name]))
        commit(_stage_all(changed, targets, wanted, shared, closed))
    return changed


def _with_kept(files: Mapping[str, bytes], shared: Shared | None) -> Mapping[str, bytes]:
    """The files, before them a copy of the shared one where it will be displaced."""
    if shared is None or shared.was is None or files[shared.name] == shared.was:
        return files
    return {shared.kept: shared.was, **files}


def _inside(directory: Path, name: str) -> Path:
    relative = PurePosixPath(name)
    if relative.is_absolute() or not relative.name or ".." in relative.parts or "\0" in name:
        raise refused(directory / name, "its name leads out of the output directory")
    return directory / relative


def _has(target: Path, data: bytes) -> bool:
    """Whether the file is there with these bytes. What cannot be read is never taken as missing."""
    with told(target):
        return target.is_file() and target.stat().st_size == len(data) and target.read_bytes() == data


def _stage_all(
    names: tuple[str, ...],
    targets: Mapping[str, Path],
    files: Mapping[str, bytes],
    shared: Shared | None,
    closed: Path | None,
) -> list[Staged]:
    staged: list[Staged] = []
    with ExitStack() as undo:
        for name in names:
            target = targets[name]
            own = closed is not None and target.is_relative_to(closed)
            item = stage(target, files[name], _PRIVATE if own else None)
            undo.callback(drop, item)
            if shared is not None and name == shared.name:
                item = _guarded(item, files[name], shared, targets)
            staged.append(item)
        undo.pop_all()
    return staged


def _guarded(item: Staged, data: bytes, shared: Shared, targets: Mapping[str, Path]) -> Staged:
    if item.is_new is not (shared.was is None):
        raise Overtaken(item.target)
    with told(item.temp):
        inode = item.temp.stat().st_ino
    return replace(item, guard=Guard(data, shared.was, targets.get(shared.kept), inode))
