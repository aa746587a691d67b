"""Where the program begins: an interrupt is answered in a line while the command line is still loading.

Nothing heavy is imported here, and nothing is open yet but a lock, which ends with the process: to leave at
once loses nothing.
"""

import os
import signal
import sys
from contextlib import ExitStack
from types import FrameType

_SIGNALS = {signal.SIGINT: b"interrupted", signal.SIGTERM: b"terminated"}


def main() -> None:
    """The command; `report.cli` says what it does."""
    lock: ExitStack | None = None

    def at_once(number: int, _frame: FrameType | None) -> None:
        os.write(
            2, b"incident-timeline: %b; every earlier file is as it was\n" % _SIGNALS[signal.Signals(number)]
        )
        if lock is not None:
            lock.close()
        os._exit(128 + number)

    for number in _SIGNALS:
        signal.signal(number, at_once)
    if sys.argv[1:2] == ["scan"]:
        from report.occupied import alone

        lock = alone(sys.argv[2:])
    try:
        from report.cli import main as command

        command(obj=lock)
    finally:
        if lock is not None:
            lock.close()
