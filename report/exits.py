"""Exit codes, part of the public contract, and which error comes to which."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What a run came to."""

    DONE = 0
    DEFECT = 1
    USAGE = 2
    PARTIAL = 3
    NO_DATA = 4
    UNAVAILABLE = 5
    REFUSED = 6
    OUTPUT_FAILED = 7
    HUMAN_NEEDED = 8
    LOCKED = 75
    INTERRUPTED = 130
    TERMINATED = 143


def code_of(error: Exception) -> Exit:
    """The contract's code for an error of ours; a defect for anything else."""
    from report.write import LockHeld, OutputError

    if isinstance(error, LockHeld):
        return Exit.LOCKED  # first: of many runs started at once all but one leave here, and load no more
    from collector import errors
    from incident.text.errors import TextError
    from report.merge import HumanNeeded

    table: tuple[tuple[type[Exception], Exit], ...] = (
        (errors.ConfigError, Exit.USAGE),
        (errors.AmbiguousService, Exit.USAGE),
        (errors.NoData, Exit.NO_DATA),
        (errors.Unavailable, Exit.UNAVAILABLE),
        (errors.AccessRefused, Exit.REFUSED),
        (errors.QueryRejected, Exit.UNAVAILABLE),
        (OutputError, Exit.OUTPUT_FAILED),
        (HumanNeeded, Exit.HUMAN_NEEDED),
        (TextError, Exit.USAGE),
    )
    return next((code for kind, code in table if isinstance(error, kind)), Exit.DEFECT)
