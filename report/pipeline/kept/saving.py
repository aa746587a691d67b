"""One draft's files to disk: its text only in the state that was read, and what it displaces is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from report.pipeline.kept.history import next_name, prune
from report.pipeline.kept.texts import DRAFT, encoded
from report.pipeline.places import KEPT
from report.write import Shared, write_all


def save(directory: Path, files: Mapping[str, bytes], existing: str | None) -> tuple[str, ...]:
    """Writes the files; `existing` is the draft that they were made from, None where there was none.

    What the draft held is in the history afterwards. Returns the names that changed. Raises OutputError, and
    Overtaken where somebody saved the draft meanwhile, nothing then being changed.
    """
    was = None if existing is None else encoded(existing)
    kept = "" if existing is None else next_name(directory, existing)
    changed = write_all(directory, files, shared=Shared(DRAFT, was, kept), private=KEPT)
    if DRAFT in changed:
        prune(directory)
    return changed
