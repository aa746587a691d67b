"""Drawing, rendering, merging and writing one draft: everything new, or everything as it was."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from collector.kept.record import dump
from incident.model.evidence import Evidence
from incident.model.timeline import Timeline
from incident.timeline import timeline_json
from report.merge import readable_diff
from report.pipeline.identity import stays_itself
from report.pipeline.keeping import EVIDENCE
from report.pipeline.kept.history import saved_late
from report.pipeline.kept.leaving import LEFT, left_again, left_bytes, left_line, nobody_needed
from report.pipeline.kept.saving import save
from report.pipeline.kept.standing import stands
from report.pipeline.kept.texts import DRAFT, NEW_DRAFT, base_name, encoded, kept_texts, pages, text_of
from report.pipeline.merging import Decision, KeptTexts, Outcome, decided
from report.pipeline.places import KEPT, NOTES, Place, entered_bytes
from report.pipeline.studio import Draw
from report.render import ChartRef, headline, markdown
from report.write import Overtaken, locked, preflight, sweep_stale, write_all

if TYPE_CHECKING:
    from report.charts import Chart

TRIES = 3
"""How often a draft that changed under our hands is read and merged again before a person is asked."""


@dataclass(frozen=True, slots=True)
class Published:
    """What was written where; `told` is one line about the merge, `reason` why a human is needed."""

    outcome: Outcome
    draft: Path
    changed: tuple[str, ...]
    reason: str = ""
    told: str = ""
    late: tuple[Path, ...] = ()
    """Texts in the history that an editor saved after they had been displaced."""
    beside: bool = False
    """Whether the new text was laid beside a draft that was left alone."""


def left_alone(published: Published) -> str:
    """Why a draft was left for a person and what to do, in one line."""
    return left_line(published.draft, published.reason, beside=published.beside)


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
    anew: bool = True,
) -> Published:
    """Writes the draft into its place, merged with what people wrote there.

    Where that is not certain, the draft is left alone and the new text laid `beside` it. Without `anew` one
    that this version made from the same evidence is taken to be what it would be, and not drawn; nor is one
    that was left for a person and would be left as it was. Raises
    OutputError where it cannot be written, LockHeld where another run is at work there, and HumanNeeded
    where the text that lies there is of another incident.
    """
    preflight(place.directory.parent if not place.exists else place.directory)
    if place.exists:
        stays_itself(place.directory / DRAFT, text_of(place.directory / DRAFT), timeline.identity)
    if not anew and place.exists and stands(place.directory, timeline, evidence):
        return Published(Outcome.UNCHANGED, place.directory / DRAFT, ())
    if not anew and (left := left_again(place.directory, timeline, evidence)) is not None:
        return Published(Outcome.HUMAN_NEEDED, place.directory / DRAFT, (), left.reason, beside=True)
    say("drawing")
    made = _Made(timeline, evidence, place, draw(timeline, evidence))
    say("writing")
    with locked(place.directory.parent / f"{KEPT}.lock"):
        if place.exists:
            sweep_stale(place.directory, now=now)
        late = saved_late(place.directory)
        for _ in range(TRIES):
            kept = kept_texts(place.directory)
            number, new = _generated(made, kept)
            choice = decided(kept, new)
            if choice.outcome is Outcome.HUMAN_NEEDED:
                return _left(made, kept, choice, write=beside)
            files = _files(made, number, new, choice)
            with contextlib.suppress(Overtaken):
                changed = save(place.directory, files, kept.existing)
                nobody_needed(place.directory)
                outcome = Outcome.WRITTEN if changed else Outcome.UNCHANGED
                return Published(outcome, place.directory / DRAFT, changed, told=choice.told, late=late)
    return Published(Outcome.HUMAN_NEEDED, place.directory / DRAFT, (), "somebody keeps saving it")


def preview(timeline: Timeline, evidence: Evidence, place: Place, draw: Draw) -> str:
    """What a run would change in the draft, as a readable diff; nothing is written."""
    kept = kept_texts(place.directory)
    stays_itself(place.directory / DRAFT, kept.existing, timeline.identity)
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


def _left(made: _Made, kept: KeptTexts, choice: Decision, *, write: bool) -> Published:
    """The draft as it is, the new text beside it, and what was found out, for the runs to come."""
    directory, new = made.place.directory, encoded(choice.text)
    changed: tuple[str, ...] = ()
    if write and kept.existing is not None:
        was = encoded(kept.existing)
        found = left_bytes(was, new, choice.reason, made.timeline, made.evidence)
        changed = write_all(directory, {NEW_DRAFT: new, LEFT: found}, private=KEPT)
    return Published(Outcome.HUMAN_NEEDED, directory / DRAFT, changed, choice.reason, beside=write)


def _files(made: _Made, number: int, new: str, choice: Decision) -> dict[str, bytes]:
    """All files of the draft, the base before the draft and timeline.json last."""
    shown = replace(made.evidence.presentation, generation=number)
    files = {base_name(number): encoded(new)}
    if made.place.entered:
        files[NOTES] = entered_bytes(made.place.entered)
    files |= _pictures(made.charts)
    files[EVIDENCE] = dump(replace(made.evidence, presentation=shown))
    files |= pages(choice.text, headline(made.timeline), _pictures(made.charts))
    files[DRAFT] = encoded(choice.text)
    files["timeline.json"] = timeline_json(made.timeline)
    return files


def _pictures(charts: tuple[Chart, ...]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for chart in charts:
        files[f"charts/{chart.name}.svg"] = chart.svg
        files[f"charts/{chart.name}.png"] = chart.png
    return files
