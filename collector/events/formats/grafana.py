"""Grafana: annotations (of people, of deploys, of alerts), and the state history of its alert rules.

History comes as a data frame in two shapes: columns time, line and labels where Loki keeps it, and time,
text, prev, next and data where the annotations do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from collector.events.fields import clean, inner, instant_of, instant_or_none, labels_of, objects, word
from collector.events.formats.generic import tags_of
from collector.events.items import Bad, Clock, Fact, Fields, Item, Place, Record, Seen, Turn
from collector.events.kinds import NOTE, kind_tagged
from incident.text.errors import TextError

_ALERT_TEXT = re.compile(r"(?P<title>.*?) \{(?P<labels>.*)\} - .*", re.DOTALL)
"""As Grafana writes the text of an alert's annotation: title, labels, values."""
_PLACES = frozenset({"dashboardUID", "dashboardId", "panelId", "alertId", "newState", "timeEnd", "isRegion"})
_FIRING = frozenset({"alerting", "recovering", "firing"})
_CALM = frozenset({"normal", "ok", "inactive"})
_PENDING = "pending"


def is_annotation(fields: Fields) -> bool:
    """An annotation as Grafana's API gives it."""
    return "time" in fields and "text" in fields and bool(_PLACES & set(fields))


def read_annotation(record: Record, clock: Clock) -> Iterator[Item]:
    """What the annotation marks: a step of an alert, or what its tags say."""
    fields = record.fields
    if state := word(fields, "newState"):
        turned = fields.get("text"), word(fields, "prevState"), state
        yield _turn(fields.get("time"), *turned, record.place, clock, name=word(fields, "alertName"))
        return
    at, tags = instant_of(fields.get("time"), clock), tags_of(fields.get("tags"))
    until = instant_or_none(fields.get("timeEnd"), clock)
    text = word(fields, "text") or " ".join(tags)
    if not text:
        raise TextError("an annotation without text and tags")
    yield Fact(
        kind=kind_tagged(tags) or NOTE,
        at=at,
        until=until if until and until > at else None,
        text=text,
        places=(record.place,),
        hints=" ".join(tags),
    )


def is_frame(fields: Fields) -> bool:
    """A data frame with a column for the time."""
    names = [column.get("name") for column in objects(inner(fields, "schema").get("fields"))]
    return "time" in names and isinstance(inner(fields, "data").get("values"), list)


def read_frame(record: Record, clock: Clock) -> Iterator[Item]:
    """The steps of a rule's state history, one a row."""
    for number, row in enumerate(_rows(record.fields), 1):
        place = Place(record.place.file, record.place.number, record.place.line, number)
        try:
            yield _step(row, place, clock)
        except TextError as error:
            yield Bad(place, str(error))


def _rows(frame: Fields) -> Iterator[Fields]:
    names = [word(column, "name") for column in objects(inner(frame, "schema").get("fields"))]
    values = inner(frame, "data").get("values")
    columns = [one if isinstance(one, list) else [] for one in values] if isinstance(values, list) else []
    for row in range(max(map(len, columns), default=0)):
        yield {name: column[row] for name, column in zip(names, columns, strict=False) if row < len(column)}


def _step(row: Fields, place: Place, clock: Clock) -> Turn:
    if "line" not in row:
        turned = row.get("text"), word(row, "prev"), word(row, "next")
        return _turn(row.get("time"), *turned, place, clock)
    line = _object(row["line"])
    labels = inner(line, "labels")
    name = word(labels, "alertname") or word(line, "ruleTitle")
    if not name:
        raise TextError("a step of history without the rule's name")
    at = instant_of(row.get("time"), clock)
    before, state = _state(word(line, "previous")), _state(word(line, "current"))
    return Turn(name, labels_of(labels.items()), at, before, state, place)


def _object(value: object) -> Fields:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise TextError("a line of history that is not JSON") from None
    return value if isinstance(value, dict) else {}


def _turn(
    at: object, text: object, before: str, state: str, place: Place, clock: Clock, *, name: str = ""
) -> Turn:
    told = _ALERT_TEXT.fullmatch(text[:4096]) if isinstance(text, str) else None
    pairs = re.findall(r"([\w.:/-]+)=(.*?)(?=, [\w.:/-]+=|$)", told["labels"]) if told else []
    named = name or clean(dict(pairs).get("alertname") or (told["title"] if told else text or ""))
    if not named:
        raise TextError("a step of an alert without its name")
    steps = _state(before), _state(state)
    return Turn(named, labels_of(pairs), instant_of(at, clock), *steps, place)


def _state(text: str) -> str:
    """The state without its reason: `Normal (MissingSeries)` is normal."""
    return text.split(" (")[0].strip().casefold()


def intervals(turns: list[Turn]) -> Iterator[Seen | Bad]:
    """The alerts' runs that the steps of each file tell; a run whose beginning is not told is named.

    Without data (NoData, Error) nothing is known of the condition: the run goes on, with a gap.
    """
    ordered = sorted(turns, key=lambda one: (one.place.number, one.name, one.labels, one.at, one.place))
    for _, steps in groupby(ordered, key=lambda one: (one.place.number, one.name, one.labels)):
        yield from _runs(list(steps))


def _runs(steps: list[Turn]) -> Iterator[Seen | Bad]:
    pending: datetime | None = None
    firing: Turn | None = None
    gap = False
    for step in steps:
        if step.state in _FIRING:
            firing = firing or step
        elif step.state == _PENDING and firing is None:
            pending = pending or step.at
        elif step.state in _CALM:
            if firing is not None:
                yield _seen(firing, step.at, pending, gap)
            elif step.before in _FIRING:
                yield Bad(
                    step.place, f"{step.name} is resolved here; when it began to fire is not in the file"
                )
            pending, firing, gap = None, None, False
        elif firing is not None:
            gap = True
    if firing is not None:
        yield _seen(firing, None, pending, gap)


def _seen(firing: Turn, resolved: datetime | None, pending: datetime | None, gap: bool) -> Seen:
    return Seen(firing.name, firing.labels, firing.at, resolved, firing.place, pending, gap)
