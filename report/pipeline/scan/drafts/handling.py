"""Turns every candidate of a source into a draft or a line: some are looked at while others are drawn."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from collector.errors import CollectError
from collector.server.ahead import ahead
from collector.source import Source
from incident.fleet.model import Candidate, Standout
from incident.fleet.together import TOGETHER
from incident.model.signals import Measure
from incident.model.spans import Span
from incident.text.promql import Matcher
from report.pipeline.scan.outcome import Change, Drafted, Failure, Outcome, StoodOut
from report.pipeline.scan.sought.known import (
    Known,
    draft_of,
    known_drafts,
    of_source,
    settled,
    still_open,
    with_left,
)
from report.pipeline.scan.sought.looking import Looked
from report.pipeline.scan.sought.memory import Memory
from report.pipeline.scan.sought.parting import as_drafted
from report.pipeline.scan.told.lines import stood_out
from report.pipeline.scan.wanted import Wanted

if TYPE_CHECKING:
    from report.pipeline.scan.drafts.candidate import Desk, Ready

MOST_CANDIDATES = 50
"""Close looks in one scan: some two thousand questions, which a server answers in minutes. More services
than that in trouble at once are one incident, told by those that alerted and were hurt most."""
_NEAR = TOGETHER + timedelta(minutes=10)
"""From one onset to the next: the screening may see one a step early and the other a step late."""
_ALONE = "a single signal, and no alert fired"


@dataclass(frozen=True, slots=True)
class _Case:
    """A candidate and the draft it has, if any; the matchers that name it."""

    candidate: Candidate
    known: Known | None
    scope: tuple[str, ...]
    key: str
    """By which a look that comes to nothing is remembered; empty where it is not."""


_Handled: TypeAlias = tuple[_Case, Drafted | StoodOut | Failure]


def handle(
    source: Source,
    looked: Looked,
    wanted: Wanted,
    outcome: Outcome,
    memory: Memory,
    desk_for: Callable[[Source, Wanted, frozenset[str]], AbstractContextManager[Desk]],
) -> None:
    """Each candidate to a draft or a line; those that alerted first, so that a deadline costs the least.

    `desk_for` opens what drafting needs; it is called only where something is to be looked at. Raises the
    source's error when the source is gone, and OutputError.
    """
    known = _known(source, wanted)
    counted = Counter(member.service for member in looked.members)
    namesakes = frozenset(name for name, count in counted.items() if count > 1)
    cases = list(_cases(_Fleet(looked, known, wanted, memory, namesakes), outcome))
    if cases:
        with desk_for(source, wanted, namesakes) as desk:
            for case, found in _handled(cases, desk, known):
                outcome.add(found)
                if isinstance(found, StoodOut) and found.final:
                    memory.remember(case.key, found.why)
        known = _known(source, wanted)
    if known:
        ours = tuple(one for one in known if wanted.covers(one.service))
        _companions_told(ours, known, wanted.period, outcome, partial(desk_for, source, wanted, namesakes))


@dataclass(frozen=True, slots=True)
class _Fleet:
    """What says of a candidate whether it is worth a look."""

    looked: Looked
    known: tuple[Known, ...]
    wanted: Wanted
    memory: Memory
    namesakes: frozenset[str]


def _cases(fleet: _Fleet, outcome: Outcome) -> Iterator[_Case]:
    """What is to be looked at, the most urgent first; all else is told at once."""
    known, wanted = fleet.known, fleet.wanted
    close = as_drafted(fleet.looked.close, known, wanted.period)
    opened = (c for c in still_open(known, close, wanted.period) if wanted.covers(c.member.service))
    urgent = sorted((*opened, *close), key=_urgency)
    late = [(c, f"more than {MOST_CANDIDATES} at once; not looked at") for c in urgent[MOST_CANDIDATES:]]
    for candidate, why in (*((c, _ALONE) for c in fleet.looked.others), *late):
        outcome.add(stood_out(candidate, why, fleet.namesakes))
    for candidate in urgent[:MOST_CANDIDATES]:
        found = _case(candidate, fleet)
        if isinstance(found, _Case):
            yield found
        else:
            outcome.add(found)


def _case(candidate: Candidate, fleet: _Fleet) -> _Case | Drafted | StoodOut:
    """What to look at; or what is known of it without a look: its draft is settled, or an earlier run saw."""
    one = draft_of(candidate, fleet.known, fleet.wanted.period)
    if one is not None and settled(candidate, one, fleet.wanted.tail):
        return _as_it_is(one)
    scope = _matchers_of(candidate, fleet.wanted.settings.match, fleet.namesakes)
    key = fleet.memory.key(candidate, scope, fleet.looked.screening, fleet.wanted) if one is None else ""
    why = fleet.memory.why_not(key)
    return _Case(candidate, one, scope, key) if why is None else stood_out(candidate, why, fleet.namesakes)


def _known(source: Source, wanted: Wanted) -> tuple[Known, ...]:
    return with_left(of_source(known_drafts(wanted.settings.output), source, wanted.settings.tenant))


def _as_it_is(one: Known) -> Drafted:
    """A draft that no look would say more of; where it waits for a person, its text or the one beside it."""
    if not one.left:
        return Drafted(one.draft, one.service, Change.UNCHANGED, "")
    from report.pipeline.kept.leaving import left_line

    return Drafted(one.draft, one.service, Change.LEFT, "", left=left_line(one.draft, one.left, beside=True))


def _companions_told(
    ours: Sequence[Known],
    known: Sequence[Known],
    period: Span,
    outcome: Outcome,
    desk_for: Callable[[], AbstractContextManager[Desk]],
) -> None:
    """Drafts of ours whose companions, among all that are known, came, went or moved are made again."""
    from report.pipeline.scan.drafts.companions import made_again, out_of_date

    stale = tuple(out_of_date(ours, known, period))
    if stale:
        with desk_for() as desk:
            for one, others in stale:
                made = made_again(one, others, desk)
                if isinstance(made, Failure):
                    outcome.add(made)
                else:
                    outcome.add_refreshed(made)


def _handled(cases: Sequence[_Case], desk: Desk, known: Sequence[Known]) -> Iterator[_Handled]:
    """What came of each case, looked at by several threads, in order, and written by this one.

    Those that may have begun together wait for each other, a megabyte each, and are written one after the
    other, so that each tells of the others and is drawn once.
    Raises the source's error when the source is gone, after what was ready is written.
    """
    from report.pipeline.scan.drafts.candidate import Ready, looked_at

    looks = [partial(looked_at, one.candidate, one.known, one.scope, desk) for one in cases]
    results = ahead(looks, desk.wanted.settings.concurrency)
    near = _near(cases)
    left, held = Counter(near), defaultdict[int, list[tuple[_Case, Ready]]](list)
    for one, group in zip(cases, near, strict=True):
        try:
            found = next(results)
        except CollectError:
            for ready in held.values():
                yield from _written(ready, desk, known)
            raise
        left[group] -= 1
        if isinstance(found, Ready):
            held[group].append((one, found))
        else:
            yield one, found
        if not left[group]:
            yield from _written(held.pop(group, ()), desk, known)


def _near(cases: Sequence[_Case]) -> list[int]:
    """A number for each case, the same for those that may turn out to have begun together."""
    starts = [one.candidate.start for one in cases]
    order = sorted(range(len(cases)), key=lambda k: starts[k])
    numbers = [0] * len(cases)
    for last, k in pairwise(order):
        numbers[k] = numbers[last] + (starts[k] - starts[last] > _NEAR)
    return numbers


def _written(held: Sequence[tuple[_Case, Ready]], desk: Desk, known: Sequence[Known]) -> Iterator[_Handled]:
    from report.pipeline.scan.drafts.candidate import drafted
    from report.pipeline.scan.drafts.companions import told_of_each_other

    ready = told_of_each_other([each for _, each in held], known, desk.wanted.settings.output)
    for (one, _), told in zip(held, ready, strict=True):
        yield one, drafted(told, one.candidate, one.known, desk)


def _matchers_of(candidate: Candidate, fleet: tuple[str, ...], namesakes: frozenset[str]) -> tuple[str, ...]:
    """The scope of a candidate: the fleet's, and its own place where others bear its name."""
    if candidate.member.service not in namesakes:
        return fleet
    own = (Matcher(name, "=", value).render() for name, value in candidate.member.place)
    return tuple(dict.fromkeys((*fleet, *own)))


def _urgency(candidate: Candidate) -> tuple[bool, int, float, datetime, str]:
    """What to look at first: alerts, then several signals, then the worst; a budget may cost the rest."""
    worst = max((_harm(one) for one in candidate.standouts), default=0.0)
    return not candidate.firings, -len(candidate.measures), -worst, candidate.start, str(candidate.member)


def _harm(one: Standout) -> float:
    """The share of requests that failed or did not come, to two digits; a slow one is none of them."""
    if one.measure is Measure.TRAFFIC:
        return round(1.0 - one.inside / one.before, 2) if one.before > 0.0 else 0.0
    if one.measure is Measure.ERRORS:
        return round(one.inside, 2)
    return 1.0 if one.measure is Measure.AVAILABILITY else 0.0
