"""What a scan came to: frozen values between its stages, and what its index, lines and files tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

INDEX = "index.md"
"""In the output directory: all drafts, and what was not drafted."""


class Change(StrEnum):
    """What became of one draft."""

    NEW = "new"
    REFRESHED = "refreshed"
    UNCHANGED = "unchanged"
    LEFT = "left for a person"


@dataclass(frozen=True, slots=True)
class Drafted:
    """One candidate that has a draft."""

    path: Path
    service: str
    change: Change
    finding: str
    """One line for people."""
    partial: bool = False
    """A query failed; the draft names it."""
    left: str = ""
    """Why it was left for a person, and what to do; empty where it was not."""


@dataclass(frozen=True, slots=True)
class StoodOut:
    """Something that was not drafted: one line of the index."""

    service: str
    start: datetime
    end: datetime | None
    what: str
    why: str
    """Why there is no draft of it."""
    put_off: bool = False
    """It was not looked at closely, because the run had asked for all that it may."""
    final: bool = False
    """Nothing failed while it was looked at: with the same samples the next look will say the same."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that was not asked to the end, a draft that could not be written, or a command that failed."""

    what: str
    why: str


class Outcome:
    """Everything one scan did, filled as it goes, so that a failure half-way is told with what was done."""

    def __init__(self) -> None:
        self.services = 0
        self.drafted: list[Drafted] = []
        self.stood_out: list[StoodOut] = []
        self.put_off: list[StoodOut] = []
        self.failed_sources: list[Failure] = []
        self.failed_queries: list[Failure] = []
        self.failed_outputs: list[Failure] = []
        self.failed_commands: list[Failure] = []
        self.queries = 0
        self.samples = 0
        self.close_queries = 0
        self.close_samples = 0
        """Those of the close looks: what a run may ask for is about them, not about the screening."""
        self.sources = 0

    def add(self, found: Drafted | StoodOut | Failure) -> None:
        """One candidate's end; a failure is that of its draft."""
        if isinstance(found, Failure):
            self.failed_outputs.append(found)
        elif isinstance(found, Drafted):
            self.drafted.append(found)
        elif found.put_off:
            self.put_off.append(found)
        else:
            self.stood_out.append(found)

    def add_refreshed(self, made: Drafted | None) -> None:
        """A draft that was made again after all others, told once; None for one that was not."""
        if made is not None and made.path not in {one.path for one in self.changed}:
            self.drafted = [one for one in self.drafted if one.path != made.path]
            self.drafted.append(made)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Everything that failed, in the order in which it is told."""
        asked = (*self.failed_sources, *self.failed_queries)
        return (*asked, *self.failed_outputs, *self.failed_commands)

    @property
    def changed(self) -> list[Drafted]:
        """New and refreshed drafts, in the order they were made."""
        return [one for one in self.drafted if one.change in (Change.NEW, Change.REFRESHED)]
