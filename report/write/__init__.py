"""Files that are old or new, never half: staging, renaming, locking. Knows nothing of drafts."""

from report.write.atomic import preflight, sweep_stale, write_atomic, write_once
from report.write.batch import Shared, write_all
from report.write.errors import LockHeld, OutputError, Overtaken, WriteError, refused
from report.write.lock import locked
from report.write.shelf import Shelf

__all__ = [
    "LockHeld",
    "OutputError",
    "Overtaken",
    "Shared",
    "Shelf",
    "WriteError",
    "locked",
    "preflight",
    "refused",
    "sweep_stale",
    "write_all",
    "write_atomic",
    "write_once",
]
