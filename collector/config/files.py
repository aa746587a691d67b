"""Reading files that people name: bounded, regular files only, and never "missing" for another reason."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from collector.errors import ConfigError

_STEP = 64 * 1024
"""Bytes asked for at once; a file that says it is empty may hold more."""


def read_regular(path: Path, *, limit: int, what: str) -> bytes:
    """The whole file. Raises ConfigError for anything but a readable regular file up to `limit` bytes.

    It is opened without waiting, so that a pipe without a writer is refused instead of hung upon.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise ConfigError(f"{what} {path}: no such file; check the path") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a path"
        raise ConfigError(f"{what} {path}: {why}; check the path and its permissions") from None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ConfigError(f"{what} {path}: not a regular file; give the path of a file")
        content = _up_to(handle, limit + 1)
    except OSError as error:
        raise ConfigError(f"{what} {path}: cannot be read ({error.strerror})") from None
    finally:
        os.close(handle)
    if len(content) > limit:
        raise ConfigError(f"{what} {path}: larger than {limit:,} bytes; is it the right file?")
    return content


def _up_to(handle: int, most: int) -> bytes:
    content = b""
    while len(content) < most and (part := os.read(handle, min(_STEP, most - len(content)))):
        content += part
    return content
