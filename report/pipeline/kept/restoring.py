"""`draft --restore`: the way back to a text that the draft has had."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from collector.errors import ConfigError
from incident.text.controls import terminal
from report.pipeline.kept.history import HISTORY, Displaced, displaced
from report.pipeline.kept.saving import save
from report.pipeline.kept.texts import DRAFT, encoded, pages, pictures_of, text_of, title_of
from report.pipeline.places import KEPT
from report.write import locked


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
    return directory / DRAFT


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
