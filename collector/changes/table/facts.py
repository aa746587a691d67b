"""What the samples of one row of the table say: when it happened, to what, from what to what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from collector.changes.restarts import ROLLING
from collector.changes.table.row import Reading, Row
from collector.signals.samples.raw import FRESH_INTERVALS, spacing_ms
from incident.model.facts import Change, ChangeKind, Nearness
from incident.model.signals import Samples
from incident.model.spans import Span, bracketed, instant
from incident.text.instants import rfc3339
from incident.text.promql import Matcher, selector

# Clocks that are corrected move a stated start by less than this; a boot takes longer.
_JITTER_S = 60.0


@dataclass(frozen=True, slots=True)
class Fact:
    """One event of one thing, in (after, by]; `until_ms` where it lasted."""

    kind: ChangeKind
    one: str
    many: str
    subject: str
    after_ms: int
    by_ms: int
    until_ms: int | None
    value: str
    query: str
    nearness: Nearness
    stated: bool = False
    """The value is the time: exact."""

    @property
    def middle_ms(self) -> int:
        return (self.after_ms + self.by_ms) // 2


def facts_of(row: Row, series: Sequence[Samples], nearness: Nearness, span: Span) -> list[Fact]:
    """The facts of the row in the series of its metric, which are equally near to the service."""
    fitting = [one for one in series if _fits(row, one)]
    read = {
        Reading.STATED: _stated,
        Reading.RISES: _rises,
        Reading.HOLDS: _holds,
        Reading.STEPS: _steps,
    }[row.reading]
    spacing = spacing_ms(fitting) or 60_000
    made: list[Fact] = []
    for one in fitting:
        for after, by, until, before, value in read(row, one, span, spacing):
            words = {**dict(one.labels), "before": before, "after": value, "n": "{n}"}
            made.append(
                Fact(
                    kind=row.kind,
                    one=_filled(row.one, words),
                    many=_filled(row.many, words),
                    subject=" ".join(label for name in row.subject if (label := _label(one, name))),
                    after_ms=after,
                    by_ms=by,
                    until_ms=until,
                    value=value if row.reading is Reading.STATED else _identity(before, value, by),
                    query=_query(row, one),
                    nearness=nearness,
                    stated=row.reading is Reading.STATED,
                )
            )
    return made


def _fits(row: Row, one: Samples) -> bool:
    named = re.fullmatch(row.metric, one.label("__name__")) is not None
    return named and all(re.fullmatch(pattern, one.label(name)) for name, pattern in row.only.items())


def _filled(template: str, words: dict[str, str]) -> str:
    """The template with its words; what is not there is left out."""
    return re.sub(
        r"\{(\w+)\}", lambda match: words.get(f"exported_{match[1]}") or words.get(match[1], ""), template
    )


def _label(one: Samples, name: str) -> str:
    return one.label(f"exported_{name}") or one.label(name)


def _identity(before: str, after: str, by_ms: int) -> str:
    return f"{before} -> {after}" if before else rfc3339(instant(by_ms))


def _query(row: Row, one: Samples) -> str:
    names = [name for name in ("exported_" + row.subject[0], row.subject[0]) if one.label(name)]
    matchers = [Matcher(names[0], "=", one.label(names[0]))] if names else []
    matchers += [Matcher(name, "=", one.label(name)) for name in row.only if one.label(name)]
    return selector(one.label("__name__"), matchers)


_Seen = Iterator[tuple[int, int, int | None, str, str]]
"""After, by, until (epoch ms), and the values before and after in words."""


def _stated(_row: Row, one: Samples, span: Span, _spacing: int) -> _Seen:
    values = one.values[np.isfinite(one.values)]
    moved = np.abs(np.diff(values, prepend=-np.inf)) > _JITTER_S
    for value in values[moved].tolist():
        at = round(value * 1000)
        if span.start_ms <= at < span.end_ms:
            yield at, at, None, "", f"{value:.3f}".rstrip("0").rstrip(".")


def _rises(_row: Row, one: Samples, span: Span, spacing: int) -> _Seen:
    """Each stretch between two samples over which the counter went up, or began again above zero."""
    born = int(one.times[0]) if one.times.size else 0
    # A counter that is born with its first event shows 1; with more it was there before its exporter.
    if one.times.size and one.values[0] == 1 and born - span.start_ms > FRESH_INTERVALS * spacing:
        yield born - spacing, born, None, "", "1"
    for index in np.flatnonzero(np.diff(one.values) != 0).tolist():
        before, after = float(one.values[index]), float(one.values[index + 1])
        rise = after - before if after > before else after
        if rise > 0:
            yield int(one.times[index]), int(one.times[index + 1]), None, "", _number(rise)


def _steps(row: Row, one: Samples, _span: Span, _spacing: int) -> _Seen:
    for index in np.flatnonzero(np.diff(one.values) != 0).tolist():
        before, after = float(one.values[index]), float(one.values[index + 1])
        words = (row.names.get(before, _number(before)), row.names.get(after, _number(after)))
        yield int(one.times[index]), int(one.times[index + 1]), None, *words


def _number(value: float) -> str:
    return f"{value:.12g}"


def _holds(row: Row, one: Samples, span: Span, spacing: int) -> _Seen:
    """Each stretch in which the state held; one that was there at the first sample read is no change."""
    held = one.values == row.state
    hole = np.diff(one.times, prepend=one.times[:1]) > 2 * FRESH_INTERVALS * spacing
    begins = np.flatnonzero(held & (~np.concatenate([[False], held[:-1]]) | hole))
    for begin in begins.tolist():
        rest = np.flatnonzero(~held[begin:] | np.concatenate([[False], hole[begin + 1 :]]))
        end = begin + int(rest[0]) if rest.size else int(one.times.size)
        by = int(one.times[begin])
        if by - span.start_ms <= FRESH_INTERVALS * spacing:
            continue
        after = int(one.times[begin - 1]) if begin and not hole[begin] else by - spacing
        last = int(one.times[end - 1]) + spacing
        yield after, by, None if span.end_ms - last <= FRESH_INTERVALS * spacing else last, "", ""


def told(facts: Sequence[Fact], service: str) -> list[Change]:
    """The facts as changes: the same event of several things within 15 minutes is one row."""
    groups: dict[tuple[str, str], list[list[Fact]]] = {}
    reach = ROLLING // timedelta(milliseconds=1)
    for fact in sorted(facts, key=lambda one: (one.by_ms, one.subject, one.value)):
        chain = groups.setdefault((fact.kind.value, fact.many), [])
        if chain and fact.by_ms - chain[-1][-1].by_ms <= reach and not _goes_on(chain[-1], fact):
            chain[-1].append(fact)
        else:
            chain.append([fact])
    return [_change(group, service) for key in sorted(groups) for group in groups[key]]


def _goes_on(group: Sequence[Fact], fact: Fact) -> bool:
    """Whether it is a step of its own: from what to what is told one by one for the same thing."""
    return " -> " in fact.value and any(one.subject == fact.subject for one in group)


def _change(group: Sequence[Fact], service: str) -> Change:
    first = group[0]
    subjects = {fact.subject for fact in group}
    exact = first.stated
    moment = bracketed(first.after_ms, first.by_ms, first.query)
    if len(subjects) == 1:
        often = f" {len(group)} times" if len(group) > 1 else ""
        title, subject = f"{first.one}{often}", first.subject
    else:
        title, subject = first.many.replace("{n}", str(len(subjects))), service
    return Change(
        kind=first.kind,
        at=instant(first.by_ms) if exact else moment.at,
        until=_until(group),
        plus_minus=timedelta(0) if exact else moment.plus_minus,
        subject=subject,
        title=title,
        value=first.value,
        query=first.query,
        nearness=min(fact.nearness for fact in group),
        count=len(group),
    )


def _until(group: Sequence[Fact]) -> datetime | None:
    """When the last of them ended, or began where it has no length; None where it goes on, or for one."""
    lasting = [fact.until_ms for fact in group]
    if any(lasting):
        return instant(max(end or 0 for end in lasting)) if all(lasting) else None
    return instant(group[-1].middle_ms) if len(group) > 1 else None
