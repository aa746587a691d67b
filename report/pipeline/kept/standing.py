"""Whether a draft on disk is already what its evidence makes, so that nothing need be drawn to know it."""

from __future__ import annotations

import re
from pathlib import Path

from collector.kept.record import dump
from incident.model.evidence import Evidence
from incident.model.timeline import Timeline
from incident.timeline import timeline_json
from report.pipeline.keeping import EVIDENCE
from report.pipeline.kept.history import saved_elsewhere
from report.pipeline.kept.texts import PAGE, PASTE, kept_texts, pages, pictures_of
from report.pipeline.merging import KeptTexts, Outcome, decided
from report.render import headline

_CHART = re.compile(r"\(charts/([\w.-]+)\.svg\)")


def stands(directory: Path, timeline: Timeline, evidence: Evidence) -> bool:
    """Whether all files are there, made by this version from this evidence, and the pages are of the text.

    Drawing would give the same bytes then. Where somebody edited the text, its pages may have to follow it.
    """
    if _bytes(directory / "timeline.json") != timeline_json(timeline):
        return False
    if _bytes(directory / EVIDENCE) != dump(evidence):
        return False
    kept = kept_texts(directory)
    if kept.existing is None or kept.latest is None or saved_elsewhere(directory):
        return False
    charts = [f"charts/{name}.{kind}" for name in _CHART.findall(kept.latest) for kind in ("svg", "png")]
    if not charts or not all((directory / name).is_file() for name in (PAGE, PASTE, *charts)):
        return False
    return kept.existing == kept.latest or _edited_and_shown(directory, kept, kept.latest, timeline)


def _edited_and_shown(directory: Path, kept: KeptTexts, latest: str, timeline: Timeline) -> bool:
    """Whether a text that somebody edited has all that was found, and its pages all that they wrote.

    The merge and the pages are made anew for it, which costs little beside the drawing.
    """
    choice = decided(kept, latest)
    if choice.outcome is not Outcome.UNCHANGED:
        return False
    shown = pages(choice.text, headline(timeline), pictures_of(directory))
    return all(_bytes(directory / name) == page for name, page in shown.items())


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
