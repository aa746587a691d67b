"""Where a draft lives: its directory, found again as the incident's bounds move, and what is kept in it.

An incident is the same when source, tenant, scope and service are, and its impact overlaps (or its
window, where there was no impact). A directory keeps the name it was first given, or that people gave it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from collector.errors import ConfigError
from incident.model.facts import Entered
from incident.model.timeline import Status, Timeline
from incident.text.instants import rfc3339
from incident.text.slug import unique_slug
from incident.timeline import Display, assemble, timeline_json
from report.pipeline.identity import identity_in, new_identity, told_apart
from report.pipeline.keeping import EVIDENCE, kept_evidence
from report.pipeline.kept.documents import kept_object, kept_time

KEPT = ".incident-timeline"
"""Directory beside the draft that holds bases and entered notes; nothing in it is for reading."""
NOTES = f"{KEPT}/notes.json"


@dataclass(frozen=True, slots=True)
class Place:
    """A draft's directory and what it holds already."""

    directory: Path
    exists: bool
    entered: tuple[Entered, ...]
    identity: str
    """The incident's id; empty where that is the evidence's to say."""


def find_place(output: Path, timeline: Timeline) -> Place:
    """The directory of this incident below `output`: the one it has, or a new one named after it.

    Raises HumanNeeded where two directories hold the same draft.
    """
    found = [each for each in _documents(output) if _same_incident(each[1], timeline)]
    mine = timeline.identity or new_identity(timeline, _to_minute(_began(timeline)))
    if not found:
        return Place(_fresh(output / _name(timeline)), False, (), mine)
    # Among several that this incident overlaps, the one whose evidence is replayed.
    found.sort(key=lambda each: identity_in(each[1]) != mine)
    told_apart(output, found)
    directory, document = found[0]
    return Place(directory, True, read_entered(directory), identity_in(document) or mine)


def _documents(output: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every draft below the output with its timeline.json."""
    for directory in draft_directories(output):
        document = read_document(directory) or _document_again(directory)
        if document is not None:
            yield directory, document


def place_at(directory: Path) -> Place:
    """The place of a draft that lies in this directory."""
    return Place(directory, True, read_entered(directory), "")


def draft_directories(output: Path) -> list[Path]:
    """Directories that hold a draft, in the order of their names; none where there is no output yet.

    Also one level deeper: people put the drafts of a year or of a team into a folder.
    """
    patterns = (f"{deep}{name}" for name in ("timeline.json", EVIDENCE) for deep in ("*/", "*/*/"))
    return sorted({path.parent for pattern in patterns for path in output.glob(pattern)})


def _document_again(directory: Path) -> dict[str, Any] | None:
    """The timeline.json that somebody deleted or damaged, from the evidence beside it; None without one."""
    evidence = kept_evidence(directory)
    if evidence is None:
        return None
    shown = evidence.presentation
    timeline = assemble(evidence, shown.policy, Display(shown.zone, shown.link_base, ""), ())
    document: dict[str, Any] = json.loads(timeline_json(timeline))
    return document


def read_document(directory: Path) -> dict[str, Any] | None:
    """The draft's timeline.json, None where it is not one of ours."""
    document = kept_object(directory / "timeline.json")
    ours = document is not None and str(document.get("schema", "")).startswith("incident-timeline/")
    return document if ours else None


def _same_incident(kept: dict[str, Any], timeline: Timeline) -> bool:
    mine = (
        timeline.origin.url,
        timeline.origin.tenant or None,
        timeline.scope.service,
        sorted(timeline.scope.matchers),
    )
    source, scope = kept.get("source") or {}, kept.get("scope") or {}
    theirs = (
        source.get("url"),
        source.get("tenant"),
        kept.get("service"),
        sorted(scope.get("matchers") or []),
    )
    return mine == theirs and _overlap(_stretch_of(kept), _stretch(timeline))


def _stretch(timeline: Timeline) -> tuple[str, str]:
    """The impact, or the window where there was none, as comparable text."""
    if timeline.episodes:
        last = timeline.episodes[-1].end
        return rfc3339(timeline.episodes[0].start.at), rfc3339(last.at if last else timeline.window.end)
    return rfc3339(timeline.asked.start), rfc3339(timeline.asked.end)


def _stretch_of(kept: dict[str, Any]) -> tuple[str, str]:
    impact, window, reported = (kept.get(k) or {} for k in ("impact", "window", "reported"))
    if impact.get("start"):
        return impact["start"], impact.get("end") or reported.get("end") or window.get("end", "")
    return window.get("start", ""), window.get("end", "")


def _overlap(a: tuple[str, str], b: tuple[str, str]) -> bool:
    """Whether two stretches share time; RFC 3339 in UTC sorts like the times it names."""
    return bool(a[0]) and bool(b[0]) and a[0] < b[1] and b[0] < a[1]


def _name(timeline: Timeline) -> str:
    near = _to_minute(_began(timeline))
    return f"{near:%Y-%m-%d}-{unique_slug(timeline.scope.service)}-{near:%H%M}"


def _began(timeline: Timeline) -> datetime:
    """The start of the impact; where none was measured of the condition, which is what the title is about."""
    if timeline.episodes:
        return timeline.episodes[0].start.at
    if timeline.status is Status.UNKNOWN and timeline.conditions:
        return max(timeline.conditions[0].start, timeline.asked.start)
    return timeline.asked.start


def _to_minute(at: datetime) -> datetime:
    """The nearest minute, so that an onset measured a few seconds early keeps the hour people say."""
    return (at + timedelta(seconds=30)).replace(second=0, microsecond=0)


def _fresh(directory: Path) -> Path:
    """The directory, or the first numbered one beside it that is not taken by another incident."""
    number, free = 2, directory
    while free.exists():
        free = directory.with_name(f"{directory.name}-{number}")
        number += 1
    return free


def read_entered(directory: Path) -> tuple[Entered, ...]:
    """What people entered with `note`; empty where nothing was. Raises ConfigError where it is damaged."""
    path = directory / NOTES
    try:
        rows = json.loads(path.read_text("utf-8"))
        return tuple(Entered(str(r["kind"]), kept_time(r["at"]), str(r["text"]), str(r["id"])) for r in rows)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigError(
            f"{path}: the notes kept there cannot be read ({type(error).__name__}); repair the file or move "
            "it away; nothing was changed"
        ) from error


def entered_bytes(entered: tuple[Entered, ...]) -> bytes:
    """The notes as they are kept."""
    rows = [{"id": e.id, "at": rfc3339(e.at), "kind": e.kind, "text": e.text} for e in entered]
    return (json.dumps(rows, indent=1, ensure_ascii=False) + "\n").encode("utf-8")
