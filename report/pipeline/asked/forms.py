"""Which form a draft has: as this run says, else as the draft has it already, else the full one.

A team's templates are kept with the evidence, not beside the draft: a replay makes the same text where
nobody has the team's directory, and a template changed tomorrow changes no draft of yesterday by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from collector.config.settings import Settings
from collector.errors import ConfigError
from incident.model.evidence import Evidence, Presentation
from incident.text.controls import terminal

FULL = "full"
_SUFFIX = "*.j2"
_MOST_BYTES = 1024 * 1024
"""A file larger than this is no template; which of the others is too long, the renderer says."""
_MOST_FILES = 200
"""A directory with more is one of something else."""


def formed(shown: Presentation, settings: Settings) -> Presentation:
    """The presentation with the form and the templates that this run names; as it is where it names none.

    Raises ConfigError where the templates cannot be read, and FormError where they cannot be used.
    """
    if not settings.form and settings.templates is None:
        return shown
    templates = _read(settings.templates) if settings.templates is not None else {}
    form = settings.form or FULL
    from report.render import check_form

    check_form(form, templates)
    return replace(shown, form=form, templates=tuple(sorted(templates.items())))


def as_before(new: Evidence, kept: Evidence | None) -> Evidence:
    """New evidence whose form nobody named, in the form that the draft has; the full one for a new draft."""
    shown = new.presentation
    if shown.form:
        return new
    before = kept.presentation if kept else Presentation()
    return replace(new, presentation=replace(shown, form=before.form, templates=before.templates))


def _read(directory: Path) -> Mapping[str, str]:
    """The templates of a directory by name: `handover.md.j2`, `sections/actions.md.j2`."""
    if not directory.is_dir():
        raise ConfigError(f"--templates {_shown(directory)}: no such directory; give one with *.md.j2 files")
    try:
        files = [path for path in sorted(directory.rglob(_SUFFIX)) if path.is_file()]
        if not files:
            raise ConfigError(
                f"--templates {_shown(directory)}: no *.md.j2 file in it; docs/templates.md shows how"
            )
        if len(files) > _MOST_FILES:
            raise ConfigError(
                f"--templates {_shown(directory)}: {len(files)} files; is this the right directory?"
            )
        return {path.relative_to(directory).as_posix(): _text(path) for path in files}
    except OSError as error:
        where = error.filename or directory
        raise ConfigError(f"--templates {_shown(where)}: {error.strerror}; make it readable") from error


def _text(path: Path) -> str:
    data = path.read_bytes() if path.stat().st_size <= _MOST_BYTES else None
    if data is None:
        raise ConfigError(
            f"template {_shown(path)}: larger than {_MOST_BYTES // 1024} KiB; is it a template?"
        )
    try:
        return data.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(f"template {_shown(path)}:{line}: not UTF-8; save it as UTF-8") from error


def _shown(path: Path | str) -> str:
    return terminal(str(path))
