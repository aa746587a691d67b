"""Every alert that fired on a service of the fleet, in one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from collector.errors import QueryRejected
from collector.screening.listing import place_of, service_of
from collector.signals.labels.sets import label
from collector.signals.samples.measure import failed, partial
from collector.source import Answer, Source
from incident.fleet.model import Firing, Member
from incident.model.facts import Unknown
from incident.model.spans import Grid, Values, instant

_FIRING = '{__name__=~"ALERTS|GRAFANA_ALERTS",alertstate="firing"}'
# Prometheus marks a resolved alert as stale, so that it ends at once; two steps bridge a late evaluation.
_BRIDGED = 2
_WHAT = "alerts"


def firings(
    source: Source, members: Sequence[Member], grid: Grid, since: timedelta
) -> tuple[tuple[Firing, ...], tuple[Unknown, ...]]:
    """When alerts fired that name one of the services, to the grid's step, from `since` after its start.

    One that fires from the first point to the last is a standing condition and no incident of this
    period: it is left out. Alerts cost themselves only: where the server refuses the query, or answers in
    part, that is told beside what is known. Raises the source's error when the source is gone.
    """
    try:
        answer = source.range(_FIRING, grid)
    except QueryRejected as error:
        return (), (failed(_WHAT, str(error)),)
    unknowns = (partial(_WHAT, answer.warnings),) if answer.partial else ()
    return _fired(answer, members, grid, since), unknowns


def _fired(answer: Answer, members: Sequence[Member], grid: Grid, since: timedelta) -> tuple[Firing, ...]:
    by_service: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        by_service[member.service].append(member)
    found: list[Firing] = []
    for series in answer.series:
        _, service = service_of(series.labels)
        home = _home(by_service.get(service, []), place_of(series.labels))
        if home is not None:
            points = np.zeros(grid.count)
            index = (series.times - grid.start_ms) // grid.step_ms
            points[index[(index >= 0) & (index < grid.count)]] = 1.0
            found += _stretches(home, label(series.labels, "alertname"), points, grid)
    begins = instant(grid.start_ms) + since
    inside = (one for one in found if one.end is None or one.end > begins)
    return tuple(sorted(inside, key=lambda one: (one.start, one.member, one.name)))


def _home(members: Sequence[Member], place: tuple[tuple[str, str], ...]) -> Member | None:
    """The one member of that name whose place does not contradict the alert's."""
    where = dict(place)
    fitting = [m for m in members if all(where.get(name, value) == value for name, value in m.place)]
    return fitting[0] if len(fitting) == 1 else None


def _stretches(member: Member, name: str, points: Values, grid: Grid) -> list[Firing]:
    on = np.flatnonzero(points)
    if not on.size or (on[0] == 0 and on[-1] >= grid.count - 2 and on.size > 0.9 * grid.count):
        return []
    pieces = np.split(on, np.flatnonzero(np.diff(on) > _BRIDGED) + 1)
    return [_firing(member, name, int(piece[0]), int(piece[-1]), grid) for piece in pieces]


def _firing(member: Member, name: str, first: int, last: int, grid: Grid) -> Firing:
    start = instant(grid.start_ms + first * grid.step_ms)
    lasts = last >= grid.count - 2
    return Firing(member, name, start, None if lasts else instant(grid.start_ms + (last + 1) * grid.step_ms))
