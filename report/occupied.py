"""A scan takes its lock here, before the command line is loaded, and exits if another scan holds it.

Of fifty runs started at once all but one leave, and loading the command line is most of what such a run
takes; the first has the lock before it loads anything, so that the others do not load it all beside it.
Arguments less plain than those of a crontab are left to the command line: it does the same, only later.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from report.pipeline.scan import LOCK, skipped
from report.write.errors import LockHeld, OutputError
from report.write.lock import locked

TYPE_CHECKING = False  # as `typing` has it, which takes a tenth of a start to load
if TYPE_CHECKING:
    from typing import NoReturn

FLAGS = frozenset({"--no-cache", "--skip-if-locked", "--quiet"})
VALUES = frozenset(
    {
        "--last", "--from", "--to",
        "--prometheus", "--http.config.file", "--header", "--config",
        "--service", "--match",
        "--shard", "--deadline", "--exec", "--status-file", "--textfile", "--format",
        "--timezone", "--output",
    }
)  # fmt: skip
"""The options of `scan`, which tests compare with those of the command line."""
FORMS = ("path", "json")
_LOCKED = 75
"""As in `report.exits`."""


def alone(words: Sequence[str]) -> ExitStack | None:
    """Takes the lock of the output that `words`, those after `scan`, name; ends the program where it is held.

    What is returned lets it go again. None where the command line has to say which output that is, or why it
    cannot be one.
    """
    given = _given(words)
    if given is None or not given.get("--output"):
        return None
    with ExitStack() as taken:
        try:
            taken.enter_context(locked(Path(given["--output"]) / LOCK))
        except OutputError:
            return None
        except LockHeld as held:
            _leave(held, skip="--skip-if-locked" in given, quiet="--quiet" in given)
        return taken.pop_all()


def _leave(held: LockHeld, *, skip: bool, quiet: bool) -> NoReturn:
    said = skipped(held) if skip else f"incident-timeline: {' '.join(str(held).split())}"
    if sys.stderr is not None and not (skip and quiet):
        print(said, file=sys.stderr)
    raise SystemExit(0 if skip else _LOCKED) from None


def _given(words: Sequence[str]) -> dict[str, str] | None:
    """What each option was given, the last time it was; None for words that the command line must judge."""
    given: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, sign, value = word.partition("=")
        if word in FLAGS:
            given[word] = ""
        elif name in VALUES:
            given[name] = value if sign else next(rest, "")
        else:
            return None
    return given if given.get("--format", FORMS[0]) in FORMS else None
