"""Where the program begins: an interrupt is answered in a line while the command line is still loading.

Nothing heavy is imported here, and nothing is open yet: to leave at once loses nothing.
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
    if sys.argv[1:2] == ["scan"]:
        from report.occupied import leave_if_occupied

        leave_if_occupied(sys.argv[2:])
    from report.cli import main as command

    command()


def _at_once(_number: int, _frame: FrameType | None) -> None:
    os.write(2, b"incident-timeline: interrupted; every earlier file is as it was\n")
    os._exit(_INTERRUPTED)
