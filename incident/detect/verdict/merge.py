"""Verdicts on one series become its incidents: near ones join, frequent ones are one intermittent."""

from dataclasses import replace

from incident.detect.verdict.judge import Verdict

NEAR_SAMPLES = 3
NEAR_SHARE = 0.25
"""Two stretches nearer than this (samples, or share of the shorter, without their ramps) are one incident."""

FREQUENT = 4
FREQUENT_GAPS = 4.0
"""So many stretches, none farther from the next than so many lengths of the longest, are one
intermittent incident: one line in a draft instead of twenty."""


def merged(verdicts: list[Verdict]) -> list[Verdict]:
    """The disjoint `verdicts` of one direction, joined, in order of start."""
    near: list[Verdict] = []
    for verdict in sorted(verdicts, key=lambda v: v.start):
        if near and _near(near[-1], verdict):
            near[-1] = _joined([near[-1], verdict], keep_stretches=False)
        else:
            near.append(verdict)
    joined: list[Verdict] = []
    for group in _groups(near):
        joined += [_joined(group, keep_stretches=True)] if len(group) >= FREQUENT else group
    return joined


def _near(a: Verdict, b: Verdict) -> bool:
    shorter = min(a.stop - a.start, b.stop - b.start)
    return b.start < a.stop or b.core[0] - a.core[1] < max(NEAR_SAMPLES, NEAR_SHARE * shorter)


def _groups(verdicts: list[Verdict]) -> list[list[Verdict]]:
    groups: list[list[Verdict]] = []
    for verdict in verdicts:
        if groups:
            longest = max(v.stop - v.start for v in [*groups[-1], verdict])
            if verdict.start - groups[-1][-1].stop <= FREQUENT_GAPS * longest:
                groups[-1].append(verdict)
                continue
        groups.append([verdict])
    return groups


def _joined(group: list[Verdict], *, keep_stretches: bool) -> Verdict:
    """One verdict over all of the group, with the reason of its clearest member."""
    start, stop = group[0].start, max(v.stop for v in group)
    inner = tuple(stretch for v in group for stretch in v.stretches)
    clearest = max(group, key=lambda v: v.reach_ratio)
    stretches = inner if keep_stretches else ((start, stop),)
    core = (group[0].core[0], max(v.core[1] for v in group))
    return replace(clearest, start=start, stop=stop, stretches=stretches, core=core)
