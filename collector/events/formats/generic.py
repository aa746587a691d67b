"""Rows of no tool in particular: a time, a text, and what else their columns say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collector.events.fields import clean, instant_of, instant_or_none, labels_of, lower, web, word
from collector.events.items import Clock, Fact, Fields, Item, Record, Seen
from collector.events.kinds import NOTE, change_kind, is_alert, kind_named, kind_tagged
from collector.events.sheet import TIMES
from incident.model.facts import names_nothing
from incident.text.errors import TextError
from incident.text.instants import rfc3339

_TEXTS = ("title", "what", "text", "message", "event", "summary", "alertname", "name", "description")
_ENDS = ("end", "until", "timeend", "time_end", "ends_at", "endsat")
_KINDS = ("kind", "type", "source")
_LINKS = ("link", "url")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HOUR = re.compile(r"[0-9]{2}:[0-9]{2}(?![0-9-])")


def is_row(fields: Fields) -> bool:
    """A row with a time and a text under any of the usual names."""
    names = set(lower(fields))
    return bool(names & set(TIMES)) and bool(names & set(_TEXTS))


def read_row(record: Record, clock: Clock) -> Iterator[Item]:
    """The fact of the row, or the alert."""
    fields = lower(record.fields)
    at = instant_of(_time(fields), clock)
    end = next((fields[name] for name in _ENDS if fields.get(name)), None)
    until = instant_or_none(end, clock)
    if until is not None and until < at:
        raise TextError(f"the end {rfc3339(until)} is before the time {rfc3339(at)}")
    title = word(fields, *_TEXTS)
    if not title:
        raise TextError(f"no text in it; one of {', '.join(_TEXTS[:5])}")
    labels = labels_of((name, value) for name, value in fields.items() if _places(name, value))
    if is_alert(word(fields, "kind", "type")):
        yield Seen(title, labels, at, until, record.place)
        return
    kind, text = _kind_and_text(fields, title)
    yield Fact(
        kind=kind,
        at=at,
        until=until if until != at else None,
        text=text,
        places=(record.place,),
        labels=labels,
        value=word(fields, "version", "value"),
        by_hand="what" not in fields,
        hints=" ".join(tags_of(fields.get("tags"))),
    )


def _time(fields: Fields) -> object:
    """The best column's time; a day and a time of day in two columns are one."""
    day, hour = str(fields.get("date") or ""), str(fields.get("time") or "")
    if _DAY.fullmatch(day.strip()) and _HOUR.match(hour.strip()):
        return f"{day.strip()} {hour.strip()}"
    return next((fields[name] for name in TIMES if fields.get(name) is not None), None)


def _kind_and_text(fields: Fields, title: str) -> tuple[str, str]:
    """The kind as a column or a tag tells it; a word that is no kind stands before the text."""
    words = [word(fields, name) for name in _KINDS]
    named = next((kind for text in words if (kind := kind_named(text))), None)
    kind = named or kind_tagged(tags_of(fields.get("tags"))) or NOTE
    strange = next((text for text in words if text and kind_named(text) is None), "")
    parts = [f"{strange}: {title}" if strange else title]
    if "what" in fields and word(fields, "data") and change_kind(kind) is None:
        parts.append(f"({word(fields, 'data')})")
    link = next((url for name in _LINKS if (url := web(fields.get(name)))), "")
    return kind, " ".join([*parts, *([link] if link else [])])


def _places(name: str, value: object) -> bool:
    """Whether the column says whose it is, as the labels of series do."""
    return isinstance(value, str) and bool(value) and not names_nothing(((name, value),))


def tags_of(value: object) -> list[str]:
    """Tags as a list, or in one text with commas or blanks between them."""
    if isinstance(value, list):
        return [clean(one) for one in value if isinstance(one, str | int)]
    if not isinstance(value, str):
        return []
    return [clean(tag) for tag in value.replace(",", " ").replace(";", " ").split()]
