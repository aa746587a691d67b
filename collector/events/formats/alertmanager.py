"""Alertmanager's own notations: webhook bodies, flat log lines of them, alerts of its API, recorded events.

An alert that fires has an end of year 1 (webhook) or a guess in the future (API, recorder): neither is
read as the end. The fields are those of Alertmanager's template data and of its event recorder's schema
versions 1 (labels as key and value in lists, alerts below `details`) and 2 (plain objects).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from collector.events.fields import clean, inner, instant_of, instant_or_none, labels_of, objects, word
from collector.events.items import Bad, Clock, Fact, Fields, Item, Left, Place, Record, Seen, Told
from incident.model.signals import Labels
from incident.text.errors import TextError
from incident.text.instants import rfc3339

_RECEIVED = ("received", "received_at", "receivedAt", "@timestamp", "timestamp")
"""Under these names receivers keep when a body came in; Alertmanager itself does not say it."""
_NOT_LABELS = frozenset(
    "status startsAt endsAt generatorURL externalURL receiver fingerprint timestamp ts level msg "
    "summary description message runbook runbook_url dashboard dashboard_url title".split()
)
"""Of a flat line, what the logger adds and the usual annotations; the rest are labels."""
_SENTENCE = re.compile(r"\s|://")


def is_body(fields: Fields) -> bool:
    """A webhook body, alone or as `body` beside what its receiver noted."""
    body = inner(fields, "body") or fields
    known = {"groupLabels", "commonLabels", "receiver", "groupKey", "externalURL"}
    return isinstance(body.get("alerts"), list) and bool(known & set(body))


def read_body(record: Record, clock: Clock) -> Iterator[Item]:
    """The alerts of a webhook body, and the notification, where its receiver noted when it came."""
    body = inner(record.fields, "body") or record.fields
    for number, alert in enumerate(objects(body["alerts"]), 1):
        place = Place(record.place.file, record.place.number, record.place.line, number)
        try:
            yield _alert(alert, place, clock)
        except TextError as error:
            yield Bad(place, str(error))
    received = next((record.fields[name] for name in _RECEIVED if record.fields.get(name)), None)
    if received is not None:
        about = [_told(alert, alert.get("status") != "resolved") for alert in objects(body["alerts"])]
        yield Told(
            instant_of(received, clock), word(body, "receiver"), "", tuple(sorted(about)), record.place
        )


def is_alert(fields: Fields) -> bool:
    """One alert as Alertmanager's API and webhook bodies have it."""
    return isinstance(fields.get("labels"), Mapping) and "startsAt" in fields


def read_alert(record: Record, clock: Clock) -> Iterator[Item]:
    """The one alert."""
    yield _alert(record.fields, record.place, clock)


def is_flat(fields: Fields) -> bool:
    """A line of a webhook logger, or a row of a table of alerts: labels beside `startsAt`."""
    return _starts(fields) is not None and bool(fields.get("alertname")) and "status" in fields


def read_flat(record: Record, clock: Clock) -> Iterator[Item]:
    """The alert of the line, and the notification it logs."""
    fields = record.fields
    own = [(name, value) for name, value in fields.items() if _is_label(name, value)]
    ends = fields.get("endsAt", fields.get("endsat", fields.get("ends_at")))
    alert = {"labels": {**dict(own), "alertname": fields["alertname"]}, "startsAt": _starts(fields)}
    alert |= {"endsAt": ends, "status": fields["status"]}
    yield _alert(alert, record.place, clock)
    if fields.get("timestamp") and fields.get("receiver"):
        about = (_told(alert, fields["status"] != "resolved"),)
        at = instant_of(fields["timestamp"], clock)
        yield Told(at, word(fields, "receiver"), "", about, record.place)


def _starts(fields: Fields) -> object:
    return fields.get("startsAt") or fields.get("startsat") or fields.get("starts_at")


def _is_label(name: str, value: object) -> bool:
    known = name in _NOT_LABELS or name.casefold() in ("startsat", "endsat", "starts_at", "ends_at")
    return not known and isinstance(value, str) and not _SENTENCE.search(value)


def is_recorded(fields: Fields) -> bool:
    """A line of Alertmanager's event recorder."""
    return "@timestamp" in fields and bool(set(inner(fields, "data")) & {*_SILENCES, *_ALERTS, *_OTHERS})


_ALERTS = ("alertCreated", "alertResolved", "alertGrouped", "notification")
_SILENCES = ("silenceCreated", "silenceUpdated")
_OTHERS = (
    "silenceMutedAlert",
    "inhibitionMutedAlert",
    "alertmanagerStartupEvent",
    "alertmanagerShutdownEvent",
)


def read_recorded(record: Record, clock: Clock) -> Iterator[Item]:
    """The alert, silence or notification of one recorded event."""
    data = inner(record.fields, "data")
    at = instant_of(record.fields["@timestamp"], clock)
    for kind in (name for name in _ALERTS[:3] if name in data):
        alert = _details(inner(data, kind, "alert"))
        over = kind == "alertResolved" or alert.get("resolved") is True
        yield _alert({**alert, "status": "resolved" if over else "firing"}, record.place, clock)
    for kind in (name for name in _SILENCES if name in data):
        yield _silence(inner(data, kind, "silence"), at, record.place, clock)
    if "notification" in data:
        yield _notification(inner(data, "notification"), at, record.place)
    for kind in (name for name in _OTHERS if name in data):
        yield Left(record.place, f"of Alertmanager's own ({kind})")


def _details(alert: Fields) -> Fields:
    """The alert itself; version 1 has it below `details`."""
    return inner(alert, "details") or alert


def _notification(sent: Fields, at: datetime, place: Place) -> Item:
    if sent.get("reason") == "NOTIFY_REASON_REPEAT_INTERVAL_ELAPSED":
        return Left(place, "of a notification repeated")
    alerts = [_details(alert) for alert in objects(sent.get("alerts"))]
    about = tuple(sorted(_told(alert, alert.get("resolved") is not True) for alert in alerts))
    receiver = word(inner(sent, "groupInfo"), "receiverName")
    return Told(at, receiver, word(inner(sent, "integration"), "name"), about, place)


def _silence(silence: Fields, at: datetime, place: Place, clock: Clock) -> Fact:
    who, why = word(silence, "createdBy") or "somebody", word(silence, "comment")
    shown = ", ".join(_matcher(one) for one in objects(silence.get("matchers")))
    starts = instant_or_none(silence.get("startsAt"), clock) or at
    ends = instant_or_none(silence.get("endsAt"), clock)
    until = f" until {rfc3339(ends)}" if ends else ""
    text = clean(f"silence on {shown or 'alerts'}{until} by {who}" + (f": {why}" if why else ""))
    return Fact("silence", starts, ends, text, (place,))


def _matcher(matcher: Fields) -> str:
    return word(matcher, "rendered") or f"{word(matcher, 'name')}={word(matcher, 'pattern')}"


def _told(alert: Fields, firing: bool) -> tuple[str, Labels, bool, str]:
    labels = dict(_pairs(alert.get("labels")))
    return _name(alert, labels), labels_of(labels.items()), firing, str(alert.get("startsAt") or "")


def _alert(alert: Fields, place: Place, clock: Clock) -> Seen:
    labels = dict(_pairs(alert.get("labels")))
    name = _name(alert, labels)
    if not name:
        raise TextError("an alert without a name (label alertname)")
    starts = instant_of(alert.get("startsAt"), clock)
    if starts > clock.now:
        raise TextError(f"{name} starts at {rfc3339(starts)}, in the future; a clock is wrong")
    ends = instant_or_none(alert.get("endsAt"), clock)
    over = ends is not None and starts <= ends <= clock.now and not _is_firing(alert)
    return Seen(name, labels_of(labels.items()), starts, ends if over else None, place)


def _name(alert: Fields, labels: Mapping[str, object]) -> str:
    return word(labels, "alertname") or word(alert, "name")


def _is_firing(alert: Fields) -> bool:
    status = alert.get("status")
    if isinstance(status, Mapping):
        return status.get("state") in ("active", "suppressed", "unprocessed")
    return status == "firing"


def _pairs(labels: object) -> Iterable[tuple[str, object]]:
    """Labels of an object, of a list of {key, value}, or of such a list below `labels`."""
    if isinstance(labels, Mapping):
        if isinstance(labels.get("labels"), list):
            return _pairs(labels["labels"])
        return [(str(name), value) for name, value in labels.items() if isinstance(value, str)]
    return [(str(pair.get("key")), pair.get("value", "")) for pair in objects(labels)]
