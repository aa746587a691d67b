"""Lets drafts of services that began together name one another; looked up among all drafts of a source."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from collector.errors import ConfigError
from incident.fleet.together import Onset, together
from incident.model.companions import Companion
from incident.model.spans import Span
from incident.model.timeline import Timeline
from incident.timeline.json_form import companion_document
from report.merge import HumanNeeded
from report.pipeline.places import find_place
from report.pipeline.scan.outcome import Change, Drafted, Failure
from report.pipeline.scan.sought.known import Known
from report.write import LockHeld, OutputError, its_own

if TYPE_CHECKING:
    from report.pipeline.scan.drafts.candidate import Desk, Ready


@dataclass(frozen=True, slots=True)
class Begun:
    """A measured impact that has a draft, or is about to get one."""

    directory: Path
    service: str
    matchers: tuple[str, ...]
    start: datetime
    plus_minus: timedelta
    end: datetime | None


def begun(known: Sequence[Known]) -> tuple[Begun, ...]:
    """Those of the drafts that measured an impact; none that lies there twice: nobody knows which counts."""
    ids = Counter(str(one.document.get("id")) for one in known)
    alone = (one for one in known if not one.document.get("id") or ids[str(one.document["id"])] == 1)
    return tuple(found for one in alone if (found := _of_known(one)) is not None)


def _of_known(one: Known) -> Begun | None:
    """What its timeline.json tells; None without an impact, and of one that is damaged."""
    try:
        episodes = (one.document.get("impact") or {}).get("episodes") or ()
        if one.start is None or not episodes:
            return None
        matchers = tuple(map(str, (one.document.get("scope") or {}).get("matchers") or ()))
        off = timedelta(seconds=float(episodes[0].get("plus_minus_s") or 0.0))
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return None
    return Begun(one.directory, one.service, matchers, one.start, off, one.end)


def about_to_begin(output: Path, timeline: Timeline) -> Begun | None:
    """The same of a judgement, in the directory that its draft has or will get; None without an impact.

    Raises HumanNeeded where two directories hold its draft.
    """
    if not timeline.episodes:
        return None
    first, last = timeline.episodes[0].start, timeline.episodes[-1].end
    place = find_place(output, timeline)
    scope = timeline.scope
    end = last.at if last is not None else None
    return Begun(place.directory, scope.service, scope.matchers, first.at, first.plus_minus, end)


def groups(everybody: Sequence[Begun]) -> dict[Path, tuple[Begun, ...]]:
    """All that began together with each, itself among them, in order of onset, by its directory."""
    by_key = {str(one.directory): one for one in everybody}
    onsets = [Onset(key, one.start, one.end) for key, one in by_key.items()]
    found = (tuple(by_key[key] for key in keys) for keys in together(onsets))
    return {one.directory: group for group in found for one in group}


def companions(mine: Path, found: Mapping[Path, tuple[Begun, ...]]) -> tuple[Companion, ...]:
    """Who of the groups began together with the draft in this directory, in order; empty where nobody did."""
    return tuple(
        Companion(one.service, one.matchers, one.start, one.plus_minus, _way(mine, one.directory))
        for one in found.get(mine, ())
        if one.directory != mine
    )


def _way(start: Path, end: Path) -> str:
    return Path(os.path.relpath(end, start)).as_posix()


def told_of_each_other(ready: Sequence[Ready], known: Sequence[Known], output: Path) -> list[Ready]:
    """Drafts that are about to be written, each with its companions among them and those that are there."""
    places = [_place(one.timeline, output) for one in ready]
    fresh = {one.directory: one for one in places if one is not None}
    found = groups((*(one for one in begun(known) if one.directory not in fresh), *fresh.values()))
    return [
        one if place is None else one.with_companions(companions(place.directory, found))
        for one, place in zip(ready, places, strict=True)
    ]


def _place(timeline: Timeline, output: Path) -> Begun | None:
    try:
        return about_to_begin(output, timeline)
    except (HumanNeeded, ConfigError):
        return None  # told when it is to be written


def out_of_date(
    ours: Sequence[Known], known: Sequence[Known], period: Span
) -> Iterator[tuple[Known, tuple[Companion, ...]]]:
    """Those of our drafts, of the period, whose companions are others than they tell, with those that are.

    Not those of earlier versions, which tell of none, not those of long ago, which are people's, and not
    those that wait for a person.
    """
    found = groups(begun(known))
    for one in ours:
        told = one.document.get("companions")
        if isinstance(told, list) and one.stretch[1] >= period.start and not one.left:
            mine = companions(one.directory, found)
            if told != [companion_document(companion) for companion in mine]:
                yield one, mine


def made_again(one: Known, found: tuple[Companion, ...], desk: Desk) -> Drafted | Failure | None:
    """The draft with these companions, from the evidence beside it; None where it was left as it is.

    Nothing is asked. One that people must look at is left without a word, once: a scan that has something
    new to say of it tells them. Raises OutputError where no other can be written either.
    """
    from report.pipeline.flow import judged
    from report.pipeline.keeping import kept_evidence
    from report.pipeline.kept.leaving import remember_left
    from report.pipeline.merging import Outcome
    from report.pipeline.places import place_at
    from report.pipeline.publishing import publish
    from report.render import found as finding

    evidence = kept_evidence(one.directory)
    if evidence is None:
        return None
    evidence = replace(evidence, companions=found)
    try:
        place = replace(place_at(one.directory), identity=evidence.presentation.identity)
        timeline = judged(evidence, desk.version, place)
        done = publish(timeline, evidence, place, draw=desk.draw, now=desk.now, say=desk.say, beside=False)
        if done.outcome is Outcome.HUMAN_NEEDED:
            remember_left(one.directory, done.reason, timeline, evidence)
    except (HumanNeeded, LockHeld, ConfigError):
        return None
    except OutputError as error:
        if not its_own(error):
            raise
        return Failure(one.service, str(error))
    if done.outcome is not Outcome.WRITTEN:
        return None
    return Drafted(done.draft, one.service, Change.REFRESHED, f"{one.service}: {finding(timeline)}")
