"""The drafts that are there already: which of them a candidate belongs to, and whether it says more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from collector.source import Source
from incident.fleet.model import Candidate, Member
from incident.model.signals import Labels
from incident.model.spans import Span
from incident.text.errors import TextError
from incident.text.promql import parse_matchers
from report.pipeline.kept.documents import EPOCH, kept_time
from report.pipeline.scan.wanted import LATE_SAMPLES

_BESIDE = timedelta(minutes=30)
"""Calm beside an incident that its draft reports on."""
_MARK = timedelta(minutes=30)
"""Windows begin and end at these marks, so that runs minutes apart ask for the same."""
_FORGOTTEN = timedelta(days=2)
"""A draft that has been open for so long without a look is people's to close."""


Bounds: TypeAlias = tuple[datetime | None, datetime | None]
"""First and last of a measured impact; None for what is not known."""


@dataclass(frozen=True, slots=True)
class Known:
    """A draft on disk, as far as its timeline.json tells."""

    directory: Path
    document: dict[str, Any]
    service: str
    place: Labels
    """Labels that its scope demands."""
    window: Span
    start: datetime | None
    """Of the impact."""
    end: datetime | None
    ongoing: bool
    collected: datetime | None = None
    """When its evidence was read; None where that is not told."""
    left: str = ""
    """Why it was left for a person, who has not changed it since; empty where nobody is asked for."""

    @property
    def draft(self) -> Path:
        """What people read and edit."""
        from report.pipeline.kept.texts import DRAFT

        return self.directory / DRAFT

    @property
    def stretch(self) -> tuple[datetime, datetime]:
        """Its impact, or its window where there was none."""
        if self.start is None:
            return self.window.start, self.window.end
        return self.start, self.end or self.window.end


def known_drafts(output: Path) -> tuple[Known, ...]:
    """Every draft below the output directory, by the names of their directories."""
    paths = sorted(path.parent for deep in ("*", "*/*") for path in output.glob(f"{deep}/timeline.json"))
    return tuple(one for path in paths if (one := _read(path)) is not None)


def with_left(known: tuple[Known, ...]) -> tuple[Known, ...]:
    """The same; those that were left for a person tell what the text beside them does, or would.

    The draft on disk may be hours behind that, and every run would find out again what the last one has.
    """
    return tuple(_as_left(one) for one in known)


def _as_left(one: Known) -> Known:
    from report.pipeline.kept.leaving import left_in

    left = left_in(one.directory)
    if left is None:
        return one
    found = _parsed(one.directory, left.document)
    return replace(found, left=left.reason if left.beside else "") if found is not None else one


def _read(directory: Path) -> Known | None:
    from report.pipeline.places import read_document  # loads all of the reasoning: only where drafts are

    document = read_document(directory)
    return _parsed(directory, document) if document is not None else None


def _parsed(directory: Path, document: dict[str, Any]) -> Known | None:
    try:
        return _known(directory, document)
    except (AttributeError, KeyError, TypeError, ValueError, TextError):
        return None  # not one of ours, or of another version: never touched, never listed


def _known(directory: Path, document: dict[str, Any]) -> Known:
    impact, window = document.get("impact") or {}, document["window"]
    start = _at(impact.get("start"))
    scope = ",".join((document.get("scope") or {}).get("matchers") or ())
    matchers = parse_matchers(scope) if scope else ()
    return Known(
        directory,
        document,
        str(document["service"]),
        tuple((m.name, m.value) for m in matchers if m.op == "="),
        Span(kept_time(window["start"]), kept_time(window["end"])),
        start,
        _at(impact.get("end")),
        document.get("status") == "ongoing",
        _at((document.get("source") or {}).get("collected_at")),
    )


def _at(text: object) -> datetime | None:
    return kept_time(text) if isinstance(text, str) else None


def of_source(known: tuple[Known, ...], source: Source, tenant: str) -> tuple[Known, ...]:
    """Those drafted from this source and tenant."""
    return tuple(one for one in known if _origin(one) == (source.url, tenant or None))


def _origin(one: Known) -> tuple[object, object]:
    source = one.document.get("source") or {}
    return source.get("url"), source.get("tenant")


def meeting(candidate: Candidate, known: tuple[Known, ...], period: Span) -> list[Known]:
    """The drafts whose impact the candidate meets."""
    end = candidate.end or period.end
    return [
        one
        for one in known
        if one.service == candidate.member.service
        and _at_home(candidate.member, one)
        and one.stretch[0] < end
        and candidate.start < one.stretch[1] + _BESIDE
    ]


def draft_of(candidate: Candidate, known: tuple[Known, ...], period: Span) -> Known | None:
    """The draft whose impact the candidate meets: of several the latest that tells its beginning."""

    def rank(one: Known) -> tuple[bool, tuple[datetime, datetime]]:
        return one.stretch[0] - _BESIDE <= candidate.start, one.stretch

    return max(meeting(candidate, known, period), key=rank, default=None)


def _at_home(member: Member, one: Known) -> bool:
    theirs = dict(one.place)
    return all(theirs.get(name, value) == value for name, value in member.place)


def settled(candidate: Candidate, one: Known, tail: timedelta) -> bool:
    """Whether the draft has seen all there is to see: its impact over, and all the calm that it is to show.

    `tail` is what is read beyond the window, to see an end hold.

    Less of it would do to close the draft, but then it would not be the one that a later run makes at once.
    """
    failed = any(unknown.get("failed") for unknown in one.document.get("unknowns") or ())
    if one.ongoing or candidate.end is None or failed:
        return False
    begins, ends = _calm_from(candidate.start, one.start), _calm_until(candidate.end, one.end)
    seen = one.collected is None or one.collected - LATE_SAMPLES >= one.window.end + tail
    return one.window.start <= begins and ends <= one.window.end and seen


def window_for(candidate: Candidate, impact: Bounds, period: Span) -> Span:
    """What to ask for: the measured impact, as far as known, with calm beside, from mark to mark.

    The screening sees a start now a step earlier, now later, as the period moves, so that its bounds count
    only until the impact is measured, or where they lie beyond the calm around that.
    """
    begins = _calm_from(candidate.start, impact[0])
    if candidate.end is None:
        return Span(begins, period.end)
    return Span(begins, min(_calm_until(candidate.end, impact[1]), period.end))


def until_silent(window: Span, last: datetime) -> Span:
    """The window, ending some time after the last sample where nothing came since.

    A service that was renamed or taken away in an impact has no end that anybody can see. Its draft is not to
    grow with every run until it is forgotten.
    """
    end = _mark(last + _BESIDE + _MARK)
    return Span(window.start, end) if window.start < end < window.end else window


def _calm_from(seen: datetime, measured: datetime | None) -> datetime:
    begins = _mark(seen - _BESIDE)
    if measured is None:
        return begins
    own = _mark(measured - _BESIDE)
    return own if own <= seen else begins


def _calm_until(seen: datetime, measured: datetime | None) -> datetime:
    ends = _mark(seen + _BESIDE + _MARK)
    if measured is None:
        return ends
    own = _mark(measured + _BESIDE + _MARK)
    return own if seen <= own else ends


def _mark(at: datetime) -> datetime:
    return at - (at - EPOCH) % _MARK


def still_open(
    known: tuple[Known, ...], candidates: tuple[Candidate, ...], period: Span
) -> Iterator[Candidate]:
    """Drafts that are not closed and that nothing in the period has led to: they are looked at, too."""
    led = {one.directory for c in candidates if (one := draft_of(c, known, period)) is not None}
    for one in known:
        fresh = one.window.end >= period.end - _FORGOTTEN
        # It may begin after the period where that is of long ago, or the clock was put back.
        if one.start is None or one.start >= period.end:
            continue
        if one.ongoing and one.directory not in led and fresh:
            yield Candidate(Member(one.service, one.place), one.start, None, (), ())
