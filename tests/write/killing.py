"""A writer that is killed before each of its system calls in turn, every time in a directory of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
CALLS = ("open", "write", "fsync", "close", "link", "replace", "unlink", "mkdir")


def killed_before_each_call(code: str, folder: Path) -> int:
    """How many writers were killed; the one after them came to its end. Directories of `folder` count them.

    `code` makes `prepare` and `write`, functions of a directory, in a process of its own: it is forked.
    """
    program = (
        f"{code}\nfrom tests.write.killing import children\nprint(children({str(folder)!r}, prepare, write))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return int(ended.stdout)


def children(folder: str, prepare: Callable[[Path], None], write: Callable[[Path], None]) -> int:
    """The same in a process that may be forked; `write` may watch what it calls beside the system."""
    at = 0
    while True:
        root = Path(folder) / str(at)
        root.mkdir()
        prepare(root)
        child = os.fork()
        if child == 0:
            _killed_at(at, root, write)
        if os.WIFEXITED(os.waitpid(child, 0)[1]):
            return at
        at += 1


def _killed_at(at: int, root: Path, write: Callable[[Path], None]) -> None:
    for name in CALLS:
        watch(os, name)
    _left.append(at)
    write(root)
    os._exit(0)


_left: list[int] = []
"""How many more calls there are before the kill."""


def watch(module: ModuleType, name: str) -> None:
    """Count the calls of this function among those before which the writer is killed."""
    call = getattr(module, name)

    def counted(*args: Any, **options: Any) -> Any:
        if _left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        _left[0] -= 1
        return call(*args, **options)

    setattr(module, name, counted)
