"""Two files change places in one step, or a file gets a name nobody has, where the system can do that.

Between looking at a file and renaming another over it, somebody may save it. The kernel can swap two
names at once, and what was displaced can be looked at afterwards; Python does not offer the call.
"""

from __future__ import annotations

import errno
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

_HERE = -100  # AT_FDCWD: paths are taken as they are
_NO_REPLACE = 1
_EXCHANGE = 2
_CANNOT = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM)
"""What kernels and file systems answer that do not know the call or the flag."""


def exchange(one: Path, other: Path) -> bool:
    """Swaps two existing files; False, nothing done, where that cannot be. Raises OSError."""
    return _renamed(one, other, _EXCHANGE)


def rename_new(temp: Path, target: Path) -> bool:
    """Renames to a name that nobody has; False, nothing done, where that cannot be.

    Raises FileExistsError where somebody has it, and OSError.
    """
    return _renamed(temp, target, _NO_REPLACE)


def _renamed(one: Path, other: Path, flag: int) -> bool:
    call = _renameat2()
    if call is None:
        return False
    if call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), flag) == 0:
        return True
    import ctypes

    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number), str(other))


@cache
def _renameat2() -> Any | None:  # noqa: ANN401 - a function of the C library
    if sys.platform != "linux":
        return None
    import ctypes  # here: a run that meets another one writes nothing

    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):  # a C library without it
        return None
    call.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    return call
