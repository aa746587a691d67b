"""Which incident a draft is of: an id shared by its timeline.json, its evidence and its text's first anchor.

Made of what the incident was when it was drafted first, and kept from then on: its bounds move as data come
in, people rename its directory, and copies go about.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from incident.model.timeline import Timeline
from incident.text.controls import terminal
from incident.text.instants import rfc3339
from report.merge import HumanNeeded, identity_of

_ID = re.compile(r"[0-9a-f]{12}")


def new_identity(timeline: Timeline, began: datetime) -> str:
    """The id of an incident that has none: the same for the same evidence, wherever it is drafted."""
    origin, scope = timeline.origin, timeline.scope
    what = [origin.url, origin.tenant, scope.service, *sorted(scope.matchers), rfc3339(began)]
    return hashlib.sha256("\x1f".join(what).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def identity_in(document: dict[str, Any]) -> str:
    """The id in a timeline.json; empty in those of earlier versions."""
    told = document.get("id")
    return told if isinstance(told, str) and _ID.fullmatch(told) else ""


def told_apart(output: Path, drafts: Sequence[tuple[Path, dict[str, Any]]]) -> None:
    """Raises HumanNeeded where another directory holds the first one's draft: people know which they edit."""
    (first, document), *others = drafts
    identity = identity_in(document)
    for other, its in others:
        if identity and identity_in(its) == identity:
            raise HumanNeeded(
                f"{_shown(first)} and {_shown(other)}: are the same draft (id {identity}); move the one you "
                f"do not edit out of {_shown(output)}; nothing was changed"
            )


def stays_itself(draft: Path, existing: str | None, identity: str) -> None:
    """Raises HumanNeeded where the text that lies there is of another incident, or has another name now.

    A text without an id, from an earlier version or back from a wiki, is taken for the incident's.
    """
    found = identity_of(existing) if existing is not None else ""
    if found and identity and found != identity:
        raise HumanNeeded(
            f"{_shown(draft)}: is the draft of another incident (id {found}, but the evidence beside it has "
            f"{identity}); put each draft back into its own directory; nothing was changed"
        )
    other = _renamed(draft, identity) if existing is None and identity else None
    if other is not None:
        raise HumanNeeded(
            f"{_shown(draft)}: does not exist, but {_shown(other)} is this draft; name it {draft.name} "
            "again, or move it away for a new one; nothing was changed"
        )


def _renamed(draft: Path, identity: str) -> Path | None:
    """The file beside it that is the draft under another name; a new text laid beside it is none."""
    for other in sorted(draft.parent.glob("*.md")):
        with contextlib.suppress(OSError):
            text = other.read_text("utf-8", "surrogateescape")
            if not other.name.endswith(".new.md") and identity_of(text) == identity:
                return other
    return None


def _shown(path: Path) -> str:
    return terminal(str(path))
