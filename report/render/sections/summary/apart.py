"""Incidents that only share a window: how many there are, and how to draft each of them alone."""

from __future__ import annotations

from datetime import timedelta

from incident.model.timeline import ImpactEpisode, Timeline
from incident.text.instants import rfc3339
from report.render.wording.clock import length
from report.render.wording.md import Md, code, counted, joined, line

# Before and after an incident, so that its alerts and changes are in its window; less than the quiet gap.
_MARGIN = timedelta(minutes=20)
# More incidents than this in one window are for `scan`.
_MOST_NAMED = 4


def apart_sentence(timeline: Timeline) -> Md:
    """That the window holds several incidents, with the options that draft one alone; empty for one."""
    incidents = _incidents(timeline)
    if len(incidents) < 2:
        return Md("")
    named = joined(" or ", [code(_options(one)) for one in incidents[:_MOST_NAMED]])
    left = len(incidents) - _MOST_NAMED
    return line(
        "This window holds {}, more than {} apart; draft each alone with {}{}.",
        counted(len(incidents), "incident", "incidents"),
        length(timeline.policy.quiet_gap),
        named,
        Md(f"; {left} more, which `scan` drafts" if left > 0 else ""),
    )


def _incidents(timeline: Timeline) -> list[list[ImpactEpisode]]:
    """The episodes, cut where the quiet gap of the policy lies between two."""
    found: list[list[ImpactEpisode]] = []
    for episode in timeline.episodes:
        last = found[-1][-1].end if found else None
        if last is not None and episode.start.at - last.at > timeline.policy.quiet_gap:
            found.append([episode])
        elif found:
            found[-1].append(episode)
        else:
            found.append([episode])
    return found


def _options(incident: list[ImpactEpisode]) -> str:
    """`--from TIME --to TIME` around one incident, in whole minutes of UTC."""
    start, end = incident[0].start.at - _MARGIN, incident[-1].end
    told = f"--from {rfc3339(start.replace(second=0, microsecond=0))}"
    if end is None:
        return told
    return f"{told} --to {rfc3339((end.at + _MARGIN).replace(second=0, microsecond=0))}"
