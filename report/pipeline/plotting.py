"""Where the plotting library keeps what it finds out, on machines that give it no place of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from report.write import OutputError

_VARIABLE = "MPLCONFIGDIR"
_FOLDERS = (("XDG_CONFIG_HOME", ".config"), ("XDG_CACHE_HOME", ".cache"))


@contextmanager
def with_a_home() -> Iterator[None]:
    """The library has a directory to write to, in this process and those begun inside. Raises OutputError.

    A service's user often has no home, or none that it may write to. The library then warns on stderr, which
    a clock sends by mail, and makes a directory that the drawers, being stopped, never remove.
    """
    with ExitStack() as made:
        if not os.environ.get(_VARIABLE) and not _has_one():
            made.enter_context(_lent())
        yield


@contextmanager
def _lent() -> Iterator[None]:
    try:
        folder = tempfile.TemporaryDirectory(prefix="incident-timeline-", ignore_cleanup_errors=True)
    except OSError as error:
        raise OutputError(
            Path(tempfile.gettempprefix()),
            "no directory for temporary files can be written to, and drawing needs one; name one by TMPDIR "
            "(in a container, mount one at /tmp)",
        ) from error
    with folder as name:
        os.environ[_VARIABLE] = name
        try:
            yield
        finally:
            del os.environ[_VARIABLE]


def _has_one() -> bool:
    """Whether it can write where it would by itself."""
    try:
        bases = [Path(os.environ.get(name) or Path.home() / usual) for name, usual in _FOLDERS]
        return all(_writable(base / "matplotlib") for base in bases)
    except (RuntimeError, OSError):
        return False  # no home at all, or one that is closed


def _writable(folder: Path) -> bool:
    there = next((one for one in (folder, *folder.parents) if one.exists()), folder)
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
