"""The whole flow on one page: survey, detect, zoom, assemble, draw, render, merge, write.

Each step takes frozen values and returns frozen values. Nothing flows back but the brackets that
detection found, which say where the zoom reads raw samples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from collector.source import Source
from collector.survey import SurveyRequest
from incident.model.evidence import Evidence, Presentation
from incident.model.timeline import Timeline
from incident.timeline import Display, assemble
from report.pipeline.collecting import collect
from report.pipeline.keeping import reconciled
from report.pipeline.places import Place, find_place
from report.pipeline.publishing import Published, publish

Say = Callable[[str], None]
"""Shows one line of progress; silent where nobody watches."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a run made: the judgement, and where its files lie."""

    timeline: Timeline
    place: Place
    published: Published


def draft(
    source: Source,
    request: SurveyRequest,
    presentation: Presentation,
    output: Path,
    *,
    version: str,
    now: datetime,
    say: Say,
) -> Draft:
    """One window of a live source to one draft on disk."""
    evidence = collect(source, request, presentation, now=now, say=say)
    return redraft(evidence, output, version=version, now=now, say=say)


def redraft(evidence: Evidence, output: Path, *, version: str, now: datetime, say: Say) -> Draft:
    """Kept evidence to the same draft, byte for byte, with no network."""
    say("assembling")
    timeline = judged(evidence, version)
    place = find_place(output, timeline)
    kept = reconciled(evidence, place.directory)
    if place.entered or kept is not evidence:
        timeline = judged(kept, version, place)
    return Draft(timeline, place, publish(timeline, kept, place, now=now, say=say))


def judged(evidence: Evidence, version: str, place: Place | None = None) -> Timeline:
    """The timeline of the evidence, with what people entered in its place."""
    shown = evidence.presentation
    display = Display(shown.zone, shown.link_base, version)
    return assemble(evidence, shown.policy, display, place.entered if place else ())
