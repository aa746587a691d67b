"""The flow on one page: evidence is judged, finds its place, is drawn, rendered, merged and written.

`collecting` brings the evidence: survey, detect, zoom. Each step takes frozen values and returns frozen
values; nothing flows back but the brackets that detection found, which say where the zoom reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from incident.model.evidence import Evidence
from incident.model.timeline import Timeline
from incident.timeline import Display, assemble
from report.pipeline.keeping import reconciled
from report.pipeline.kept.leaving import dated_as_left
from report.pipeline.places import Place, find_place
from report.pipeline.publishing import Published, preview, publish
from report.pipeline.studio import Draw, draw_here

Say = Callable[[str], None]
"""Shows one line of progress; silent where nobody watches."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a run made: the judgement, and where its files lie."""

    timeline: Timeline
    place: Place
    published: Published


def draft(
    evidence: Evidence,
    output: Path,
    *,
    version: str,
    now: datetime,
    say: Say,
    draw: Draw = draw_here,
    timeline: Timeline | None = None,
    anew: bool = True,
) -> Draft:
    """Evidence, just collected or kept, to one draft on disk; the same evidence makes the same bytes.

    `timeline` is the judgement of this evidence where it was made already; for `anew` see `publish`.
    """
    timeline, kept, place = _judged_in_place(evidence, output, version, say, timeline)
    return Draft(timeline, place, publish(timeline, kept, place, draw=draw, now=now, say=say, anew=anew))


def previewed(evidence: Evidence, output: Path, *, version: str, say: Say, draw: Draw) -> str:
    """What `draft` would change in the draft's text, as a diff to read; nothing is written."""
    return preview(*_judged_in_place(evidence, output, version, say), draw)


def _judged_in_place(
    evidence: Evidence, output: Path, version: str, say: Say, timeline: Timeline | None = None
) -> tuple[Timeline, Evidence, Place]:
    """The judgement, the evidence to keep, and the directory this incident has or gets."""
    say("assembling")
    timeline = timeline or judged(evidence, version)
    place = find_place(output, timeline)
    kept = dated_as_left(reconciled(evidence, place.directory), place.directory)
    if place.exists and (place.entered or kept is not evidence):  # in a new place only the form is settled
        timeline = judged(kept, version, place)
    shown = replace(kept.presentation, identity=place.identity)
    return replace(timeline, identity=place.identity), replace(kept, presentation=shown), place


def judged(evidence: Evidence, version: str, place: Place | None = None) -> Timeline:
    """The timeline of the evidence, with what people entered in its place."""
    shown = evidence.presentation
    display = Display(shown.zone, shown.link_base, version)
    return assemble(evidence, shown.policy, display, place.entered if place else ())
