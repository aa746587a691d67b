"""`note`: a timed fact that somebody knows, put into a draft without touching what others wrote."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from collector.errors import ConfigError
from incident.model.facts import Entered
from incident.model.timeline import Timeline
from incident.text.instants import rfc3339, zone
from incident.timeline import timeline_json
from report.merge import insert_row
from report.pipeline.flow import judged
from report.pipeline.keeping import read_evidence
from report.pipeline.kept.saving import save
from report.pipeline.kept.texts import DRAFT, encoded, pages, pictures_of, text_of, title_of
from report.pipeline.merging import Outcome
from report.pipeline.places import KEPT, NOTES, entered_bytes, place_at
from report.pipeline.publishing import TRIES, Published, publish
from report.pipeline.studio import draw_here
from report.write import Overtaken, locked


@dataclass(frozen=True, slots=True)
class Note:
    """What was noted: when, in which words, of which kind."""

    at: datetime
    text: str
    kind: str


def add_note(
    directory: Path, note: Note, *, version: str, now: datetime, say: Callable[[str], None]
) -> Published:
    """Adds a timed row; the same note twice is one. An edited draft gains the row and loses nothing.

    Raises ConfigError where there is no draft, or an edited one has no timeline table any more.
    """
    if not (directory / DRAFT).is_file():
        raise ConfigError(f"{directory}: no {DRAFT} in it; give the directory of a draft")
    place = place_at(directory)
    one = Entered(note.kind, note.at, note.text, _identity(note))
    if one.id in {e.id for e in place.entered}:
        return Published(Outcome.UNCHANGED, directory / DRAFT, ())
    entered = tuple(sorted((*place.entered, one), key=lambda e: (e.at, e.id)))
    noted = replace(place, entered=entered)
    evidence = read_evidence(directory)
    timeline = judged(evidence, version, noted)
    published = publish(timeline, evidence, noted, draw=draw_here, now=now, say=say, beside=False)
    if published.outcome is not Outcome.HUMAN_NEEDED:
        return published
    return _inserted(directory, one, entered, timeline)


def _identity(note: Note) -> str:
    """Stable for the same words at the same time, so that a note repeated is not a second one."""
    what = f"{rfc3339(note.at)}\x1f{note.kind}\x1f{note.text}"
    return f"ev-{hashlib.sha256(what.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def _inserted(directory: Path, one: Entered, entered: tuple[Entered, ...], timeline: Timeline) -> Published:
    """A draft that cannot be merged, with one row more, none of its lines changed, and its page."""
    with locked(directory.parent / f"{KEPT}.lock"):
        for _ in range(TRIES):
            existing = text_of(directory / DRAFT)
            text = insert_row(existing or "", one, zone(timeline.zone))
            if text is None:
                raise ConfigError(
                    f"{directory / DRAFT}: its timeline table is gone, so there is no place for the note; "
                    "write the row by hand"
                )
            files = {
                NOTES: entered_bytes(entered),
                **pages(text, title_of(text), pictures_of(directory)),
                DRAFT: encoded(text),
                "timeline.json": timeline_json(timeline),
            }
            with contextlib.suppress(Overtaken):
                return Published(Outcome.WRITTEN, directory / DRAFT, save(directory, files, existing))
    return Published(Outcome.HUMAN_NEEDED, directory / DRAFT, (), "somebody keeps saving it")
