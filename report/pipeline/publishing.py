"""Drawing, rendering, merging and writing one draft: everything new, or everything as it was."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from collector.kept.record import dump
from incident.model.evidence import Evidence
from incident.model.timeline import Timeline
from incident.text.controls import terminal
from incident.timeline import timeline_json
from report.merge import readable_diff
from report.pipeline.keeping import EVIDENCE
from report.pipeline.merging import Decision, KeptTexts, Outcome, decided
from report.pipeline.places import KEPT, NOTES, Place, entered_bytes
from report.pipeline.studio import Draw
from report.render import ChartRef, headline, html, markdown, paste
from report.write import OutputError, locked, preflight, sweep_stale, write_all

if TYPE_CHECKING:
    from report.charts import Chart

DRAFT = "postmortem.md"
PAGE = "postmortem.html"
PASTE = "postmortem.paste.html"
NEW_DRAFT = "postmortem.new.md"
_BASE = re.compile(r"base-(\d{4,})\.md")
_TRIES = 3
"""How often a draft that changed under our hands is read and merged again before a person is asked."""


@dataclass(frozen=True, slots=True)
class Published:
    """What was written where; `told` is one line about the merge, `reason` why a human is needed."""

    outcome: Outcome
    draft: Path
    changed: tuple[str, ...]
    reason: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """Everything of a new draft but its merged text."""

    timeline: Timeline
    evidence: Evidence
    place: Place
    charts: tuple[Chart, ...]


def publish(
    timeline: Timeline,
    evidence: Evidence,
    place: Place,
    *,
    draw: Draw,
    now: datetime,
    say: Callable[[str], None],
    beside: bool = True,
) -> Published:
    """Writes the draft into its place, merged with what people wrote there.

    Where that is not certain, the draft is left alone and the new text laid `beside` it. Raises
    OutputError where it cannot be written and LockHeld where another run is at work there.
    """
    preflight(place.directory.parent if not place.exists else place.directory)
    say("drawing")
    made = _Made(timeline, evidence, place, draw(timeline, evidence))
    say("writing")
    with locked(place.directory.parent / f"{KEPT}.lock"):
        if place.exists:
            sweep_stale(place.directory, now=now)
        for _ in range(_TRIES):
            kept = kept_texts(place.directory)
            number, new = _generated(made, kept)
            choice = decided(kept, new)
            if choice.outcome is Outcome.HUMAN_NEEDED:
                return _beside(place, choice, write=beside)
            files = _files(made, kept, number, new, choice)
            if text_of(place.directory / DRAFT) == kept.existing:
                changed = write_all(place.directory, files)
                outcome = Outcome.WRITTEN if changed else Outcome.UNCHANGED
                return Published(outcome, place.directory / DRAFT, changed, told=choice.told)
    return Published(Outcome.HUMAN_NEEDED, place.directory / DRAFT, (), "somebody keeps saving it")


def preview(timeline: Timeline, evidence: Evidence, place: Place, draw: Draw) -> str:
    """What a run would change in the draft, as a readable diff; nothing is written."""
    kept = kept_texts(place.directory)
    _, new = _generated(_Made(timeline, evidence, place, draw(timeline, evidence)), kept)
    choice = decided(kept, new)
    if choice.outcome is Outcome.HUMAN_NEEDED:
        return f"{DRAFT} would be left alone: {choice.reason}\n"
    return readable_diff(kept.existing or "", choice.text, DRAFT)


def _generated(made: _Made, kept: KeptTexts) -> tuple[int, str]:
    """The pure new text and its generation: the one it has where nothing changed, else the next."""
    refs = [ChartRef(c.name, c.title, c.alt, f"charts/{c.name}.svg") for c in made.charts]
    number = kept.generation or made.evidence.presentation.generation
    shown = made.evidence.presentation
    text = partial(markdown, made.timeline, refs, form=shown.form, templates=dict(shown.templates))
    same = text(generation=number)
    if kept.latest is None or same == kept.latest:
        return number, same
    return number + 1, text(generation=number + 1)


def kept_texts(directory: Path) -> KeptTexts:
    """The draft on disk and all texts it may have been made from."""
    found = sorted(
        (int(m[1]), p) for p in (directory / KEPT).glob("base-*.md") if (m := _BASE.fullmatch(p.name))
    )
    bases = tuple((n, text) for n, path in found if (text := text_of(path)) is not None)
    return KeptTexts(text_of(directory / DRAFT), bases)


def text_of(path: Path) -> str | None:
    """A file's text exactly as it is, None only where there is no file."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        where = terminal(str(path))
        raise OutputError(path, f"cannot read {where}: {error.strerror}; nothing was changed") from error


def encoded(text: str) -> bytes:
    """The bytes of a text that people may have saved in another encoding."""
    return text.encode("utf-8", "surrogateescape")


def _beside(place: Place, choice: Decision, *, write: bool) -> Published:
    changed = write_all(place.directory, {NEW_DRAFT: encoded(choice.text)}) if write else ()
    return Published(Outcome.HUMAN_NEEDED, place.directory / DRAFT, changed, choice.reason)


def _files(made: _Made, kept: KeptTexts, number: int, new: str, choice: Decision) -> dict[str, bytes]:
    """All files of the draft, the base before the draft and timeline.json last."""
    shown = replace(made.evidence.presentation, generation=number)
    files = {f"{KEPT}/base-{number:04d}.md": encoded(new)}
    files |= _displaced(kept, choice.text)
    if made.place.entered:
        files[NOTES] = entered_bytes(made.place.entered)
    files |= _pictures(made.charts)
    files[EVIDENCE] = dump(replace(made.evidence, presentation=shown))
    files |= pages(choice.text, headline(made.timeline), _pictures(made.charts))
    files[DRAFT] = encoded(choice.text)
    files["timeline.json"] = timeline_json(made.timeline)
    return files


def _displaced(kept: KeptTexts, text: str) -> dict[str, bytes]:
    """The edited draft that the merged one displaces, kept in the history under its own content's name."""
    if kept.existing is None or kept.existing == text or kept.existing in dict(kept.bases).values():
        return {}
    old = encoded(kept.existing)
    return {f"{KEPT}/history/{hashlib.sha256(old).hexdigest()[:12]}.md": old}


def pages(text: str, title: str, pictures: Mapping[str, bytes]) -> dict[str, bytes]:
    """The HTML page of a draft's text, edited or not, and the one that is pasted into a wiki."""
    return {PAGE: html(text, title=title, charts=pictures), PASTE: paste(text, title=title, charts=pictures)}


def pictures_of(directory: Path) -> dict[str, bytes]:
    """The charts that lie beside a draft, by the path its text names them with."""
    return {f"charts/{p.name}": p.read_bytes() for p in sorted((directory / "charts").glob("*.[sp][vn]g"))}


def _pictures(charts: tuple[Chart, ...]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for chart in charts:
        files[f"charts/{chart.name}.svg"] = chart.svg
        files[f"charts/{chart.name}.png"] = chart.png
    return files
