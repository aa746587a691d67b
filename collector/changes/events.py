from __future__ import annotations
from dataclasses import dataclass
from incident.model.facts import Change, Unknown
@dataclass(frozen=True, slots=True)
class ChangeHistory:
    changes: tuple[Change, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
def change_events(source, home, targets, span): return ChangeHistory()
