"""From what stood out and what fired to candidates: per service, split where it was quiet for long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from incident.fleet.model import Candidate, Firing, Member, Standout
from incident.model.policy import Policy
from incident.model.signals import Measure

_BRIEF = timedelta(minutes=10)
_CALM_BETWEEN = timedelta(hours=1)
"""A draft shows half an hour of calm to each side: two that are nearer would tell of each other's impact."""
_SHARPLY = 1.5
"""A mean that rises by less, for less than so long: all nine close looks at a healthy fleet of a thousand
services over six hours were at such ones (up to 1.39 times, two points), and none came to a draft."""


def candidates(
    standouts: Sequence[Standout], firings: Sequence[Firing], policy: Policy
) -> tuple[Candidate, ...]:
    """Each stretch of a service without a quiet gap inside, in order of start."""
    per: dict[Member, list[Standout | Firing]] = defaultdict(list)
    for standout in standouts:
        per[standout.member].append(standout)
    for firing in firings:
        per[firing.member].append(firing)
    found = [c for member, ones in per.items() for c in _split(member, ones, policy)]
    return tuple(sorted(found, key=lambda c: (c.start, c.member)))


def _split(member: Member, ones: Iterable[Standout | Firing], policy: Policy) -> list[Candidate]:
    found: list[list[Standout | Firing]] = []
    quiet = max(policy.quiet_gap, _CALM_BETWEEN)
    reach: datetime | None = None
    for one in sorted(ones, key=lambda one: one.start):
        if found and (reach is None or one.start - reach <= quiet):
            found[-1].append(one)
            reach = None if reach is None or one.end is None else max(reach, one.end)
        else:
            found.append([one])
            reach = one.end
    return [_candidate(member, group) for group in found]


def _candidate(member: Member, group: Sequence[Standout | Firing]) -> Candidate:
    ends = [one.end for one in group]
    closed = [end for end in ends if end is not None]
    return Candidate(
        member,
        min(one.start for one in group),
        max(closed) if len(closed) == len(ends) else None,
        tuple(one for one in group if isinstance(one, Standout)),
        tuple(one for one in group if isinstance(one, Firing)),
    )


def worth_a_look(candidate: Candidate, policy: Policy) -> bool:
    """Whether raw samples may turn it into a draft; everything else is a line of the index.

    Errors below a partial outage or a dip of traffic, alone and without an alert, never become one.
    Latency alone may: a look at its quantiles can bring the second signal, unless the mean rose a little for
    a few minutes, as with every burst and every warm-up after a deploy.
    """
    if candidate.firings or len(candidate.measures) > 1:
        return True
    return any(_may_be_enough(one, policy) for one in candidate.standouts)


def _may_be_enough(one: Standout, policy: Policy) -> bool:
    if one.measure is Measure.ERRORS:
        # The coarse median is lower than the worst minutes: half of the threshold is worth a look.
        return one.inside >= policy.partial_outage_ratio / 2
    if one.measure is Measure.TRAFFIC:
        return one.inside <= 2 * policy.lost_traffic_ratio * one.before
    if one.measure is Measure.LATENCY and one.inside < _SHARPLY * one.before:
        return one.end is None or one.end - one.start >= _BRIEF
    return True
