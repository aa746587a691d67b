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
from report.pipeline.kept.texts import PAGE, PASTE, kept_texts

_CHART = re.compile(r"\(charts/([\w.-]+)\.svg\)")


def stands(directory: Path, timeline: Timeline, evidence: Evidence) -> bool:
    """Whether all files are there, made by this version from this evidence, and nobody has edited the text.

    Drawing would give the same bytes then. An edited text is another matter: its page may have to follow it.
    """
    if _bytes(directory / "timeline.json") != timeline_json(timeline):
        return False
    if _bytes(directory / EVIDENCE) != dump(evidence):
        return False
    kept = kept_texts(directory)
    if kept.existing is None or kept.existing != kept.latest or saved_elsewhere(directory):
        return False
    charts = [f"charts/{name}.{kind}" for name in _CHART.findall(kept.existing) for kind in ("svg", "png")]
    return bool(charts) and all((directory / name).is_file() for name in (PAGE, PASTE, *charts))


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
