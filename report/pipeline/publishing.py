"""Drawing, rendering, merging and writing one draft: everything new, or everything as it was."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path

from collector.record import dump
from incident.model.evidence import Evidence
from incident.model.timeline import Timeline
from incident.timeline import timeline_json
from report.charts import Chart, draw
from report.merge import Plan, plan
from report.pipeline.keeping import EVIDENCE
from report.pipeline.places import KEPT, NOTES, Place, entered_bytes
from report.render import ChartRef, headline, html, markdown
from report.write import OutputError, locked, preflight, sweep_stale, write_all

DRAFT = "postmortem.md"
PAGE = "postmortem.html"
NEW_DRAFT = "postmortem.new.md"
_BASE = re.compile(r"base-(\d{4,})\.md")


class Outcome(Enum):
    """What became of the files."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    HUMAN_NEEDED = "human needed"


@dataclass(frozen=True, slots=True)
class Published:
    """What was written where; `reason` says why a human is needed."""

    outcome: Outcome
    draft: Path
    changed: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Kept:
    """The text on disk, the base it was made from, and its generation."""

    existing: str | None
    base: str | None
    generation: int


def publish(
    timeline: Timeline,
    evidence: Evidence,
    place: Place,
    *,
    now: datetime,
    say: Callable[[str], None],
    beside: bool = True,
) -> Published:
    """Writes the draft into its place; an edited one is left alone and the new text laid `beside` it.

    Raises OutputError where it cannot be written and LockHeld where another run is at work there.
    """
    preflight(place.directory.parent if not place.exists else place.directory)
    say("drawing")
    charts = draw(timeline, evidence)
    say("writing")
    with locked(place.directory.parent / f"{KEPT}.lock"):
        if place.exists:
            sweep_stale(place.directory, now=now)
        kept = _kept(place.directory)
        text = _rendered(timeline, charts, kept)
        match plan(kept.existing, kept.base, text):
            case Plan.HUMAN_NEEDED as needed:
                return _beside(place, text, needed.value, write=beside)
            case Plan.UNCHANGED | Plan.WRITE:
                return _written(timeline, evidence, place, charts, text, kept)


def _rendered(timeline: Timeline, charts: tuple[Chart, ...], kept: _Kept) -> str:
    """The text under its generation: the one it has where nothing changed, else the next."""
    refs = [ChartRef(c.name, c.title, c.alt, f"charts/{c.name}.svg") for c in charts]
    same = markdown(timeline, refs, generation=max(1, kept.generation))
    if kept.base is None or same == kept.base:
        return same
    return markdown(timeline, refs, generation=kept.generation + 1)


def _kept(directory: Path) -> _Kept:
    existing = text_of(directory / DRAFT)
    bases = sorted(
        (int(m[1]), p) for p in (directory / KEPT).glob("base-*.md") if (m := _BASE.fullmatch(p.name))
    )
    if not bases:
        return _Kept(existing, None, 0)
    generation, path = bases[-1]
    return _Kept(existing, text_of(path), generation)


def text_of(path: Path) -> str | None:
    """A file's text exactly as it is, None only where there is no file."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OutputError(path, f"cannot read {path}: {error.strerror}; nothing was changed") from error


def _beside(place: Place, text: str, reason: str, *, write: bool) -> Published:
    changed = write_all(place.directory, {NEW_DRAFT: text.encode("utf-8")}) if write else ()
    return Published(Outcome.HUMAN_NEEDED, place.directory / DRAFT, changed, reason)


def _written(
    timeline: Timeline,
    evidence: Evidence,
    place: Place,
    charts: tuple[Chart, ...],
    text: str,
    kept: _Kept,
) -> Published:
    number = max(1, kept.generation) if text == kept.base or kept.base is None else kept.generation + 1
    files = {f"{KEPT}/base-{number:04d}.md": text.encode("utf-8")}
    if place.entered:
        files[NOTES] = entered_bytes(place.entered)
    files |= _pictures(charts)
    files[EVIDENCE] = dump(evidence)
    files[PAGE] = page(text, headline(timeline), _pictures(charts))
    files[DRAFT] = text.encode("utf-8")
    files["timeline.json"] = timeline_json(timeline)
    changed = write_all(place.directory, files)
    outcome = Outcome.WRITTEN if changed else Outcome.UNCHANGED
    return Published(outcome, place.directory / DRAFT, changed)


def page(text: str, title: str, pictures: Mapping[str, bytes]) -> bytes:
    """The HTML page of a draft's text, edited or not."""
    return html(text, title=title, charts=pictures)


def pictures_of(directory: Path) -> dict[str, bytes]:
    """The charts that lie beside a draft, by the path its text names them with."""
    return {f"charts/{p.name}": p.read_bytes() for p in sorted((directory / "charts").glob("*.svg"))}


def _pictures(charts: tuple[Chart, ...]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for chart in charts:
        files[f"charts/{chart.name}.svg"] = chart.svg
        files[f"charts/{chart.name}.png"] = chart.png
    return files
