"""The rows of the timeline: numbered as the chart's markers, each with its source and its short id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta

from incident.model.timeline import Event, EventOrigin, Timeline
from incident.text.durations import bound
from incident.text.instants import stamp
from incident.text.markup.links import url_or_none
from report.render.sections.summary.cotimed import CONTEXT_KINDS
from report.render.wording.clock import Clock, clock_of, length, since
from report.render.wording.figures import told
from report.render.wording.ids import visible_ids
from report.render.wording.md import Md, counted, foreign, line

# A rolling restart of half a minute is one moment to a reader.
_TELLING = timedelta(minutes=2)
_FILE = "file "
"""Before the place in a file where a fact was told; every other source is a query."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event as table cells."""

    number: Md
    """The chart's marker; `-` for an event without one."""
    at: Md
    exact: Md
    """The time without its uncertainty and with its seconds, for the evidence."""
    utc: Md
    """Day and time in UTC, for the evidence."""
    plus_minus: Md
    since_start: Md
    """Distance to the start of the impact; empty where there was none."""
    what: Md
    source: Md
    id: Md
    """The short id, as a reference to the graph behind the row where there is one."""


@dataclass(frozen=True, slots=True)
class Graph:
    """The address behind a short id; printed once at the end of the draft."""

    id: Md
    url: Md


def rows(timeline: Timeline) -> tuple[Row, ...]:
    """All events in the timeline's order; the k-th main event has the number k, as in the charts."""
    clock = clock_of(timeline)
    ids = visible_ids(event.id for event in timeline.events)
    made, number = [], 0
    for event in timeline.events:
        number += event.main
        made.append(_row(timeline, event, clock, Md(number if event.main else "-"), ids))
    return tuple(made)


def main_rows(timeline: Timeline) -> tuple[Row, ...]:
    """The rows of the first page."""
    return tuple(row for row in rows(timeline) if row.number != "-")


def folded(timeline: Timeline) -> Md:
    """How many events are only in the evidence; empty when none."""
    number = sum(not event.main for event in timeline.events)
    return counted(number, "more event", "more events") if number else Md("")


def graphs(timeline: Timeline) -> tuple[Graph, ...]:
    """The addresses of the graphs, in the events' order."""
    ids = visible_ids(event.id for event in timeline.events)
    checked = ((ids[event.id], url_or_none(event.link)) for event in timeline.events if event.link)
    # "<" and ">" are percent-encoded by the check, so nothing can end the destination early.
    return tuple(dict.fromkeys(Graph(Md(f"[{short}]"), Md(f"<{url}>")) for short, url in checked if url))


def short_id(event_id: str, ids: Mapping[str, str], link: str) -> Md:
    """`[e-3fa9]` where the graph's address follows at the end of the draft, `e-3fa9` where it does not."""
    return Md(f"[{ids[event_id]}]") if link and url_or_none(link) else Md(ids[event_id])


def _row(timeline: Timeline, event: Event, clock: Clock, number: Md, ids: Mapping[str, str]) -> Row:
    start = timeline.episodes[0].start.at if timeline.episodes else None
    return Row(
        number=number,
        at=clock.row(event.at, event.plus_minus),
        exact=clock.at(event.at),
        utc=Md(stamp(event.at, UTC)),
        plus_minus=Md(length(bound(event.plus_minus)) if event.plus_minus else "exact"),
        since_start=Md("") if start is None else since(start, event.at),
        what=_what(event, clock),
        source=_source(event),
        id=short_id(event.id, ids, event.link),
    )


def _source(event: Event) -> Md:
    """`measured`, `alert`; of what a file told the file and line, for whoever wants to look it up."""
    if not event.query.startswith(_FILE):
        return Md(event.origin.value)
    return line("{}, {}", event.origin.value, event.query.removeprefix(_FILE))


def _what(event: Event, clock: Clock) -> Md:
    """The title, with its end where the event is a stretch and not a step of the impact or an alert."""
    stretches = event.origin is EventOrigin.CHANGE or event.kind in CONTEXT_KINDS
    if event.until is None or event.until - event.at < _TELLING or not stretches:
        return foreign(told(event))
    return line("{}, until {}", told(event), clock.at(event.until))
