"""`draft --restore`: the way back to a text that the draft has had."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from collector.errors import ConfigError
from incident.text.controls import terminal
from report.pipeline.kept.history import HISTORY, Displaced, displaced
from report.pipeline.kept.saving import save
from report.pipeline.kept.texts import DRAFT, encoded, pages, pictures_of, text_of, title_of
from report.pipeline.places import KEPT, read_document
from report.write import locked

_ZONE = re.compile(r"(?m)^> DRAFT, .* Times ([A-Za-z0-9_+/-]+)[.,]")
"""The zone as the banner of a draft names it."""


def restore(path: Path, tell: Callable[[str], None]) -> Path:
    """Puts back the text that was displaced last, or the named one of the history; returns the draft's path.

    The text that stands there now goes into the history itself, so that the same again undoes it. What
    was measured stays; a refresh brings its news into the text that was put back. Raises ConfigError where
    there is nothing to go back to.
    """
    directory = path if path.is_dir() else path.parent.parent.parent
    if not (directory / KEPT).is_dir():
        raise ConfigError(
            f"--restore {terminal(str(path))}: neither a draft's directory nor a text in its {HISTORY}; "
            "give one of these"
        )
    with locked(directory.parent / f"{KEPT}.lock"):
        wanted = _wanted(path, directory)
        text, existing = wanted.text, text_of(directory / DRAFT)
        if text != existing:
            files = {**pages(text, title_of(text), pictures_of(directory)), DRAFT: encoded(text)}
            save(directory, files, existing)
    tell(f"restored {wanted.path.name}; the text it replaced is kept beside it")
    if other := _other_zone(text, directory):
        tell(f"note: {other}")
    return directory / DRAFT


def _other_zone(text: str, directory: Path) -> str:
    """That the text, older than the charts beside it, says other times of day; empty where it says theirs."""
    told, shown = _ZONE.search(text), (read_document(directory) or {}).get("timezone")
    if told is None or not isinstance(shown, str) or told[1] == shown:
        return ""
    return (
        f"the text says its times in {told[1]}, the charts beside it in {terminal(shown)}; "
        "a refresh makes them agree, in the zone that --timezone names"
    )


def _wanted(path: Path, directory: Path) -> Displaced:
    known = displaced(directory)
    if path.is_dir():
        if not known:
            raise ConfigError(
                f"--restore {terminal(str(path))}: no refresh has changed this draft; nothing to go back to"
            )
        return known[-1]
    named = next((each for each in known if each.path.name == path.name and path.is_file()), None)
    if named is None:
        raise ConfigError(f"--restore {terminal(str(path))}: not a text in {HISTORY}; list that directory")
    return named
