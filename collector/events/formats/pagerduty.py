"""PagerDuty: incidents, their log entries, notes and change events; they fill people's milestones.

An incident and its log entries are told in the same words, so that the fact in both becomes one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collector.events.fields import clean, inner, instant_of, instant_or_none, objects, word
from collector.events.items import Clock, Fact, Fields, Item, Left, Place, Record
from incident.text.errors import TextError

_LOGGED = re.compile(r"(?P<what>\w+)_log_entry(?:_reference)?")
_BY = {"acknowledge": ("acknowledged", "acknowledged by"), "resolve": ("resolved", "resolved by")}
_TO = {"escalate": ("escalated", "escalated to"), "notify": ("notified", "notified")}
_TECHNICAL = frozenset({"assign", "reach_ack_limit", "reach_trigger_limit", "repeat_escalation_path"})
"""What the others tell already, or what PagerDuty does by itself."""


def is_incident(fields: Fields) -> bool:
    """An incident as the REST API gives it."""
    return "created_at" in fields and ("incident_number" in fields or fields.get("type") == "incident")


def read_incident(record: Record, clock: Clock) -> Iterator[Item]:
    """When the incident was triggered, acknowledged and resolved, and by whom."""
    fields, name = record.fields, _incident(record.fields)
    yield _fact("reported", fields.get("created_at"), f"{name}: triggered", record.place, clock)
    for one in objects(fields.get("acknowledgements")):
        who = word(inner(one, "acknowledger"), "summary")
        yield _fact(
            "acknowledged", one.get("at"), f"{name}: {_by('acknowledged by', who)}", record.place, clock
        )
    if fields.get("status") == "resolved":
        at = fields.get("resolved_at") or fields.get("last_status_change_at")
        who = word(inner(fields, "last_status_change_by"), "summary")
        if instant_or_none(at, clock):
            yield _fact("resolved", at, f"{name}: {_by('resolved by', who)}", record.place, clock)


def is_entry(fields: Fields) -> bool:
    """A log entry."""
    return isinstance(fields.get("type"), str) and _LOGGED.fullmatch(str(fields["type"])) is not None


def read_entry(record: Record, clock: Clock) -> Iterator[Item]:
    """What the entry logs, as a milestone where it is one."""
    fields = record.fields
    logged = _LOGGED.fullmatch(str(fields["type"]))
    what = logged["what"] if logged else ""
    if what in _TECHNICAL or what.endswith("link"):
        yield Left(record.place, f"of PagerDuty's own ({clean(what)})")
        return
    kind, text = _logged(what, fields)
    yield _fact(
        kind, fields.get("created_at"), f"{_incident(inner(fields, 'incident'))}: {text}", record.place, clock
    )


def _logged(what: str, fields: Fields) -> tuple[str, str]:
    if what == "trigger":
        return "reported", "triggered"
    if what in _BY:
        kind, words = _BY[what]
        return kind, _by(words, word(inner(fields, "agent"), "summary"))
    if what in _TO:
        kind, words = _TO[what]
        return kind, _to(words, fields)
    text = word(inner(fields, "channel"), "summary", "content") or word(fields, "note", "summary")
    return "note", text or what


def _to(words: str, fields: Fields) -> str:
    people = [word(one, "summary") for one in objects(fields.get("assignees"))]
    people.append(word(inner(fields, "user"), "summary"))
    named = ", ".join(dict.fromkeys(person for person in people if person))
    through = word(inner(fields, "channel", "notification"), "type") or word(
        inner(fields, "notification"), "type"
    )
    who = f"{words} {named}" if named else word(fields, "summary") or words
    return f"{who} ({through})" if through else who


def is_remark(fields: Fields) -> bool:
    """A note on an incident: what a user wrote and when."""
    return {"content", "created_at", "user"} <= set(fields)


def read_remark(record: Record, clock: Clock) -> Iterator[Item]:
    """The note with its author."""
    text, who = word(record.fields, "content"), word(inner(record.fields, "user"), "summary")
    if not text:
        raise TextError("a note without content")
    words = f"PagerDuty: {who}: {text}" if who else f"PagerDuty: {text}"
    yield _fact("note", record.fields.get("created_at"), words, record.place, clock)


def _by(words: str, who: str) -> str:
    return f"{words} {who}" if who else words.removesuffix(" by")


def _incident(incident: Fields) -> str:
    """Its number and title, as its summary has them: `PagerDuty [#1234] The server is on fire.`."""
    named = word(incident, "summary") or word(incident, "title")
    number = word(incident, "incident_number")
    if number and not named.startswith("[#"):
        named = f"[#{number}] {named}"
    return f"PagerDuty {named}".strip()


def _fact(kind: str, at: object, text: str, place: Place, clock: Clock) -> Fact:
    return Fact(kind, instant_of(at, clock), None, text, (place,))
