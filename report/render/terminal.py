"""The incident in the few lines of a terminal: plain text, no escape sequence of others."""

from __future__ import annotations

from incident.model.timeline import Event, Status, Timeline
from incident.rules.said import named, threshold_words
from incident.text.controls import terminal as harmless
from report.render.sections.summary.quiet import unseen_words
from report.render.wording.amounts import figures_in_brief
from report.render.wording.clock import Clock, clock_of, since
from report.render.wording.figures import only_presence, told
from report.render.wording.headline import finding

# Rows of a terminal's summary; the page has the rest.
_MOST = 12


def terminal(timeline: Timeline, *, recorded: bool = False) -> str:
    """The first page for a terminal, without a line end at the end.

    `recorded` says that it was drafted from kept evidence and not from a server.
    """
    clock = clock_of(timeline)
    note = " (recorded)" if recorded else ""
    main = [event for event in timeline.events if event.main]
    lines = [f"{harmless(timeline.scope.service)}, {clock.day.isoformat()} {clock.label}{note}"]
    lines += _columns([_cells(timeline, clock, event) for event in main[:_MOST]])
    lines += [f"{len(main) - _MOST} more on the page"] if len(main) > _MOST else []
    return "\n".join([*lines, *_last(timeline)])


def _cells(timeline: Timeline, clock: Clock, event: Event) -> tuple[str, str, str]:
    distance = since(timeline.episodes[0].start.at, event.at) if timeline.episodes else ""
    return clock.row(event.at, event.plus_minus), distance, harmless(told(event))


def _columns(rows: list[tuple[str, str, str]]) -> list[str]:
    first, second = (max((len(row[column]) for row in rows), default=0) for column in (0, 1))
    gap = "  " if second else ""
    return [f"{at:<{first}}{gap}{distance:>{second}}  {what}" for at, distance, what in rows]


def _last(timeline: Timeline) -> list[str]:
    """The figure that matters, or what was found instead."""
    if timeline.status in (Status.RECOVERED, Status.ONGOING):
        return [figures_in_brief(timeline)]
    return [_quietly(timeline)]


def found(timeline: Timeline) -> str:
    """One line for the log: `partial outage 14:04-16:29:30, first alert +16m45s`."""
    if not timeline.episodes:
        return _quietly(timeline)
    clock, first, last = clock_of(timeline), timeline.episodes[0], timeline.episodes[-1]
    end = "..." if last.end is None else clock.at(last.end.at, last.end.plus_minus)
    stretch = f"{clock.at(first.start.at, first.start.plus_minus)}-{end}"
    back = f", back since {clock.said(last.quiet_since)} but not yet held" if last.quiet_since else ""
    return f"{finding(timeline)} {stretch}{_episodes(timeline)}{back}, {_alert(timeline)}"


def _quietly(timeline: Timeline) -> str:
    """No impact or none measured, and the first condition that was true all the same."""
    if not timeline.conditions:
        return f"{finding(timeline)}{_as_far(timeline)}"
    clock, one = clock_of(timeline), timeline.conditions[0]
    end = "..." if one.end is None else clock.at(one.end)
    what = f"{named(one.condition)} {threshold_words(one.condition)} {clock.at(one.start)}-{end}"
    more = f" and {len(timeline.conditions) - 1} more" if len(timeline.conditions) > 1 else ""
    return f"{what}{more}; {finding(timeline)}"


def _as_far(timeline: Timeline) -> str:
    """What a quiet line does not know: what was not seen, or not looked at."""
    if timeline.status is not Status.NO_IMPACT:
        return ""
    presence = " (all that is known: targets were up)" if only_presence(timeline) else ""
    return f"{unseen_words(timeline)}{presence}"


def _episodes(timeline: Timeline) -> str:
    return f" in {len(timeline.episodes)} episodes" if len(timeline.episodes) > 1 else ""


def _alert(timeline: Timeline) -> str:
    firing = timeline.milestones.first_alert_firing
    if firing is not None:
        return f"first alert {since(timeline.episodes[0].start.at, firing.at)}"
    return "no alert fired" if timeline.alerts_readable else "alerts not readable"
