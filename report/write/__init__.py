"""Files that are old or new, never half: staging, renaming, locking. Knows nothing of drafts.

Names are loaded on demand: a run that only finds another one at work needs no more than the lock, which
loads in a third of the time.
"""

from importlib import import_module

TYPE_CHECKING = False  # as `typing` has it, which takes a tenth of a start to load
if TYPE_CHECKING:
    from report.write.atomic import preflight, sweep_stale, write_atomic, write_once
    from report.write.batch import Shared, write_all
    from report.write.errors import LockHeld, OutputError, Overtaken, WriteError, its_own, refused
    from report.write.lock import locked
    from report.write.shelf import Shelf

__all__ = [
    "LockHeld",
    "OutputError",
    "Overtaken",
    "Shared",
    "Shelf",
    "WriteError",
    "its_own",
    "locked",
    "preflight",
    "refused",
    "sweep_stale",
    "write_all",
    "write_atomic",
    "write_once",
]

_OF = {
    "atomic": ("preflight", "sweep_stale", "write_atomic", "write_once"),
    "batch": ("Shared", "write_all"),
    "errors": ("LockHeld", "OutputError", "Overtaken", "WriteError", "its_own", "refused"),
    "lock": ("locked",),
    "shelf": ("Shelf",),
}


def __getattr__(name: str) -> object:
    module = next((module for module, names in _OF.items() if name in names), None)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)
