"""A draft that was left for a person: what was to become of it, so that no run finds that out twice.

It holds for the text that was left and no other: whoever changes the draft is asked for again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from collector.kept.record import dump
from incident.model.evidence import Evidence
from incident.model.timeline import Timeline
from incident.text.errors import TextError
from incident.timeline import timeline_json
from report.pipeline.kept.documents import EPOCH, kept_object, kept_time
from report.pipeline.kept.texts import DRAFT, NEW_DRAFT, encoded, text_of
from report.pipeline.places import KEPT
from report.write import write_all

LEFT = f"{KEPT}/left.json"


@dataclass(frozen=True, slots=True)
class Left:
    """Why a draft was left, and the timeline that it would tell."""

    reason: str
    beside: str
    """Digest of the text that was laid beside it; empty where none was."""
    evidence: str
    """Digest of what it would be made from."""
    document: dict[str, Any]


def left_bytes(
    draft: bytes, beside: bytes | None, reason: str, timeline: Timeline, evidence: Evidence
) -> bytes:
    """The record for a draft of these bytes; `beside` is the text laid beside it, None for none."""
    told = {
        "draft": _digest(draft),
        "beside": _digest(beside) if beside is not None else "",
        "reason": reason,
        "evidence": _of_evidence(evidence),
        "timeline": json.loads(timeline_json(timeline)),
    }
    return (json.dumps(told, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


def remember_left(directory: Path, reason: str, timeline: Timeline, evidence: Evidence) -> None:
    """That the draft was left without a word and nothing was laid beside it. Raises OutputError."""
    was = text_of(directory / DRAFT)
    if was is not None:
        record = left_bytes(encoded(was), None, reason, timeline, evidence)
        write_all(directory, {LEFT: record}, private=KEPT)


def left_in(directory: Path) -> Left | None:
    """What is known of the draft as it lies there; None where nobody is asked for, or not for this text.

    Nor where the text that was laid beside it is gone: it is to be laid there again.
    """
    told = _read(directory / LEFT)
    if told is None or told["draft"] != _digest_of(directory / DRAFT):
        return None
    if told["beside"] and not (directory / NEW_DRAFT).is_file():
        return None
    return Left(told["reason"], told["beside"], told["evidence"], told["timeline"])


def dated_as_left(evidence: Evidence, directory: Path) -> Evidence:
    """The evidence, with the time of its first collection where all else of it is what was left."""
    left = left_in(directory)
    if left is None or left.evidence != _of_evidence(evidence):
        return evidence
    try:
        first = kept_time(left.document["source"]["collected_at"])
    except (KeyError, TypeError, TextError):
        return evidence
    return replace(evidence, origin=replace(evidence.origin, collected_at=first))


def left_again(directory: Path, timeline: Timeline, evidence: Evidence) -> Left | None:
    """What is known, where this evidence would come to the same."""
    left = left_in(directory)
    if left is None or not left.beside or left.evidence != _of_evidence(evidence):
        return None
    return left if left.document == json.loads(timeline_json(timeline)) else None


def nobody_needed(directory: Path) -> None:
    """The draft says all: the record goes, and the text beside it unless somebody changed that.

    What cannot be removed stays: the record is of a text that is not there any more.
    """
    told = _read(directory / LEFT)
    with contextlib.suppress(OSError):
        if told is not None and told["beside"] and told["beside"] == _digest_of(directory / NEW_DRAFT):
            (directory / NEW_DRAFT).unlink()
        (directory / LEFT).unlink(missing_ok=True)


def left_line(draft: Path, reason: str, *, beside: bool) -> str:
    """Why a draft was left for a person and what to do, in one line."""
    if beside:
        then = f"the new text lies beside it as {NEW_DRAFT}; compare the two and keep what you want"
    else:
        then = "run again later"
    return f"{draft}: {reason}; it was left alone, {then}"


def _read(path: Path) -> dict[str, Any] | None:
    """The record; None where there is none that we wrote."""
    told = kept_object(path)
    if told is None or not isinstance(told.get("timeline"), dict):
        return None
    texts = ("draft", "beside", "reason", "evidence")
    return told if all(isinstance(told.get(name), str) for name in texts) else None


def _of_evidence(evidence: Evidence) -> str:
    """Of all that was collected, but when, and of which incident it turned out to be."""
    shown = replace(evidence.presentation, identity="")
    dated = replace(evidence.origin, collected_at=EPOCH)
    return _digest(dump(replace(evidence, presentation=shown, origin=dated)))


def _digest_of(path: Path) -> str | None:
    try:
        return _digest(path.read_bytes())
    except OSError:
        return None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
