"""The screening itself: a few grouped queries, and their answers as one matrix a measure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeAlias

import numpy as np

from collector.errors import QueryRejected
from collector.screening.listing import Listed, Named, agree, place_of, service_of
from collector.screening.parts import apart
from collector.server.ahead import ahead
from collector.signals.labels.registry import PLACE_LABELS, ROUTE_LABELS
from collector.signals.labels.routes import HEALTH_PATTERN
from collector.signals.labels.sets import parsed
from collector.signals.samples.measure import Progress, failed, on_grid
from collector.signals.samples.measure import partial as partial_answer
from collector.source import Answer, Source
from incident.fleet.model import SCREENED, Member, Screening
from incident.model.facts import Unknown
from incident.model.signals import Measure
from incident.model.spans import Grid, Span, Values, aligned
from incident.text.durations import promql_duration
from incident.text.promql import Matcher, regex_literal, selector

# Ten scrapes a step: a tenth of the samples that a look at scrape resolution would load.
_SCRAPES_A_STEP = 10
_LADDER_S = (30, 60, 120, 180, 240, 300, 600, 900, 1800, 3600)
# Two points must lie inside an incident; above five minutes those of ten minutes would be missed.
_COARSEST_S = 300
# Points a series, as for a draft: a longer period is read more coarsely than five minutes.
_MOST_POINTS = 1500
# Names of services in one query; at 20 characters each it stays below what proxies take in a form.
_NAMES_A_QUERY = 400
_PACE = timedelta(minutes=10)
_DEFAULT_SCRAPE = timedelta(seconds=15)


Expect: TypeAlias = Callable[[str, int, int], None]
"""Takes a query, how many series it evaluates at each point, and how many rows it answers with."""


@dataclass(frozen=True, slots=True)
class Pace:
    """At which times the fleet is looked at, and how far each point looks back."""

    grid: Grid
    reach: timedelta


@dataclass(frozen=True, slots=True)
class Screened:
    """The fleet's matrices, and the questions that failed."""

    screening: Screening
    unknowns: tuple[Unknown, ...]


def pace(source: Source, window: Span, covered: Span) -> Pace:
    """The pace that fits how often the fleet is scraped; `window` is what is searched of `covered`."""
    scrape = fleet_scrape(source, window)
    step = screening_step(scrape, covered.length)
    return Pace(aligned(covered, step), max(step, 4 * scrape))


def fleet_scrape(source: Source, window: Span) -> timedelta:
    """How often the fleet is scraped: the middle of all targets, one number; 15 s where it is not known."""
    length_ms = _PACE // timedelta(milliseconds=1)
    grid = Grid(window.end_ms // length_ms * length_ms, length_ms, 1)
    try:
        answer = source.range(f"quantile(0.5, count_over_time(up[{promql_duration(_PACE)}]))", grid)
    except QueryRejected:
        return _DEFAULT_SCRAPE
    counts = [float(v) for one in answer.series for v in one.values if v > 1]
    if not counts:
        return _DEFAULT_SCRAPE
    return timedelta(seconds=max(1, round(_PACE.total_seconds() / counts[0])))


def screening_step(scrape: timedelta, covered: timedelta) -> timedelta:
    """Ten scrapes, five minutes at most, and no more points than a draft's survey has."""
    wanted = min(_SCRAPES_A_STEP * scrape.total_seconds(), _COARSEST_S)
    wanted = max(wanted, covered.total_seconds() / _MOST_POINTS)
    fitting = [s for s in _LADDER_S if s >= wanted]
    return timedelta(seconds=fitting[0] if fitting else math.ceil(wanted / 3600) * 3600)


def screen(
    source: Source,
    services: Sequence[Listed],
    matchers: Sequence[str],
    window: Span,
    at: Pace,
    *,
    named: bool,
    at_once: int,
    expect: Expect,
    series: Mapping[tuple[str, str], int],
    on_progress: Progress,
    on_measure: Callable[[Screening, Measure], None],
) -> Screened:
    """The golden signals of all services at the times of `at`, grouped by the server.

    `expect` is told of each query how many of the fleet's `series` (by metric and service) it evaluates, and
    how many rows it answers with. `named`: the queries name the services, because they are not all that
    there are (a shard, or a part of many). `at_once` queries are under way at any time; `on_measure` is
    called as soon as all of a measure is there, in the order in which they can be judged. A query that the
    server refuses costs its measure; raises the source's error when the source is gone.
    """
    grid, members = at.grid, tuple(one.member for one in services)
    ask = _Asker(grid, promql_duration(at.reach), parsed(matchers), members, named)
    shape = (len(members), grid.count)
    values = {measure: np.full(shape, np.nan) for measure in SCREENED}
    screening = Screening(members, grid, window, values, at.reach // timedelta(milliseconds=1))
    unknowns: list[Unknown] = []
    questions = list(_questions(services, ask))
    for one in questions:
        loads = sum(series.get((name, members[row].service), 1) for name in one.metrics for row in one.rows)
        expect(one.query, loads, len(one.rows))
    answers = ahead([partial(_answer, source, one, grid) for one in questions], at_once)
    for measure in _ORDER:
        on_progress(f"screening {measure.value}")
        for question in (one for one in questions if one.measure is measure):
            unknowns += ask.into(values[measure], question, next(answers))
        if measure is Measure.ERRORS:
            values[measure] = _ratio(values[measure], values[Measure.TRAFFIC], services)
        on_measure(screening, measure)
    return Screened(screening, tuple(unknowns))


_ORDER = (Measure.LATENCY, Measure.TRAFFIC, Measure.ERRORS, Measure.AVAILABILITY)
"""In which the measures are asked: what takes the server longest first, so that nobody waits for it at the
end; no errors can be judged without the traffic."""


def _answer(source: Source, question: _Question, grid: Grid) -> Answer | QueryRejected:
    try:
        return source.range(question.query, grid)
    except QueryRejected as error:
        return error


def _ratio(failed: Values, total: Values, services: Sequence[Listed]) -> Values:
    """The failing share; a missing counter of failures is none failed, no requests is no ratio."""
    told = np.array([one.failing is not None for one in services], dtype=bool)[:, np.newaxis]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(total > 0, np.nan_to_num(failed) / total, np.nan)
    ratio[~np.broadcast_to(told, ratio.shape)] = np.nan
    return ratio


@dataclass(frozen=True, slots=True)
class _Group:
    """Services that one query asks for together: their rows, and the metric that is theirs."""

    metric: Named
    failing: Matcher | None
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Question:
    """One query, and whose rows of which measure it fills."""

    measure: Measure
    query: str
    rows: tuple[int, ...]
    metrics: tuple[str, ...]
    """What it reads, each by the name under which its series were counted."""


@dataclass(frozen=True, slots=True)
class _Asker:
    """Asks grouped queries and puts the rows of their answers where their members are."""

    grid: Grid
    range: str
    scope: tuple[Matcher, ...]
    members: tuple[Member, ...]
    named: bool

    def into(
        self, values: Values, question: _Question, answer: Answer | QueryRejected
    ) -> tuple[Unknown, ...]:
        """Fills the question's rows of (n_members, grid.count) in place; other services' rows are not its.

        Returns what is not known because the question was refused or answered in part.
        """
        what = f"screening {question.measure.value}"
        if isinstance(answer, QueryRejected):
            return (failed(what, str(answer)),)
        rows = {self.members[row]: row for row in question.rows}
        by_service: dict[str, list[int]] = defaultdict(list)
        for row in question.rows:
            by_service[self.members[row].service].append(row)
        filled: set[int] = set()
        for series in answer.series:
            told = Member(service_of(series.labels)[1], place_of(series.labels))
            found, same = rows.get(told), by_service.get(told.service, [])
            if found is None and len(same) == 1 and agree(self.members[same[0]], told):
                found = same[0]
            if found is None:
                continue
            got = on_grid(series, self.grid)
            if found in filled:
                got = np.where(np.isfinite(values[found]), values[found] + np.nan_to_num(got), got)
            values[found] = got
            filled.add(found)
        return (partial_answer(what, answer.warnings),) if answer.partial else ()

    def chosen(self, group: _Group, name: str, *more: Matcher) -> str:
        """The selector of one metric of these services."""
        metric = group.metric
        owner = Matcher(metric.label, "!=", "")
        if self.named:
            words = "|".join(regex_literal(self.members[row].service) for row in group.rows)
            loose = metric.label in ("job", "exported_job")
            owner = Matcher(metric.label, "=~", f"(.+/)?({words})" if loose else words)
        empty = (Matcher(one, "=", "") for one in metric.before)
        return selector(name, (owner, *empty, *metric.narrow, *self.scope, *more))

    def rate(self, group: _Group, name: str, *more: Matcher) -> str:
        """The metric's rate, summed for each service, without health routes."""
        chosen = self.chosen(group, name, *_NO_HEALTH, *more)
        return f"sum by {_by(group.metric)} (rate({chosen}[{self.range}]))"

    def groups(
        self,
        services: Sequence[Listed],
        metric: Callable[[Listed], Named | None],
        failing: Callable[[Listed], Matcher | None] = lambda _: None,
    ) -> Iterator[_Group]:
        """Services of the same metric in order; at most so many at once where the query names them."""
        found: dict[tuple[Named, Matcher | None], list[int]] = defaultdict(list)
        for row, one in enumerate(services):
            named = metric(one)
            if named is not None:
                found[named, failing(one)].append(row)
        for (named, matcher), rows in found.items():
            names = [self.members[row].service for row in rows]
            for some in apart(names, _NAMES_A_QUERY if self.named else len(rows)):
                yield _Group(named, matcher, tuple(rows[some]))


_NO_HEALTH = tuple(Matcher(name, "!~", HEALTH_PATTERN) for name in ROUTE_LABELS if "." not in name)


def _by(metric: Named) -> str:
    return f"({', '.join((metric.label, *PLACE_LABELS))})"


def _questions(services: Sequence[Listed], ask: _Asker) -> Iterator[_Question]:
    """Every query of the screening, in the order of `_ORDER`."""
    for group in ask.groups(services, lambda one: one.latency):
        total, count = (ask.rate(group, f"{group.metric.metric}{part}") for part in ("_sum", "_count"))
        both = (f"{group.metric.metric}_count",) * 2
        yield _Question(Measure.LATENCY, f"{total} / ({count} > 0)", group.rows, both)
    for group in ask.groups(services, lambda one: one.requests):
        name = group.metric.metric
        yield _Question(Measure.TRAFFIC, ask.rate(group, name), group.rows, (name,))
    for group in ask.groups(services, lambda one: one.requests, lambda one: one.failing):
        if group.failing is not None:
            query = ask.rate(group, group.metric.metric, group.failing)
            yield _Question(Measure.ERRORS, query, group.rows, (group.metric.metric,))
    for group in ask.groups(services, lambda one: one.up):
        query = f"avg by {_by(group.metric)} ({ask.chosen(group, 'up')})"
        yield _Question(Measure.AVAILABILITY, query, group.rows, ("up",))


__all__ = ["Pace", "Screened", "fleet_scrape", "pace", "screen", "screening_step"]
