"""Staged contents take their places: all of them, or everything is as it was.

A file that people save too is swapped with its old contents in one step; these are looked at then, and
stay under another name: a save that came in between is found, and one that still goes on in the old
file is not lost.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path

from report.write.errors import Overtaken, told
from report.write.exchange import exchange, rename_new
from report.write.staging import Guard, Staged, drop, sync_directory, write_new

_NUMBER = re.compile(r"\.\d+$")
_PRIVATE = 0o600
"""Copies of what people wrote are for their owner, as all in the history is."""


def commit(staged: Sequence[Staged]) -> None:
    """Rename everything into place in the given order; after a failure or an interrupt, take it back.

    Raises OutputError, and Overtaken where a guarded file is not what it should be. No temporary file is
    left behind either way.
    """
    with contextlib.ExitStack() as beside, contextlib.ExitStack() as undo:
        for item in staged:
            beside.callback(drop, item)
        for item in staged:
            undo.callback(_take_back, item)  # before the rename: an interrupt may come right after it
            with told(item.target):
                _put(item)
        for directory in sorted({item.target.parent for item in staged}):
            with told(directory):
                sync_directory(directory)
        undo.pop_all()


def _put(item: Staged) -> None:
    if item.guard is None:
        item.temp.replace(item.target)
    elif item.is_new:
        _made(item, item.guard)
    else:
        _swapped(item, item.guard)


def _made(item: Staged, guard: Guard) -> None:
    """The file appears, unless somebody made it, or it is gone that should be there."""
    if guard.was is not None:
        raise Overtaken(item.target)
    try:
        if not rename_new(item.temp, item.target):
            item.temp.replace(item.target)
    except FileExistsError as error:
        raise Overtaken(item.target) from error


def _swapped(item: Staged, guard: Guard) -> None:
    """Old and new change places; what was displaced stays where the guard says."""
    if guard.was is None or guard.kept is None or item.target.read_bytes() != guard.was:
        raise Overtaken(item.target)
    if not exchange(item.temp, item.target):
        _replaced(item, guard.kept)
        return
    if item.temp.read_bytes() != guard.was:
        _put_back(item.temp, item.target, guard)
        raise Overtaken(item.target)
    item.temp.replace(guard.kept)


def _replaced(item: Staged, kept: Path) -> None:
    """The same without a swap: a save since the comparison would be missed."""
    item.temp.replace(item.target)
    if item.backup is not None:
        kept.unlink(missing_ok=True)
        kept.hardlink_to(item.backup)


def _put_back(other: Path, target: Path, guard: Guard) -> None:
    """What is in `other` is the file again, unless somebody's still newer contents are.

    What is out of place then is kept, ours too: an editor may have opened it in the moment it was there.
    So are copies of all that people saved: who read the file in such a moment did not see it, and saves
    over it next.
    """
    saved = [other.read_bytes()]
    exchange(other, target)
    saved.append(_content(target))  # whole by now, where that save was still under way
    if (newer := other.read_bytes()) != guard.data:
        saved.append(newer)
        exchange(other, target)
    other.replace(_free(guard.kept or other))
    if guard.kept is not None:
        for text in dict.fromkeys(saved):
            if text not in (b"", guard.data):
                write_new(_free(guard.kept), text, None, _PRIVATE)


def _content(path: Path) -> bytes:
    """What the file holds; nothing where somebody has just removed it."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _free(path: Path) -> Path:
    """A path beside it that nobody has: `0007-ab.2.md` beside `0007-ab.md`, and beside `0007-ab.1.md` too."""
    stem, number = _NUMBER.sub("", path.stem), 1
    while (free := path.with_name(f"{stem}.{number}{path.suffix}")).exists():
        number += 1
    return free


def _take_back(item: Staged) -> None:
    """Best effort: where the disk is gone, each file is at least whole."""
    with contextlib.suppress(OSError):
        if item.guard is not None:
            _take_guarded_back(item, item.guard)
        elif item.temp.exists():
            return
        elif item.backup is not None:
            item.backup.replace(item.target)
        elif item.is_new:
            item.target.unlink()


def _take_guarded_back(item: Staged, guard: Guard) -> None:
    """Only where the file is still ours: what somebody saved since stays."""
    if item.target.stat().st_ino != guard.inode or item.target.read_bytes() != guard.data:
        return
    if item.is_new:
        item.target.unlink()
    elif item.backup is not None and exchange(item.backup, item.target):
        if item.backup.read_bytes() != guard.data:
            exchange(item.backup, item.target)
    elif item.backup is not None:
        item.backup.replace(item.target)
