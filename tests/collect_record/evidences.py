"""Any evidence that a file can hold, for hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from incident.model.evidence import Evidence, Origin, Presentation, Scope
from incident.model.facts import AlertInterval, AlertRule, Change, ChangeKind, Nearness, Unknown
from incident.model.signals import (
    Counters,
    EarlierPeriod,
    EarlierSignal,
    Kind,
    Measure,
    Role,
    Samples,
    SignalSeries,
    SignalSpec,
    Targets,
    Worse,
)
from incident.model.spans import Grid, Span, frozen_times, frozen_values

# What a file can hold: any text that UTF-8 can.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# Instants to the microsecond, in years that matter.
_FIRST, _LAST = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (2000, 2100))
INSTANTS = st.datetimes(_FIRST, _LAST, timezones=st.just(UTC))
DURATIONS = st.timedeltas(timedelta(0), timedelta(days=40))
FLOATS = st.floats(width=64) | st.integers(-(2**60), 2**60).map(float) | st.just(-0.0)
LABELS = st.dictionaries(TEXT, TEXT, max_size=3).map(lambda named: tuple(sorted(named.items())))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start = draw(INSTANTS)
    return Span(start, start + draw(st.timedeltas(timedelta(microseconds=1), timedelta(days=40))))


@st.composite
def some_samples(draw: st.DrawFn) -> Samples:
    times = sorted(draw(st.sets(st.integers(-(2**45), 2**45), max_size=8)))
    values = draw(st.lists(FLOATS, min_size=len(times), max_size=len(times)))
    return Samples(draw(LABELS), frozen_times(times), frozen_values(values))


MANY = st.lists(some_samples(), max_size=4).map(tuple)
TARGETS = st.builds(Targets, TEXT, MANY, DURATIONS)
SPANS = st.lists(spans(), max_size=2).map(tuple)


@st.composite
def counters(draw: st.DrawFn) -> Counters:
    requests = draw(MANY)
    failed = tuple(draw(st.booleans()) for _ in requests)
    return Counters(draw(SPANS), requests, failed, draw(MANY), draw(SPANS), *draw(st.tuples(*[TEXT] * 4)))


@st.composite
def earlier_periods(draw: st.DrawFn) -> EarlierPeriod:
    grid = Grid(draw(st.integers(0, 2**42)), draw(st.integers(1, 10**7)), draw(st.integers(1, 6)))
    row = st.lists(FLOATS, min_size=grid.count, max_size=grid.count).map(frozen_values)
    signals = draw(st.lists(st.builds(EarlierSignal, TEXT, row), max_size=2).map(tuple))
    return EarlierPeriod(draw(DURATIONS), grid, signals, draw(TEXT))


SIGNALS = st.builds(
    SignalSpec,
    TEXT,
    st.sampled_from(Measure),
    st.sampled_from(Kind),
    st.sampled_from(Worse),
    st.sampled_from(Role),
    TEXT,
    TEXT,
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
)
MAYBE = st.none() | INSTANTS
NEARNESS = st.sampled_from(Nearness)
ALERTS = st.builds(AlertInterval, TEXT, LABELS, *[MAYBE] * 3, DURATIONS, NEARNESS, TEXT, *[st.booleans()] * 2)
RULES = st.builds(AlertRule, TEXT, TEXT, DURATIONS, DURATIONS, LABELS, TEXT, TEXT)
CHANGES = st.builds(
    Change,
    st.sampled_from(ChangeKind),
    INSTANTS,
    MAYBE,
    DURATIONS,
    *[TEXT] * 4,
    NEARNESS,
    st.integers(1, 9),
)
UNKNOWNS = st.builds(Unknown, TEXT, TEXT, MAYBE, MAYBE, st.booleans())


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """Evidence whose every part may be what its type allows."""
    grid = Grid(draw(st.integers(0, 2**42)), draw(st.integers(1, 10**7)), draw(st.integers(1, 6)))
    row = st.lists(FLOATS, min_size=grid.count, max_size=grid.count).map(frozen_values)

    def some(one: st.SearchStrategy[object]) -> tuple[object, ...]:
        return tuple(draw(st.lists(one, max_size=2)))

    return Evidence(
        origin=draw(st.builds(Origin, TEXT, TEXT, TEXT, INSTANTS)),
        scope=draw(st.builds(Scope, TEXT, st.lists(TEXT, max_size=2).map(tuple), TEXT)),
        asked=draw(spans()),
        covered=draw(spans()),
        scrape_interval=draw(DURATIONS),
        grid=grid,
        signals=some(st.builds(SignalSeries, SIGNALS, st.just(grid), row)),  # type: ignore[arg-type]
        targets=draw(st.none() | TARGETS),
        probes=draw(st.none() | TARGETS),
        counters=draw(st.none() | counters()),
        alerts=some(ALERTS),  # type: ignore[arg-type]
        alerts_elsewhere=draw(st.integers(0, 99)),
        alerts_readable=draw(st.booleans()),
        alert_rules=draw(st.none() | st.lists(RULES, max_size=2).map(tuple)),
        watching=draw(st.none() | st.lists(RULES, max_size=2).map(tuple)),
        rules_seen=draw(st.none() | st.integers(0, 99)),
        changes=some(CHANGES),  # type: ignore[arg-type]
        unknowns=some(UNKNOWNS),  # type: ignore[arg-type]
        signals_explained=draw(st.lists(TEXT, max_size=2).map(tuple)),
        presentation=draw(st.builds(Presentation, TEXT, TEXT)),
        earlier=some(earlier_periods()),  # type: ignore[arg-type]
    )
