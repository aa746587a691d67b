"""Directories made on the way to a file, and unmade where the file does not come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from report.write.errors import told
from report.write.staging import sync_directory


@contextmanager
def with_directories(directories: Iterable[Path], closed: Path | None = None) -> Iterator[None]:
    """Makes the directories that are missing; removes them again where the block does not succeed.

    Those in `closed`, and it itself, are made for their owner alone. Raises OutputError where one cannot
    be made.
    """
    with ExitStack() as undo:
        for directory in sorted(directories):
            _make(directory, undo, closed)
        yield
        undo.pop_all()


def _unmake(directory: Path) -> None:
    with suppress(OSError):  # somebody else may have put something into it
        directory.rmdir()


def _make(directory: Path, undo: ExitStack, closed: Path | None) -> None:
    with told(directory):
        missing = []
        while not directory.exists():
            missing.append(directory)
            directory = directory.parent
        for path in reversed(missing):
            undo.callback(_unmake, path)
            own = closed is not None and path.is_relative_to(closed)
            path.mkdir(0o700 if own else 0o777, exist_ok=True)
            sync_directory(path.parent)
