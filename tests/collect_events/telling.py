"""Files of the tests, written in the shapes of the tools, and read as the command reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from collector.events.read import Imported, read_events
from collector.signals.labels.home import Home
from incident.model.spans import Span

SAMPLES = Path(__file__).parent / "samples"
START = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
WINDOW = Span(START, START + timedelta(hours=2))
NOW = START + timedelta(days=1)
HOME = Home("payments", frozenset({"prod"}), frozenset({"payments"}), frozenset({"a:1"}), frozenset())
OWN = {"service": "payments", "namespace": "prod", "severity": "page"}


def at(minutes: float) -> datetime:
    """An instant in minutes from the window's start."""
    return START + timedelta(minutes=minutes)


def stamp(minutes: float) -> str:
    return at(minutes).isoformat().replace("+00:00", "Z")


def epoch_ms(minutes: float) -> int:
    return round(at(minutes).timestamp() * 1000)


def lines(*values: object) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


def read(
    where: Path,
    *texts: str | bytes,
    home: Home | None = HOME,
    window: Span = WINDOW,
    zone: tzinfo | None = None,
    now: datetime = NOW,
) -> Imported:
    """The texts as files that were given in this order; names that say nothing of their format."""
    paths = []
    for number, text in enumerate(texts):
        path = where / f"given-{number}"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        paths.append(path)
    return read_events(paths, window=window, home=home, now=now, zone=zone)


def body(
    name: str, start: float, end: float | None = None, *, received: float | None = None, **labels: str
) -> dict[str, object]:
    """A webhook body with one alert, as a receiver got it; with `received` as one that notes when."""
    return body_of(name, labels or OWN, start, end, received)


def body_of(
    name: str, labels: Mapping[str, str], start: float, end: float | None, received: float | None = None
) -> dict[str, object]:
    """As `body`, with labels from elsewhere."""
    status = "firing" if end is None else "resolved"
    alert = {
        "status": status,
        "labels": {"alertname": name, **labels},
        "annotations": {"summary": "5xx above 1 %"},
        "startsAt": stamp(start),
        "endsAt": "0001-01-01T00:00:00Z" if end is None else stamp(end),
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": "19ef2bd6c27f03bf",
    }
    whole: dict[str, object] = {
        "receiver": "oncall",
        "status": status,
        "alerts": [alert],
        "groupLabels": {"alertname": name},
        "commonLabels": {},
        "version": "4",
        "groupKey": "{}",
    }
    return whole if received is None else {"received": at(received).timestamp(), "body": whole}


def told(imported: Imported) -> list[tuple[str, datetime, str]]:
    """Kind, time and words of what was entered, without the files it is from."""
    return [(one.kind, one.at, one.text.rsplit(" (file ", 1)[0]) for one in imported.entered]


def changes(imported: Imported) -> list[tuple[str, datetime, str]]:
    return [(one.kind.value, one.at, one.title) for one in imported.changes]


def problems(imported: Imported) -> list[str]:
    return [f"{one.what}: {one.why}" for one in imported.problems]


def event(reason: str, message: str, pod: str, **times: object) -> Mapping[str, object]:
    """A Kubernetes event on a pod of the namespace prod, as `kubectl get events -o json` has it."""
    known: dict[str, object] = {
        "firstTimestamp": None,
        "lastTimestamp": None,
        "eventTime": None,
        "count": None,
    }
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": "prod", "creationTimestamp": stamp(1), "name": f"{pod}.17"},
        "involvedObject": {"kind": "Pod", "namespace": "prod", "name": pod},
        "reason": reason,
        "message": message,
        "type": "Warning",
        **known,
        **times,
    }
