"""`--events FILE`: what others recorded, from files in whatever format, joined and placed in the window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from collector.config.files import read_regular
from collector.errors import ConfigError
from collector.events.content import MOST_ROWS, records, text_of
from collector.events.fields import LONGEST, fitted
from collector.events.formats.grafana import intervals
from collector.events.formats.kubernetes import series
from collector.events.items import (
    Bad,
    Clock,
    Fact,
    Item,
    Left,
    Observed,
    Place,
    Record,
    Seen,
    Told,
    Turn,
    source,
)
from collector.events.joining import Joined, joined_alerts, joined_facts, notifications
from collector.events.kinds import change_kind
from collector.events.nearness import of_alert, of_change, of_seen
from collector.events.recognise import items
from collector.signals.labels.home import Home
from incident.model.facts import AlertInterval, Change, Entered, Nearness, Unknown
from incident.model.spans import Span
from incident.text.controls import terminal
from incident.text.instants import rfc3339
from incident.timeline.rows.ids import event_id

LARGEST_FILE = 16 * 1024 * 1024
"""The alert log of a bad day has a few MB."""
MARGIN = timedelta(hours=24)
"""Rows this far outside the window are of this incident's day; those beyond are only counted."""
_LONGEST_OPEN = timedelta(hours=4)
"""The shortest lead-in. An alert that began before it and whose end nobody wrote down is more likely a lost
end than an alert that still fired."""
_MOST_NAMED = 20
"""Bad rows of one file that are named one by one."""
_MOST_LINES = 3
"""Lines with bad rows that a line on the terminal names."""
_HEARTBEATS = frozenset({"watchdog", "infoinhibitor", "deadmansswitch", "deadmanssnitch"})
"""Alerts that fire as long as rules are evaluated, by the names their makers gave them."""
_OUTSIDE = "outside the window by more than a day"
_ELSEWHERE = "of other services"


@dataclass(frozen=True, slots=True)
class FileCount:
    """What was found in one file, for a line on the terminal."""

    file: str
    formats: tuple[tuple[str, int], ...]
    """Records by the name of their format, the most first."""
    bad: int
    left_out: tuple[tuple[str, int], ...]
    """Records that were understood and not taken, by the reason, in words that follow the number."""
    bad_lines: tuple[int, ...] = ()
    """Where the bad ones stand, each line once."""

    def __str__(self) -> str:
        """`deploys.csv: 12 rows (12 CSV), 1 bad (line 7), 3 outside the window by more than a day`."""
        total = sum(count for _, count in self.formats)
        told = ", ".join(f"{count:,} {name}" for name, count in self.formats)
        parts = [f"{total:,} row{'s' if total != 1 else ''} ({told})" if told else "no rows"]
        parts += [f"{self.bad:,} bad{self._where()}"] if self.bad else []
        return f"{self.file}: " + ", ".join([*parts, *(f"{count:,} {why}" for why, count in self.left_out)])

    def _where(self) -> str:
        """` (lines 3, 5 and more)`: enough to open the file at; why, the draft says."""
        if not self.bad_lines:
            return ""
        shown = ", ".join(f"{line}" for line in self.bad_lines[:_MOST_LINES])
        more = " and more" if len(self.bad_lines) > _MOST_LINES else ""
        return f" (line{'s' if len(self.bad_lines) > 1 else ''} {shown}{more})"


@dataclass(frozen=True, slots=True)
class Imported:
    """What the files tell of one window, each fact once and in order of time."""

    alerts: tuple[AlertInterval, ...]
    """Own and near by. Times are the alert's own statement, so `plus_minus` is zero."""
    changes: tuple[Change, ...]
    entered: tuple[Entered, ...]
    """What people or their tools did and wrote; each names its files at the end of the text."""
    problems: tuple[Unknown, ...]
    """Rows that could not be read, by file and line. They are no failure of a source."""
    files: tuple[FileCount, ...]
    merged: int
    """Records that told what another one had told already."""
    alerts_elsewhere: int
    """Alerts of other services, which are only counted."""


def read_events(
    paths: Sequence[Path], *, window: Span, home: Home | None, now: datetime, zone: tzinfo | None
) -> Imported:
    """Everything the files tell of the window and a day around it, whatever their order.

    A stamp without offset is a time of `zone`; without a zone its row is bad. Without a home alerts and
    changes that name a service are near by, not its own. Raises ConfigError for a file that is missing,
    no regular file, larger than 16 MiB or 200,000 records, no UTF-8 text, or of no known format.
    """
    clock = Clock(now, zone)
    given = sorted(dict.fromkeys(paths), key=lambda path: (path.name, str(path)))
    found = [(file, item) for number, path in enumerate(given) for file, item in _items(path, number, clock)]
    kept = window.widened(MARGIN, MARGIN)
    taken = _Taken([item for _, item in found], window, kept, home)
    alerts, facts = taken.alerts(), taken.facts()
    split = [(fact, change_kind(fact.kind)) for fact in facts]
    return Imported(
        alerts=tuple(_interval(one, home) for one in alerts),
        changes=tuple(_change(fact, home) for fact, kind in split if kind is not None),
        entered=tuple(_entered(fact) for fact, kind in split if kind is None),
        problems=tuple(_problems(taken.bad)),
        files=_counts(given, found, taken),
        merged=taken.merged,
        alerts_elsewhere=taken.elsewhere,
    )


def _items(path: Path, number: int, clock: Clock) -> Iterator[tuple[str, Item]]:
    """The items of a file, each with the name of its format."""
    name = terminal(path.name)
    try:
        content = read_regular(path, limit=LARGEST_FILE, what="events file")
        for count, record in enumerate(records(text_of(content, name), name, number)):
            if count == MOST_ROWS:
                raise ConfigError(f"{name}: more than {MOST_ROWS:,} rows; cut it to the time of the incident")
            if isinstance(record, Record):
                yield from items(record, clock)
            else:
                yield "", record
    except ConfigError as error:
        said = str(error)
        raise ConfigError(said if said.startswith("events file") else f"events file {said}") from None


class _Taken:
    """What is taken of the items, and for what reason the rest is not."""

    def __init__(self, found: Iterable[Item], window: Span, kept: Span, home: Home | None) -> None:
        self._found = list(found)
        self._window, self._kept, self._home = window, kept, home
        self.bad = [item for item in self._found if isinstance(item, Bad)]
        self.left = [item for item in self._found if isinstance(item, Left)]
        self.merged = self.elsewhere = 0

    def alerts(self) -> tuple[Joined, ...]:
        """The alerts of the service and near it, in the window or the day around it."""
        seen = [item for item in self._found if isinstance(item, Seen)]
        for run in intervals([item for item in self._found if isinstance(item, Turn)]):
            if isinstance(run, Seen):
                seen.append(run)
            else:
                self.bad.append(run)
        inside = [
            one
            for one in seen
            if self._is_news(one) and self._is_inside(one.firing_at, one.resolved_at, one.place)
        ]
        near: list[Joined] = []
        for one in joined_alerts(inside):
            if of_seen(one.seen, self._home) is not Nearness.ELSEWHERE:
                near.append(one)
            else:
                self.elsewhere += 1
                self.left += [Left(place, _ELSEWHERE) for place in one.places]
        self.merged += sum(len(one.places) - 1 for one in near)
        return tuple(one for one in near if self._has_end(one))

    def facts(self) -> tuple[Fact, ...]:
        """Changes, and what people did, each once."""
        facts = [item for item in self._found if isinstance(item, Fact)]
        told = (item for item in self._found if isinstance(item, Told) and self._concerns(item))
        for one in notifications(told):
            if isinstance(one, Fact):
                facts.append(one)
            else:
                self.left.append(one)
        observed = [item for item in self._found if isinstance(item, Observed)]
        facts += series(observed, self._window)
        near = [one for one in facts if self._is_near(one)]
        inside = [one for one in near if self._is_inside(one.at, one.until, one.places[0])]
        joined = joined_facts(inside)
        self.merged += len(inside) - len(joined)
        return joined

    def _is_inside(self, at: datetime, until: datetime | None, place: Place) -> bool:
        inside = at < self._kept.end and (until or at) >= self._kept.start
        if not inside:
            self.left.append(Left(place, _OUTSIDE))
        return inside

    def _is_news(self, seen: Seen) -> bool:
        news = seen.name.casefold() not in _HEARTBEATS
        if not news:
            self.left.append(Left(seen.place, "of alerts that always fire"))
        return news

    def _is_near(self, fact: Fact) -> bool:
        near = change_kind(fact.kind) is None or of_change(fact, self._home) is not Nearness.ELSEWHERE
        if not near:
            self.left += [Left(place, _ELSEWHERE) for place in fact.places]
        return near

    def _concerns(self, told: Told) -> bool:
        """Whether any of the alerts told of is the service's or near it."""
        whose = {
            Nearness.ELSEWHERE if name.casefold() in _HEARTBEATS else of_alert(name, labels, self._home)
            for name, labels, *_ in told.alerts
        }
        if whose == {Nearness.ELSEWHERE}:
            self.left.append(Left(told.place, _ELSEWHERE))
            return False
        return True

    def _has_end(self, one: Joined) -> bool:
        seen = one.seen
        if seen.resolved_at is not None or seen.firing_at >= self._window.start - _LONGEST_OPEN:
            return True
        began = rfc3339(seen.firing_at)
        self.bad.append(
            Bad(one.places[0], f"{seen.name} began {began} and the file does not say when it ended; left out")
        )
        return False


def _interval(one: Joined, home: Home | None) -> AlertInterval:
    return AlertInterval(
        name=one.seen.name,
        labels=one.seen.labels,
        pending_at=one.seen.pending_at,
        firing_at=one.seen.firing_at,
        resolved_at=one.seen.resolved_at,
        plus_minus=timedelta(0),
        nearness=of_seen(one.seen, home),
        source=source(one.places),
        evaluation_gap=one.seen.evaluation_gap,
    )


def _change(fact: Fact, home: Home | None) -> Change:
    kind = change_kind(fact.kind)
    assert kind is not None
    return Change(
        kind=kind,
        at=fact.at,
        until=fact.until,
        plus_minus=timedelta(0),
        subject=fact.subject or _subject(fact, home),
        title=fact.text,
        value=fact.value or rfc3339(fact.at),
        query=source(fact.places),
        nearness=of_change(fact, home),
        count=fact.count,
    )


def _subject(fact: Fact, home: Home | None) -> str:
    """What its labels name; what names nothing and is the service's own is the service."""
    named = [value for name, value in fact.labels if not name.endswith(("namespace", "cluster"))]
    if named or home is None or of_change(fact, home) is not Nearness.OWN:
        return ", ".join(named)
    return home.service


def _entered(fact: Fact) -> Entered:
    """The id is of what happened alone, so that another file which tells it too does not change it."""
    until = f" until {rfc3339(fact.until)}" if fact.until and fact.kind != "silence" else ""
    return Entered(
        kind=fact.kind,
        at=fact.at,
        text=fitted(fact.text, LONGEST - len(until)) + until,
        id=event_id(rfc3339(fact.at), fact.kind, fact.text),
        source=source(fact.places),
    )


def _problems(bad: list[Bad]) -> Iterator[Unknown]:
    """Bad rows by file, the first of them named one by one."""
    named: Counter[int] = Counter()
    last: dict[int, Place] = {}
    for one in sorted(bad, key=lambda one: (one.place, one.why)):
        named[one.place.number] += 1
        last[one.place.number] = one.place
        if named[one.place.number] <= _MOST_NAMED:
            yield Unknown(f"events file {one.place}", one.why, aside=True)
    for number, count in sorted(named.items()):
        if count > _MOST_NAMED:
            spare = count - _MOST_NAMED
            more = f"{spare:,} more bad rows, to line {last[number].line:,}"
            yield Unknown(f"events file {last[number].file}", more, aside=True)


def _counts(given: Sequence[Path], found: Sequence[tuple[str, Item]], taken: _Taken) -> tuple[FileCount, ...]:
    formats: dict[int, Counter[str]] = {}
    for number, name in {(_place(i), name) for name, i in found if not isinstance(i, Bad)}:
        formats.setdefault(number.number, Counter())[name] += 1
    bad = Counter(one.place.number for one in taken.bad)
    left: dict[int, Counter[str]] = {}
    for one in taken.left:
        left.setdefault(one.place.number, Counter())[one.why] += 1
    return tuple(
        FileCount(
            file=terminal(path.name),
            formats=_ordered(formats.get(number, Counter())),
            bad=bad[number],
            bad_lines=tuple(sorted({one.place.line for one in taken.bad if one.place.number == number})),
            left_out=_ordered(left.get(number, Counter())),
        )
        for number, path in enumerate(given)
    )


def _place(item: Item) -> Place:
    if isinstance(item, Fact):
        return item.places[0]
    return _place(item.fact) if isinstance(item, Observed) else item.place


def _ordered(counted: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counted.items(), key=lambda one: (-one[1], one[0])))
