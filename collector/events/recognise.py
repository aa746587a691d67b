"""Which format a record is, told from its fields alone, and the records that lie inside another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from collector.events.fields import clean
from collector.events.formats import alertmanager, generic, grafana, kubernetes, pagerduty, slack
from collector.events.items import Bad, Clock, Fields, Item, Place, Record
from incident.text.errors import TextError

_HOLDERS = (
    "items", "incidents", "incident", "log_entries", "log_entry", "change_events", "notes", "annotations",
    "results", "result", "frames", "events", "rows", "records", "messages", "data", "hits", "_source",
)  # fmt: skip
"""Names under which answers of APIs hold what was asked for."""
_DEEPEST = 3
"""Such answers lie in one another at most so deep: `results`, `frames`, the frame."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name for people, how its records are known, and how one is read."""

    name: str
    knows: Callable[[Fields], bool]
    read: Callable[[Record, Clock], Iterator[Item]]


# The more particular before the more general: a Grafana annotation is a row with time and text as well.
FORMATS = (
    Format("Alertmanager webhook", alertmanager.is_body, alertmanager.read_body),
    Format("Alertmanager events", alertmanager.is_recorded, alertmanager.read_recorded),
    Format("Alertmanager alert", alertmanager.is_alert, alertmanager.read_alert),
    Format("webhook log", alertmanager.is_flat, alertmanager.read_flat),
    Format("Grafana history", grafana.is_frame, grafana.read_frame),
    Format("Grafana annotation", grafana.is_annotation, grafana.read_annotation),
    Format("Kubernetes event", kubernetes.is_event, kubernetes.read_event),
    Format("PagerDuty log entry", pagerduty.is_entry, pagerduty.read_entry),
    Format("PagerDuty incident", pagerduty.is_incident, pagerduty.read_incident),
    Format("PagerDuty note", pagerduty.is_remark, pagerduty.read_remark),
    Format("Slack message", slack.is_message, slack.read_message),
)
_ROW = Format("row", generic.is_row, generic.read_row)


def items(record: Record, clock: Clock, depth: int = 0) -> Iterator[tuple[str, Item]]:
    """What the record says, each with its format's name; what cannot be read is a Bad. Nothing is raised."""
    found = next((one for one in FORMATS if one.knows(record.fields)), None)
    if found is None and _ROW.knows(record.fields):
        found = replace(_ROW, name=record.container)
    inside = [] if found else _inside(record)
    if inside and depth < _DEEPEST:
        for part in inside:
            yield from items(part, clock, depth + 1)
        return
    if found is None:
        yield record.container, Bad(record.place, _strange(record.fields))
        return
    try:
        for item in found.read(record, clock):
            yield found.name, item
    except TextError as error:
        yield found.name, Bad(record.place, str(error))


def _inside(record: Record) -> list[Record]:
    """The records that this one only holds; of a list each is numbered."""
    for name in _HOLDERS:
        value = record.fields.get(name)
        if isinstance(value, dict):
            return [replace(record, fields=value)]
        if isinstance(value, list) and any(isinstance(one, dict) for one in value):
            return [
                Record(_numbered(record.place, number), one, record.container)
                for number, one in enumerate(value, 1)
                if isinstance(one, dict)
            ]
    return []


def _numbered(place: Place, number: int) -> Place:
    return Place(place.file, place.number, place.line, number)


def _strange(fields: Fields) -> str:
    names = sorted(clean(name)[:40] for name in fields)
    shown = ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
    return f"of no known format (fields: {shown or 'none'}); a row needs a time and a title"
