"""Where the program begins: an interrupt is answered in a line while the command line is still loading.

Nothing heavy is imported here, and nothing is open yet but a lock, which ends with the process: to leave at
once loses nothing.
"""

import os
import signal
import sys
from types import FrameType

_INTERRUPTED = 130
"""As in `report.exits`, which is not loaded yet."""


def main() -> None:
    """The command; `report.cli` says what it does."""
    signal.signal(signal.SIGINT, _at_once)
    lock = None
    if sys.argv[1:2] == ["scan"]:
        from report.occupied import alone

        lock = alone(sys.argv[2:])
    try:
        from report.cli import main as command

        command(obj=lock)
    finally:
        if lock is not None:
            lock.close()


def _at_once(_number: int, _frame: FrameType | None) -> None:
    os.write(2, b"incident-timeline: interrupted; every earlier file is as it was\n")
    os._exit(_INTERRUPTED)
