"""That nobody was paged: alerts that fired into a silence, by whom, until when, and why."""

from __future__ import annotations

from incident.model.facts import Nearness
from incident.model.silences import Silenced
from incident.model.timeline import Timeline
from report.render.wording.clock import Clock, clock_of
from report.render.wording.md import Md, counted, joined, line

_NAMED = 2
"""Alerts named in the summary; the timeline has a row for every silence."""


def silenced_sentence(timeline: Timeline) -> Md:
    """One sentence for each own alert that fired into a silence; empty where none did."""
    clock = clock_of(timeline)
    first: dict[str, Silenced] = {}
    for one in timeline.silenced:
        if one.from_the_start and one.alert.nearness is Nearness.OWN:
            first.setdefault(one.alert.name, one)
    told = [_sentence(clock, one) for one in list(first.values())[:_NAMED]]
    left = len(first) - _NAMED
    rest = [line("{} silenced too.", counted(left, "more alert was", "more alerts were"))] if left > 0 else []
    return joined(" ", told + rest)


def _sentence(clock: Clock, one: Silenced) -> Md:
    silence = one.silence
    why = line(' ("{}")', silence.comment) if silence.comment else Md("")
    until = clock.at(one.sent_after) if one.sent_after is not None else None
    return line(
        "{} by {}{}: {} by {}{}{}.",
        Md("Nobody was paged" if one.certain else "Probably nobody was paged"),
        one.alert.name,
        Md("") if until is None else line(" before {}", until),
        Md("silenced") if one.certain else Md("it fits a silence"),
        silence.by or "somebody",
        Md("") if until is not None else line(" until {}", clock.at(silence.end)),
        why,
    )
