"""A scan that meets another one leaves here, before the command line is loaded.

Of fifty runs started at once all but one do, and loading the command line is most of what such a run takes.
What is not as plain as in a crontab is left to the command line: it says the same, only later.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from incident.text.controls import terminal
from report.pipeline.scan import LOCK
from report.write.errors import LockHeld
from report.write.lock import leave_if_held

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


def leave_if_occupied(words: Sequence[str]) -> None:
    """Ends the program where `words`, those after `scan`, name an output in which another scan is at work."""
    given = _given(words)
    if given is None or not given.get("--output"):
        return
    try:
        leave_if_held(Path(given["--output"]) / LOCK)
    except LockHeld as held:
        skip, quiet = "--skip-if-locked" in given, "--quiet" in given
        said = (
            f"skipped  {terminal(str(held))}" if skip else f"incident-timeline: {' '.join(str(held).split())}"
        )
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
