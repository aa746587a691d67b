"""What we wrote as JSON and read again: files of ours and the times in them. Loads little."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from incident.text.instants import parse_time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands in for a time that does not matter: a `now` that no kept time refers to."""
_LARGEST = 16 * 1024 * 1024
"""A larger file was not written by us."""


def kept_object(path: Path) -> dict[str, Any] | None:
    """The JSON object in a file; None where there is none that we could have written."""
    try:
        if path.stat().st_size > _LARGEST:
            return None
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def kept_time(text: object) -> datetime:
    """A time as we wrote it, which is absolute. Raises TextError where it is none."""
    return parse_time(str(text), now=EPOCH, zone=None)
